"""Which S3 operation a request is, by botocore's model of the API."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from moto.core.utils import get_service_model

from sandbox.authorization.http_request import HttpRequest

# Of other endpoints, or what neither moto nor a bucket policy knows: a browser's form, metadata tables.
_ELSEWHERE = re.compile(
    r"ListDirectoryBuckets|WriteGetObjectResponse|CreateSession|RenameObject|PostObject|\w*(Metadata|Preflight)\w*"
)


@dataclass(frozen=True)
class Operation:
    """What tells an operation: its method, its path (none, a bucket's, an object's), query and headers it must have."""

    name: str
    method: str
    path_depth: int
    query: frozenset[str]
    headers: frozenset[str]

    def matches(self, request: HttpRequest) -> bool:
        """Whether a request of this method and path is of this operation."""
        return self.query <= request.query.keys() and self.headers <= request.headers.keys()


def find_operation(request: HttpRequest) -> str | None:
    """The operation's name; None where none fits, or two fit as well."""
    depth = bool(request.bucket) + bool(request.object_key)
    fitting = [each for each in _alike(request.method, depth) if each.matches(request)]
    needs = [len(each.query) + len(each.headers) for each in fitting]
    best = [each.name for each, count in zip(fitting, needs, strict=True) if count == max(needs)]
    # A path that starts with two slashes, or is a whole URL, is read otherwise by the server than here.
    return best[0] if len(best) == 1 and request.target.startswith("/") and request.target[1:2] != "/" else None


@cache
def _alike(method: str, depth: int) -> tuple[Operation, ...]:
    return tuple(each for each in _operations() if (each.method, each.path_depth) == (method, depth))


@cache
def _operations() -> tuple[Operation, ...]:
    model = get_service_model("s3")
    found = []
    for name in model.operation_names:
        each = model.operation_model(name)
        if each.deprecated or _ELSEWHERE.fullmatch(name):
            continue
        path, _, query = each.http["requestUri"].partition("?")
        needed: dict[str, set[str]] = {"querystring": {pair.split("=")[0] for pair in query.split("&") if pair}}
        members = each.input_shape.members if each.input_shape else {}
        for member in each.input_shape.required_members if each.input_shape else ():
            place = members[member].serialization
            needed.setdefault(place.get("location", "body"), set()).add(place.get("name", member))
        headers = frozenset(header.lower() for header in needed.get("header", ()))
        found.append(Operation(name, each.http["method"], path.count("{"), frozenset(needed["querystring"]), headers))
    return tuple(found)
