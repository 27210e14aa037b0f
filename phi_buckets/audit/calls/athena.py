"""Calls to Athena."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

# Athena has no error code of its own for a workgroup that doesn't exist:
# https://docs.aws.amazon.com/athena/latest/APIReference/API_GetWorkGroup.html
_DELETED_SINCE_LISTED = ("InvalidRequestException: WorkGroup",)
LIST_WORK_GROUPS = Call("athena", "list_work_groups", "athena:ListWorkGroups", ResourceType.ANY)
GET_WORK_GROUP = Call("athena", "get_work_group", "athena:GetWorkGroup", ResourceType.WORKGROUP, _DELETED_SINCE_LISTED)
LIST_QUERY_EXECUTIONS = Call(
    "athena",
    "list_query_executions",
    "athena:ListQueryExecutions",
    ResourceType.WORKGROUP,
    _DELETED_SINCE_LISTED,
)
LIST_TAGS_FOR_RESOURCE = Call(
    "athena",
    "list_tags_for_resource",
    "athena:ListTagsForResource",
    ResourceType.WORKGROUP,
    ("ResourceNotFoundException", *_DELETED_SINCE_LISTED),
)
CALLS = (LIST_WORK_GROUPS, GET_WORK_GROUP, LIST_QUERY_EXECUTIONS, LIST_TAGS_FOR_RESOURCE)
