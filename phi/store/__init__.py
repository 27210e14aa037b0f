"""The client for the stack's PHI bucket."""

from phi.store.objects import ListedObject, ObjectVersion, StoredObject
from phi.store.store import PhiStore
from phi.store.upload_source import Source

__all__ = ["ListedObject", "ObjectVersion", "PhiStore", "Source", "StoredObject"]
