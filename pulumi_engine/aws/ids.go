package main

import (
	"context"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// idProperties lists the properties that pulumi-aws joins with commas into an ID, for resources that have no ID in
// Terraform.
var idProperties = map[string][]resource.PropertyKey{
	"aws_backup_restore_testing_plan":                   {"name"},
	"aws_backup_restore_testing_selection":              {"name", "restoreTestingPlanName"},
	"aws_cloudwatch_contributor_insight_rule":           {"ruleName"},
	"aws_cloudwatch_contributor_managed_insight_rule":   {"arn"},
	"aws_cloudwatch_log_anomaly_detector":               {"arn"},
	"aws_cloudwatch_log_delivery_destination":           {"name"},
	"aws_cloudwatch_log_delivery_destination_policy":    {"deliveryDestinationName"},
	"aws_cloudwatch_log_delivery_source":                {"name"},
	"aws_cloudwatch_log_index_policy":                   {"logGroupName"},
	"aws_guardduty_member_detector_feature":             {"detectorId", "accountId", "name"},
	"aws_iam_group_policies_exclusive":                  {"groupName"},
	"aws_iam_group_policy_attachments_exclusive":        {"groupName"},
	"aws_iam_role_policies_exclusive":                   {"roleName"},
	"aws_iam_role_policy_attachments_exclusive":         {"roleName"},
	"aws_iam_user_policies_exclusive":                   {"userName"},
	"aws_iam_user_policy_attachments_exclusive":         {"userName"},
	"aws_macie2_organization_configuration":             {"autoEnable"},
	"aws_s3control_directory_bucket_access_point_scope": {"name", "accountId"},
}

// computeIDs sets the ID of each resource in idProperties.
func computeIDs(info *tfbridge.ProviderInfo) {
	for name, keys := range idProperties {
		if res, ok := info.Resources[name]; ok {
			res.ComputeID = joinProperties(keys)
		}
	}
}

func joinProperties(keys []resource.PropertyKey) tfbridge.ComputeID {
	return func(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
		var parts []string
		for _, key := range keys {
			switch value := state[key]; {
			case value.IsString():
				parts = append(parts, value.StringValue())
			case value.IsBool():
				parts = append(parts, value.String())
			}
		}
		return resource.ID(strings.Join(parts, ",")), nil
	}
}
