package main

import (
	"encoding/json"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// tree is a property as Terraform has it, with the name that the bridge gives it by itself: what overlay.py compares
// with the SDK.
type tree struct {
	Name   string           `json:"name"`
	Input  bool             `json:"input"`
	List   bool             `json:"list"`
	Single bool             `json:"single"`
	Fields map[string]*tree `json:"fields,omitempty"`
}

type member struct {
	Token  string           `json:"token"`
	Fields map[string]*tree `json:"fields"`
}

// printFields shows everything that is served as it would be without overlay.json.
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
	all := map[string]*tree{}
	for name, sch := range schema.Range {
		list := sch.Type() == shim.TypeList || sch.Type() == shim.TypeSet
		all[name] = &tree{
			Name:   tfbridge.TerraformToPulumiNameV2(name, schema, nil),
			Input:  sch.Optional() || sch.Required(),
			List:   list,
			Single: tfbridge.IsMaxItemsOne(sch, nil),
		}
		if object := objectOf(sch); object != nil {
			all[name].Fields = trees(object)
		}
	}
	return all
}
