package main

import "testing"

func TestTokenFollowsTheSDK(t *testing.T) {
	for name, want := range map[string]string{
		"aws_s3_bucket":                           "aws:s3/bucket:Bucket",
		"aws_s3_bucket_v2":                        "aws:s3/bucketV2:BucketV2",
		"aws_s3_bucket_replication_configuration": "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
		"aws_s3control_bucket":                    "aws:s3control/bucket:Bucket",
		"aws_cloudtrail":                          "aws:cloudtrail/trail:Trail",
		"aws_config_delivery_channel":             "aws:cfg/deliveryChannel:DeliveryChannel",
		"aws_guardduty_ipset":                     "aws:guardduty/iPSet:IPSet",
	} {
		if got, err := token(name, resourceTokens, ""); got != want || err != nil {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	for name, want := range map[string]string{
		"aws_s3_bucket":       "aws:s3/getBucket:getBucket",
		"aws_caller_identity": "aws:index/getCallerIdentity:getCallerIdentity",
	} {
		if got, err := token(name, functionTokens, "get"); got != want || err != nil {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	if got, err := token("aws_instance", resourceTokens, ""); err == nil {
		t.Errorf("aws_instance: got %s, want an error, because it isn't served", got)
	}
}
