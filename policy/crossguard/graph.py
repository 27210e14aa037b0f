"""The references between the resources of a stack, and the location of each resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

from crossguard.accounts import AccountSources, account_sources, known_account
from crossguard.property_values import as_list, as_text
from crossguard.resource_inputs import ResourceInputs
from crossguard.resource_types import BUCKET, KMS_ALIAS, KMS_KEYS, v7_token
from crossguard.resources import READ_PREFIX, PulumiResource
from hipaa_controls.model.data_class import DataClassTag
from hipaa_controls.model.partitions import partition_of
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.three_valued import all_of
from hipaa_controls.model.values import Document, Location, Ref, StackResource, Unknown, iter_unknowns
from hipaa_controls.services.kms.facts import PLACEHOLDER_ARN_PREFIX

# The properties whose value another resource may use to refer to a resource.
IDENTIFYING_PROPERTIES = ("arn", "bucket", "name", "keyId", "id", "topicArn")
# The properties that name the account of the bucket that a resource belongs to. S3 refuses a request for another one's:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
BUCKET_OWNER_PROPERTIES = ("expectedBucketOwner", "bucketAccountId")
UNKNOWN_PLACE = (
    "isn't known: refer to the resource itself, or set the region and allowedAccountIds of its provider, or the option "
    "account of pack-config"
)


class Graph:
    """The resources that are checked together: the whole stack, or one resource before it exists."""

    def __init__(
        self,
        resources: Iterable[PulumiResource],
        inputs: ResourceInputs,
        data_class_tag: DataClassTag,
        own_account: str | None = None,
    ) -> None:
        self.resources = list(resources)
        self.inputs = inputs
        self.data_class_tag = data_class_tag
        self.own_account = own_account

    def resource_for(self, ref: object) -> PulumiResource | None:
        """Return the resource that a reference points to, if it is in this graph."""
        return self.by_urn.get(ref.resource) if isinstance(ref, StackResource) else None

    @cached_property
    def by_urn(self) -> dict[str, PulumiResource]:
        return {resource.urn: resource for resource in self.resources}

    @cached_property
    def by_type(self) -> dict[str, list[PulumiResource]]:
        """The resources of each type, by the token of pulumi-aws 7, and the parts of resources."""
        types: dict[str, list[PulumiResource]] = {}
        for resource in self.resources:
            for part in (resource, *resource.parts):
                types.setdefault(v7_token(part.type), []).append(part)
        return types

    def resolve(
        self,
        resource: PulumiResource,
        value: Any,
        prop: str,
        types: Collection[str],
        also_from: Collection[str] = (),
        *,
        same_place: bool = False,
    ) -> Ref:
        """Return the resource that a value refers to, or the value itself if the stack doesn't declare that resource.

        A known name takes precedence. An unknown value refers to a resource only if the property depends on exactly one
        resource of the expected types, and on no resource of a type that isn't listed. If another account or region may
        have a resource of that name, it isn't known which of them a name refers to.

        Args:
            resource: The resource that has the value.
            value: A name, an ARN or an Unknown, anywhere within the property.
            prop: The property.
            types: The types of the resource that it may refer to.
            also_from: Other types that the property may depend on.
            same_place: Whether AWS accepts only a resource of the same account and region, as for the queue of a queue
                policy.

        Returns:
            A reference to a resource of the stack; the name or ARN of another resource; Unknown, with the resources
            that the property depends on; or None if the value is none of these.
        """
        if isinstance(value, str):
            named, is_named = self.find_by_name(value, types, resource)
            if named and same_place:
                is_named = all_of([is_named, self.same_place(named, resource)])
            if named is None or is_named is False:
                return value
            return is_named if isinstance(is_named, Unknown) else StackResource(self._alias_target(named).urn)
        if not isinstance(value, Unknown):
            return None
        sources = resource.sources.get(prop, ())
        candidates = {source.urn: source for source in sources if v7_token(source.type) in types}
        has_other_source = any(v7_token(source.type) not in {*types, *also_from} for source in sources)
        if len(candidates) == 1 and not has_other_source:
            source = next(iter(candidates.values()))
            is_near = self.same_place(source, resource) if same_place else True
            if is_near is True:
                return StackResource(self._alias_target(source).urn)
            if isinstance(is_near, Unknown):
                return is_near
        return Unknown(value.path, tuple(source.urn for source in sources), value.reason)

    def resolve_arn(
        self,
        resource: PulumiResource,
        value: Any,
        prop: str,
        types: Collection[str],
        also_from: Collection[str] = (),
    ) -> Ref:
        """Return an ARN, or the resource of the stack that it will be of, if that is in the same account.

        A known ARN isn't looked up by name, because another account's resource may have the same name.

        Args:
            resource: The resource that has the value.
            value: An ARN or an Unknown, anywhere within the property.
            prop: The property.
            types: The types of the resource that it may refer to.
            also_from: Other types that the property may depend on.
        """
        if not isinstance(value, Unknown):
            return as_text(value)
        target = self.resolve(resource, value, prop, types, also_from)
        declared = self.resource_for(target)
        return target if declared is None or self.same_account(declared, resource) is True else value

    def resolve_bucket_arns(self, resource: PulumiResource, values: Any, prop: str) -> tuple[Ref, ...] | Unknown:
        """Return ARNs or ARN patterns. An unknown one becomes a reference if it can only come from one bucket."""
        entries = as_list(values)
        if isinstance(entries, Unknown):
            return entries
        return tuple(
            self.resolve(resource, entry, prop, {BUCKET}) if isinstance(entry, Unknown) else as_text(entry)
            for entry in entries
        )

    def bucket_of(self, companion: PulumiResource) -> PulumiResource | None:
        """Return the bucket that a companion configures: by name or, if that isn't known, by what the name depends on.

        A known name takes precedence, because it may be built from one bucket's name and still be another bucket's. A
        bucket that is certainly in another account or region isn't the companion's; one that may be is (`has_owner`).
        """
        owner = self.by_urn.get(companion.urn)
        if owner and owner.type == BUCKET:  # the companion is a part of that bucket
            return owner
        value = companion.inputs.get("bucket")
        sources = [
            source
            for source in companion.sources.get("bucket", ())
            if v7_token(source.type.removeprefix(READ_PREFIX)) == BUCKET
        ]
        if isinstance(value, str):
            named = self._named(value.rpartition(":::")[2], (BUCKET,))
            if owner := self._nearest(named, lambda bucket: self.has_owner(companion, bucket))[0]:
                return owner
            sources = [source for source in sources if not isinstance(source.inputs.get("bucket"), str)]
        if len(sources) != 1 or sources[0].only_read or self.has_owner(companion, sources[0]) is False:
            return None
        return sources[0]

    def has_owner(self, companion: PulumiResource, bucket: PulumiResource) -> bool | Unknown:
        """Return whether a companion can configure a bucket of its name: it is in the bucket's account and region."""
        same_account = self.same_account(companion, bucket)
        account = self.location_of(bucket).account
        named_owner = next(filter(None, map(companion.inputs.get, BUCKET_OWNER_PROPERTIES)), None)
        if isinstance(named_owner, str) and account and companion.provider.endpoints == bucket.provider.endpoints:
            same_account = named_owner == account
        return all_of([same_account, self.same_region(companion, bucket)])

    def same_place(self, first: PulumiResource, second: PulumiResource) -> bool | Unknown:
        return all_of([self.same_account(first, second), self.same_region(first, second)])

    def same_account(self, first: PulumiResource, second: PulumiResource) -> bool | Unknown:
        """Return whether two resources are in the same account, by its number or by their providers' credentials.

        With an endpoint of its own, a provider may work in no account of AWS, whatever number it is configured with. A
        provider without credentials of its own has those of the environment, as every other one without them.
        """
        if first.provider.urn == second.provider.urn:
            return True
        what = f"whether {first.name} is in the account of {second.name}"
        if first.provider.endpoints != second.provider.endpoints:
            return Unknown(what, (second.urn,), "isn't known: their providers have different endpoints")
        accounts = [self.location_of(resource).account for resource in (first, second)]
        if None not in accounts:
            return accounts[0] == accounts[1]
        credentials = first.provider.credentials
        if credentials == second.provider.credentials and not any(iter_unknowns(credentials)):
            return True  # two unknown ones may differ, even if both have the same path
        return Unknown(
            what,
            (second.urn,),
            "isn't known: use one provider for both, or set allowedAccountIds in both providers",
        )

    def same_region(self, first: PulumiResource, second: PulumiResource) -> bool | Unknown:
        if first.region and second.region:
            return first.region == second.region
        has_own_region = any(not resource.left_out and resource.inputs.get("region") for resource in (first, second))
        if first.provider.urn == second.provider.urn and not has_own_region:
            return True
        return Unknown(
            f"whether {first.name} is in the region of {second.name}",
            (second.urn,),
            "isn't known: use one provider for both, or set the region of both providers",
        )

    def find_by_name(
        self, name: str, types: Collection[str], referrer: PulumiResource
    ) -> tuple[PulumiResource | None, bool | Unknown]:
        """Return the resource of these types that a name or an ARN refers to, and whether it certainly does.

        Args:
            name: The name or ARN.
            types: The types of the resource.
            referrer: The resource that has the name or ARN as a property.
        """
        without_suffix = name.removesuffix(":*")
        named = {
            resource.urn: resource
            for candidate in (name, *_names_in_arn(without_suffix))
            for resource in self._named(candidate, types)
        }
        return self._nearest(named.values(), lambda resource: self._is_named(resource, without_suffix, referrer))

    def _named(self, name: str, types: Collection[str]) -> list[PulumiResource]:
        return [resource for resource in self._by_name.get(name, ()) if v7_token(resource.type) in types]

    def _nearest(
        self, resources: Iterable[PulumiResource], test: Callable[[PulumiResource], bool | Unknown]
    ) -> tuple[PulumiResource | None, bool | Unknown]:
        """Return the first resource that passes a test, else the first that may, with the answer."""
        answers = [(resource, test(resource)) for resource in resources]
        possible = [(resource, answer) for resource, answer in answers if answer is not False]
        certain = [(resource, answer) for resource, answer in possible if answer is True]
        return next(iter(certain or possible), (None, False))

    def _is_named(self, resource: PulumiResource, name: str, referrer: PulumiResource) -> bool | Unknown:
        """Return whether a name or an ARN that a resource refers to is this resource's.

        An ARN gives the account and, for most services, the region. Without an ARN, AWS looks a name up in the
        referrer's account and region. The names of buckets, and so their ARNs, are the only ones that are unique.
        """
        if v7_token(resource.type) == BUCKET:
            return True
        parts = name.split(":", 5)
        if len(parts) < 6 or parts[0] != "arn":
            is_global = resource.type.startswith("aws:iam/")
            return self.same_account(resource, referrer) if is_global else self.same_place(resource, referrer)
        own_arn = resource.output("arn")
        if isinstance(own_arn, str):
            return own_arn.removesuffix(":*") == name
        location = self.location_of(resource)
        return all_of(
            known == named or (Unknown(what, (resource.urn,), UNKNOWN_PLACE) if known is None else False)
            for known, named, what in (
                (location.region, parts[3], f"whether {resource.name} is in the region of {referrer.name}'s ARN"),
                (location.account, parts[4], f"whether {resource.name} is in the account of {referrer.name}'s ARN"),
            )
            if named
        )

    @cached_property
    def _by_name(self) -> dict[str, list[PulumiResource]]:
        """The resources that a name may refer to. Several types may have a resource of the same name."""
        resources: dict[str, list[PulumiResource]] = {}
        for resource in self.resources:
            if resource.type.startswith("aws:"):
                for name in _known_names(resource):
                    resources.setdefault(name, []).append(resource)
        return resources

    def _alias_target(self, resource: PulumiResource) -> PulumiResource:
        """Return the key of a KMS alias, where the stack declares it; any other resource as it is."""
        if resource.type != KMS_ALIAS:
            return resource
        keys = KMS_KEYS - {KMS_ALIAS}
        target = self.resolve(resource, resource.inputs.get("targetKeyId"), "targetKeyId", keys, same_place=True)
        return self.resource_for(target) or resource

    def policy_document(self, resource: PulumiResource, prop: str, component_input: str) -> Document:
        """Return a policy document: its JSON or, while that isn't known, the structure that a component declares.

        An unknown value in that structure becomes the ARN of a key of the stack, if it can come from nothing else.

        Args:
            resource: The resource that has the document.
            prop: The property that holds its JSON.
            component_input: The input by which a component around the resource declares its structure.
        """
        content = resource.inputs.get(prop)
        component = self.inputs.get(resource.parent) if isinstance(content, Unknown) else None
        while component and not isinstance(component.inputs.get(component_input), Mapping):
            component = self.inputs.get(component.parent)
        if component is None:
            return Document(content if isinstance(content, str | Mapping | Unknown) else "")
        content = component.inputs[component_input]
        component_sources = self.by_urn.get(component.urn, component).sources.get(component_input, ())
        sources = {source.urn: source for source in (*component_sources, *resource.sources.get(prop, ()))}
        keys = [source for source in sources.values() if source.type in KMS_KEYS]
        if any(iter_unknowns(content)) and len(keys) == 1 and keys[0].type != KMS_ALIAS:
            others = [source for source in sources.values() if source is not keys[0] and not _has_known_name(source)]
            content = content if others else _replace_unknowns(content, _arn_or_placeholder(keys[0]))
        return Document(content)

    def location_of(self, resource: PulumiResource) -> Location:
        region = resource.region
        account = known_account(self.account_sources.get(resource.provider.urn, {}))
        return Location(partition_of(region), region, account)

    @cached_property
    def account_sources(self) -> dict[str, AccountSources]:
        """The sources of each provider's account, by the provider's URN."""
        return account_sources(self.resources, self.own_account)


