from __future__ import annotations

from moto import backends
from moto.core import errors


def test_the_services_are_listed_once(both):
    assert both(lambda: backends.list_of_moto_modules() is backends.list_of_moto_modules()) == (False, True)


def test_the_errors_of_a_service_are_kept(both):
    assert both(lambda: errors.ErrorLookupFactory() is errors.ErrorLookupFactory()) == (False, True)
