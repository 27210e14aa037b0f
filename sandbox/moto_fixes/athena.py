"""Athena: lists the tags of a resource that has none, and reads several saved queries at once and deletes them."""

from __future__ import annotations

import json
from typing import Any

from moto.athena.models import AthenaBackend
from moto.athena.responses import AthenaResponse


def list_tags_for_resource(self: Any, resource_arn: str) -> dict[str, Any]:
    """Return no tags for a resource without any. Moto says that it doesn't exist.

    https://docs.aws.amazon.com/athena/latest/APIReference/API_ListTagsForResource.html
    """
    tags: dict[str, Any] = self.tagger.list_tags_for_resource(resource_arn)
    return tags


def batch_get_named_query(self: Any) -> str:
    """Return saved queries.

    https://docs.aws.amazon.com/athena/latest/APIReference/API_BatchGetNamedQuery.html
    """
    queries = self.athena_backend.named_queries
    ids = self._get_param("NamedQueryIds")
    found = [queries[id_] for id_ in ids if id_ in queries]
    named_queries = [
        {
            "Name": query.name,
            "Description": query.description,
            "Database": query.database,
            "QueryString": query.query_string,
            "NamedQueryId": query.id,
            "WorkGroup": query.workgroup.name,
        }
        for query in found
    ]
    return json.dumps(
        {
            "NamedQueries": named_queries,
            "UnprocessedNamedQueryIds": [{"NamedQueryId": id_} for id_ in ids if id_ not in queries],
        }
    )


def delete_named_query(self: Any) -> str:
    """Delete a saved query.

    https://docs.aws.amazon.com/athena/latest/APIReference/API_DeleteNamedQuery.html
    """
    self.athena_backend.named_queries.pop(self._get_param("NamedQueryId"), None)
    return json.dumps({})


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (AthenaBackend, "list_tags_for_resource", list_tags_for_resource),
    (AthenaResponse, "batch_get_named_query", batch_get_named_query),
    (AthenaResponse, "delete_named_query", delete_named_query),
)
