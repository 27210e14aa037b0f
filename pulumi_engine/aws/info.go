package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/proto"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// providerInfo is what the bridge asks of a provider's author: which Terraform things become which Pulumi things.
func providerInfo(ctx context.Context, terraform tfprotov6.ProviderServer) (tfbridge.ProviderInfo, error) {
	info := tfbridge.ProviderInfo{
		P:              proto.New(ctx, narrow(terraform)),
		Name:           "aws",
		ResourcePrefix: "aws",
		Version:        version,
		// They would show Terraform's id under a second name, since the plugin protocol calls it optional.
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
	replaceInOrder(&info)
	computeIDs(&info)
	return info, checkInputs(&info)
}

// omitTimeouts: in Pulumi they are an option of every resource instead. The one below is of another make in Terraform,
// for which the SDK has them as a property.
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
