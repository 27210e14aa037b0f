package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	"github.com/pulumi/pulumi-terraform-bridge/v3/unstable/propertyvalue"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// overlay.json holds what pulumi-aws does otherwise than the bridge would by itself. overlay.py writes it from the SDK.
//
//go:embed overlay.json
var overlayJSON []byte

type overlay struct {
	Provider  fields            `json:"provider"`
	Resources map[string]fields `json:"resources"`
	Functions map[string]fields `json:"functions"`
}

// fields is keyed by Terraform's names.
type fields map[string]*field

type field struct {
	Name     string `json:"name"`     // pulumi-aws's name
	Single   *bool  `json:"single"`   // whether the list of Terraform is a single object in Pulumi
	Computed *bool  `json:"computed"` // shown, but not taken
	Document bool   `json:"document"` // a JSON document that may be given as an object
	Fields   fields `json:"fields"`   // of the object, or of the list's objects
}

func readOverlay() (overlay, error) {
	var o overlay
	err := json.Unmarshal(overlayJSON, &o)
	return o, err
}

// applyOverlay passes over what the Terraform provider at hand doesn't have: the overlay serves any version of it.
func applyOverlay(info *tfbridge.ProviderInfo) error {
	o, err := readOverlay()
	if err != nil {
		return fmt.Errorf("overlay.json: %w", err)
	}
	apply(o.Provider, info.P.Schema(), &info.Config)
	for name, fields := range o.Resources {
		if res, ok := info.Resources[name]; ok {
			schema := info.P.ResourcesMap().Get(name).Schema()
			apply(fields, schema, &res.Fields)
			res.PreCheckCallback = documents(fields, schema, res.Fields)
		}
	}
	for name, fields := range o.Functions {
		if source, ok := info.DataSources[name]; ok {
			apply(fields, info.P.DataSourcesMap().Get(name).Schema(), &source.Fields)
		}
	}
	return nil
}

func apply(overlaid fields, schema shim.SchemaMap, infos *map[string]*tfbridge.SchemaInfo) {
	for name, field := range overlaid {
		sch, ok := schema.GetOk(name)
		if !ok {
			continue
		}
		info := fieldOf(infos, name)
		info.MaxItemsOne, info.MarkAsComputedOnly = field.Single, field.Computed
		if !overlaid.taken(field.Name, schema) {
			info.Name = field.Name
		}
		object := objectOf(sch)
		if object == nil {
			continue
		}
		// The bridge reads an object's fields here, and those of a list's objects one level down.
		inner := &info.Fields
		if sch.Type() != shim.TypeMap {
			if info.Elem == nil {
				info.Elem = &tfbridge.SchemaInfo{}
			}
			inner = &info.Elem.Fields
		}
		apply(field.Fields, object, inner)
	}
}

// taken tells whether Terraform has another property by this name that isn't renamed itself: versions of the provider
// differ.
func (overlaid fields) taken(name string, schema shim.SchemaMap) bool {
	terraform := tfbridge.PulumiToTerraformName(name, nil, nil)
	_, exists := schema.GetOk(terraform)
	return exists && (overlaid[terraform] == nil || overlaid[terraform].Name == "")
}

// objectOf is the properties of an object, or of the objects in a list; nil for anything else.
func objectOf(sch shim.Schema) shim.SchemaMap {
	switch elem := sch.Elem().(type) {
	case shim.Resource:
		return elem.Schema()
	case shim.Schema:
		if object, ok := elem.Elem().(shim.Resource); ok && elem.Type() == shim.TypeMap {
			return object.Schema()
		}
	}
	return nil
}

func fieldOf(infos *map[string]*tfbridge.SchemaInfo, name string) *tfbridge.SchemaInfo {
	if *infos == nil {
		*infos = map[string]*tfbridge.SchemaInfo{}
	}
	if (*infos)[name] == nil {
		(*infos)[name] = &tfbridge.SchemaInfo{}
	}
	return (*infos)[name]
}

// documents lets a policy be given as an object. The bridge's own hook for it, SchemaInfo.Transform, isn't heeded for
// Terraform providers behind a plugin.
func documents(
	overlaid fields, schema shim.SchemaMap, infos map[string]*tfbridge.SchemaInfo,
) tfbridge.PreCheckCallback {
	var keys []resource.PropertyKey
	for name, field := range overlaid {
		if field.Document {
			keys = append(keys, resource.PropertyKey(tfbridge.TerraformToPulumiNameV2(name, schema, infos)))
		}
	}
	if keys == nil {
		return nil
	}
	return func(_ context.Context, inputs, _ resource.PropertyMap) (resource.PropertyMap, error) {
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
