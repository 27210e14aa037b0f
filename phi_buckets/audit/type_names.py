"""The CloudFormation type in an ARN: the spelling that AWS Config uses too, so both sources count the same types.

Only words that name a type are ever returned. Other words of an ARN may be the name or the ID of a resource, and those
can contain PHI.
"""

from __future__ import annotations

import re
from functools import cache

from botocore.loaders import Loader

# Types that can be tagged and that AWS Config doesn't record, in the same form.
_OTHER_TYPES = {
    "ApiGateway": "DomainName",
    "Athena": "CapacityReservation",
    "Backup": "Framework",
    "Bedrock": "Agent Flow",
    "CloudWatch": "Dashboard",
    "CodeCommit": "Repository",
    "CodeConnections": "Connection",
    "Config": "ConfigRule ConfigurationAggregator ConfigurationRecorder",
    "DAX": "Cluster",
    "DMS": "ReplicationInstance ReplicationTask",
    "DirectoryService": "Directory",
    "DocDBElastic": "Cluster",
    "EC2": "Image KeyPair SecurityGroupRule Snapshot",
    "ECS": "Task",
    "EKS": "Nodegroup",
    "EMR": "Cluster",
    "ElastiCache": "CacheCluster ParameterGroup ReplicationGroup ServerlessCache Snapshot SubnetGroup User UserGroup",
    "ElasticLoadBalancingV2": "ListenerRule",
    "FSx": "Backup FileSystem Snapshot Volume",
    "Glacier": "Vault",
    "Glue": "Connection Crawler Trigger Workflow",
    "HealthImaging": "Datastore",
    "Inspector": "AssessmentTemplate",
    "Lambda": "EventSourceMapping LayerVersion",
    "Logs": "DeliveryDestination DeliverySource LogGroup",
    "MWAA": "Environment",
    "MemoryDB": "Cluster User",
    "Omics": "AnnotationStore ReferenceStore SequenceStore VariantStore Workflow",
    "Pipes": "Pipe",
    "RAM": "ResourceShare",
    "RDS": "DBClusterParameterGroup DBParameterGroup DBProxy",
    "RedshiftServerless": "Namespace Workgroup",
    "ResourceGroups": "Group",
    "S3ObjectLambda": "AccessPoint",
    "S3Tables": "Table",
    "SSM": "MaintenanceWindow Parameter",
    "SageMaker": "Endpoint EndpointConfig NotebookInstance Pipeline ProcessingJob TrainingJob",
    "Scheduler": "ScheduleGroup",
    "SecurityHub": "Hub",
    "ServiceCatalogAppRegistry": "Application",
    "StorageGateway": "Gateway",
    "Synthetics": "Canary",
    "Timestream": "Database Table",
    "Transfer": "User",
    "VpcLattice": "Service ServiceNetwork",
    "XRay": "Group",
}

# The service of a type, where an ARN names it otherwise.
_SERVICES = {
    "airflow": "MWAA",
    "aoss": "OpenSearchServerless",
    "cassandra": "Cassandra",
    "catalog": "ServiceCatalog",
    "cognito-identity": "Cognito",
    "cognito-idp": "Cognito",
    "ds": "DirectoryService",
    "elasticfilesystem": "EFS",
    "elasticloadbalancing": "ElasticLoadBalancingV2",
    "elasticmapreduce": "EMR",
    "es": "OpenSearch",
    "firehose": "KinesisFirehose",
    "geo": "Location",
    "kafka": "MSK",
    "kinesisanalytics": "KinesisAnalyticsV2",
    "medical-imaging": "HealthImaging",
    "mobiletargeting": "Pinpoint",
    "mq": "AmazonMQ",
    "profile": "CustomerProfiles",
    "redshift-serverless": "RedshiftServerless",
    "s3-object-lambda": "S3ObjectLambda",
    "schemas": "EventSchemas",
    "servicecatalog": "ServiceCatalogAppRegistry",
    "states": "StepFunctions",
}

