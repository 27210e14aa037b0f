package main

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// modules maps prefixes of Terraform's names to pulumi-aws modules, for the services that this project uses.
var modules = map[string]string{
	"aws_accessanalyzer_": "accessanalyzer",
	"aws_athena_":         "athena",
	"aws_backup_":         "backup",
	"aws_cloudtrail_":     "cloudtrail",
	"aws_cloudwatch_":     "cloudwatch",
	"aws_config_":         "cfg",
	"aws_glue_":           "glue",
	"aws_guardduty_":      "guardduty",
	"aws_iam_":            "iam",
	"aws_kms_":            "kms",
	"aws_macie2_":         "macie2",
	"aws_s3_":             "s3",
	"aws_s3control_":      "s3control",
	"aws_sns_":            "sns",
	"aws_sqs_":            "sqs",
}

// module returns the pulumi-aws module of a Terraform name, or "" if its service isn't served.
func module(name string) string {
	for prefix, module := range modules {
		if strings.HasPrefix(name, prefix) {
			return module
		}
	}
	return ""
}

// deprecated lists the resources that pulumi-aws 7 also has under a deprecated name that ends in V2.
var deprecated = []string{
	"aws_s3_bucket",
	"aws_s3_bucket_accelerate_configuration",
	"aws_s3_bucket_acl",
	"aws_s3_bucket_cors_configuration",
	"aws_s3_bucket_lifecycle_configuration",
	"aws_s3_bucket_logging",
	"aws_s3_bucket_object_lock_configuration",
	"aws_s3_bucket_request_payment_configuration",
	"aws_s3_bucket_server_side_encryption_configuration",
	"aws_s3_bucket_versioning",
	"aws_s3_bucket_website_configuration",
}

const v2Suffix = "_v2"

// upstream returns Terraform's name for a resource, which may be a deprecated one.
func upstream(name string) string { return strings.TrimSuffix(name, v2Suffix) }

// servedProvider is the Terraform provider as the bridge sees it: of AWS's 1,500 resources only those of the served
// services, plus the deprecated names, which Terraform doesn't know.
type servedProvider struct{ tfprotov6.ProviderServer }

func serve(terraform tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	return servedProvider{terraform}
}

func (p servedProvider) GetProviderSchema(
	ctx context.Context, req *tfprotov6.GetProviderSchemaRequest,
) (*tfprotov6.GetProviderSchemaResponse, error) {
	all, err := p.ProviderServer.GetProviderSchema(ctx, req)
	if err != nil {
		return nil, err
	}
	served := *all
	served.ResourceSchemas = onlyServed(all.ResourceSchemas, resourceTokens)
	served.DataSourceSchemas = onlyServed(all.DataSourceSchemas, functionTokens)
	for _, name := range deprecated {
		if schema, ok := served.ResourceSchemas[name]; ok {
			served.ResourceSchemas[name+v2Suffix] = schema
		}
	}
	return &served, nil
}

func onlyServed(schemas map[string]*tfprotov6.Schema, tokens map[string]string) map[string]*tfprotov6.Schema {
	served := map[string]*tfprotov6.Schema{}
	for name, schema := range schemas {
		if tokens[name] != "" || module(name) != "" {
			served[name] = schema
		}
	}
	return served
}

func (p servedProvider) ValidateResourceConfig(
	ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest,
) (*tfprotov6.ValidateResourceConfigResponse, error) {
	r := *req
	r.TypeName = upstream(r.TypeName)
	return p.ProviderServer.ValidateResourceConfig(ctx, &r)
}

func (p servedProvider) UpgradeResourceState(
	ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest,
) (*tfprotov6.UpgradeResourceStateResponse, error) {
	r := *req
	r.TypeName = upstream(r.TypeName)
	return p.ProviderServer.UpgradeResourceState(ctx, &r)
}

func (p servedProvider) ReadResource(
	ctx context.Context, req *tfprotov6.ReadResourceRequest,
) (*tfprotov6.ReadResourceResponse, error) {
	r := *req
	r.TypeName = upstream(r.TypeName)
	return p.ProviderServer.ReadResource(ctx, &r)
}

func (p servedProvider) PlanResourceChange(
	ctx context.Context, req *tfprotov6.PlanResourceChangeRequest,
) (*tfprotov6.PlanResourceChangeResponse, error) {
	r := *req
	r.TypeName = upstream(r.TypeName)
	return p.ProviderServer.PlanResourceChange(ctx, &r)
}

func (p servedProvider) ApplyResourceChange(
	ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest,
) (*tfprotov6.ApplyResourceChangeResponse, error) {
	r := *req
	r.TypeName = upstream(r.TypeName)
	return p.ProviderServer.ApplyResourceChange(ctx, &r)
}

func (p servedProvider) ImportResourceState(
	ctx context.Context, req *tfprotov6.ImportResourceStateRequest,
) (*tfprotov6.ImportResourceStateResponse, error) {
	r := *req
	r.TypeName = upstream(r.TypeName)
	return p.ProviderServer.ImportResourceState(ctx, &r)
}
