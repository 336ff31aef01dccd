"""Finding the object, or the version of it, that a request names."""

from __future__ import annotations

from collections.abc import Mapping

from localcloud.oss.errors import delete_marker_found, invalid_argument, no_such_key, no_such_version
from localcloud.oss.storage.records import NULL_VERSION, StoredRecord
from localcloud.oss.storage.store import Store
from localcloud.oss.storage.versions import sequence_of
from localcloud.oss.wire import Call


def version_of(query: Mapping[str, str]) -> str | None:
    """The version that a query names, if any. Raises InvalidArgument."""
    version = query.get("versionId")
    return None if version is None else checked_version(version)


def checked_version(version: str, name: str = "versionId") -> str:
    """Raises InvalidArgument."""
    if not version:
        raise invalid_argument(name, version, "Version id cannot be the empty string.")
    if version != NULL_VERSION and sequence_of(version) is None:
        raise invalid_argument(name, version, "Invalid version id specified.")
    return version


def find(store: Store, call: Call) -> StoredRecord:
    """Raises NoSuchBucket, NoSuchKey, NoSuchVersion, and MethodNotAllowed where the version is a delete marker."""
    return find_version(store, call.bucket, call.key, version_of(call.query))


def find_version(store: Store, bucket: str, key: str, version: str | None) -> StoredRecord:
    record = store.find(bucket, key, version)
    if record is None:
        versioned = store.bucket(bucket).versioning
        if version is not None:
            raise no_such_version(key, version)
        latest = store.versions.newest(bucket, key) if versioned else None
        raise no_such_key(key, {**version_headers(latest), "x-oss-delete-marker": "true"} if latest else {})
    if record.type == "DeleteMarker":
        raise delete_marker_found({**version_headers(record), "x-oss-delete-marker": "true"})
    return record


def version_headers(record: StoredRecord) -> dict[str, str]:
    """Every reply about an object of a bucket that has, or had, versioning names its version."""
    return {"x-oss-version-id": record.version} if record.sequence else {}
