"""The HIPAA pack: `pulumi preview --policy-pack policy`."""

from pulumi_policy import PolicyPack

from crossguard.policies import policies

PolicyPack(name="hipaa", policies=policies())
