"""The CloudFormation type in an ARN: one spelling for both sources, and never the name of a resource."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phi_buckets.audit import type_names
from phi_buckets.audit.type_names import type_in_arn

KNOWN_TYPES = set(type_names._types_by_name().values())
PREFIX = "us-east-1:123456789012"


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:s3:::phi-records", "AWS::S3::Bucket"),
        (f"arn:aws:s3:{PREFIX}:accesspoint/reports", "AWS::S3::AccessPoint"),
        ("arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", "AWS::S3::AccessPoint"),
        (f"arn:aws:s3:{PREFIX}:access-grants/default", "AWS::S3::AccessGrantsInstance"),
        (f"arn:aws:s3:{PREFIX}:access-grants/default/grant/1234", "AWS::S3::AccessGrantsInstance"),
        (f"arn:aws:s3-object-lambda:{PREFIX}:accesspoint/redacted", "AWS::S3ObjectLambda::AccessPoint"),
        (f"arn:aws:s3:{PREFIX}:storage-lens/default", "AWS::S3::StorageLens"),
        (f"arn:aws:s3express:{PREFIX}:bucket/scans--use1-az4--x-s3", "AWS::S3Express::DirectoryBucket"),
        (f"arn:aws:s3tables:{PREFIX}:bucket/claims", "AWS::S3Tables::TableBucket"),
        (f"arn:aws:s3tables:{PREFIX}:bucket/claims/table/1234", "AWS::S3Tables::Table"),
        (f"arn:aws:s3tables:{PREFIX}:bucket/claims/view/1234", "s3tables:*"),
        (f"arn:aws:kms:{PREFIX}:key/1234", "AWS::KMS::Key"),
        (f"arn:aws:sns:{PREFIX}:alerts", "AWS::SNS::Topic"),
        (f"arn:aws:sqs:{PREFIX}:results", "AWS::SQS::Queue"),
        (f"arn:aws:cloudtrail:{PREFIX}:trail/main", "AWS::CloudTrail::Trail"),
        (f"arn:aws:logs:{PREFIX}:log-group:/audit/trail", "AWS::Logs::LogGroup"),
        (f"arn:aws:cloudwatch:{PREFIX}:alarm:denied", "AWS::CloudWatch::Alarm"),
        (f"arn:aws:events:{PREFIX}:rule/other-bus/name", "AWS::Events::Rule"),
        (f"arn:aws:backup:{PREFIX}:backup-vault:main", "AWS::Backup::BackupVault"),
        (f"arn:aws:backup:{PREFIX}:backup-plan:1234", "AWS::Backup::BackupPlan"),
        (f"arn:aws:guardduty:{PREFIX}:detector/1234", "AWS::GuardDuty::Detector"),
        (f"arn:aws:guardduty:{PREFIX}:detector/1234/filter/archived", "AWS::GuardDuty::Filter"),
        (f"arn:aws:guardduty:{PREFIX}:detector/1234/newtype/archived", "guardduty:*"),
        ("arn:aws:iam::123456789012:role/service-role/reader", "AWS::IAM::Role"),
        ("arn:aws:iam::123456789012:policy/reader", "AWS::IAM::Policy"),
        (f"arn:aws:rds:{PREFIX}:db:records", "AWS::RDS::DBInstance"),
        (f"arn:aws-us-gov:rds:{PREFIX}:cluster-snapshot:rds:records", "AWS::RDS::DBClusterSnapshot"),
        (f"arn:aws:dynamodb:{PREFIX}:table/records", "AWS::DynamoDB::Table"),
        (f"arn:aws:ec2:{PREFIX}:security-group/sg-1", "AWS::EC2::SecurityGroup"),
        (f"arn:aws:ec2:{PREFIX}:snapshot/snap-1", "AWS::EC2::Snapshot"),
        (f"arn:aws:states:{PREFIX}:stateMachine:intake", "AWS::StepFunctions::StateMachine"),
        (f"arn:aws:elasticfilesystem:{PREFIX}:file-system/fs-1", "AWS::EFS::FileSystem"),
        (f"arn:aws:elasticloadbalancing:{PREFIX}:loadbalancer/web", "AWS::ElasticLoadBalancing::LoadBalancer"),
        (
            f"arn:aws:elasticloadbalancing:{PREFIX}:loadbalancer/app/web/1234",
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
        ),
        ("arn:aws:apigateway:us-east-1::/restapis/a1b2", "AWS::ApiGateway::RestApi"),
        ("arn:aws:apigateway:us-east-1::/restapis/a1b2/stages/prod", "AWS::ApiGateway::Stage"),
        (f"arn:aws:wafv2:{PREFIX}:regional/webacl/web/1234", "AWS::WAFv2::WebACL"),
        (f"arn:aws:es:{PREFIX}:domain/search", "AWS::OpenSearch::Domain"),
        (f"arn:aws:healthlake:{PREFIX}:datastore/fhir/1234", "AWS::HealthLake::FHIRDatastore"),
        (f"arn:aws:bedrock:{PREFIX}:custom-model/1234", "bedrock:*"),
        (f"arn:aws:execute-api:{PREFIX}:a1b2/prod/GET/patients", "execute-api:*"),
        (f"arn:aws:sns:{PREFIX}:alerts:1234", "sns:*"),
        ("not an ARN", "unknown"),
    ],
)
def test_type_in_arn_is_the_type_that_aws_config_names(arn, expected):
    assert type_in_arn(arn) == expected


@pytest.mark.parametrize("table", [type_names._TYPES_BY_WORDS, type_names._TYPES_WITHOUT_WORD])
def test_every_type_of_the_tables_is_a_known_type(table):
    assert set(table.values()) - KNOWN_TYPES == set()


def test_every_service_of_the_tables_is_a_known_service():
    assert set(type_names._SERVICES.values()) - {name.split("::")[1] for name in KNOWN_TYPES} == set()


@settings(derandomize=True, database=None, deadline=None)
@given(
    service=st.sampled_from(["s3", "s3tables", "sns", "rds", "apigateway", "codecommit", "execute-api"]),
    resource=st.text(),
)
def test_type_in_arn_never_contains_a_word_that_names_no_type(service, resource):
    assert type_in_arn(f"arn:aws:{service}:{PREFIX}:{resource}") in {*KNOWN_TYPES, f"{service}:*"}
