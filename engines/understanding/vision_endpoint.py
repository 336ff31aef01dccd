"""An OpenAI-compatible endpoint (DashScope, vLLM, Ollama …): one question, one text back, or a reason that a person can act on.

The protocol is that of `POST {base_url}/chat/completions`. Endpoints differ in the `response_format` that they accept, so the strictest is
tried first and the next after a refusal; what was accepted is remembered.
"""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Annotated, Any

import httpx
from pydantic import BaseModel, Field, ValidationError

from engines.understanding.vision_answer import clean

_BACKOFF = (1.0, 2.0)
"""Seconds before the second and the third attempt, where the endpoint names none."""
_LONGEST_WAIT = 20.0
_LARGEST_ANSWER = 1 << 20
_BAD_REQUEST = frozenset((400, 422))
"""422 is what servers built on FastAPI say of a field that they don't know."""


class EndpointFailed(Exception):
    """The endpoint gave no answer. The message names the setting to look at where there is one, and never holds the key."""


class _Refused(EndpointFailed):
    """Perhaps for the response_format alone."""


class _Busy(EndpointFailed):
    """Worth another attempt, after `wait` seconds where the endpoint names them."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True)
class VisionSettings:
    """`base_url` up to and without /chat/completions; `api_key` may be empty where the endpoint asks for none. Raises ValueError."""

    base_url: str
    api_key: str = field(repr=False)
    model: str

    def __post_init__(self) -> None:
        try:
            url = httpx.URL(self.base_url)
        except httpx.InvalidURL:
            raise ValueError("vision.base_url is not an address") from None
        if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query:
            raise ValueError("vision.base_url must be like https://host/v1, without a user, a password or a query")
        if not all(33 <= ord(character) <= 126 for character in self.api_key):
            # httpx would refuse it too, but with the key in its error.
            raise ValueError("vision.api_key holds a space, a line break or a character beyond ASCII")
        if not self.model:
            raise ValueError("vision.model is empty: name a model of the endpoint that takes images")


class Endpoint:
    """`timeout` is that of one request from beginning to end, in seconds."""

    def __init__(
        self,
        settings: VisionSettings,
        schema: Mapping[str, Any],
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._timeout = timeout
        self._sleep = sleep
        # Pages of the vendors disagree whether `strict` sits inside or beside `json_schema`; this is OpenAI's own place for it.
        described = {"name": "description", "strict": True, "schema": dict(schema)}
        self._formats: list[dict[str, Any]] = [
            {"response_format": {"type": "json_schema", "json_schema": described}},
            {"response_format": {"type": "json_object"}},
            {},
        ]

    def ask(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """The text of the answer. Raises EndpointFailed."""
        question = {"model": self._settings.model, "temperature": 0, "messages": list(messages)}
        *stricter, loosest = self._formats
        for response_format in stricter:
            try:
                text = self._post({**question, **response_format})
            except _Refused:
                continue
            self._accepted(response_format)
            return text
        text = self._post({**question, **loosest})
        self._accepted(loosest)
        return text

    def _accepted(self, response_format: dict[str, Any]) -> None:
        """From now on no stricter format is tried."""
        self._formats = self._formats[self._formats.index(response_format) :]

    def _post(self, body: Mapping[str, Any]) -> str:
        content = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if self._settings.api_key:
            headers["Authorization"] = f"Bearer {self._settings.api_key}"
        backoff = iter(_BACKOFF)
        with httpx.Client(transport=self._transport, timeout=self._timeout, headers=headers) as client:
            while True:
                try:
                    return self._send(client, content)
                except _Busy as busy:
                    pause = next(backoff, None)
                    if pause is None or (busy.wait or 0) > _LONGEST_WAIT:
                        raise
                    self._sleep(pause if busy.wait is None else busy.wait)

    def _send(self, client: httpx.Client, content: bytes) -> str:
        deadline = time.monotonic() + self._timeout
        try:
            with client.stream("POST", self._settings.base_url.rstrip("/") + "/chat/completions", content=content) as response:
                answer = self._read(response, deadline)
        except httpx.TimeoutException:
            raise self._too_slow() from None
        except httpx.HTTPError as error:
            raise _Busy(f"it can't be reached ({type(error).__name__}): check vision.base_url") from None
        if response.status_code != 200:
            raise self._failure(response, answer)
        return _content(answer)

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        """The body. httpx's own timeout starts again with each piece that arrives, so the whole has its deadline here."""
        answer = bytearray()
        for piece in response.iter_bytes():
            answer += piece
            if len(answer) > _LARGEST_ANSWER:
                raise EndpointFailed(f"its answer is larger than {_LARGEST_ANSWER >> 20} MiB")
            if time.monotonic() > deadline:
                raise self._too_slow()
        return bytes(answer)

    def _too_slow(self) -> EndpointFailed:
        """Not worth another attempt, which would cost as long again."""
        return EndpointFailed(f"it did not answer within {self._timeout:g} s")

    def _failure(self, response: httpx.Response, answer: bytes) -> EndpointFailed:
        status = response.status_code
        if status in (401, 403):
            # What it says of a key may quote the key, so it isn't repeated.
            return EndpointFailed(f"it refused the key ({status}): check vision.api_key")
        said = self._error_text(answer)
        if status in _BAD_REQUEST:
            return _Refused(f"it refused the request ({status}){said}")
        if status == 429 or status >= 500:
            return _Busy(f"it was too busy or failed ({status}){said}", _retry_after(response.headers.get("Retry-After", "")))
        if status == 404:
            return EndpointFailed(f"it has no such address or model (404): check vision.base_url and vision.model{said}")
        return EndpointFailed(f"it answered with status {status}: check vision.base_url{said}")

    def _error_text(self, answer: bytes) -> str:
        try:
            message = json.loads(answer)["error"]["message"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return ""
        text = str(message)
        if self._settings.api_key:
            text = text.replace(self._settings.api_key, "***")
        return f", saying: {clean(text, 200)}"


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    choices: Annotated[list[_Choice], Field(min_length=1)]


def _content(answer: bytes) -> str:
    """The model's text, empty where it said nothing (a reasoning model may run out of room while it thinks)."""
    try:
        return _Completion.model_validate_json(answer).choices[0].message.content or ""
    except ValidationError:
        raise EndpointFailed("its answer is not that of chat/completions: check vision.base_url") from None


def _retry_after(header: str) -> float | None:
    """Seconds to wait: RFC 9110 10.2.3 allows a number or a date."""
    if header.isdecimal():
        return float(header)
    try:
        moment = email.utils.parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    now = datetime.now(timezone.utc if moment.tzinfo else None)
    return max(0.0, (moment - now).total_seconds())
