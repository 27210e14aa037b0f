package main

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// modules maps the prefix of Terraform's names to pulumi-aws's module, for the services that this project uses.
var modules = map[string]string{
	"aws_accessanalyzer_": "accessanalyzer",
	"aws_backup_":         "backup",
	"aws_cloudtrail_":     "cloudtrail",
	"aws_cloudwatch_":     "cloudwatch",
	"aws_config_":         "cfg",
	"aws_guardduty_":      "guardduty",
	"aws_iam_":            "iam",
	"aws_kms_":            "kms",
	"aws_macie2_":         "macie2",
	"aws_s3_":             "s3",
	"aws_s3control_":      "s3control",
	"aws_sns_":            "sns",
	"aws_sqs_":            "sqs",
}

// module is "" for what isn't served.
func module(name string) string {
	for prefix, module := range modules {
		if strings.HasPrefix(name, prefix) {
			return module
		}
	}
	return ""
}

// deprecated lists the resources that pulumi-aws 7 also offers under their old name, which ends in V2.
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

const v2 = "_v2"

// upstream is Terraform's own name of a resource.
func upstream(name string) string { return strings.TrimSuffix(name, v2) }

// narrowed shows the bridge only what is served, which its types cover, out of AWS's 1,500 resources. It adds the
// deprecated names, of which Terraform knows nothing.
type narrowed struct{ tfprotov6.ProviderServer }

func narrow(terraform tfprotov6.ProviderServer) tfprotov6.ProviderServer { return narrowed{terraform} }

func (n narrowed) GetProviderSchema(
	ctx context.Context, req *tfprotov6.GetProviderSchemaRequest,
) (*tfprotov6.GetProviderSchemaResponse, error) {
	all, err := n.ProviderServer.GetProviderSchema(ctx, req)
	if err != nil {
		return nil, err
	}
	served := *all
	served.ResourceSchemas = onlyServed(all.ResourceSchemas, resourceTokens)
	served.DataSourceSchemas = onlyServed(all.DataSourceSchemas, functionTokens)
	for _, name := range deprecated {
		if schema, ok := served.ResourceSchemas[name]; ok {
			served.ResourceSchemas[name+v2] = schema
		}
	}
	return &served, nil
}

func onlyServed(schemas map[string]*tfprotov6.Schema, named map[string]string) map[string]*tfprotov6.Schema {
	served := map[string]*tfprotov6.Schema{}
	for name, schema := range schemas {
		if named[name] != "" || module(name) != "" {
			served[name] = schema
		}
	}
	return served
}

func (n narrowed) ValidateResourceConfig(
	ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest,
) (*tfprotov6.ValidateResourceConfigResponse, error) {
	r := *req
	r.TypeName = upstream(r.TypeName)
	return n.ProviderServer.ValidateResourceConfig(ctx, &r)
}

func (n narrowed) UpgradeResourceState(
	ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest,
) (*tfprotov6.UpgradeResourceStateResponse, error) {
	r := *req
	r.TypeName = upstream(r.TypeName)
	return n.ProviderServer.UpgradeResourceState(ctx, &r)
}

func (n narrowed) ReadResource(
	ctx context.Context, req *tfprotov6.ReadResourceRequest,
) (*tfprotov6.ReadResourceResponse, error) {
	r := *req
	r.TypeName = upstream(r.TypeName)
	return n.ProviderServer.ReadResource(ctx, &r)
}

func (n narrowed) PlanResourceChange(
	ctx context.Context, req *tfprotov6.PlanResourceChangeRequest,
) (*tfprotov6.PlanResourceChangeResponse, error) {
	r := *req
	r.TypeName = upstream(r.TypeName)
	return n.ProviderServer.PlanResourceChange(ctx, &r)
}

func (n narrowed) ApplyResourceChange(
	ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest,
) (*tfprotov6.ApplyResourceChangeResponse, error) {
	r := *req
	r.TypeName = upstream(r.TypeName)
	return n.ProviderServer.ApplyResourceChange(ctx, &r)
}

func (n narrowed) ImportResourceState(
	ctx context.Context, req *tfprotov6.ImportResourceStateRequest,
) (*tfprotov6.ImportResourceStateResponse, error) {
	r := *req
	r.TypeName = upstream(r.TypeName)
	return n.ProviderServer.ImportResourceState(ctx, &r)
}