# Types whose words in an ARN aren't the type's own.
_TYPES_BY_WORDS = {
    "apigateway:apis": "AWS::ApiGatewayV2::Api",
    "apigateway:apis/stages": "AWS::ApiGatewayV2::Stage",
    "apigateway:restapis": "AWS::ApiGateway::RestApi",
    "apigateway:restapis/stages": "AWS::ApiGateway::Stage",
    "apigateway:usageplans": "AWS::ApiGateway::UsagePlan",
    "appsync:apis": "AWS::AppSync::GraphQLApi",
    "backup:recovery-point": "AWS::Backup::RecoveryPoint",
    "catalog:product": "AWS::ServiceCatalog::CloudFormationProduct",
    "dms:es": "AWS::DMS::EventSubscription",
    "dms:rep": "AWS::DMS::ReplicationInstance",
    "dms:subgrp": "AWS::DMS::ReplicationSubnetGroup",
    "dms:task": "AWS::DMS::ReplicationTask",
    "ec2:dedicated-host": "AWS::EC2::Host",
    "ec2:elastic-ip": "AWS::EC2::EIP",
    "ec2:fleet": "AWS::EC2::EC2Fleet",
    "ec2:spot-fleet-request": "AWS::EC2::SpotFleet",
    "ec2:vpc-flow-log": "AWS::EC2::FlowLog",
    "elasticache:cluster": "AWS::ElastiCache::CacheCluster",
    "elasticloadbalancing:loadbalancer": "AWS::ElasticLoadBalancing::LoadBalancer",
    "elasticloadbalancing:loadbalancer/app": "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "elasticloadbalancing:loadbalancer/gwy": "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "elasticloadbalancing:loadbalancer/net": "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "emr-containers:virtualclusters": "AWS::EMRContainers::VirtualCluster",
    "emr-serverless:applications": "AWS::EMRServerless::Application",
    "glacier:vaults": "AWS::Glacier::Vault",
    "grafana:workspaces": "AWS::Grafana::Workspace",
    "guardduty:detector/filter": "AWS::GuardDuty::Filter",
    "guardduty:detector/ipset": "AWS::GuardDuty::IPSet",
    "guardduty:detector/threatintelset": "AWS::GuardDuty::ThreatIntelSet",
    "healthlake:datastore": "AWS::HealthLake::FHIRDatastore",
    "mobiletargeting:apps": "AWS::Pinpoint::App",
    "network-firewall:stateful-rulegroup": "AWS::NetworkFirewall::RuleGroup",
    "network-firewall:stateless-rulegroup": "AWS::NetworkFirewall::RuleGroup",
    "profile:domains": "AWS::CustomerProfiles::Domain",
    "rds:cluster": "AWS::RDS::DBCluster",
    "rds:cluster-pg": "AWS::RDS::DBClusterParameterGroup",
    "rds:cluster-snapshot": "AWS::RDS::DBClusterSnapshot",
    "rds:db": "AWS::RDS::DBInstance",
    "rds:db-proxy": "AWS::RDS::DBProxy",
    "rds:es": "AWS::RDS::EventSubscription",
    "rds:og": "AWS::RDS::OptionGroup",
    "rds:pg": "AWS::RDS::DBParameterGroup",
    "rds:secgrp": "AWS::RDS::DBSecurityGroup",
    "rds:snapshot": "AWS::RDS::DBSnapshot",
    "rds:subgrp": "AWS::RDS::DBSubnetGroup",
    "redshift:parametergroup": "AWS::Redshift::ClusterParameterGroup",
    "redshift:securitygroup": "AWS::Redshift::ClusterSecurityGroup",
    "redshift:snapshot": "AWS::Redshift::ClusterSnapshot",
    "redshift:subnetgroup": "AWS::Redshift::ClusterSubnetGroup",
    "s3:access-grants": "AWS::S3::AccessGrantsInstance",
    "s3express:bucket": "AWS::S3Express::DirectoryBucket",
    "s3tables:bucket": "AWS::S3Tables::TableBucket",
    "s3tables:bucket/table": "AWS::S3Tables::Table",
    "signer:signing-profiles": "AWS::Signer::SigningProfile",
    "wafv2:global/ipset": "AWS::WAFv2::IPSet",
    "wafv2:global/regexpatternset": "AWS::WAFv2::RegexPatternSet",
    "wafv2:global/rulegroup": "AWS::WAFv2::RuleGroup",
    "wafv2:global/webacl": "AWS::WAFv2::WebACL",
    "wafv2:regional/ipset": "AWS::WAFv2::IPSet",
    "wafv2:regional/regexpatternset": "AWS::WAFv2::RegexPatternSet",
    "wafv2:regional/rulegroup": "AWS::WAFv2::RuleGroup",
    "wafv2:regional/webacl": "AWS::WAFv2::WebACL",
}

# Services whose resources have others in them, of types of their own: detector/ID/filter/NAME.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonguardduty.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3tables.html
_NESTING_SERVICES = ("guardduty", "s3tables")

# Types whose ARN has only the resource's name after the account.
_TYPES_WITHOUT_WORD = {
    "codecommit": "AWS::CodeCommit::Repository",
    "codepipeline": "AWS::CodePipeline::Pipeline",
    "s3": "AWS::S3::Bucket",
    "sns": "AWS::SNS::Topic",
    "sqs": "AWS::SQS::Queue",
}


def type_in_arn(arn: str) -> str:
    """Return the CloudFormation type of an ARN's resource, such as `AWS::RDS::DBInstance`.

    Where the type isn't known, it is only the service, such as `bedrock:*`.
    """
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return "unknown"
    service, resource = parts[2], parts[5]
    words = re.split("[:/]", resource.strip("/"))
    if len(words) == 1 and service in _TYPES_WITHOUT_WORD:
        return _TYPES_WITHOUT_WORD[service]
    if service in _NESTING_SERVICES and len(words) > 2:
        return _TYPES_BY_WORDS.get(f"{service}:{'/'.join(words[::2])}", f"{service}:*")
    if resource.startswith("/"):
        words = words[::2]  # a path in which an ID follows each word: /restapis/a1b2c3/stages/prod
    for key in (f"{service}:{'/'.join(words[:2])}", f"{service}:{words[0]}"):
        if key in _TYPES_BY_WORDS:
            return _TYPES_BY_WORDS[key]
    return _types_by_name().get(_normalized(_SERVICES.get(service, service), words[0]), f"{service}:*")


@cache
def _types_by_name() -> dict[tuple[str, ...], str]:
    """Return the types by service and name without case and hyphens: an ARN has `security-group`."""
    model = Loader(include_default_search_paths=True).load_service_model("config", "service-2")
    recorded_types: list[str] = model["shapes"]["ResourceType"]["enum"]
    other_types = (f"AWS::{service}::{name}" for service, names in _OTHER_TYPES.items() for name in names.split())
    return {_normalized(*name.split("::")[1:]): name for name in (*recorded_types, *other_types)}


def _normalized(*words: str) -> tuple[str, ...]:
    return tuple(word.replace("-", "").lower() for word in words)
