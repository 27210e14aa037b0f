package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/proto"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// providerInfo returns the bridge's description of the provider: how Terraform resources, data sources and properties
// map to Pulumi.
func providerInfo(ctx context.Context, terraform tfprotov6.ProviderServer) (tfbridge.ProviderInfo, error) {
	info := tfbridge.ProviderInfo{
		P:              proto.New(ctx, serve(terraform)),
		Name:           "aws",
		ResourcePrefix: "aws",
		Version:        version,
		// The default fixups would expose Terraform's id under a second name, because the plugin protocol marks it optional.
		SkipDefaultFixups: true,
		MetadataInfo:      &tfbridge.MetadataInfo{Data: tfbridge.ProviderMetadata(nil)},
	}
	if err := info.ComputeTokens(tokenStrategy); err != nil {
		return info, err
	}
	if err := applyOverlay(&info); err != nil {
		return info, err
	}
	omitTimeouts(&info)
	setAutonaming(&info)
	setDeleteBeforeReplace(&info)
	computeIDs(&info)
	return info, checkInputs(&info)
}

// omitTimeouts removes the timeouts property: in Pulumi it is a resource option instead. The exception below is built
// on Terraform's newer plugin framework, and for it the SDK has timeouts as a property.
func omitTimeouts(info *tfbridge.ProviderInfo) {
	for name, res := range info.Resources {
		_, ok := info.P.ResourcesMap().Get(name).Schema().GetOk("timeouts")
		if ok && upstream(name) != "aws_s3_bucket_lifecycle_configuration" {
			fieldOf(&res.Fields, "timeouts").Omit = true
		}
	}
	for name, source := range info.DataSources {
		if _, ok := info.P.DataSourcesMap().Get(name).Schema().GetOk("timeouts"); ok {
			fieldOf(&source.Fields, "timeouts").Omit = true
		}
	}
}
