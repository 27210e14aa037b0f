"""The properties of RAM's resource shares and their principals."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.type_properties import TypeProperties

PROPERTIES: Mapping[str, TypeProperties] = {
    "aws:ram/resourceShare:ResourceShare": TypeProperties(
        read=("allowExternalPrincipals",),
        irrelevant={"what a principal may do, and each principal is judged": ("permissionArns",)},
        # https://docs.aws.amazon.com/ram/latest/APIReference/API_ResourceShareConfiguration.html
        unjudged={
            "may let an account that leaves the trusted organization keep its access": ("resourceShareConfiguration",)
        },
        harmless={"resourceShareConfiguration": ({}, {"retainSharingOnAccountLeaveOrganization": False})},
    ),
    "aws:ram/principalAssociation:PrincipalAssociation": TypeProperties(
        read=("principal",), irrelevant={"the principal is judged for whichever share it has": ("resourceShareArn",)}
    ),
    "aws:ram/resourceAssociation:ResourceAssociation": TypeProperties(
        read=("resourceShareArn",), irrelevant={"the principals are judged, whatever is shared": ("resourceArn",)}
    ),
}
