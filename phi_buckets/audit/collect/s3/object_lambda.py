"""Collects Object Lambda Access Points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hipaa_controls.model.values import Document, Unknown
from hipaa_controls.services.s3.facts import AccessPoint, DeliveryTarget, ObjectLambdaFunctions
from phi_buckets.audit.arns import region_of
from phi_buckets.audit.calls import s3 as calls
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope


def collect_object_lambda_access_points(
    reader: AccountReader, scope: Scope, regions: Sequence[str], access_point_buckets: Mapping[str, tuple[str, ...]]
) -> Collected:
    """Collect the Object Lambda Access Points of the buckets in scope.

    Args:
        reader: The account's reader.
        scope: The scope of the audit.
        regions: The regions of the buckets. An Object Lambda Access Point is in the region of its access point.
        access_point_buckets: The ARNs of the buckets of each access point in scope, by the access point's ARN.
    """
    facts: list[AccessPoint | ObjectLambdaFunctions] = []
    buckets: dict[str, tuple[str, ...]] = {}
    listed = reader.map(regions, lambda region: _list(reader, region))
    facts += [
        fact for result in listed if isinstance(result, FailedCall) for fact in _unknown_access_point(reader, result)
    ]
    entries = [entry for result in listed if not isinstance(result, FailedCall) for entry in result]
    configurations = reader.map(entries, lambda entry: _configuration(reader, entry))
    for entry, configuration in zip(entries, configurations, strict=True):
        arn = entry["ObjectLambdaAccessPointArn"]
        if configuration is None:  # deleted since it was listed
            continue
        supporting = "" if isinstance(configuration, FailedCall) else configuration.get("SupportingAccessPoint", "")
        is_unread = isinstance(configuration, FailedCall)
        if scope.buckets is None or is_unread or supporting in access_point_buckets:
            buckets[arn] = access_point_buckets.get(supporting, ())
            facts.append(_functions(reader, arn, configuration))
            facts.append(_access_point(reader, arn, entry["Name"]))
    return Collected(tuple(facts), access_point_buckets=buckets)


def _list(reader: AccountReader, region: str) -> list[Any] | FailedCall:
    resource = reader.account.arn("s3-object-lambda", region, "accesspoint/*")
    call = calls.LIST_OBJECT_LAMBDA_ACCESS_POINTS
    return reader.list_all(call, "ObjectLambdaAccessPointList", resource, region, AccountId=reader.account.id)


def _unknown_access_point(reader: AccountReader, failed: FailedCall) -> tuple[AccessPoint, ObjectLambdaFunctions]:
    """Return the facts of an access point that represents all of a region, which couldn't be listed."""
    unknown, location = failed.unknown, reader.account.location(failed.region)
    return (
        AccessPoint(failed.resource, unknown, None, None, Document(unknown), location),
        ObjectLambdaFunctions(failed.resource, None, unknown, location),
    )


def _configuration(reader: AccountReader, entry: Mapping[str, Any]) -> Mapping[str, Any] | FailedCall | None:
    arn = entry["ObjectLambdaAccessPointArn"]
    parameters = {"AccountId": reader.account.id, "Name": entry["Name"]}
    response = reader.call(calls.GET_OBJECT_LAMBDA_CONFIGURATION, arn, region_of(arn), **parameters)
    return response.get("Configuration", {}) if isinstance(response, Mapping) else response


def _functions(reader: AccountReader, arn: str, configuration: Mapping[str, Any] | FailedCall) -> ObjectLambdaFunctions:
    targets: tuple[DeliveryTarget, ...] | Unknown
    if isinstance(configuration, FailedCall):
        targets = configuration.unknown
    else:
        transformations = configuration.get("TransformationConfigurations", ())
        contents = (transformation.get("ContentTransformation", {}) for transformation in transformations)
        targets = tuple(DeliveryTarget(content.get("AwsLambda", {}).get("FunctionArn")) for content in contents)
    return ObjectLambdaFunctions(arn, None, targets, reader.account.location(region_of(arn)))


def _access_point(reader: AccountReader, arn: str, name: str) -> AccessPoint:
    parameters = {"AccountId": reader.account.id, "Name": name}
    response = reader.call(calls.GET_OBJECT_LAMBDA_POLICY, arn, region_of(arn), **parameters)
    document: Document | None = None
    if isinstance(response, FailedCall):
        document = Document(response.unknown)
    elif response and response.get("Policy"):
        document = Document(response["Policy"])
    return AccessPoint(arn, arn, None, None, document, reader.account.location(region_of(arn)))
