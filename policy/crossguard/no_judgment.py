"""The resource types that need no judgment, each with the reason.

A type is here only if it can't hold, move or expose PHI whatever its properties say, or if what it says is judged with
another resource. Every other type that no reader reads is not judged, and each run says so. Types are spelled as
Pulumi spells them, with the version in their name if they have one: another type of a similar name isn't this one.
"""

from __future__ import annotations

from collections.abc import Mapping

DETECTS = "It reports on the account's settings and activity; the findings hold no PHI"
REPORTS_OR_REMEDIES = "Its rules report on settings; a remediation acts with a role, which is judged"
COST = "It deals with costs and quotas"
COMPUTES = "It computes a value in the program; the value is judged where it is used"

NO_JUDGMENT_NEEDED: Mapping[str, str] = {
    "pulumi:pulumi:Stack": "It is the stack itself",
    "pulumi:pulumi:StackReference": "It reads another stack's outputs; they are judged where they are used",
    "aws:iam/accountAlias:AccountAlias": "It is a name for the account",
    "aws:iam/group:Group": "The group's policies and members are judged",
    "aws:iam/instanceProfile:InstanceProfile": "It passes on a role, which is judged",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "It grants nothing until a role trusts it; roles are judged",
    "aws:iam/samlProvider:SamlProvider": "It grants nothing until a role trusts it; roles are judged",
    "aws:iam/serviceLinkedRole:ServiceLinkedRole": "AWS defines its trust policy and its permissions",
    "aws:iam/virtualMfaDevice:VirtualMfaDevice": "It is a second factor",
    "aws:kms/alias:Alias": "It is a name for a key; the key is judged",
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": "It is judged with its vault",
    "aws:backup/framework:Framework": DETECTS,
    "aws:athena/namedQuery:NamedQuery": "It is the text of a query; it reads nothing until a principal runs it",
    "aws:cloudwatch/dashboard:Dashboard": "It shows metrics, which hold no PHI",
    "aws:cloudwatch/queryDefinition:QueryDefinition": (
        "It is the text of a query; it reads nothing until a principal runs it"
    ),
    "aws:cloudwatch/logStream:LogStream": "It is part of a log group, which is judged",
    "aws:glue/catalogDatabase:CatalogDatabase": "It is a name for a group of tables",
    "aws:glue/catalogTable:CatalogTable": (
        "It describes data in a bucket, which is judged, and gives no access to it by itself"
    ),
    "aws:s3/bucketAccelerateConfiguration:BucketAccelerateConfiguration": (
        "It adds an endpoint, for which the bucket's policy and encryption hold too"
    ),
    "aws:s3/bucketIntelligentTieringConfiguration:BucketIntelligentTieringConfiguration": (
        "It changes only the storage class"
    ),
    "aws:s3/bucketRequestPaymentConfiguration:BucketRequestPaymentConfiguration": "It changes only who pays",
    "aws:s3control/directoryBucketAccessPointScope:DirectoryBucketAccessPointScope": (
        "It only limits what an access point may be used for"
    ),
    "aws:s3outposts/endpoint:Endpoint": "It is an address in a VPC; the policies behind it are judged",
    "aws:s3tables/namespace:Namespace": "It is a name for a group of tables, which are judged",
    "aws:s3control/accessGrantsInstance:AccessGrantsInstance": (
        "It gives no access itself; its grants, locations and policy are judged"
    ),
    "aws:s3control/multiRegionAccessPointRoutes:MultiRegionAccessPointRoutes": (
        "It divides requests between the buckets of an access point, which is judged"
    ),
    "aws:ram/sharingWithOrganization:SharingWithOrganization": "It shares nothing itself; shares are judged",
    "aws:accessanalyzer/analyzer:Analyzer": DETECTS,
    "aws:cfg/conformancePack:ConformancePack": REPORTS_OR_REMEDIES,
    "aws:cfg/deliveryChannel:DeliveryChannel": "It delivers settings of resources, which hold no PHI",
    "aws:cfg/organizationConformancePack:OrganizationConformancePack": REPORTS_OR_REMEDIES,
    "aws:cfg/recorder:Recorder": DETECTS,
    "aws:cfg/recorderStatus:RecorderStatus": DETECTS,
    "aws:cfg/rule:Rule": DETECTS,
    "aws:detective/graph:Graph": DETECTS,
    "aws:guardduty/detector:Detector": DETECTS,
    "aws:guardduty/detectorFeature:DetectorFeature": DETECTS,
    "aws:guardduty/malwareProtectionPlan:MalwareProtectionPlan": "It scans objects with a role, which is judged",
    "aws:inspector2/enabler:Enabler": DETECTS,
    "aws:macie2/account:Account": DETECTS,
    "aws:securityhub/account:Account": DETECTS,
    "aws:securityhub/standardsSubscription:StandardsSubscription": DETECTS,
    "aws:budgets/budget:Budget": COST,
    "aws:costexplorer/anomalyMonitor:AnomalyMonitor": COST,
    "aws:costexplorer/anomalySubscription:AnomalySubscription": COST,
    "aws:costexplorer/costAllocationTag:CostAllocationTag": COST,
    "aws:costexplorer/costCategory:CostCategory": COST,
    "aws:servicequotas/serviceQuota:ServiceQuota": COST,
    "random:index/randomId:RandomId": COMPUTES,
    "random:index/randomInteger:RandomInteger": COMPUTES,
    "random:index/randomPet:RandomPet": COMPUTES,
    "random:index/randomShuffle:RandomShuffle": COMPUTES,
    "random:index/randomString:RandomString": COMPUTES,
    "random:index/randomUuid:RandomUuid": COMPUTES,
    "time:index/offset:Offset": COMPUTES,
    "time:index/rotating:Rotating": COMPUTES,
    "time:index/sleep:Sleep": COMPUTES,
    "time:index/static:Static": COMPUTES,
}
COMPONENT = "It is a component: its resources are accounted for one by one"
PROVIDER = "It is a provider: each of its resources is accounted for"


def reason_for(resource_type: str, *, is_component: bool) -> str | None:
    """Return why a resource needs no judgment; None if it isn't known to need none.

    Args:
        resource_type: The type token.
        is_component: Whether no provider stands behind the resource, so it creates nothing itself.
    """
    if resource_type.startswith("pulumi:providers:"):
        return PROVIDER
    return NO_JUDGMENT_NEEDED.get(resource_type) or (COMPONENT if is_component else None)