FactReader = Callable[[PulumiResource, Graph], list[Fact]]


def bucket_arn(resource: PulumiResource) -> str | Unknown:
    """Return the ARN of a bucket or of a companion's bucket. It isn't known until Pulumi has chosen the name."""
    name = resource.inputs.get("bucket")
    if not isinstance(name, str):
        return Unknown(f"{resource.name}.bucket")
    return f"arn:{partition_of(resource.region)}:s3:::{name}"


def _names_in_arn(arn: str) -> list[str]:
    """Return what may be the name in an ARN or a queue's URL: its last part, and for a bucket all after the colons.

    The name of a log group is all after `:log-group:`, because it may contain slashes.
    """
    if ":" not in arn:
        return []
    if ":log-group:" in arn:
        return [arn.rpartition(":log-group:")[2]]
    return [arn.rpartition(":::")[2], re.split(r"[:/]", arn)[-1]]


def _known_names(resource: PulumiResource) -> list[str]:
    names = (resource.output(prop) for prop in IDENTIFYING_PROPERTIES)
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name))


def _arn_or_placeholder(key: PulumiResource) -> str:
    arn = key.output("arn")
    return arn if isinstance(arn, str) else f"{PLACEHOLDER_ARN_PREFIX}{key.name}"


def _has_known_name(resource: PulumiResource) -> bool:
    """Return whether the name is known. Components build ARNs in documents from names, so those are known as well."""
    return isinstance(resource.inputs.get("bucket") or resource.inputs.get("name"), str)


def _replace_unknowns(content: Any, replacement: str) -> Any:
    if isinstance(content, Unknown):
        return replacement
    if isinstance(content, Mapping):
        return {name: _replace_unknowns(value, replacement) for name, value in content.items()}
    return [_replace_unknowns(item, replacement) for item in content] if isinstance(content, list) else content
