"""The application's client of the stack's bucket."""

from phi.store.objects import ListedObject, ObjectVersion, StoredObject
from phi.store.source import Source
from phi.store.store import PhiStore

__all__ = ["ListedObject", "ObjectVersion", "PhiStore", "Source", "StoredObject"]
