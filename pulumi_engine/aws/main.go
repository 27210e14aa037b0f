// pulumi-resource-aws is Pulumi's AWS provider for a machine that can't download Pulumi's own: the Terraform provider
// of a local mirror behind Pulumi's bridge, with the tokens and property names of the pulumi-aws SDK. Beside serving
// the engine it prints, if asked: --version; terraform, the provider that it found; schema, Pulumi's package schema;
// fields, what overlay.py reads.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/dynamic/internal/shim/run"
	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi/pkg/v3/resource/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// version is pulumi-aws's: the engine refuses a plugin older than the SDK that the program imports.
const version = "7.51.1"

func main() {
	if err := serve(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-aws:", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, args []string) error {
	if len(args) == 1 && args[0] == "--version" { // answered without a Terraform provider
		fmt.Println(version)
		return nil
	}

	binary, err := findProvider(places(os.Getenv))
	if err != nil {
		return err
	}
	if len(args) == 1 && args[0] == "terraform" {
		fmt.Println(binary)
		return nil
	}
	terraform, err := run.LocalProvider(ctx, binary)
	if err != nil {
		return fmt.Errorf("%s doesn't start as a Terraform provider: %w", binary, err)
	}
	defer terraform.Close()

	info, err := providerInfo(ctx, terraform)
	if err != nil {
		return err
	}
	switch {
	case len(args) == 1 && args[0] == "schema":
		return printSchema(info)
	case len(args) == 1 && args[0] == "fields":
		return printFields(info)
	}
	followParent(func() { _ = terraform.Close() })
	return provider.Main(info.Name, func(engine *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return pfbridge.NewProviderServer(ctx, engine, info, pfbridge.ProviderMetadata{XGetSchema: getSchema(info)})
	})
}
