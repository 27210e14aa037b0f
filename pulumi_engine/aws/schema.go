package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/spf13/afero"
)

// getSchema returns a function that generates the package schema on demand: most runs never request it.
func getSchema(info tfbridge.ProviderInfo) func(context.Context, plugin.GetSchemaRequest) ([]byte, error) {
	return func(context.Context, plugin.GetSchemaRequest) ([]byte, error) { return schema(info) }
}

func printSchema(info tfbridge.ProviderInfo) error {
	bytes, err := schema(info)
	if err != nil {
		return err
	}
	fmt.Println(string(bytes))
	return nil
}

func schema(info tfbridge.ProviderInfo) ([]byte, error) {
	generator, err := tfgen.NewGenerator(tfgen.GeneratorOptions{
		Package:       info.Name,
		Version:       info.Version,
		Language:      tfgen.Schema,
		ProviderInfo:  info,
		Root:          afero.NewMemMapFs(),
		XInMemoryDocs: true, // there is no repository of the Terraform provider to read documentation from
		SkipDocs:      true,
		SkipExamples:  true,
		Sink:          diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never}),
	})
	if err != nil {
		return nil, err
	}
	generated, err := generator.Generate()
	if err != nil {
		return nil, err
	}
	generated.PackageSpec.Version = info.Version // the generator omits it, so that its file is the same for every version
	return json.Marshal(generated.PackageSpec)
}
