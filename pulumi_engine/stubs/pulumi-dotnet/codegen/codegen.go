// Package codegen stands in for Pulumi's generator of C# programs. The bridge names it where it converts the
// examples in a provider's documentation.
//
// The types are those that the bridge writes to the package schema, with upstream's fields and JSON names in upstream's
// order, so that the schema is the same to the byte.
//
// Lost: nothing. The AWS plugin's schema has no documentation, so there is no example to convert.
package codegen

import (
	"errors"

	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
)

// GenerateProgram returns an error.
func GenerateProgram(*pcl.Program) (map[string][]byte, hcl.Diagnostics, error) {
	return nil, nil, errors.New("this AWS plugin is built without the generator of C# programs; " +
		"use Pulumi's own AWS plugin: pulumi plugin install resource aws")
}

// CSharpPackageInfo is what the package schema says to the generator of C# SDKs.
type CSharpPackageInfo struct {
	PackageReferences            map[string]string `json:"packageReferences,omitempty"`
	Namespaces                   map[string]string `json:"namespaces,omitempty"`
	Compatibility                string            `json:"compatibility,omitempty"`
	DictionaryConstructors       bool              `json:"dictionaryConstructors,omitempty"`
	ProjectReferences            []string          `json:"projectReferences,omitempty"`
	LiftSingleValueMethodReturns bool              `json:"liftSingleValueMethodReturns,omitempty"`
	RootNamespace                string            `json:"rootNamespace,omitempty"`
	RespectSchemaVersion         bool              `json:"respectSchemaVersion,omitempty"`
}

// CSharpPropertyInfo names a property.
type CSharpPropertyInfo struct {
	Name string `json:"name,omitempty"`
}

// CSharpResourceInfo names a resource.
type CSharpResourceInfo struct {
	Name string `json:"name,omitempty"`
}
