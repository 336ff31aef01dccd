"""How a request names a bucket and a key, and the headers that every reply has."""

from __future__ import annotations

import base64
import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cached_property
from urllib.parse import unquote_to_bytes
from xml.sax.saxutils import escape

from localcloud.http import Headers, Reply, Request
from localcloud.identity import Principal
from localcloud.oss.documents import Element, document
from localcloud.oss.errors import NotModified, OssError, invalid_object_name

# The finer reason behind a code ("EC error codes" of OSS). Only those that are known for certain are told.
_REASONS = {
    "NoSuchKey": "0026-00000001",
    "NoSuchBucket": "0015-00000101",
    "SignatureDoesNotMatch": "0002-00000040",
    "InvalidAccessKeyId": "0002-00000902",
}
# oss2 reads an error's first 4096 bytes, and understands nothing of a longer one.
_LONGEST_ERROR = 4096
_TROUBLESHOOTING = "https://api.aliyun.com/troubleshoot?q="


def new_request_id() -> str:
    return secrets.token_hex(12).upper()


@dataclass(frozen=True)
class Call:
    """One request as OSS reads it. `bucket` is empty for a call of the service, `key` for one of a bucket.

    `principal` is who signed it, the account or one of its roles; an anonymous call may do what the ACLs allow.
    """

    request: Request
    bucket: str
    key: str
    now: float
    request_id: str = field(default_factory=new_request_id)
    principal: Principal | None = None

    @property
    def owner(self) -> bool:
        """Whether it was signed at all."""
        return self.principal is not None

    @cached_property
    def query(self) -> Mapping[str, str]:
        return self.request.query

    @property
    def headers(self) -> Headers:
        return self.request.headers

    @property
    def method(self) -> str:
        return self.request.method


def address(request: Request, endpoint_host: str) -> tuple[str, str]:
    """The bucket and the key. Raises InvalidObjectName for a key that is not UTF-8.

    The bucket is the first label of a host below `localhost`, the endpoint's name or an OSS domain; else the first segment of the path.
    """
    path = request.raw_path.removeprefix("/")
    bucket = _bucket_of_host(request.headers.get("host", ""), endpoint_host)
    if bucket is None:
        bucket, _, path = path.partition("/")
        bucket = _decoded(bucket)
    return bucket, _decoded(path)


def _decoded(part: str) -> str:
    try:
        return unquote_to_bytes(part).decode()
    except UnicodeDecodeError as error:
        raise invalid_object_name() from error


def _bucket_of_host(host: str, endpoint_host: str) -> str | None:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if _is_address(name):
        return None
    bucket, _, rest = name.partition(".")
    # A region's domain: oss-cn-shanghai.aliyuncs.com, and a made-up one like oss.local.test.
    if rest in ("localhost", endpoint_host) or rest.startswith("oss"):
        return bucket
    return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def http_date(seconds: float) -> str:
    return formatdate(seconds, usegmt=True)


def finished(call: Call, reply: Reply) -> Reply:
    headers = {"Server": "AliyunOSS", "x-oss-request-id": call.request_id, **reply.headers}
    return Reply(reply.status, headers, reply.body)


def xml_reply(body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(200, {"Content-Type": "application/xml", **(headers or {})}, body)


def _error_document(values: dict[str, str], nested: Sequence[Element]) -> bytes:
    """Of values that are too long for it the beginning is told: keys, hosts and headers are the client's own."""
    while len(body := document("Error", [*values.items(), *nested])) > _LONGEST_ERROR:
        longest = max(values, key=lambda name: len(escape(values[name]).encode("utf-8", "surrogateescape")))
        values[longest] = values[longest][: len(values[longest]) // 2]
    return body


def error_reply(call: Call, error: OssError) -> Reply:
    if isinstance(error, NotModified):
        return Reply(304, error.headers)
    fields = [("Code", error.code), ("Message", error.message), ("RequestId", call.request_id), ("HostId", call.headers.get("host", ""))]
    reason = error.details.get("EC") or _REASONS.get(error.code)
    details = {**error.details, "EC": reason, "RecommendDoc": f"{_TROUBLESHOOTING}{reason}"} if reason else error.details
    body = _error_document({**dict(fields), **details}, error.nested)
    headers = {"Content-Type": "application/xml", **({"x-oss-ec": reason} if reason else {}), **error.headers}
    if call.method == "HEAD":
        # A reply to HEAD has no body, so the document goes in a header (oss2.exceptions.make_exception).
        return Reply(error.status, {**headers, "x-oss-err": base64.b64encode(body).decode()})
    return Reply(error.status, headers, body)
