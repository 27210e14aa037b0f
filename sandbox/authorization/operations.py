"""Finds the S3 operation of a request, with botocore's model of the API."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from moto.core.utils import get_service_model

from sandbox.authorization.http_request import HttpRequest

# Operations of other endpoints, and those that neither moto nor bucket policies support: form uploads, metadata tables.
_UNSUPPORTED = re.compile(
    r"ListDirectoryBuckets|WriteGetObjectResponse|CreateSession|RenameObject|PostObject|\w*(Metadata|Preflight)\w*"
)


@dataclass(frozen=True)
class Operation:
    """An operation of S3, with the parts of a request that identify it.

    Attributes:
        name: The operation's name.
        method: The HTTP method.
        path_depth: The length of the path: 0 for the service, 1 for a bucket, 2 for an object.
        query: The query parameters that the request must have.
        headers: The headers that the request must have.
    """

    name: str
    method: str
    path_depth: int
    query: frozenset[str]
    headers: frozenset[str]

    def matches(self, request: HttpRequest) -> bool:
        """Return whether a request with the same method and path depth can be this operation."""
        return self.query <= request.query.keys() and self.headers <= request.headers.keys()


def find_operation(request: HttpRequest) -> str | None:
    """Return the name of the operation that matches most specifically; None if there is none or more than one."""
    depth = bool(request.bucket) + bool(request.object_key)
    matching = [operation for operation in _candidates(request.method, depth) if operation.matches(request)]
    counts = [len(operation.query) + len(operation.headers) for operation in matching]
    best = [operation.name for operation, count in zip(matching, counts, strict=True) if count == max(counts)]
    # The server parses a path that starts with two slashes, or is a whole URL, differently.
    return best[0] if len(best) == 1 and request.target.startswith("/") and request.target[1:2] != "/" else None


@cache
def _candidates(method: str, depth: int) -> tuple[Operation, ...]:
    return tuple(
        candidate for candidate in _operations() if (candidate.method, candidate.path_depth) == (method, depth)
    )


@cache
def _operations() -> tuple[Operation, ...]:
    model = get_service_model("s3")
    operations = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.deprecated or _UNSUPPORTED.fullmatch(name):
            continue
        path, _, query = operation.http["requestUri"].partition("?")
        required: dict[str, set[str]] = {"querystring": {pair.split("=")[0] for pair in query.split("&") if pair}}
        members = operation.input_shape.members if operation.input_shape else {}
        for member in operation.input_shape.required_members if operation.input_shape else ():
            serialization = members[member].serialization
            location = serialization.get("location", "body")
            required.setdefault(location, set()).add(serialization.get("name", member))
        headers = frozenset(header.lower() for header in required.get("header", ()))
        parameters = frozenset(required["querystring"])
        operations.append(Operation(name, operation.http["method"], path.count("{"), parameters, headers))
    return tuple(operations)
