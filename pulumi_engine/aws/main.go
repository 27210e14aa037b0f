// pulumi-resource-aws is an AWS provider for machines that can't download Pulumi's own. It runs the Terraform provider
// of a local mirror behind Pulumi's bridge, with the tokens and property names of the pulumi-aws SDK.
//
// Without arguments it serves the engine. With one, it prints and exits:
//
//	--version  the version of pulumi-aws that it stands in for
//	terraform  the path of the Terraform provider
//	schema     Pulumi's package schema
//	fields     Terraform's properties, for overlay.py
package main

import (
	"context"
	"fmt"
	"os"

	shimrun "github.com/pulumi/pulumi-terraform-bridge/v3/dynamic/internal/shim/run"
	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi/pkg/v3/resource/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// version is the version of pulumi-aws in requirements.txt, which a test holds equal. The engine rejects a plugin that
// is older than the SDK that the program imports.
const version = "7.51.1"

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-aws:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 1 && args[0] == "--version" { // works without a Terraform provider
		fmt.Println(version)
		return nil
	}

	binary, err := findProvider(searchPath(os.Getenv))
	if err != nil {
		return err
	}
	if len(args) == 1 && args[0] == "terraform" {
		fmt.Println(binary)
		return nil
	}
	terraform, err := shimrun.LocalProvider(ctx, binary)
	if err != nil {
		return fmt.Errorf("can't start %s as a Terraform provider: %w", binary, err)
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
	exitWithParent(func() { _ = terraform.Close() })
	return provider.Main(info.Name, func(engine *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return pfbridge.NewProviderServer(ctx, engine, info, pfbridge.ProviderMetadata{XGetSchema: getSchema(info)})
	})
}
