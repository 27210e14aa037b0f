"""The patterns of exemptions: URNs or ARNs in which `*` stands for any text.

A pattern must say which resources it covers: either the whole name of a resource, or at least MIN_NAME_LENGTH of its
characters in a row. The other parts, such as the stack, the region or the type, don't tell resources apart.

`*` also matches colons. So in `urn:pulumi:*phi*`, phi could be a part of the project's name, and then the pattern would
match every resource of that project. If a pattern has as many parts as a URN or an ARN, its last part can only match in
the last part of a URN or ARN. That is why a pattern with `*` in its name must have all parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipaa_controls.model import wildcards

MIN_NAME_LENGTH = 4
URN_PREFIX = "urn:pulumi:"
WITHOUT_TYPE = ("sns", "sqs")  # the ARNs of topics and queues, as those of buckets, have no type before the name
# AWS writes these in the names of all resources of a type: the words between the IDs, as in
# access-grants/default/grant/ID and bucket/NAME/table/ID, and the ends of names. Directory buckets have a zone there.
WORDS_OF_TYPES = ("accesspoint", "bucket", "default", "grant", "location", "table")
DIRECTORY_BUCKET_END = "--x-s3"
ENDS_OF_TYPES = (".fifo", ".mrap")
NAME_FIX = f"write the resource's name, or at least {MIN_NAME_LENGTH} characters of it in a row"
URN_EXAMPLE = "such as urn:pulumi:prod::app::*::import-bucket*"
ARN_EXAMPLE = "such as arn:aws:s3:::import-bucket* or arn:aws:logs:*:123456789012:log-group:/aws/lambda/import-*"


def is_of_program(pattern: str) -> bool:
    """Return whether a pattern is about resources of a program, by URN, and not of a live account."""
    return pattern.startswith(URN_PREFIX)


def matches(pattern: str, resource: str) -> bool:
    """Return whether a pattern matches a URN or an ARN. A URN's name is compared by itself, as it may contain `::`."""
    if not is_of_program(pattern):
        return wildcards.matches(pattern, resource)
    *place, name = pattern.split("::", 3)
    *resource_place, resource_name = resource.split("::", 3)
    return wildcards.matches(name, resource_name) and wildcards.matches("::".join(place), "::".join(resource_place))


def pattern_errors(pattern: str) -> Iterator[str]:
    """Yield why a pattern doesn't say which resources it covers, and how to fix it."""
    if "*" not in pattern:
        return
    if is_of_program(pattern):
        *earlier, name = pattern.split("::", 3)
        if "*" not in name:  # the URN ends with this name
            return
        example, missing_parts = URN_EXAMPLE, 3 - len(earlier)
    elif pattern.startswith("arn:"):
        *earlier, resource = pattern.split(":", 5)
        example, missing_parts = ARN_EXAMPLE, 5 - len(earlier)
        name = resource if missing_parts else _name_in_arn(earlier, resource)
    else:
        yield f"has * in a resource that begins with neither {URN_PREFIX} nor arn: write a URN or ARN, {URN_EXAMPLE}"
        return
    if missing_parts:
        yield f"has a resource in which * may match several parts: write each part, {example}"
    elif "*" in name and not any(len(_own_text(text)) >= MIN_NAME_LENGTH for text in re.split("[*/:]", name)):
        yield f"has a resource that matches (nearly) every name: {NAME_FIX}, {example}"


def _name_in_arn(earlier_parts: list[str], resource: str) -> str:
    """Return the pattern of a resource's own name: its ARN's last part without the type, such as `key/`."""
    is_bucket = earlier_parts[2:] == ["s3", "", ""]
    if "*" not in resource or is_bucket or earlier_parts[2] in WITHOUT_TYPE:
        return resource
    typed_name = re.split("[/:]", resource, maxsplit=1)
    return typed_name[-1] if len(typed_name) == 2 else "*"


def _own_text(text: str) -> str:
    """Return the part of a text that can tell a resource from others of its type."""
    if text.endswith(DIRECTORY_BUCKET_END):
        return text.removesuffix(DIRECTORY_BUCKET_END).rpartition("--")[0]
    for end in ENDS_OF_TYPES:
        text = text.removesuffix(end)
    return "" if text in WORDS_OF_TYPES else text
