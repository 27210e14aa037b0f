"""What is known about a type's properties: each is read, irrelevant, or makes a pass unverified when it is set.

A property is named by its path: the names that lead to it, joined by dots, without the positions in lists, as in
`rules.filter.prefix`. A path stands for everything in that property.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from crossguard.graph import BUCKET_OWNER_PROPERTIES, IDENTIFYING_PROPERTIES
from crossguard.properties.messages import MAX_REPORTED, UNREAD, shown_name
from hipaa_controls.model.values import Unknown

# What PulumiResource and Graph read of a resource of any type: its region, its bucket's owner, and the names by which
# others refer to it.
READ_FOR_EVERY_TYPE = ("region", *BUCKET_OWNER_PROPERTIES, *IDENTIFYING_PROPERTIES)
IRRELEVANT_FOR_EVERY_TYPE: Mapping[str, tuple[str, ...]] = {
    "a reader reads the tags where a control depends on them": ("tags", "tagsAll"),
    "the rest of the name is random": ("namePrefix",),
    "text for people": ("description",),
    "how long Pulumi waits": ("timeouts",),
}
UNJUDGED = "{}, and no control judges that: remove it, or exempt this finding"


@dataclass(frozen=True)
class TypeProperties:
    """What is known about the inputs of a type. A property that isn't listed makes a pass unverified when it is set.

    Attributes:
        read: The properties that the readers read.
        irrelevant: By reason, the properties on which no control depends.
        unjudged: By what they may do, as a verb phrase, the properties on which a control depends, but which no rule
            judges. They make a pass unverified as well.
        harmless: By property in `unjudged`, the values that are the same as none.
    """

    read: tuple[str, ...] = ()
    irrelevant: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    unjudged: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    harmless: Mapping[str, tuple[Any, ...]] = field(default_factory=dict, hash=False)

    def doubts(self, inputs: Mapping[str, Any], resource_name: str) -> list[Unknown]:
        """Return an Unknown for each property that is set and neither read nor irrelevant: the first few of them."""
        found = dict.fromkeys(self._unaccounted(inputs, self._tree, ""))
        return [Unknown(f"{resource_name}.{path}", reason=reason) for path, reason in islice(found, MAX_REPORTED)]

    @cached_property
    def _tree(self) -> _Tree:
        tree: _Tree = {}
        for path in (*READ_FOR_EVERY_TYPE, *self.read):
            _insert(tree, path, None)
        for paths in (*IRRELEVANT_FOR_EVERY_TYPE.values(), *self.irrelevant.values()):
            for path in paths:
                _insert(tree, path, None)
        for action, paths in self.unjudged.items():
            for path in paths:
                _insert(tree, path, UNJUDGED.format(action))
        return tree

    def _unaccounted(self, inputs: Mapping[str, Any], tree: _Tree, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield the path of each such property, and the reason why it makes a pass unverified.

        An object or a list that isn't known yet is left to the reader, which reads something in each of them. An empty
        object is a setting: a block of which every property is optional turns something on.
        """
        for name, value in inputs.items():
            if value in (None, "", []) or name.startswith("__"):  # Pulumi's own keys, such as __defaults
                continue
            path = prefix + shown_name(name)
            account = tree.get(name, UNREAD)
            if isinstance(account, dict):
                for entry in _objects(value):
                    yield from self._unaccounted(entry, account, f"{path}.")
            elif account is not None and value not in self.harmless.get(path, ()):
                yield path, account


# By name: the properties in it, None if all of it is read or irrelevant, or the reason of a doubt when it is set.
_Tree = dict[str, "_Tree | str | None"]


def _insert(tree: _Tree, path: str, account: str | None) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        child = tree.setdefault(parent, {})
        if not isinstance(child, dict):
            return  # all of it is accounted for
        tree = child
    tree.setdefault(name, account)


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield an object, or the objects in a list of any depth."""
    if isinstance(value, Mapping):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _objects(item)
