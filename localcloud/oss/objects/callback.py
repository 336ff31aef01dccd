"""Upload callbacks: after an upload OSS asks a server of the application, and answers the client with what that server says.

Source: "Callback" of OSS (help.aliyun.com/document_detail/31989.html). A callback that fails is a 203, and the object is there all the
same. Callbacks are not signed here: receivers check them with a key of the real OSS, which is nobody else's to sign with.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from engines import imaging
from engines.imaging import moving
from localcloud.http import Reply
from localcloud.network import Reach, checked_client
from localcloud.oss.errors import OssError, access_denied, invalid_argument
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call

ANSWER_SECONDS = 5.0
MOST_URLS = 5
LONGEST_ANSWER = 1024 * 1024
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")
_HOST = re.compile(r"[A-Za-z0-9.:_\[\]-]{0,255}")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")

Handler = Callable[[Call], Reply]
Post = Callable[[str, Mapping[str, str], bytes], tuple[int, bytes]]
"""Asks a server: URL, headers and body to status and answer, of which little more than LONGEST_ANSWER is read. Raises RequestError."""


@dataclass(frozen=True)
class Callback:
    """What a client asks for. `variables` are its own, their names beginning with `x:`."""

    urls: Sequence[str]
    body: str
    host: str = ""
    body_type: str = _FORM
    variables: Mapping[str, str] = field(default_factory=dict)


def checked_post() -> Post:
    """As the pushes of MNS and IMS: a server of this machine may be called, the metadata service of a cloud server may not."""
    client = checked_client(Reach(this_machine=True), httpx.Timeout(ANSWER_SECONDS))

    def post(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        deadline, answer = time.monotonic() + ANSWER_SECONDS, bytearray()
        with client.stream("POST", url, headers=dict(headers), content=body) as response:
            for piece in response.iter_bytes():
                answer += piece
                if len(answer) > LONGEST_ANSWER:
                    break
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer is not whole in time", request=response.request)
        return response.status_code, bytes(answer)

    return post


class Callbacks:
    """`picture` finds the file of an object, for the variables that tell of a picture."""

    def __init__(self, store: Store, picture: Callable[[str, str], Path | None], post: Post | None = None) -> None:
        self._store = store
        self._picture = picture
        self._post = post or checked_post()

    def after(self, handler: Handler) -> Handler:
        """The operation with the callback that its request may ask for; one that is malformed is refused before anything is done."""

        def handle(call: Call) -> Reply:
            callback = _read(call)
            if callback and not call.owner:  # Our assumption: else anybody could have this machine ask others.
                raise access_denied("A callback needs a signed request.")
            reply = handler(call)
            return reply if callback is None else self._called(call, callback, reply)

        return handle

    def _called(self, call: Call, callback: Callback, reply: Reply) -> Reply:
        body = self._body(call, callback, reply).encode()
        headers = {
            "Content-Type": callback.body_type,
            "User-Agent": "aliyun-oss-callback",
            "x-oss-request-id": call.request_id,
            "x-oss-bucket": call.bucket,
            "x-oss-tag": "CALLBACK",
            **({"Host": callback.host} if callback.host else {}),
        }
        problem = ""
        for url in callback.urls:
            answer, problem = self._asked(url, headers, body)
            if not problem:
                kept = {name: value for name, value in reply.headers.items() if name.lower() != "content-type"}
                return Reply(200, {**kept, "Content-Type": _JSON}, answer)
        raise OssError(203, "CallbackFailed", problem)

    def _asked(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[bytes, str]:
        """The answer, or else why it is none."""
        try:
            status, answer = self._post(url, headers, body)
        except httpx.TimeoutException:
            return b"", f"Error status : -1.OSS can not get a response from the callback url within {ANSWER_SECONDS:g} seconds."
        except (httpx.RequestError, httpx.InvalidURL, ValueError):
            return b"", "Error status : -1.OSS can not connect to your callbackUrl, please check it."
        if status != 200:
            return b"", f"Error status : {status}."
        if len(answer) > LONGEST_ANSWER:
            return b"", "Response body is too long."
        try:
            json.loads(answer)
        except (ValueError, RecursionError):
            return b"", "Response body is not valid json format."
        return answer, ""

    def _body(self, call: Call, callback: Callback, reply: Reply) -> str:
        values = self._values(call, reply, wants_picture="${imageInfo." in callback.body) | dict(callback.variables)

        def written(match: re.Match[str]) -> str:
            value = values.get(match.group(1), "")
            if callback.body_type == _JSON:
                return json.dumps(value)
            return quote(str(value), safe="")

        return _VARIABLE.sub(written, callback.body)

    def _values(self, call: Call, reply: Reply, wants_picture: bool) -> dict[str, str | int]:
        record = self._store.find(call.bucket, call.key)
        values: dict[str, str | int] = {
            "bucket": call.bucket,
            "object": call.key,
            "etag": reply.headers.get("ETag", "").strip('"'),
            "crc64": reply.headers.get("x-oss-hash-crc64ecma", ""),
            "contentMd5": call.headers.get("content-md5", ""),
            "clientIp": call.request.client,
            "reqId": call.request_id,
            "operation": _OPERATIONS.get(call.method, "PostObject") if not call.query.get("uploadId") else "CompleteMultipartUpload",
        }
        if record:
            values |= {"size": record.size, "mimeType": record.properties.content_type}
        return values | (self._picture_values(call) if wants_picture else {})

    def _picture_values(self, call: Call) -> dict[str, str | int]:
        """Empty for what is no picture."""
        path = self._picture(call.bucket, call.key)
        try:
            facts = moving.facts(path) if path else None
        except imaging.UnreadableMedia:
            facts = None
        if facts is None:
            return {}
        return {"imageInfo.height": facts.height, "imageInfo.width": facts.width, "imageInfo.format": facts.format}


_OPERATIONS = {"PUT": "PutObject", "POST": "PostObject"}


def _read(call: Call) -> Callback | None:
    """From the headers or the query. Raises InvalidArgument."""
    given = call.headers.get("x-oss-callback") or call.query.get("callback")
    if not given:
        return None
    wanted = _document("callback", given)
    urls = [url.strip() for url in str(wanted.get("callbackUrl", "")).split(";") if url.strip()]
    body, body_type = wanted.get("callbackBody"), wanted.get("callbackBodyType", _FORM)
    if not 1 <= len(urls) <= MOST_URLS:
        raise _invalid("callback", f"callbackUrl must name one to {MOST_URLS} servers.")
    if not isinstance(body, str) or not body:
        raise _invalid("callback", "callbackBody is empty.")
    if body_type not in (_FORM, _JSON):
        raise _invalid("callback", f"callbackBodyType must be {_FORM} or {_JSON}.")
    variables = _document("callback-var", call.headers.get("x-oss-callback-var") or call.query.get("callback-var") or "e30=")
    # Names that do not begin with x: are passed over; test_sign_url_with_callback of oss2 sends some.
    variables = {name: str(value) for name, value in variables.items() if name.startswith("x:")}
    host = str(wanted.get("callbackHost", ""))
    if not _HOST.fullmatch(host):
        raise _invalid("callback", "callbackHost is no host.")
    with_scheme = [url if "://" in url else f"http://{url}" for url in urls]
    return Callback(with_scheme, body, host, body_type, variables)


def _document(name: str, text: str) -> dict[str, Any]:
    try:
        document = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _invalid(name, f"The {name} configuration is not JSON in base64.") from error
    if not isinstance(document, dict):
        raise _invalid(name, f"The {name} configuration is not a JSON object.")
    if _HALF_CHARACTER.search(json.dumps(document, ensure_ascii=False)):
        raise _invalid(name, f"The {name} configuration holds half a character.")
    return document


def _invalid(name: str, message: str) -> OssError:
    return invalid_argument(name, "", message)
