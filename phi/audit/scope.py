"""What of an account is audited: a stack's own resources, or everything."""

from __future__ import annotations

from dataclasses import dataclass

from phi.stack.outputs import Outputs


@dataclass(frozen=True)
class Scope:
    """buckets: by name, with the region of each; None for all there are.

    prefix: how the names of a stack's resources begin (`phi-dev-`), also after `alias/` or a folder; None for all.
    """

    buckets: dict[str, str] | None = None
    prefix: str | None = None

    def has(self, name: str) -> bool:
        """Whether what is called so belongs to it: `phi-dev-alerts`, `/audit/phi-dev-trail`, `alias/phi-dev-phi`."""
        return self.prefix is None or name.rsplit("/", 1)[-1].startswith(self.prefix)

    @classmethod
    def of_stack(cls, outputs: Outputs) -> Scope:
        buckets = dict.fromkeys(
            (outputs.phi_bucket_name, outputs.access_log_bucket_name, outputs.trail_bucket_name), outputs.region
        )
        if outputs.replica_bucket_name and outputs.replica_region:
            buckets[outputs.replica_bucket_name] = outputs.replica_region
        return cls(buckets, outputs.resource_name_prefix)


WHOLE_ACCOUNT = Scope()
