"""Collects directory buckets, table buckets with their tables, and the exports of Storage Lens.

An audit of one stack leaves them out: the stack has none, and its auditor has no permission to read others.
"""

from __future__ import annotations

from phi_buckets.audit.collect.s3_bucket_types.directory_buckets import collect_directory_buckets
from phi_buckets.audit.collect.s3_bucket_types.storage_lens import collect_storage_lens
from phi_buckets.audit.collect.s3_bucket_types.table_buckets import collect_table_buckets
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader
from phi_buckets.audit.scope import Scope


def collect(reader: AccountReader, scope: Scope) -> Collected:
    if scope.buckets is not None:
        return Collected()
    return Collected(
        (*collect_directory_buckets(reader), *collect_table_buckets(reader), *collect_storage_lens(reader))
    )
