"""What a bucket is for, as its tag and its use tell: it decides which controls hold for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from hipaa.facts import AccessLogging, Here, Replication, Role, Setting, Unknown, spelled

ROLES = {
    "phi": Role.PHI,
    "replica": Role.REPLICA,
    "accesslog": Role.ACCESS_LOG,
    "traillog": Role.TRAIL_LOG,
    "inventory": Role.INVENTORY,
    "other": Role.OTHER,
    "public": Role.OTHER,
    "internal": Role.OTHER,
}
# What use tells of a bucket, the most first, where its tag tells nothing.
BY_USE = (Role.TRAIL_LOG, Role.ACCESS_LOG, Role.REPLICA, Role.INVENTORY)


@dataclass(frozen=True)
class DataClass:
    """How the pack's config has a bucket's role told: by which tag, and what a bucket without it is."""

    tag: str = "DataClass"
    untagged: Role = Role.PHI

    def role(self, tags: Mapping[str, Any] | Unknown) -> Role | None:
        """What the bucket's own tag says: None without one, PHI where it isn't known or no class of ours."""
        tag = tags if isinstance(tags, Unknown) else tags.get(self.tag)
        if tag is None or tag == "":
            return None
        return ROLES.get(spelled(tag), Role.PHI) if isinstance(tag, str) else Role.PHI

    def of(self, tags: Mapping[str, Any] | Unknown, uses: Collection[Role]) -> Role:
        """What a bucket is for. Use tells only where the tag doesn't: it must not take a control off what holds PHI."""
        tagged = self.role(tags)
        if tagged in (None, Role.INVENTORY, Role.OTHER):
            told = next((role for role in BY_USE if role in uses), None)
            return told or tagged or self.untagged
        return tagged


def sent_to(setting: Setting) -> list[tuple[str, Role]]:
    """The buckets that a setting has something sent to, by URN or name, and what that makes them."""
    if isinstance(setting, AccessLogging):
        refs = [(setting.target, Role.ACCESS_LOG)]
    elif isinstance(setting, Replication) and not isinstance(setting.rules, Unknown):
        refs = [(rule.target, Role.REPLICA) for rule in setting.rules]
    else:
        refs = []
    return [
        (each.resource if isinstance(each, Here) else each, role) for each, role in refs if isinstance(each, Here | str)
    ]
