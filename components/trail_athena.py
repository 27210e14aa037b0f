"""Athena over the files of the audit trail: a table of events, a workgroup, and the saved queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.policy_document import Statement, allow, objects_of, via_s3
from components.trail_queries import TRAIL_QUERIES

TABLE = "events"
FIRST_DAY = "2020/01/01"
"""The first day that a query may name. A day without events costs a request to list its files, if it is queried."""
MAX_SCANNED_BYTES = 1024**4
"""The most data that a query may scan, at $5 a TB. Athena cancels a query that would scan more."""
_SESSION = (
    "struct<attributes:struct<mfaauthenticated:string,creationdate:string>,"
    "sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>,"
    "ec2roledelivery:string,"
    "webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>>"
)
# https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table-partition-projection.html
EVENT_COLUMNS = {
    "eventversion": "string",
    "useridentity": (
        "struct<type:string,principalid:string,arn:string,accountid:string,invokedby:string,accesskeyid:string,"
        f"username:string,onbehalfof:struct<userid:string,identitystorearn:string>,sessioncontext:{_SESSION}>"
    ),
    "eventtime": "string",
    "eventsource": "string",
    "eventname": "string",
    "awsregion": "string",
    "sourceipaddress": "string",
    "useragent": "string",
    "errorcode": "string",
    "errormessage": "string",
    "requestparameters": "string",
    "responseelements": "string",
    "additionaleventdata": "string",
    "requestid": "string",
    "eventid": "string",
    "readonly": "string",
    "resources": "array<struct<arn:string,accountid:string,type:string>>",
    "eventtype": "string",
    "apiversion": "string",
    "recipientaccountid": "string",
    "serviceeventdetails": "string",
    "sharedeventid": "string",
    "vpcendpointid": "string",
    "vpcendpointaccountid": "string",
    "eventcategory": "string",
    "addendum": ("struct<reason:string,updatedfields:string,originalrequestid:string,originaleventid:string>"),
    "sessioncredentialfromconsole": "string",
    "edgedevicedetails": "string",
    "tlsdetails": "struct<tlsversion:string,ciphersuite:string,clientprovidedhostheader:string>",
}


class TrailAthenaArgs(TypedDict):
    """The inputs of Athena over an audit trail."""

    account: Account
    """The account that the trail records, and the region of its bucket and of Athena."""
    workgroup_name: str
    """The workgroup's physical name."""
    database_name: str
    """The physical name of the database in the AWS Glue Data Catalog."""
    trail_bucket: str
    """The name of the bucket with the trail's files."""
    regions: Sequence[str]
    """The regions whose events can be queried: those of the buckets whose object events the trail records."""
    results_bucket: str
    """The name of the bucket for the results."""
    results_ready: Sequence[pulumi.Resource]
    """The resources that must exist before any result is written."""
    key_arn: pulumi.Input[str]
    """The customer managed key of audit data."""


class TrailAthena(pulumi.ComponentResource):
    """A table of the trail's events, and a workgroup whose settings no query can override."""

    workgroup: pulumi.Output[str]
    """The workgroup's name."""

    def __init__(self, name: str, args: TrailAthenaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:audit:TrailAthena", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        database = aws.glue.CatalogDatabase(
            f"{name}-database",
            name=args["database_name"],
            description="The audit trail",
            opts=child,
        )
        location = f"s3://{args['trail_bucket']}/AWSLogs/{args['account'].id}/CloudTrail"
        aws.glue.CatalogTable(
            f"{name}-{TABLE}",
            name=TABLE,
            database_name=database.name,
            description="The events of the audit trail, by region and day",
            table_type="EXTERNAL_TABLE",
            partition_keys=[{"name": "region", "type": "string"}, {"name": "day", "type": "string"}],
            parameters=table_parameters(location, args["regions"]),
            storage_descriptor={
                "location": f"{location}/",
                "input_format": "com.amazon.emr.cloudtrail.CloudTrailInputFormat",
                "output_format": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "ser_de_info": {"serialization_library": "org.apache.hive.hcatalog.data.JsonSerDe"},
                "columns": [{"name": column, "type": type_} for column, type_ in EVENT_COLUMNS.items()],
            },
            opts=child,
        )
        workgroup = aws.athena.Workgroup(
            name,
            name=args["workgroup_name"],
            description="Queries of the audit trail",
            configuration={
                "enforce_workgroup_configuration": True,
                "publish_cloudwatch_metrics_enabled": True,
                "bytes_scanned_cutoff_per_query": MAX_SCANNED_BYTES,
                "engine_version": {"selected_engine_version": "Athena engine version 3"},
                "result_configuration": {
                    "output_location": f"s3://{args['results_bucket']}/",
                    "expected_bucket_owner": args["account"].id,
                    "encryption_configuration": {"encryption_option": "SSE_KMS", "kms_key_arn": args["key_arn"]},
                },
            },
            # Athena deletes a workgroup in which a query has run only by force; the trail still has the queries.
            # https://docs.aws.amazon.com/athena/latest/APIReference/API_DeleteWorkGroup.html
            force_destroy=True,
            tags={"DataClass": "AuditLog"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=args["results_ready"]),
        )
        for query in TRAIL_QUERIES:
            aws.athena.NamedQuery(
                f"{name}-{query.name}",
                name=query.name,
                description=query.description,
                workgroup=workgroup.name,
                database=database.name,
                query=query.sql(f"{args['database_name']}.{TABLE}"),
                opts=child,
            )

        self.workgroup = workgroup.name
        self.register_outputs({"workgroup": self.workgroup})


def table_parameters(location: str, regions: Sequence[str]) -> dict[str, str]:
    """Return the parameters of partition projection, so that no partition has to be added for a new day.

    https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html

    Args:
        location: The folder of the trail's files in S3, with a folder for each region and day.
        regions: The regions whose events can be queried.
    """
    return {
        "classification": "cloudtrail",
        "projection.enabled": "true",
        "projection.region.type": "enum",
        "projection.region.values": ",".join(regions),
        "projection.day.type": "date",
        "projection.day.format": "yyyy/MM/dd",
        "projection.day.range": f"{FIRST_DAY},NOW",
        "projection.day.interval": "1",
        "projection.day.interval.unit": "DAYS",
        "storage.location.template": f"{location}/${{region}}/${{day}}",
    }


def athena_permissions(
    account: Account, *, workgroup_name: str, database_name: str, results_bucket_arn: str, key_arn: pulumi.Input[str]
) -> list[Statement]:
    """Return permissions to run queries of the trail in its workgroup, but not those to read the trail's files.

    Partition projection needs no permission for partitions.
    https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
    https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html
    """
    return [
        allow(
            [
                "athena:BatchGetNamedQuery",
                "athena:GetNamedQuery",
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:GetWorkGroup",
                "athena:ListNamedQueries",
                "athena:ListQueryExecutions",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ],
            account.arn("athena", f"workgroup/{workgroup_name}"),
        ),
        allow(
            ["glue:GetDatabase", "glue:GetTable"],
            [
                account.arn("glue", "catalog"),
                account.arn("glue", "database/default"),  # Athena looks it up for every query
                account.arn("glue", f"database/{database_name}"),
                account.arn("glue", f"table/{database_name}/{TABLE}"),
            ],
        ),
        allow(["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], results_bucket_arn),
        allow(
            ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
            f"{results_bucket_arn}/*",
        ),
        allow(
            ["kms:Decrypt", "kms:GenerateDataKey"],
            key_arn,
            via_s3(account, results_bucket_arn, *objects_of([results_bucket_arn])),
        ),
    ]
