"""The scope of an audit: the resources of one stack, or a whole account."""

from __future__ import annotations

from dataclasses import dataclass

from phi_buckets.stack.outputs import Outputs


@dataclass(frozen=True)
class Scope:
    """The part of an account that is audited.

    Attributes:
        buckets: The region of each bucket, by name; None for all buckets.
        prefix: The prefix of the stack's resource names (`phi-dev-`); None for all resources.
    """

    buckets: dict[str, str] | None = None
    prefix: str | None = None

    def includes(self, name: str) -> bool:
        """Return whether a name belongs to the scope.

        The prefix may follow a path or `alias/`: `phi-dev-alerts`, `/audit/phi-dev-trail` and `alias/phi-dev-phi` all
        belong to the stack with the prefix `phi-dev-`.
        """
        return self.prefix is None or name.rsplit("/", 1)[-1].startswith(self.prefix)

    @classmethod
    def for_stack(cls, outputs: Outputs) -> Scope:
        """Return the scope of the stack with these outputs."""
        return cls(outputs.bucket_regions, outputs.resource_name_prefix)


WHOLE_ACCOUNT = Scope()
