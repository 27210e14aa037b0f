"""The properties of event buses' policies and permissions, and of API destinations."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.type_properties import TypeProperties

PROPERTIES: Mapping[str, TypeProperties] = {
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": TypeProperties(
        read=("policy",), irrelevant={"the policy is judged for whichever bus it has": ("eventBusName",)}
    ),
    "aws:cloudwatch/eventPermission:EventPermission": TypeProperties(
        read=("action", "condition.key", "condition.type", "condition.value", "principal"),
        irrelevant={
            "the permission is judged for whichever bus it has": ("eventBusName",),
            "an id within the bus's policy": ("statementId",),
        },
    ),
    "aws:cloudwatch/eventApiDestination:EventApiDestination": TypeProperties(
        read=("invocationEndpoint",),
        irrelevant={
            "how the endpoint is called": ("connectionArn", "httpMethod", "invocationRateLimitPerSecond"),
        },
    ),
}
