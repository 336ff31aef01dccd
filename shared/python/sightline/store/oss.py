"""A bucket of OSS.

The official SDK does the same and more; what its import costs is paid at every cold start (bench/RESULTS.md, cold start).
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sightline.credentials import Credentials, CredentialsProvider
from sightline.errors import Permission, ServiceRefused, ServiceUnreachable
from sightline.host import Host
from sightline.http import Request
from sightline.store.signature import encode, sign_headers, sign_query
from sightline.store.types import ListedObject, ObjectInfo, PositionConflict, Tail
from sightline.transport import Answer, Call, Refusal, send

if TYPE_CHECKING:
    from sightline.store.listing import Page

# Ledgers, records, manifests and pages of a listing are what is read here; films are not.
MOST_ANSWER_BYTES = 64 * 2**20
_ACTIONS = {"GET": "oss:GetObject", "HEAD": "oss:GetObject", "PUT": "oss:PutObject", "POST": "oss:PutObject", "DELETE": "oss:DeleteObject"}


# A server between us and OSS may know no ranges, and send the whole with another status.
PARTIAL_CONTENT = 206
# Of ListObjectsV2's max-keys.
LARGEST_PAGE = 1000


class OssBucket:
    """Implements `Bucket`. `public_endpoint` is what presigned addresses name; the host's network keeps the connections."""

    def __init__(
        self, host: Host, credentials: CredentialsProvider, region: str, endpoint: str, name: str, public_endpoint: str | None = None
    ) -> None:
        self._host = host
        self._credentials = credentials
        self._region = region
        self._name = name
        self._base = _base(endpoint, name)
        self._public_base = _base(public_endpoint or endpoint, name)

    @property
    def name(self) -> str:
        return self._name

    def get(self, key: str) -> bytes | None:
        answer = self._look("GET", key)
        return None if answer is None else answer.content

    def tail(self, key: str, most: int) -> Tail | None:
        # Of an object that is shorter OSS ignores the range, and sends the whole ("Range requests" of its documentation).
        answer = self._look("GET", key, {"Range": f"bytes=-{most}"})
        if answer is None:
            return None
        unit, _, sent = answer.headers.get("content-range", "").partition(" ")
        start = sent.partition("-")[0]
        return Tail(int(start) if unit == "bytes" and start.isdecimal() else 0, answer.content)

    def part(self, key: str, start: int, most: int) -> bytes | None:
        # Unless it is told to keep to the standard, OSS ignores a range that leaves the object, and sends the whole.
        headers = {"Range": f"bytes={start}-{start + most - 1}", "x-oss-range-behavior": "standard"}
        try:
            answer = self._look("GET", key, headers)
        except ServiceRefused as error:
            if error.code == "InvalidRange":
                return b""
            raise
        if answer is None:
            return None
        return answer.content if answer.status == PARTIAL_CONTENT else answer.content[start : start + most]

    def head(self, key: str) -> ObjectInfo | None:
        answer = self._look("HEAD", key)
        if answer is None:
            return None
        headers = answer.headers
        try:
            modified = parsedate_to_datetime(headers["last-modified"])
            return ObjectInfo(headers["etag"].strip('"').upper(), int(headers["content-length"]), modified)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise self._unreadable("HEAD", error) from error

    def put(self, key: str, content: bytes, content_type: str = "application/octet-stream") -> None:
        self._call("PUT", key, headers={"Content-Type": content_type}, content=content)

    def append(self, key: str, position: int, content: bytes) -> None:
        try:
            self._call("POST", key, query={"append": "", "position": str(position)}, content=content)
        except ServiceRefused as error:
            if error.code == "PositionNotEqualToLength":
                raise PositionConflict(f"{key} is not {position} bytes long") from error
            raise

    def delete(self, key: str) -> None:
        self._call("DELETE", key)

    def objects(self, prefix: str, after: str = "") -> Iterator[ListedObject]:
        for page in self._pages({"prefix": prefix, "start-after": after}):
            yield from page.objects

    def keys(self, prefix: str, after: str = "", page: int = LARGEST_PAGE) -> Iterator[str]:
        for listing in self._pages({"prefix": prefix, "start-after": after}, page):
            yield from (listed.key for listed in listing.objects)

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        # "0" is what follows the slash: beyond everything in the folder.
        for page in self._pages({"prefix": prefix, "start-after": f"{prefix}{after}0" if after else "", "delimiter": "/"}):
            yield from (name.removeprefix(prefix).rstrip("/") for name in page.folders)

    def _pages(self, query: Mapping[str, str], largest: int = LARGEST_PAGE) -> Iterator[Page]:
        """ListObjectsV2; `start-after` counts for the first page only, as its documentation says."""
        from sightline.store.listing import read_page

        chosen = {name: value for name, value in query.items() if value}
        wanted = {"list-type": "2", "max-keys": str(largest), "encoding-type": "url", **chosen}
        token = ""
        while True:
            more = {"continuation-token": token} if token else {}
            answer = self._call("GET", "", query={**wanted, **more})
            try:
                page = read_page(answer.content)
            except ValueError as error:
                raise self._unreadable("GET", error) from error
            yield page
            token = page.token
            if not token:
                return

    def presign(self, key: str, seconds: int, process: str | None = None) -> str:
        query = {"x-oss-process": process} if process else {}
        signed = sign_query(self._credentials(), self._region, self._host.clock(), "GET", f"/{self._name}/{key}", query, seconds)
        return self._address(self._public_base, key, signed)

    def _look(self, method: str, key: str, headers: Mapping[str, str] | None = None) -> Answer | None:
        """None where the object is missing."""
        try:
            return self._call(method, key, headers=headers)
        except ServiceRefused as error:
            # A HEAD may bring no code; who brings no request id either is a proxy, and knows nothing of the object.
            if error.status == 404 and error.request_id and error.code in ("NoSuchKey", "SymlinkTargetNotExist", ""):
                return None
            raise

    def _call(
        self,
        method: str,
        key: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> Answer:
        def build(credentials: Credentials) -> Request:
            resource = f"/{self._name}/{key}"
            signed = sign_headers(credentials, self._region, self._host.clock(), method, resource, query or {}, headers or {})
            return Request(method, self._address(self._base, key, query or {}), signed, content)

        # An append that seems to have failed may have happened; its caller must read again.
        permission = self._permission(method, key)
        operation = f"{method} {self._name}"
        call = Call("OSS", operation, permission, build, lambda answer: _refusal(operation, answer), MOST_ANSWER_BYTES, method != "POST")
        return send(self._host, self._credentials, call)

    def _permission(self, method: str, key: str) -> Permission:
        """As "RAM policies" of the OSS documentation has it: appending is putting, and a HEAD a GET."""
        resource = f"acs:oss:*:*:{self._name}"
        return Permission(_ACTIONS[method], f"{resource}/*") if key else Permission("oss:ListObjects", resource)

    def _unreadable(self, method: str, error: Exception) -> ServiceUnreachable:
        return ServiceUnreachable("OSS", f"{method} {self._name}", f"the answer can't be read: {type(error).__name__}")

    def _address(self, base: str, key: str, query: Mapping[str, str]) -> str:
        # A slash is sent as %2F, as the official SDK does: clients and browsers would resolve a `..` between plain ones.
        encoded = "&".join(f"{encode(name)}={encode(value)}" if value else encode(name) for name, value in query.items())
        return f"{base}{encode(key)}" + (f"?{encoded}" if encoded else "")


def _base(endpoint: str, bucket: str) -> str:
    """What the addresses of a bucket's objects begin with."""
    parts = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
    if _is_literal(parts.hostname):
        return f"{parts.scheme}://{parts.netloc}/{bucket}/"
    return f"{parts.scheme}://{bucket}.{parts.netloc}/"


def _is_literal(host: str | None) -> bool:
    """Whether the bucket goes into the path: for localhost and addresses, as in the official SDK."""
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return True


def _refusal(operation: str, answer: Answer) -> Refusal | None:
    """Raises ServiceUnreachable for a success of a proxy, which stored nothing and knows nothing: OSS gives every request an id."""
    request_id = str(answer.headers.get("x-oss-request-id", ""))
    if not answer.is_success:
        document = answer.content or _error_of_head(answer.headers)
        return Refusal(_field(document, "Code"), _field(document, "Message"), request_id)
    if not request_id:
        raise ServiceUnreachable("OSS", operation, f"status {answer.status} without a request id, so not from OSS itself")
    return None


def _error_of_head(headers: Mapping[str, str]) -> bytes:
    """An answer to HEAD has no body; its error comes in a header."""
    try:
        return base64.b64decode(headers.get("x-oss-err", ""))
    except ValueError:
        return b""


def _field(document: bytes, name: str) -> str:
    _, begins, rest = document.decode(errors="replace").partition(f"<{name}>")
    value, ends, _ = rest.partition(f"</{name}>")
    if not (begins and ends) or "<" in value:
        return ""
    if "&" not in value:
        return value
    from html import unescape

    return unescape(value)
