package main

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
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
			apply(fields, info.P.ResourcesMap().Get(name).Schema(), &res.Fields)
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
		if object := objectOf(sch); object != nil {
			apply(field.Fields, object, fieldsOf(info, sch))
		}
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

// fieldsOf is where the bridge reads about an object's fields; about those of a list's objects, it is one level down.
func fieldsOf(info *tfbridge.SchemaInfo, sch shim.Schema) *map[string]*tfbridge.SchemaInfo {
	if sch.Type() == shim.TypeMap {
		return &info.Fields
	}
	if info.Elem == nil {
		info.Elem = &tfbridge.SchemaInfo{}
	}
	return &info.Elem.Fields
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
