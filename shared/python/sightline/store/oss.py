"""A bucket of OSS over httpx.

The official SDK does the same and more, at thirty times the import cost of what is here; that cost is paid at every cold start.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit

import httpx

from sightline.clock import Clock, from_iso, utc_now
from sightline.credentials import CredentialsProvider
from sightline.errors import ServiceRefused
from sightline.store.signature import encode, sign_headers, sign_query
from sightline.store.types import ListedObject, ObjectInfo, PositionConflict
from sightline.transport import Sleep, send


class OssBucket:
    """Implements `Bucket`. `public_endpoint` is what presigned addresses name; the client keeps its connections."""

    def __init__(
        self,
        client: httpx.Client,
        credentials: CredentialsProvider,
        region: str,
        endpoint: str,
        name: str,
        public_endpoint: str | None = None,
        clock: Clock = utc_now,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._client = client
        self._credentials = credentials
        self._region = region
        self._endpoint = endpoint
        self._public_endpoint = public_endpoint or endpoint
        self._name = name
        self._clock = clock
        self._sleep = sleep

    @property
    def name(self) -> str:
        return self._name

    def get(self, key: str) -> bytes | None:
        response = self._call("GET", key)
        return None if response is None else response.content

    def head(self, key: str) -> ObjectInfo | None:
        response = self._call("HEAD", key)
        if response is None:
            return None
        headers = response.headers
        return ObjectInfo(
            headers["ETag"].strip('"').upper(), int(headers["Content-Length"]), parsedate_to_datetime(headers["Last-Modified"])
        )

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
            yield from (_listed(element) for element in page.findall("Contents"))

    def keys(self, prefix: str, after: str = "") -> Iterator[str]:
        for page in self._pages({"prefix": prefix, "start-after": after}):
            yield from (unquote(element.text or "") for element in page.findall("Contents/Key"))

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        # "0" is what follows the slash: beyond everything in the folder.
        for page in self._pages({"prefix": prefix, "start-after": f"{prefix}{after}0" if after else "", "delimiter": "/"}):
            names = (unquote(element.text or "") for element in page.findall("CommonPrefixes/Prefix"))
            yield from (name.removeprefix(prefix).rstrip("/") for name in names)

    def _pages(self, query: Mapping[str, str]) -> Iterator[ElementTree.Element]:
        """ListObjectsV2; `start-after` counts for the first page only, as its documentation says."""
        wanted = {name: value for name, value in query.items() if value}
        token = ""
        while True:
            more = {"continuation-token": token} if token else {}
            response = self._call("GET", "", query={"list-type": "2", "max-keys": "1000", "encoding-type": "url", **wanted, **more})
            if response is None:
                return
            page = ElementTree.fromstring(response.content)
            yield page
            token = page.findtext("NextContinuationToken") or ""
            if page.findtext("IsTruncated") != "true" or not token:
                return

    def presign(self, key: str, seconds: int, process: str | None = None) -> str:
        query = {"x-oss-process": process} if process else {}
        signed = sign_query(self._credentials(), self._region, self._clock(), "GET", f"/{self._name}/{key}", query, seconds)
        return self._address(self._public_endpoint, key, signed)

    def _call(
        self,
        method: str,
        key: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> httpx.Response | None:
        """None where the object is missing."""

        def build() -> httpx.Request:
            # Signed anew at each attempt: the date, and in a warm instance the key itself, may have changed.
            resource = f"/{self._name}/{key}"
            signed = sign_headers(self._credentials(), self._region, self._clock(), method, resource, query or {}, headers or {})
            return self._client.build_request(method, self._address(self._endpoint, key, query or {}), headers=signed, content=content)

        # An append that seems to have failed may have happened; its caller must read again.
        response = send(self._client, build, "OSS", f"{method} {self._name}", again=method != "POST", sleep=self._sleep)
        if (
            response.status_code == 404
            and method in ("GET", "HEAD")
            and _error_code(response) in ("NoSuchKey", "SymlinkTargetNotExist", "")
        ):
            return None
        if response.is_success:
            return response
        raise ServiceRefused(
            "OSS", f"{method} {self._name}", response.status_code, _error_code(response), _field(response, "Message"), _request_id(response)
        )

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


def _error_code(response: httpx.Response) -> str:
    return _field(response, "Code")


def _request_id(response: httpx.Response) -> str:
    return str(response.headers.get("x-oss-request-id", ""))


def _field(response: httpx.Response, name: str) -> str:
    # An answer to HEAD has no body; its error comes in a header.
    text = response.text or base64.b64decode(response.headers.get("x-oss-err", "")).decode(errors="replace")
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return found.group(1) if found else ""
