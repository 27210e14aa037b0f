package main

import (
	"context"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// autonames are the properties that pulumi-aws names after the resource where the program gives no name, other than
// `name` itself, or under tighter rules than AWS's most common 255 characters.
var autonames = map[string]map[string]tfbridge.AutoNameOptions{
	"aws_backup_restore_testing_plan": {"name": {Separator: "_", Maxlen: 255, Randlen: 7}},
	"aws_cloudwatch_event_rule":       {"name": {Separator: "-", Maxlen: 64, Randlen: 7}},
	"aws_cloudwatch_event_target":     {"target_id": {Separator: "-", Maxlen: 255, Randlen: 7}},
	"aws_cloudwatch_metric_alarm":     {"alarm_name": {Separator: "-", Maxlen: 255, Randlen: 7}},
	"aws_iam_role":                    {"name": {Separator: "-", Maxlen: 64, Randlen: 7}},
	"aws_kms_alias":                   {"name": {Separator: "-", Maxlen: 238, Randlen: 7, PostTransform: alias}},
	"aws_s3_bucket":                   {"bucket": {Separator: "-", Maxlen: 63, Randlen: 7, Transform: strings.ToLower}},
	"aws_s3_bucket_object":            {"key": {}},
	"aws_s3_object":                   {"key": {}},
	"aws_sns_topic":                   {"name": {Separator: "-", Maxlen: 80, Randlen: 7, PostTransform: fifo("fifoTopic")}},
	"aws_sqs_queue":                   {"name": {Separator: "-", Maxlen: 80, Randlen: 7, PostTransform: fifo("fifoQueue")}},
}

var byDefault = map[string]tfbridge.AutoNameOptions{"name": {Separator: "-", Maxlen: 255, Randlen: 7}}

// KMS takes no alias without this prefix.
func alias(_ *tfbridge.PulumiResource, name string) (string, error) {
	return "alias/" + strings.TrimPrefix(name, "alias/"), nil
}

// SNS and SQS take no name of a first-in-first-out topic or queue without this suffix.
func fifo(flag string) func(*tfbridge.PulumiResource, string) (string, error) {
	return func(res *tfbridge.PulumiResource, name string) (string, error) {
		if set, ok := res.Properties[resource.PropertyKey(flag)]; ok && set.IsBool() && set.BoolValue() {
			name += ".fifo"
		}
		return name, nil
	}
}

func setAutonaming(info *tfbridge.ProviderInfo) {
	for name, res := range info.Resources {
		fields, ok := autonames[upstream(name)]
		if !ok {
			fields = byDefault
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
		ComputeDefault: func(ctx context.Context, given tfbridge.ComputeDefaultOptions) (any, error) {
			return tfbridge.ComputeAutoNameDefault(ctx, options, given)
		},
	}
}

// leaves are resources of which the old one must be deleted before its replacement is made: in AWS both would be one
// thing, and the deletion would take it away.
var leaves = []string{
	"aws_iam_account_alias",
	"aws_iam_group_policy_attachment",
	"aws_iam_policy_attachment",
	"aws_iam_role_policy_attachment",
	"aws_iam_user_policy_attachment",
	"aws_cloudwatch_log_subscription_filter",
}

func replaceInOrder(info *tfbridge.ProviderInfo) {
	for _, name := range leaves {
		if res, ok := info.Resources[name]; ok {
			res.DeleteBeforeReplace = true
		}
	}
}
