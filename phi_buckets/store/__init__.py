"""The client for the stack's PHI bucket."""

from phi_buckets.store.objects import ListedObject, ObjectVersion, StoredObject
from phi_buckets.store.store import PhiStore
from phi_buckets.store.upload_source import Source

__all__ = ["ListedObject", "ObjectVersion", "PhiStore", "Source", "StoredObject"]
