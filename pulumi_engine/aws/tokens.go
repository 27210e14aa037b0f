package main

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	ptokens "github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// resourceTokens lists the resources whose pulumi-aws name doesn't follow from Terraform's.
var resourceTokens = map[string]string{
	"aws_cloudtrail":                           "cloudtrail:Trail",
	"aws_config_config_rule":                   "cfg:Rule",
	"aws_config_configuration_recorder":        "cfg:Recorder",
	"aws_config_configuration_recorder_status": "cfg:RecorderStatus",
	"aws_guardduty_ipset":                      "guardduty:IPSet",
	"aws_guardduty_threatintelset":             "guardduty:ThreatIntelSet",
	"aws_iam_openid_connect_provider":          "iam:OpenIdConnectProvider",
	"aws_iam_user_ssh_key":                     "iam:SshKey",
	"aws_internetmonitor_monitor":              "cloudwatch:InternetMonitor",
	"aws_macie2_custom_data_identifier":        "macie:CustomDataIdentifier",
	"aws_macie2_findings_filter":               "macie:FindingsFilter",
	"aws_s3_bucket_analytics_configuration":    "s3:AnalyticsConfiguration",
	"aws_s3_bucket_inventory":                  "s3:Inventory",
	"aws_s3_bucket_replication_configuration":  "s3:BucketReplicationConfig",
	"aws_s3_object":                            "s3:BucketObjectv2",
	"aws_sns_topic_data_protection_policy":     "sns:DataProtectionPolicy",
	"aws_sqs_queue_redrive_allow_policy":       "sqs:RedriveAllowPolicy",
	"aws_sqs_queue_redrive_policy":             "sqs:RedrivePolicy",
}

// functionTokens lists the same for data sources.
var functionTokens = map[string]string{
	"aws_arn":                         "index:getArn",
	"aws_availability_zone":           "index:getAvailabilityZone",
	"aws_availability_zones":          "index:getAvailabilityZones",
	"aws_billing_service_account":     "index:getBillingServiceAccount",
	"aws_caller_identity":             "index:getCallerIdentity",
	"aws_canonical_user_id":           "s3:getCanonicalUserId",
	"aws_default_tags":                "index:getDefaultTags",
	"aws_iam_openid_connect_provider": "iam:getOpenIdConnectProvider",
	"aws_ip_ranges":                   "index:getIpRanges",
	"aws_kms_ciphertext":              "kms:getCipherText",
	"aws_organizations_organization":  "organizations:getOrganization",
	"aws_partition":                   "index:getPartition",
	"aws_region":                      "index:getRegion",
	"aws_regions":                     "index:getRegions",
	"aws_service":                     "index:getService",
	"aws_service_principal":           "index:getServicePrincipal",
}

var tokenStrategy = tokens.Strategy{
	Resource: func(name string, res *tfbridge.ResourceInfo) error {
		token, err := token(name, resourceTokens, "")
		res.Tok = ptokens.Type(token)
		return err
	},
	DataSource: func(name string, source *tfbridge.DataSourceInfo) error {
		token, err := token(name, functionTokens, "get")
		source.Tok = ptokens.ModuleMember(token)
		return err
	},
}

// token returns the Pulumi token of a Terraform name: aws_s3_bucket_acl is aws:s3/bucketAcl:BucketAcl, or as a data
// source (with the verb "get") aws:s3/getBucketAcl:getBucketAcl. exceptions are the names that don't follow this rule.
func token(name string, exceptions map[string]string, verb string) (string, error) {
	short := exceptions[name]
	if short == "" {
		module, rest := module(name), strings.SplitN(name, "_", 3)
		if module == "" || len(rest) < 3 {
			return "", fmt.Errorf("%s has no token: add its prefix to services.go or its token to tokens.go", name)
		}
		short = module + ":" + verb + camel(rest[2])
	}
	module, member, _ := strings.Cut(short, ":")
	return fmt.Sprintf("aws:%s/%s:%s", module, lowerFirst(member), member), nil
}

func camel(snake string) string {
	var name strings.Builder
	for word := range strings.SplitSeq(snake, "_") {
		for i, r := range word {
			if i == 0 {
				r = unicode.ToUpper(r)
			}
			name.WriteRune(r)
		}
	}
	return name.String()
}

func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }
