"""Hotlink protection: which pages may embed a bucket's objects.

"PutBucketReferer" of OSS (help.aliyun.com/document_detail/31963.html): only requests without an Authorization header are looked at, since
a browser that follows a link on a page sends none; the black list goes before the white one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, fromstring

from localcloud.oss import documents
from localcloud.oss.buckets.configuration import Kind, Shape, fill_in, flag, is_true
from localcloud.oss.errors import access_denied, invalid_argument
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call

_MANY = 100000
_LONGEST = 20 * 1024


def _check(root: Element) -> None:
    fill_in(root, "AllowTruncateQueryString", "true")
    for name in ("RefererList", "RefererBlacklist"):
        size = sum(len((one.text or "").encode()) for one in root.iterfind(f"{name}/Referer"))
        if size > _LONGEST:
            raise invalid_argument(name, "", f"{name} can have at most {_LONGEST} bytes.")


_LIST = (Shape("Referer", most=_MANY),)
_UNPROTECTED = [("AllowEmptyReferer", "true"), ("AllowTruncateQueryString", "true"), ("TruncatePath", "false"), ("RefererList", "")]
KIND = Kind(
    "referer",
    Shape(
        "RefererConfiguration",
        (
            Shape("AllowEmptyReferer", values=flag("").values, required=True),
            flag("AllowTruncateQueryString"),
            flag("TruncatePath"),
            Shape("RefererList", _LIST, required=True),
            Shape("RefererBlacklist", _LIST),
        ),
    ),
    _check,
    default=documents.document("RefererConfiguration", _UNPROTECTED).decode(),
)


@dataclass(frozen=True)
class Protection:
    """An empty `allowed` allows every page that is not denied."""

    empty: bool
    truncate_query: bool
    truncate_path: bool
    allowed: tuple[re.Pattern[str], ...]
    denied: tuple[re.Pattern[str], ...]

    def admits(self, referer: str) -> bool:
        if not referer:
            return self.empty or not (self.allowed or self.denied)
        seen = self._truncated(referer)
        if any(pattern.fullmatch(seen) for pattern in self.denied):
            return False
        return not self.allowed or any(pattern.fullmatch(seen) for pattern in self.allowed)

    def _truncated(self, referer: str) -> str:
        if self.truncate_path:
            parts = urlsplit(referer)
            return f"{parts.scheme}://{parts.netloc}" if parts.netloc else referer
        return referer.partition("?")[0] if self.truncate_query else referer


@lru_cache(maxsize=256)
def _protection(document: str) -> Protection:
    root = fromstring(document)
    truncate_path = is_true(root, "TruncatePath")
    return Protection(
        is_true(root, "AllowEmptyReferer"),
        is_true(root, "AllowTruncateQueryString", default=True),
        truncate_path,
        _patterns(root, "RefererList", truncate_path),
        _patterns(root, "RefererBlacklist", truncate_path),
    )


def _patterns(root: Element, name: str, truncated: bool) -> tuple[re.Pattern[str], ...]:
    """A page below an address counts as the address: `http://hello.com` admits `http://hello.com/a.html`."""
    return tuple(_pattern(one.text or "", truncated) for one in root.iterfind(f"{name}/Referer"))


def _pattern(text: str, truncated: bool) -> re.Pattern[str]:
    body = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in text.rstrip("/"))
    scheme = "" if "://" in text else "(?:[A-Za-z]+://)?"
    return re.compile(scheme + body + ("" if truncated else "(?:/.*)?"), re.IGNORECASE | re.DOTALL)


class Referers:
    def __init__(self, store: Store) -> None:
        self._store = store

    def check(self, call: Call) -> None:
        """Raises AccessDenied for a request that comes from a page which the bucket does not admit."""
        if "authorization" in call.headers:
            return
        document = self._store.buckets.configuration(call.bucket, KIND.name)
        if document and not _protection(document).admits(call.headers.get("referer", "")):
            raise access_denied("You are denied by bucket referer policy.", BucketName=call.bucket)
