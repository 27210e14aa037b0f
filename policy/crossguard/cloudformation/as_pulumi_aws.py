"""Resources of aws-native and CloudControl as those that pulumi-aws would have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from crossguard.cloudformation.declared import CLOUD_CONTROL, TYPE_PROPERTIES, native_table
from crossguard.cloudformation.translate import Translated, Translation, translate
from crossguard.proxies import parse_json, unwrap_item
from crossguard.resources import PulumiResource
from hipaa_controls.model.values import Unknown

# The output that has all properties, by the input that has them.
OUTPUT_HOLDERS = {"desiredState": "properties", "properties": "outputs"}


def in_pulumi_aws(declared: PulumiResource) -> PulumiResource:
    """Return a resource of aws-native or CloudControl as pulumi-aws has it, and any other as it is."""
    if declared.left_out and (table := native_table(declared.type)):
        return replace(declared, type=table.type, declared=declared)
    translation = translate(declared.type, declared.inputs, declared.name)
    if translation is None:
        return declared
    outputs = _translated_outputs(declared, translation)
    provider, added = declared.provider, {}
    if declared.type == CLOUD_CONTROL and "region" in declared.inputs:
        added["region"] = declared.inputs["region"]
    if declared.type in TYPE_PROPERTIES:
        provider = replace(provider, tags={})  # the provider may not know which property has the tags

    def translated(resource: Translated) -> PulumiResource:
        sources = RenamedSources(declared.sources, resource.origins)
        return PulumiResource(
            declared.urn,
            resource.type,
            {**resource.inputs, **added},
            declared.parent,
            provider,
            declared.protected,
            sources=sources,
        )

    resource = translated(translation.resource)
    inputs = dict(resource.inputs)
    if "bucket" in outputs:
        inputs.setdefault("bucket", outputs["bucket"])  # as in ResourceInputs._join
    if declared.type != CLOUD_CONTROL and isinstance(resource.own_tags, Mapping):
        # aws-native adds its default tags to the inputs before the pack sees them, so the two can't be distinguished.
        # https://github.com/pulumi/pulumi-aws-native/blob/master/provider/pkg/provider/provider.go (Check)
        defaults = declared.provider.tags
        inputs["tags"] = (
            defaults
            if isinstance(defaults, Unknown)
            else {key: tag for key, tag in resource.own_tags.items() if defaults.get(key) != tag}
        )
    return replace(
        resource,
        inputs=inputs,
        outputs=outputs,
        parts=tuple(translated(part) for part in translation.parts),
        unread=translation.doubts,
        declared=declared,
    )


class RenamedSources(Mapping[str, tuple[PulumiResource, ...]]):
    """The sources of a translated resource, by the properties of pulumi-aws and by those that the program declares.

    They are looked up late, because the resources of a stack are joined one by one.
    """

    def __init__(self, sources: Mapping[str, tuple[PulumiResource, ...]], origins: Mapping[str, str]) -> None:
        self._sources = sources
        self._origins = origins

    def __getitem__(self, prop: str) -> tuple[PulumiResource, ...]:
        return self._sources[self._origins.get(prop, prop)]

    def __iter__(self) -> Iterator[str]:
        renamed = (prop for prop, origin in self._origins.items() if origin in self._sources)
        return iter({*renamed, *self._sources})

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _translated_outputs(declared: PulumiResource, translation: Translation) -> dict[str, Any]:
    """Return the outputs that the readers need. A name that the program sets is known before them."""
    outputs: Any = declared.outputs
    if translation.holder:
        name = OUTPUT_HOLDERS[translation.holder]
        outputs = parse_json(_unwrap_output(outputs, name, f"{declared.name}.{name}"))
    found: dict[str, Any] = {}
    for prop, name in translation.outputs.items():
        path = f"{declared.name}.{name}"
        value = Unknown(path) if isinstance(outputs, Unknown) else _unwrap_output(outputs, name, path)
        is_set = isinstance(translation.resource.inputs.get(prop), str)
        if value is not None and not (is_set and isinstance(value, Unknown)):
            found[prop] = value
    return found


def _unwrap_output(outputs: Any, name: str, path: str) -> Any:
    """Return an output, or None if it doesn't exist. `in` raises an exception for an unknown one."""
    try:
        return unwrap_item(outputs, name, path) if isinstance(outputs, Mapping) else None
    except KeyError:
        return None
