"""A bucket of OSS.

The official SDK does the same and more; what its import costs is paid at every cold start (bench/RESULTS.md, cold start).
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sightline.clock import from_iso
from sightline.credentials import Credentials, CredentialsProvider
from sightline.errors import Permission, ServiceRefused, ServiceUnreachable
from sightline.host import Host
from sightline.http import Request
from sightline.store.signature import encode, sign_headers, sign_query
from sightline.store.types import ListedObject, ObjectInfo, PositionConflict, Tail
from sightline.transport import Answer, Call, Refusal, send

if TYPE_CHECKING:
    from xml.etree import ElementTree

# Ledgers, records, manifests and pages of a listing are what is read here; films are not.
MOST_ANSWER_BYTES = 64 * 2**20
_ACTIONS = {"GET": "oss:GetObject", "HEAD": "oss:GetObject", "PUT": "oss:PutObject", "POST": "oss:PutObject", "DELETE": "oss:DeleteObject"}


# Of ListObjectsV2's max-keys.
LARGEST_PAGE = 1000


class OssBucket:
    """Implements `Bucket`. `public_endpoint` is what presigned addresses name; the host's client keeps its connections."""

    def __init__(
        self, host: Host, credentials: CredentialsProvider, region: str, endpoint: str, name: str, public_endpoint: str | None = None
    ) -> None:
        self._host = host
        self._credentials = credentials
        self._region = region
        self._endpoint = endpoint
        self._public_endpoint = public_endpoint or endpoint
        self._name = name

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
        sent = re.match(r"bytes (\d+)-", answer.headers.get("content-range", ""))
        return Tail(int(sent.group(1)) if sent else 0, answer.content)

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
            try:
                yield from [_listed(element) for element in page.findall("Contents")]
            except ValueError as error:
                raise self._unreadable("GET", error) from error

    def keys(self, prefix: str, after: str = "", page: int = LARGEST_PAGE) -> Iterator[str]:
        for listing in self._pages({"prefix": prefix, "start-after": after}, page):
            yield from (unquote(element.text or "") for element in listing.findall("Contents/Key"))

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        # "0" is what follows the slash: beyond everything in the folder.
        for page in self._pages({"prefix": prefix, "start-after": f"{prefix}{after}0" if after else "", "delimiter": "/"}):
            names = (unquote(element.text or "") for element in page.findall("CommonPrefixes/Prefix"))
            yield from (name.removeprefix(prefix).rstrip("/") for name in names)

    def _pages(self, query: Mapping[str, str], largest: int = LARGEST_PAGE) -> Iterator[ElementTree.Element]:
        """ListObjectsV2; `start-after` counts for the first page only, as its documentation says."""
        from xml.etree import ElementTree  # of all calls, only a listing is answered in more than a field or two

        wanted = {
            "list-type": "2",
            "max-keys": str(largest),
            "encoding-type": "url",
            **{name: value for name, value in query.items() if value},
        }
        token = ""
        while True:
            more = {"continuation-token": token} if token else {}
            answer = self._call("GET", "", query={**wanted, **more})
            try:
                page = ElementTree.fromstring(answer.content)
            except ElementTree.ParseError as error:
                raise self._unreadable("GET", error) from error
            yield page
            token = page.findtext("NextContinuationToken") or ""
            if page.findtext("IsTruncated") != "true" or not token:
                return

    def presign(self, key: str, seconds: int, process: str | None = None) -> str:
        query = {"x-oss-process": process} if process else {}
        signed = sign_query(self._credentials(), self._region, self._host.clock(), "GET", f"/{self._name}/{key}", query, seconds)
        return self._address(self._public_endpoint, key, signed)

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
            return Request(method, self._address(self._endpoint, key, query or {}), signed, content)

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

    def _address(self, endpoint: str, key: str, query: Mapping[str, str]) -> str:
        parts = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
        # A slash is sent as %2F, as the official SDK does: clients and browsers would resolve a `..` between plain ones.
        path = f"/{self._name}/{encode(key)}" if _is_literal(parts.hostname) else f"/{encode(key)}"
        host = parts.netloc if _is_literal(parts.hostname) else f"{self._name}.{parts.netloc}"
        encoded = "&".join(f"{encode(name)}={encode(value)}" if value else encode(name) for name, value in query.items())
        return f"{parts.scheme}://{host}{path}" + (f"?{encoded}" if encoded else "")


def _listed(element: ElementTree.Element) -> ListedObject:
    etag = (element.findtext("ETag") or "").strip('"').upper()
    info = ObjectInfo(etag, int(element.findtext("Size") or 0), from_iso(element.findtext("LastModified") or ""))
    return ListedObject(unquote(element.findtext("Key") or ""), info)


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
    found = re.search(rf"<{name}>([^<]*)</{name}>", document.decode(errors="replace"))
    if found is None:
        return ""
    from html import unescape

    return unescape(found.group(1))
