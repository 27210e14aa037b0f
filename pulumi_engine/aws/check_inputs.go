package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	"github.com/pulumi/pulumi-terraform-bridge/v3/unstable/propertyvalue"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// checkInputs adds a hook to each resource that runs before the bridge reads the program's inputs. It rejects
// properties that the Terraform provider doesn't support, and encodes policy documents that are given as objects.
func checkInputs(info *tfbridge.ProviderInfo) error {
	overlay, err := readOverlay()
	for name, res := range info.Resources {
		schema, infos := info.P.ResourcesMap().Get(name).Schema(), res.Fields
		encodeDocuments := documentEncoder(overlay.Resources[name], schema, infos)
		res.PreCheckCallback = func(
			_ context.Context, inputs, _ resource.PropertyMap,
		) (resource.PropertyMap, error) {
			if err := errors.Join(unsupported("", inputs, schema, infos)...); err != nil {
				return nil, err
			}
			return encodeDocuments(inputs)
		}
	}
	return err
}

// unsupported returns an error for each property that the SDK has and the Terraform provider doesn't. The bridge would
// drop them silently, which could create a bucket in the wrong region or without a safeguard.
func unsupported(
	path string, inputs resource.PropertyMap, schema shim.SchemaMap, infos map[string]*tfbridge.SchemaInfo,
) []error {
	var problems []error
	for key, value := range inputs {
		name := tfbridge.PulumiToTerraformName(string(key), schema, infos)
		sch, ok := schema.GetOk(name)
		switch {
		case strings.HasPrefix(string(key), "__"): // reserved for the engine
		// A field of an object attribute (not a block) is neither optional nor required; only a computed one is an output.
		case !ok || (sch.Computed() && !sch.Optional() && !sch.Required()):
			problems = append(problems, unsupportedError(path+string(key)))
		default:
			inner := infos[name]
			if inner == nil {
				inner = &tfbridge.SchemaInfo{}
			}
			if object := objectOf(sch); object != nil {
				nested := unsupportedIn(path+string(key), value, object, *fieldsOf(inner, sch))
				problems = append(problems, nested...)
			}
		}
	}
	return problems
}

// unsupportedIn checks the objects in a property's value.
func unsupportedIn(
	path string, value resource.PropertyValue, schema shim.SchemaMap, infos map[string]*tfbridge.SchemaInfo,
) []error {
	switch value := propertyvalue.RemoveSecretsAndOutputs(value); {
	case value.IsObject():
		return unsupported(path+".", value.ObjectValue(), schema, infos)
	case value.IsArray():
		var problems []error
		for i, element := range value.ArrayValue() {
			problems = append(problems, unsupportedIn(fmt.Sprintf("%s[%d]", path, i), element, schema, infos)...)
		}
		return problems
	}
	return nil
}

func unsupportedError(property string) error {
	remedy := "remove it, or mirror a newer provider"
	if property == "region" {
		remedy = "pass an aws.Provider for that region instead"
	}
	return fmt.Errorf("%s: not supported by this machine's Terraform AWS provider; %s", property, remedy)
}

// documentEncoder returns a function that turns policy documents given as objects into JSON text. The bridge ignores
// its own hook for this, SchemaInfo.Transform, for Terraform providers that run as plugins.
func documentEncoder(
	overlaid fields, schema shim.SchemaMap, infos map[string]*tfbridge.SchemaInfo,
) func(resource.PropertyMap) (resource.PropertyMap, error) {
	var keys []resource.PropertyKey
	for name, field := range overlaid {
		if field.Document {
			keys = append(keys, resource.PropertyKey(tfbridge.TerraformToPulumiNameV2(name, schema, infos)))
		}
	}
	return func(inputs resource.PropertyMap) (resource.PropertyMap, error) {
		for _, key := range keys {
			value, ok := inputs[key]
			if !ok {
				continue
			}
			text, err := encodeDocument(value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			inputs[key] = text
		}
		return inputs, nil
	}
}

// encodeDocument returns an object or array as JSON text, secret if the value is, and any other value unchanged.
func encodeDocument(value resource.PropertyValue) (resource.PropertyValue, error) {
	plain := propertyvalue.RemoveSecrets(value)
	if !plain.IsObject() && !plain.IsArray() {
		return value, nil
	}
	text, err := tfbridge.TransformJSONDocument(plain)
	if err == nil && value.ContainsSecrets() {
		text = resource.MakeSecret(text)
	}
	return text, err
}
