"""How content travels: no faster than `x-oss-traffic-limit` says, and compressed where the client reads gzip.

Sources: "Single-connection bandwidth throttling" and "GetObject" of OSS (help.aliyun.com/document_detail/145523.html, 31980.html).
"""

from __future__ import annotations

from dataclasses import replace

from localcloud.http import LONGEST_BODY, FileSlice, Reply, Request, Terms, Trouble
from localcloud.oss.errors import OssError, invalid_argument
from localcloud.oss.numbers import whole_number
from localcloud.oss.subresources import SUBRESOURCES
from localcloud.oss.wire import Call

SLOWEST, FASTEST = 819_200, 838_860_800
"""Bits a second: 100 KB and 100 MB."""
LONGEST_DOCUMENT = 5 * 1024 * 1024
"""Bytes of an XML document: a thousand long keys, or ten thousand parts. Our assumption."""
_LIMIT = "x-oss-traffic-limit"
_LEAST_COMPRESSED = 1024
_COMPRESSED = frozenset(
    {
        "text/cache-manifest",
        "text/xml",
        "text/plain",
        "text/css",
        "application/javascript",
        "application/x-javascript",
        "application/rss+xml",
        "application/json",
        "text/json",
    }
)


def terms(request: Request) -> Terms:
    """OSS reads no body of a GET or HEAD: test_sign.py of oss2 announces one and never sends it."""
    longest = LONGEST_BODY if _brings_content(request) else LONGEST_DOCUMENT
    return Terms(request.method not in ("GET", "HEAD"), _bytes_per_second(_given(request)), longest)


def _brings_content(request: Request) -> bool:
    """Whether the body is an object's, or a part's, and no XML document."""
    named = SUBRESOURCES & request.query.keys()
    return named <= {"uploadId"} if request.method == "PUT" else request.method == "POST" and named <= {"append"}


def trouble_error(trouble: Trouble) -> OssError:
    """EntityTooLarge and RequestTimeout are on OSS's list of errors; for the other troubles their codes are our assumption."""
    code = {
        Trouble.BODY_TOO_LARGE: "EntityTooLarge",
        Trouble.BODY_TOO_SLOW: "RequestTimeout",
        Trouble.TOO_MANY_CONNECTIONS: "ServiceUnavailable",
    }.get(trouble, "InvalidRequest")
    return OssError(400 if trouble is Trouble.BODY_TOO_SLOW else trouble.status, code, trouble.value)


def checked_limit(call: Call) -> int | None:
    """The limit in bytes a second. Raises InvalidArgument."""
    text = _given(call.request)
    limit = _bytes_per_second(text)
    if text is not None and limit is None:
        raise invalid_argument(_LIMIT, text, f"{_LIMIT} must be a number from {SLOWEST} to {FASTEST}, in bit/s.")
    return limit


def travelling(call: Call, reply: Reply, bytes_per_second: int | None) -> Reply:
    """The reply as it is sent. What is compressed as it goes has neither length nor tag."""
    if not isinstance(reply.body, FileSlice):
        return reply
    body = replace(reply.body, bytes_per_second=bytes_per_second)
    if not _is_compressed(call, reply, body):
        return replace(reply, body=body)
    headers = {name: value for name, value in reply.headers.items() if name != "ETag"}
    vary = ", ".join(name for name in (headers.get("Vary"), "Accept-Encoding") if name)
    return Reply(reply.status, {**headers, "Content-Encoding": "gzip", "Vary": vary}, replace(body, gzipped=True))


def _is_compressed(call: Call, reply: Reply, body: FileSlice) -> bool:
    content_type = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    asked = "gzip" in call.headers.get("accept-encoding", "")
    whole = reply.status == 200 and body.length >= _LEAST_COMPRESSED
    return asked and whole and content_type in _COMPRESSED and "Content-Encoding" not in reply.headers


def _given(request: Request) -> str | None:
    return request.headers.get(_LIMIT) or request.query.get(_LIMIT)


def _bytes_per_second(text: str | None) -> int | None:
    bits = whole_number(text or "")
    return bits // 8 if bits is not None and SLOWEST <= bits <= FASTEST else None
