"""A pack with one policy: no resource may be named "forbidden"."""

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)


def reject_forbidden_name(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.name == "forbidden":
        report("the name forbidden is forbidden")


PolicyPack(
    name="toy",
    policies=[
        ResourceValidationPolicy(
            name="no-forbidden",
            description="No resource is named forbidden.",
            enforcement_level=EnforcementLevel.MANDATORY,
            validate=reject_forbidden_name,
        )
    ],
)
