"""Saved queries of the audit trail that find who read or wrote an object, when and from where.

Each has two texts with the same columns: one for CloudWatch Logs Insights, over the trail's log group, and one for
Athena, over the trail's files. docs/accounting-of-disclosures.md shows how to run them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import pulumi
import pulumi_aws as aws

# The columns of every query: the name, the field of a CloudTrail event, and the expression over the table of events.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
COLUMNS = (
    ("time", "eventTime", "eventtime"),
    ("event", "eventName", "eventname"),
    ("bucket", "requestParameters.bucketName", "json_extract_scalar(requestparameters, '$.bucketName')"),
    ("object_key", "requestParameters.key", "json_extract_scalar(requestparameters, '$.key')"),
    ("version_id", "requestParameters.versionId", "json_extract_scalar(requestparameters, '$.versionId')"),
    ("principal_type", "userIdentity.type", "useridentity.type"),
    ("principal", "userIdentity.arn", "useridentity.arn"),
    # A request from another account has no ARN, only these two. The account of an anonymous one is ANONYMOUS_PRINCIPAL.
    ("principal_id", "userIdentity.principalId", "useridentity.principalid"),
    ("account", "userIdentity.accountId", "useridentity.accountid"),
    ("role", "userIdentity.sessionContext.sessionIssuer.arn", "useridentity.sessioncontext.sessionissuer.arn"),
    ("service", "userIdentity.invokedBy", "useridentity.invokedby"),
    ("source_address", "sourceIPAddress", "sourceipaddress"),
    ("vpc_endpoint", "vpcEndpointId", "vpcendpointid"),
    ("user_agent", "userAgent", "useragent"),
    ("error", "errorCode", "errorcode"),
    ("event_id", "eventID", "eventid"),
)
MAX_INSIGHTS_RESULTS = 10_000  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Limit.html
OBJECT_KEY, PRINCIPAL_ARN = "OBJECT_KEY", "PRINCIPAL_ARN"
"""The placeholders in the Insights queries. Insights has no parameters; Athena's are the question marks."""


@dataclass(frozen=True)
class TrailQuery:
    """A question to the audit trail, as a condition of each query language."""

    name: str
    description: str
    insights_filter: str
    sql_filter: str

    @property
    def insights(self) -> str:
        """The CloudWatch Logs Insights query. The caller sets the period, and replaces the placeholder."""
        columns = ", ".join(f"{field} as {name}" for name, field, _ in COLUMNS)
        return "\n".join(
            [
                f"fields {columns}",
                f'| filter eventSource = "s3.amazonaws.com" and {self.insights_filter}',
                "| sort @timestamp asc",
                f"| limit {MAX_INSIGHTS_RESULTS}",
            ]
        )

    def sql(self, table: str) -> str:
        """Return the Athena query. Its parameters are the first day, the last day (`yyyy/MM/dd`), and the filter's.

        Args:
            table: The table of CloudTrail events, qualified with its database.
        """
        columns = ",\n".join(f"  {expression} AS {name}" for name, _, expression in COLUMNS)
        return "\n".join(
            [
                f"SELECT\n{columns}",
                f"FROM {table}",
                "WHERE day BETWEEN ? AND ?",
                "  AND eventsource = 's3.amazonaws.com'",
                f"  AND {self.sql_filter}",
                "ORDER BY eventtime",
            ]
        )


TRAIL_QUERIES = (
    # The key may be in the request as the object's key, as the source of a copy, or as a prefix to list. So the query
    # finds it anywhere in the request, rather than miss one of these.
    TrailQuery(
        "object-access",
        "Who read, wrote, copied or deleted an object, when and from where",
        f'eventCategory = "Data" and @message like "{OBJECT_KEY}"',
        "eventcategory = 'Data' AND strpos(requestparameters, ?) > 0",
    ),
    TrailQuery(
        "principal-access",
        "Which objects a role, a role session or a user read, wrote, copied or deleted, when and from where",
        'eventCategory = "Data" and '
        f'(userIdentity.arn = "{PRINCIPAL_ARN}" or userIdentity.sessionContext.sessionIssuer.arn = "{PRINCIPAL_ARN}")',
        "eventcategory = 'Data' AND ? IN (useridentity.arn, useridentity.sessioncontext.sessionissuer.arn)",
    ),
    TrailQuery(
        "denied-access",
        "Which requests to S3 were denied, for which principal, when and from where",
        'errorCode = "AccessDenied"',
        "errorcode = 'AccessDenied'",
    ),
)


class TrailQueriesArgs(TypedDict):
    """The inputs of the saved queries."""

    query_folder: str
    """The start of the queries' names. The console shows it as a folder."""
    log_group_name: pulumi.Input[str]
    """The log group that receives the audit trail."""


class TrailQueries(pulumi.ComponentResource):
    """The queries, saved in CloudWatch Logs Insights. They cost nothing until they are run."""

    def __init__(self, name: str, args: TrailQueriesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:audit:TrailQueries", name, None, opts)
        for query in TRAIL_QUERIES:
            aws.cloudwatch.QueryDefinition(
                f"{name}-{query.name}",
                name=f"{args['query_folder']}/{query.name}",
                log_group_names=[args["log_group_name"]],
                query_string=query.insights,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
