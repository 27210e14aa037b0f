// Package java stands in for Pulumi's generator of Java programs. The bridge names it where it converts the
// examples in a provider's documentation.
//
// Lost: nothing. The AWS plugin's schema has no documentation, so there is no example to convert.
package java

import (
	"errors"

	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
)

// GenerateProgram returns an error.
func GenerateProgram(*pcl.Program) (map[string][]byte, hcl.Diagnostics, error) {
	return nil, nil, errors.New("this AWS plugin is built without the generator of Java programs; " +
		"use Pulumi's own AWS plugin: pulumi plugin install resource aws")
}
