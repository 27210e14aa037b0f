package main

import (
	"encoding/json"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// tree describes a Terraform property, with the name that the bridge gives it by default. overlay.py compares it with
// the SDK's property.
type tree struct {
	Name   string           `json:"name"`
	Input  bool             `json:"input"`
	List   bool             `json:"list"`
	Single bool             `json:"single"`
	Fields map[string]*tree `json:"fields,omitempty"`
}

// member is a resource or a data source.
type member struct {
	Token  string           `json:"token"`
	Fields map[string]*tree `json:"fields"`
}

// printFields prints the served resources and functions as JSON, as they would be without overlay.json.
func printFields(info tfbridge.ProviderInfo) error {
	resources, functions := map[string]member{}, map[string]member{}
	for name, res := range info.Resources {
		resources[name] = member{string(res.Tok), trees(info.P.ResourcesMap().Get(name).Schema())}
	}
	for name, source := range info.DataSources {
		functions[name] = member{string(source.Tok), trees(info.P.DataSourcesMap().Get(name).Schema())}
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"provider":  member{"pulumi:providers:aws", trees(info.P.Schema())},
		"resources": resources,
		"functions": functions,
	})
}

func trees(schema shim.SchemaMap) map[string]*tree {
	properties := map[string]*tree{}
	for name, sch := range schema.Range {
		list := sch.Type() == shim.TypeList || sch.Type() == shim.TypeSet
		properties[name] = &tree{
			Name:   tfbridge.TerraformToPulumiNameV2(name, schema, nil),
			Input:  sch.Optional() || sch.Required(),
			List:   list,
			Single: tfbridge.IsMaxItemsOne(sch, nil),
		}
		if object := objectOf(sch); object != nil {
			properties[name].Fields = trees(object)
		}
	}
	return properties
}
