"""Moto core: caches constants that moto computes again for every request, which takes a third of its time."""

from __future__ import annotations

from functools import cache

from moto import backends
from moto.core import errors

_list_of_moto_modules = backends.list_of_moto_modules


@cache
def list_of_moto_modules() -> frozenset[str]:
    """Cache the list of modules. Moto scans its folder twice per request."""
    return frozenset(_list_of_moto_modules())


# The factory caches each service's errors, but moto creates a new factory for each error.
ErrorLookupFactory = cache(errors.ErrorLookupFactory)

FIXES = (
    (backends, "list_of_moto_modules", list_of_moto_modules),
    (errors, "ErrorLookupFactory", ErrorLookupFactory),
)
