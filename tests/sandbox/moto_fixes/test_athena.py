from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError


def tags_of_a_workgroup_without_any() -> list[Any] | str:
    athena: Any = boto3.client("athena", "us-east-1")
    athena.create_work_group(Name="trail", Configuration={})
    arn = "arn:aws:athena:us-east-1:123456789012:workgroup/trail"
    try:
        return list(athena.list_tags_for_resource(ResourceARN=arn)["Tags"])
    except ClientError as error:
        return str(error.response["Error"]["Code"])


def saved_queries() -> tuple[list[str], list[dict[str, str]]]:
    """Return the texts of the saved queries, and those that don't exist."""
    athena: Any = boto3.client("athena", "us-east-1")
    ids = [
        athena.create_named_query(Name=name, Database="trail", QueryString=f"SELECT {name}")["NamedQueryId"]
        for name in ("who", "when")
    ]
    response = athena.batch_get_named_query(NamedQueryIds=[*ids, "none"])
    texts = [query["QueryString"] for query in response["NamedQueries"]]
    return texts, response["UnprocessedNamedQueryIds"]


def saved_queries_after_a_deletion() -> list[str]:
    athena: Any = boto3.client("athena", "us-east-1")
    query = athena.create_named_query(Name="who", Database="trail", QueryString="SELECT 1")["NamedQueryId"]
    athena.delete_named_query(NamedQueryId=query)
    return list(athena.list_named_queries()["NamedQueryIds"])


@pytest.mark.parametrize(
    ("behavior", "in_moto", "in_aws"),
    [
        (tags_of_a_workgroup_without_any, "InvalidRequestException", []),
        (saved_queries, NotImplementedError, (["SELECT who", "SELECT when"], [{"NamedQueryId": "none"}])),
        (saved_queries_after_a_deletion, NotImplementedError, []),
    ],
)
def test_fix_is_needed_and_works(in_both, behavior, in_moto, in_aws):
    assert in_both(behavior) == (in_moto, in_aws)
