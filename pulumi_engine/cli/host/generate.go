package main

import (
	"context"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/pulumi/pulumi/pkg/v3/codegen/hcl2/syntax"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
	codegen "github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	codegenrpc "github.com/pulumi/pulumi/sdk/v3/proto/go/codegen"
)

// GenerateProgram returns Python source for the resources that `pulumi import` imported.
func (h *host) GenerateProgram(
	ctx context.Context, req *pulumirpc.GenerateProgramRequest,
) (*pulumirpc.GenerateProgramResponse, error) {
	loader, err := schema.NewLoaderClient(req.GetLoaderTarget())
	if err != nil {
		return nil, err
	}
	parser := syntax.NewParser()
	for name, source := range req.GetSource() {
		if err := parser.ParseFile(strings.NewReader(source), name); err != nil {
			return nil, err
		}
	}
	if parser.Diagnostics.HasErrors() {
		return &pulumirpc.GenerateProgramResponse{Diagnostics: diagnostics(parser.Diagnostics)}, nil
	}
	options := []pcl.BindOption{pcl.PreferOutputVersionedInvokes}
	if !req.GetStrict() {
		options = append(options, pcl.NonStrictBindOptions()...)
	}
	cached := schema.NewCachedLoader(loader)
	program, bindDiagnostics, err := pcl.BindProgramWithContext(ctx, parser.Files, cached, options...)
	if err != nil {
		return nil, err
	}
	if program == nil || bindDiagnostics.HasErrors() {
		return &pulumirpc.GenerateProgramResponse{Diagnostics: diagnostics(bindDiagnostics)}, nil
	}
	files, codegenDiagnostics, err := codegen.GenerateProgram(program)
	if err != nil {
		return nil, err
	}
	all := append(bindDiagnostics, codegenDiagnostics...)
	return &pulumirpc.GenerateProgramResponse{Source: files, Diagnostics: diagnostics(all)}, nil
}

func diagnostics(all hcl.Diagnostics) (converted []*codegenrpc.Diagnostic) {
	for _, diagnostic := range all {
		converted = append(converted, plugin.HclDiagnosticToRPCDiagnostic(diagnostic))
	}
	return converted
}
