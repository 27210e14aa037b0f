"""Calls to the Resource Groups Tagging API: the tagged resources of a region, with their tags.

It requires no permission of the services whose resources it lists:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonresourcegrouptaggingapi.html
"""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

GET_RESOURCES = Call("resourcegroupstaggingapi", "get_resources", "tag:GetResources", ResourceType.ANY)
CALLS = (GET_RESOURCES,)
