package main

import (
	"context"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// autonames lists the properties that pulumi-aws derives from the resource's name if the program sets no name, where
// the property isn't `name` or its limit is lower than AWS's usual 255 characters.
var autonames = map[string]map[string]tfbridge.AutoNameOptions{
	"aws_backup_restore_testing_plan": {"name": {Separator: "_", Maxlen: 255, Randlen: 7}},
	"aws_cloudwatch_event_rule":       {"name": {Separator: "-", Maxlen: 64, Randlen: 7}},
	"aws_cloudwatch_event_target":     {"target_id": {Separator: "-", Maxlen: 255, Randlen: 7}},
	"aws_cloudwatch_metric_alarm":     {"alarm_name": {Separator: "-", Maxlen: 255, Randlen: 7}},
	"aws_iam_role":                    {"name": {Separator: "-", Maxlen: 64, Randlen: 7}},
	"aws_kms_alias":                   {"name": {Separator: "-", Maxlen: 238, Randlen: 7, PostTransform: aliasPrefix}},
	"aws_s3_bucket":                   {"bucket": {Separator: "-", Maxlen: 63, Randlen: 7, Transform: strings.ToLower}},
	"aws_s3_bucket_object":            {"key": {}},
	"aws_s3_object":                   {"key": {}},
	"aws_sns_topic":                   {"name": {Separator: "-", Maxlen: 80, Randlen: 7, PostTransform: fifoSuffix("fifoTopic")}},
	"aws_sqs_queue":                   {"name": {Separator: "-", Maxlen: 80, Randlen: 7, PostTransform: fifoSuffix("fifoQueue")}},
}

var defaultAutoname = map[string]tfbridge.AutoNameOptions{"name": {Separator: "-", Maxlen: 255, Randlen: 7}}

// aliasPrefix adds the prefix that KMS requires of an alias.
func aliasPrefix(_ *tfbridge.PulumiResource, name string) (string, error) {
	return "alias/" + strings.TrimPrefix(name, "alias/"), nil
}

// fifoSuffix adds the suffix that SNS and SQS require of a FIFO topic or queue. flag is the property that makes it
// one.
func fifoSuffix(flag string) func(*tfbridge.PulumiResource, string) (string, error) {
	return func(res *tfbridge.PulumiResource, name string) (string, error) {
		if set, ok := res.Properties[resource.PropertyKey(flag)]; ok && set.IsBool() && set.BoolValue() {
			name += ".fifo"
		}
		return name, nil
	}
}

// setAutonaming gives each resource a default name.
func setAutonaming(info *tfbridge.ProviderInfo) {
	for name, res := range info.Resources {
		fields, ok := autonames[upstream(name)]
		if !ok {
			fields = defaultAutoname
		}
		for field, options := range fields {
			schema, ok := info.P.ResourcesMap().Get(name).Schema().GetOk(field)
			if !ok || schema.Type() != shim.TypeString || !(schema.Optional() || schema.Required()) {
				continue
			}
			fieldOf(&res.Fields, field).Default = autoname(options)
		}
	}
}

func autoname(options tfbridge.AutoNameOptions) *tfbridge.DefaultInfo {
	return &tfbridge.DefaultInfo{
		AutoNamed: true,
		ComputeDefault: func(ctx context.Context, defaults tfbridge.ComputeDefaultOptions) (any, error) {
			return tfbridge.ComputeAutoNameDefault(ctx, options, defaults)
		},
	}
}

// deletedBeforeReplace lists the resources that must be deleted before their replacement is created. In AWS both would
// be the same object, and deleting the old one would remove the new one.
var deletedBeforeReplace = []string{
	"aws_iam_account_alias",
	"aws_iam_group_policy_attachment",
	"aws_iam_policy_attachment",
	"aws_iam_role_policy_attachment",
	"aws_iam_user_policy_attachment",
	"aws_cloudwatch_log_subscription_filter",
}

func setDeleteBeforeReplace(info *tfbridge.ProviderInfo) {
	for _, name := range deletedBeforeReplace {
		if res, ok := info.Resources[name]; ok {
			res.DeleteBeforeReplace = true
		}
	}
}
