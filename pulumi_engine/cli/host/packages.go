package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func (h *host) InstallDependencies(
	req *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	tc, err := python(req.GetInfo())
	if err != nil {
		return err
	}
	streams, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, req.GetIsTerminal())
	if err != nil {
		return err
	}
	defer streams.Close()
	err = tc.InstallDependencies(server.Context(), req.GetInfo().GetProgramDirectory(),
		req.GetUseLanguageVersionTools(), true, stdout, stderr)
	if err != nil {
		return err
	}
	return streams.Close() // flushes buffered output to the terminal
}

func (h *host) About(ctx context.Context, req *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	tc, err := python(req.GetInfo())
	if err != nil {
		return nil, err
	}
	about, err := tc.About(ctx)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{Executable: about.PythonExecutable, Version: about.PythonVersion.String()}, nil
}

func (h *host) GetProgramDependencies(
	ctx context.Context, req *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	tc, err := python(req.GetInfo())
	if err != nil {
		return nil, err
	}
	packages, err := tc.ListPackages(ctx, req.GetTransitiveDependencies())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, p := range packages {
		response.Dependencies = append(response.Dependencies,
			&pulumirpc.DependencyInfo{Name: p.Name, Version: p.Version})
	}
	return response, nil
}

//go:embed packages.py
var listPackages string

// GetRequiredPackages returns the providers whose SDKs are installed, so that the engine can find their plugins before
// it starts the program.
func (h *host) GetRequiredPackages(
	ctx context.Context, req *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	tc, err := python(req.GetInfo())
	if err != nil {
		return nil, err
	}
	if err := tc.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	cmd, err := tc.Command(ctx, "-c", listPackages)
	if err != nil {
		return nil, err
	}
	detach(cmd)
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("could not list the installed packages: %w", err)
	}
	return requiredPackages(output)
}

// requiredPackages parses the output of packages.py.
func requiredPackages(output []byte) (*pulumirpc.GetRequiredPackagesResponse, error) {
	var installed []struct {
		Resource              bool
		Name, Version, Server string
	}
	if err := json.Unmarshal(output, &installed); err != nil {
		return nil, fmt.Errorf("could not parse an installed package's pulumi-plugin.json: %w", err)
	}
	response := &pulumirpc.GetRequiredPackagesResponse{}
	for _, p := range installed {
		if p.Resource {
			response.Packages = append(response.Packages, &pulumirpc.PackageDependency{
				Name: p.Name, Kind: string(apitype.ResourcePlugin), Version: p.Version, Server: p.Server,
			})
		}
	}
	return response, nil
}
