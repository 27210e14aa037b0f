"""One stack policy that does nothing: the cost of any Python pack, as a baseline for the measured pack."""

from pulumi_policy import EnforcementLevel, PolicyPack, StackValidationPolicy

PolicyPack(
    name="empty",
    policies=[StackValidationPolicy("nothing", "Does nothing.", lambda *_: None, EnforcementLevel.MANDATORY)],
)
