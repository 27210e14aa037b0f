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

// checkInputs runs before the bridge sees what a program gives to a resource.
func checkInputs(info *tfbridge.ProviderInfo) error {
	o, err := readOverlay()
	for name, res := range info.Resources {
		schema, infos := info.P.ResourcesMap().Get(name).Schema(), res.Fields
		takesDocuments := documents(o.Resources[name], schema, infos)
		res.PreCheckCallback = func(
			_ context.Context, inputs, _ resource.PropertyMap,
		) (resource.PropertyMap, error) {
			if err := errors.Join(unknown("", inputs, schema, infos)...); err != nil {
				return nil, err
			}
			return takesDocuments(inputs)
		}
	}
	return err
}

// unknown finds the properties that the SDK has and the Terraform provider hasn't. The bridge would leave them out
// without a word: a bucket in another region than the program says, a safeguard that isn't there.
func unknown(
	path string, inputs resource.PropertyMap, schema shim.SchemaMap, infos map[string]*tfbridge.SchemaInfo,
) []error {
	var found []error
	for key, value := range inputs {
		name := tfbridge.PulumiToTerraformName(string(key), schema, infos)
		sch, ok := schema.GetOk(name)
		switch {
		case strings.HasPrefix(string(key), "__"): // the engine's own
		// A field of an object that is an attribute, not a block, is neither: only one that is computed is an output.
		case !ok || (sch.Computed() && !sch.Optional() && !sch.Required()):
			found = append(found, notTaken(path+string(key)))
		default:
			inner := infos[name]
			if inner == nil {
				inner = &tfbridge.SchemaInfo{}
			}
			if object := objectOf(sch); object != nil {
				found = append(found, within(path+string(key), value, object, *fieldsOf(inner, sch))...)
			}
		}
	}
	return found
}

func within(
	path string, value resource.PropertyValue, schema shim.SchemaMap, infos map[string]*tfbridge.SchemaInfo,
) []error {
	switch value := propertyvalue.RemoveSecretsAndOutputs(value); {
	case value.IsObject():
		return unknown(path+".", value.ObjectValue(), schema, infos)
	case value.IsArray():
		var found []error
		for i, element := range value.ArrayValue() {
			found = append(found, within(fmt.Sprintf("%s[%d]", path, i), element, schema, infos)...)
		}
		return found
	}
	return nil
}

func notTaken(property string) error {
	remedy := "leave it out, or mirror a newer provider"
	if property == "region" {
		remedy = "give the resource an aws.Provider of that region instead"
	}
	return fmt.Errorf("%s: this machine's Terraform AWS provider takes no such property; %s", property, remedy)
}

// documents lets a policy be given as an object. The bridge's own hook for it, SchemaInfo.Transform, isn't heeded for
// Terraform providers behind a plugin.
func documents(
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
			given, ok := inputs[key]
			if !ok {
				continue
			}
			text, err := document(given)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			inputs[key] = text
		}
		return inputs, nil
	}
}

func document(given resource.PropertyValue) (resource.PropertyValue, error) {
	plain := propertyvalue.RemoveSecrets(given)
	if !plain.IsObject() && !plain.IsArray() {
		return given, nil
	}
	text, err := tfbridge.TransformJSONDocument(plain)
	if err == nil && given.ContainsSecrets() {
		text = resource.MakeSecret(text)
	}
	return text, err
}
