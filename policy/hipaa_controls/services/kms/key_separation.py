"""The check that a key of something else isn't also the key of a bucket with PHI."""

from __future__ import annotations

from collections.abc import Sequence

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.values import Ref, Unknown
from hipaa_controls.model.verdict import Finding, failed, passed, unverified, worst_finding
from hipaa_controls.services.s3.facts import Bucket, DefaultEncryption

DATA = (DataClass.PHI, DataClass.REPLICA)


def separate_from_phi(keys: Sequence[Ref], stack: Stack) -> Finding:
    """Check that none of the keys encrypts a bucket with PHI or replicas by default."""
    data_buckets = [bucket for bucket in stack.facts_of_type(Bucket) if bucket.data_class in DATA]
    data_keys = [data_key for bucket in data_buckets for data_key in bucket_keys(bucket)]
    findings = (_check_different(key, data_key) for key in keys if key for data_key in data_keys if data_key)
    return worst_finding(findings, "its key doesn't encrypt PHI")


def bucket_keys(bucket: Bucket) -> list[Ref]:
    """Return the keys of a bucket's default encryption."""
    return [encryption.kms_key for encryption in bucket.settings_of(DefaultEncryption)]


def _check_different(key: Ref, data_key: Ref) -> Finding:
    unknowns = [value for value in (key, data_key) if isinstance(value, Unknown)]
    if unknowns:
        return unverified(*unknowns)
    are_strings = isinstance(key, str) and isinstance(data_key, str)
    if key == data_key or (are_strings and _key_id(str(key)) == _key_id(str(data_key))):
        return failed("its key also encrypts PHI")
    if are_strings and "alias/" in f"{key}{data_key}":
        return unverified(Unknown("the key behind an alias of another stack"))
    return passed("")


def _key_id(key: str) -> str:
    """Return the key ID or the alias name that a reference to a key contains: an ARN, a key ID or an alias."""
    return key.rsplit(":", 1)[-1].removeprefix("key/")
