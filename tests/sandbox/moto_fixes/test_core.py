from __future__ import annotations

from moto import backends
from moto.core import errors


def test_list_of_services_is_cached(in_both):
    assert in_both(lambda: backends.list_of_moto_modules() is backends.list_of_moto_modules()) == (False, True)


def test_error_lookup_is_cached(in_both):
    assert in_both(lambda: errors.ErrorLookupFactory() is errors.ErrorLookupFactory()) == (False, True)
