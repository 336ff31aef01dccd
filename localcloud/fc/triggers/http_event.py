"""HTTP triggers: a request becomes an event (version v1), and what the function returns becomes the reply.

Source: the official help, "Use an HTTP trigger to invoke a function". Marked assumptions: which bodies count as text, and what a
return value without `statusCode` becomes.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from urllib.parse import parse_qsl

from localcloud.fc.errors import InvalidArgument, PayloadTooLarge, Refused
from localcloud.http import Reply, Request
from localcloud.place import Place

HEADER_BYTES = 8 * 1024
TARGET_BYTES = 4 * 1024
BODY_BYTES = 32 * 1024 * 1024
_NOT_FORWARDED = {"connection", "keep-alive"}
_NOT_RETURNED = {"connection", "content-length", "date", "keep-alive", "server", "upgrade", "transfer-encoding"}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_TEXT = ("text/", "application/json", "application/xml", "application/javascript", "application/x-www-form-urlencoded")


class BadResponse(Refused):
    """The function answered something that is no HTTP response."""

    def __init__(self, message: str) -> None:
        super().__init__(502, "BadResponse", message)


def check_limits(request: Request) -> None:
    """Raises InvalidArgument or PayloadTooLarge."""
    if sum(len(name) + len(value) for name, value in request.headers.items()) > HEADER_BYTES:
        raise InvalidArgument(f"the request headers exceed {HEADER_BYTES} bytes")
    if len(request.target) > TARGET_BYTES:
        raise InvalidArgument(f"the path and query string exceed {TARGET_BYTES} bytes")
    if len(request.body) > BODY_BYTES:
        raise PayloadTooLarge(BODY_BYTES)


def event_of(request: Request, request_id: str, place: Place, now: float) -> bytes:
    """The event, version v1, of a request."""
    body, is_base64 = _body(request)
    host = request.headers.get("host", "")
    event = {
        "version": "v1",
        "rawPath": request.raw_path,
        "body": body,
        "isBase64Encoded": is_base64,
        "headers": _headers(request.headers),
        "queryParameters": _query(request.raw_query),
        "requestContext": {
            "accountId": place.account_id,
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.client,
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "time": datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "timeEpoch": str(int(now * 1000)),
        },
    }
    return json.dumps(event).encode()


def reply_of(result: bytes, request_id: str) -> Reply:
    """The reply that a function's result stands for. Raises BadResponse."""
    ours = {"X-Fc-Request-Id": request_id}
    try:
        response = json.loads(result)
    except (ValueError, RecursionError):
        response = None
    if not isinstance(response, dict) or "statusCode" not in response:
        # Assumption: the table of the official help could not be read in full.
        return Reply(200, {"Content-Type": "application/json", **ours}, result)
    headers = _response_headers(response.get("headers") or {})
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    status = _status(response["statusCode"])
    # Neither has a body (RFC 9110, 15.3.5 and 15.4.5).
    body = b"" if status in (204, 304) else _response_body(response)
    return Reply(status, {**headers, **ours}, body)


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    """In their canonical form (`Content-Type`), without those that are Function Compute's own."""
    kept = {name: value for name, value in headers.items() if not name.startswith("x-fc-") and name not in _NOT_FORWARDED}
    return {"-".join(part.capitalize() for part in name.split("-")): value for name, value in kept.items()}


def _query(raw_query: str) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in parse_qsl(raw_query, keep_blank_values=True, errors="surrogateescape"):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(request: Request) -> tuple[str, bool]:
    body = request.body.read()
    kind = request.headers.get("content-type", "text/plain").lower()
    # Assumption: bodies of a text type are text, and all others base64; undocumented.
    if kind.startswith(_TEXT) or "+json" in kind or "+xml" in kind or not body:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def _status(value: object) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isdecimal() or not 200 <= int(text) <= 599:
        raise BadResponse(f"statusCode has to be a number from 200 to 599, not {value!r}")
    return int(text)


def _response_headers(headers: object) -> dict[str, str]:
    if not isinstance(headers, dict) or not all(isinstance(value, (str, int, float)) for value in headers.values()):
        raise BadResponse("headers has to be a mapping of names to texts")
    kept = {str(name): str(value) for name, value in headers.items() if name.lower() not in _NOT_RETURNED}
    if not all(_HEADER_NAME.fullmatch(name) for name in kept):
        raise BadResponse("a header has a name that HTTP does not allow; use letters, digits and hyphens")
    if any(_CONTROL.search(value) for value in kept.values()):
        raise BadResponse("a header has a line break or another control character in it")
    if sum(len(name) + len(value) for name, value in kept.items()) > HEADER_BYTES:
        raise BadResponse(f"the response headers exceed {HEADER_BYTES} bytes")
    return kept


def _response_body(response: Mapping[str, object]) -> bytes:
    body = response.get("body", "")
    text = body if isinstance(body, str) else json.dumps(body)
    if not response.get("isBase64Encoded"):
        return text.encode(errors="replace")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise BadResponse("isBase64Encoded is true and body is not base64") from None
