"""The tags of buckets. Those of objects are among their properties."""

from __future__ import annotations

from functools import lru_cache
from xml.etree.ElementTree import Element, fromstring

from localcloud.http import Reply
from localcloud.oss import documents
from localcloud.oss.buckets.configuration import Kind, Shape
from localcloud.oss.errors import invalid_argument
from localcloud.oss.storage.buckets import BucketStore
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call

_MOST_TAGS = 20
_MANY = 1000
_LONGEST_KEY, _LONGEST_VALUE = 64, 128


def _check(root: Element) -> None:
    """Limits: "PutBucketTags" of OSS. Unlike those of objects, these tags may hold any character (test_bucket.py of the SDK)."""
    pairs = [(tag.findtext("Key") or "", tag.findtext("Value") or "") for tag in root.iterfind("TagSet/Tag")]
    if len(pairs) > _MOST_TAGS or len(dict(pairs)) != len(pairs):
        raise invalid_argument("TagSet", str(len(pairs)), f"A bucket has at most {_MOST_TAGS} tags with different keys.")
    for key, value in pairs:
        if not 1 <= len(key.encode()) <= _LONGEST_KEY or len(value.encode()) > _LONGEST_VALUE:
            raise invalid_argument("Tag", key, f"A tag's key has 1 to {_LONGEST_KEY} bytes, and its value at most {_LONGEST_VALUE} bytes.")


_TAG = Shape("Tag", (Shape("Key", required=True), Shape("Value")), most=_MANY)
KIND = Kind(
    "tagging",
    Shape("Tagging", (Shape("TagSet", (_TAG,), required=True),)),
    _check,
    default=documents.document("Tagging", [("TagSet", "")]).decode(),
)


@lru_cache(maxsize=1024)
def _tags(document: str) -> tuple[tuple[str, str], ...]:
    return tuple((tag.findtext("Key") or "", tag.findtext("Value") or "") for tag in fromstring(document).iterfind("TagSet/Tag"))


def tags_of_bucket(buckets: BucketStore, name: str) -> dict[str, str]:
    return dict(_tags(buckets.configuration(name, KIND.name) or KIND.default))


class BucketTags:
    """DeleteBucketTags; the other two operations are those of every configuration."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def delete(self, call: Call) -> Reply:
        """All tags, or those that `tagging=a,b` names."""
        named = [name for name in call.query["tagging"].split(",") if name]
        with self._store.transaction():
            self._store.bucket(call.bucket)
            tags = tags_of_bucket(self._store.buckets, call.bucket) if named else {}
            left = [("Tag", [("Key", key), ("Value", value)]) for key, value in tags.items() if key not in named]
            document = documents.document("Tagging", [("TagSet", left)]).decode() if left else None
            self._store.buckets.configure(call.bucket, KIND.name, document)
        return Reply(204)
