package main

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// overlayJSON lists where pulumi-aws differs from the bridge's defaults. overlay.py generates it from the SDK.
//
//go:embed overlay.json
var overlayJSON []byte

type overlay struct {
	Provider  fields            `json:"provider"`
	Resources map[string]fields `json:"resources"`
	Functions map[string]fields `json:"functions"`
}

// fields maps Terraform's property names to how they differ.
type fields map[string]*field

type field struct {
	Name     string `json:"name"`     // the name in pulumi-aws
	Single   *bool  `json:"single"`   // whether Terraform's list is a single object in Pulumi
	Computed *bool  `json:"computed"` // an output only
	Document bool   `json:"document"` // a JSON document that may also be an object
	Fields   fields `json:"fields"`   // the fields of the object, or of the list's objects
}

func readOverlay() (overlay, error) {
	var parsed overlay
	err := json.Unmarshal(overlayJSON, &parsed)
	return parsed, err
}

// applyOverlay applies overlay.json to the bridge's mapping. It skips what this Terraform provider doesn't have, so
// that the overlay works with any version of it.
func applyOverlay(info *tfbridge.ProviderInfo) error {
	overlay, err := readOverlay()
	if err != nil {
		return fmt.Errorf("overlay.json: %w", err)
	}
	apply(overlay.Provider, info.P.Schema(), &info.Config)
	for name, fields := range overlay.Resources {
		if res, ok := info.Resources[name]; ok {
			apply(fields, info.P.ResourcesMap().Get(name).Schema(), &res.Fields)
		}
	}
	for name, fields := range overlay.Functions {
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
		if !overlaid.nameInUse(field.Name, schema) {
			info.Name = field.Name
		}
		if object := objectOf(sch); object != nil {
			apply(field.Fields, object, fieldsOf(info, sch))
		}
	}
}

// nameInUse reports whether Terraform has another property of this name that isn't renamed itself. Versions of the
// provider differ in this.
func (overlaid fields) nameInUse(name string, schema shim.SchemaMap) bool {
	terraform := tfbridge.PulumiToTerraformName(name, nil, nil)
	_, exists := schema.GetOk(terraform)
	return exists && (overlaid[terraform] == nil || overlaid[terraform].Name == "")
}

// objectOf returns the properties of an object, or of the objects in a list, and nil for any other type.
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

// fieldsOf returns where the bridge looks up an object's fields. For a list's objects it is one level deeper.
func fieldsOf(info *tfbridge.SchemaInfo, sch shim.Schema) *map[string]*tfbridge.SchemaInfo {
	if sch.Type() == shim.TypeMap {
		return &info.Fields
	}
	if info.Elem == nil {
		info.Elem = &tfbridge.SchemaInfo{}
	}
	return &info.Elem.Fields
}

// fieldOf returns the entry for a property, creating it if necessary.
func fieldOf(infos *map[string]*tfbridge.SchemaInfo, name string) *tfbridge.SchemaInfo {
	if *infos == nil {
		*infos = map[string]*tfbridge.SchemaInfo{}
	}
	if (*infos)[name] == nil {
		(*infos)[name] = &tfbridge.SchemaInfo{}
	}
	return (*infos)[name]
}
