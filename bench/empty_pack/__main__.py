"""One stack policy that does nothing: what any pack in Python costs, and what the gate is measured against."""

from pulumi_policy import EnforcementLevel, PolicyPack, StackValidationPolicy

PolicyPack(
    name="empty",
    policies=[StackValidationPolicy("nothing", "Does nothing.", lambda *_: None, EnforcementLevel.MANDATORY)],
)
