"""A call to an OpenAI-compatible endpoint (DashScope, vLLM, Ollama, whisper servers …): bytes back, or a reason that a person can act on.

Used by all engines that let a model of the user's choice do the work. What fails for the moment is tried again; the whole of an answer has
its deadline and its size; no text that comes out of here holds the key.
"""

from __future__ import annotations

import email.utils
import json
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import httpx

_BACKOFF = (1.0, 2.0)
"""Seconds before the second and the third attempt, where the endpoint names none."""
_LONGEST_WAIT = 20.0
_BAD_REQUEST = frozenset((400, 422))
"""422 is what servers built on FastAPI say of a field that they don't know."""


class EndpointFailed(Exception):
    """The endpoint gave no answer. The message names the setting to look at where there is one, and never holds the key."""


class RequestRefused(EndpointFailed):
    """Perhaps for its form alone."""


class _Busy(EndpointFailed):
    """Worth another attempt, after `wait` seconds where the endpoint names them."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True)
class EndpointSettings:
    """`base_url` up to and without the operation; `api_key` may be empty where the endpoint asks for none.

    `purpose` names the settings in errors, as in `vision.base_url`. Raises ValueError.
    """

    base_url: str
    api_key: str = field(repr=False)
    model: str
    purpose: str

    def __post_init__(self) -> None:
        try:
            url = httpx.URL(self.base_url)
        except httpx.InvalidURL:
            raise ValueError(f"{self.purpose}.base_url is not an address") from None
        if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query:
            raise ValueError(f"{self.purpose}.base_url must be like https://host/v1, without a user, a password or a query")
        if not all(33 <= ord(character) <= 126 for character in self.api_key):
            # httpx would refuse it too, but with the key in its error.
            raise ValueError(f"{self.purpose}.api_key holds a space, a line break or a character beyond ASCII")
        if not self.model:
            raise ValueError(f"{self.purpose}.model is empty: name a model of the endpoint that does this work")


def clean(text: str, longest: int) -> str:
    """One line without control and invisible characters, which could hide or reorder what a reader sees; cut at `longest`."""
    spaced = (" " if character.isspace() else character for character in text)
    line = " ".join("".join(character for character in spaced if not unicodedata.category(character).startswith("C")).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


class Caller:
    """`timeout` is that of one request from beginning to end, in seconds; `largest` the bytes of an answer."""

    def __init__(
        self,
        settings: EndpointSettings,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: float = 60.0,
        largest: int = 1 << 20,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._timeout = timeout
        self._largest = largest
        self._sleep = sleep

    def post(self, operation: str, **content: Any) -> bytes:
        """The body of a 200. `content` is what httpx takes: `json`, or `data` and `files`. Raises EndpointFailed."""
        headers = {"Accept-Encoding": "identity"}
        if self._settings.api_key:
            headers["Authorization"] = f"Bearer {self._settings.api_key}"
        backoff = iter(_BACKOFF)
        with httpx.Client(transport=self._transport, timeout=self._timeout, headers=headers) as client:
            while True:
                try:
                    return self._send(client, operation, content)
                except _Busy as busy:
                    pause = next(backoff, None)
                    if pause is None or (busy.wait or 0) > _LONGEST_WAIT:
                        raise
                    self._sleep(pause if busy.wait is None else busy.wait)

    def _send(self, client: httpx.Client, operation: str, content: Mapping[str, Any]) -> bytes:
        deadline = time.monotonic() + self._timeout
        try:
            with client.stream("POST", f"{self._settings.base_url.rstrip('/')}/{operation}", **content) as response:
                answer = self._read(response, deadline)
        except httpx.TimeoutException:
            raise self._too_slow() from None
        except httpx.HTTPError as error:
            raise _Busy(f"it can't be reached ({type(error).__name__}): check {self._settings.purpose}.base_url") from None
        if response.status_code != 200:
            raise self._failure(response, answer)
        return answer

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        """The body. httpx's own timeout starts again with each piece that arrives, so the whole has its deadline here."""
        answer = bytearray()
        for piece in response.iter_bytes():
            answer += piece
            if len(answer) > self._largest:
                raise EndpointFailed(f"its answer is larger than {self._largest >> 20} MiB")
            if time.monotonic() > deadline:
                raise self._too_slow()
        return bytes(answer)

    def _too_slow(self) -> EndpointFailed:
        """Not worth another attempt, which would cost as long again."""
        return EndpointFailed(f"it did not answer within {self._timeout:g} s")

    def _failure(self, response: httpx.Response, answer: bytes) -> EndpointFailed:
        status, purpose = response.status_code, self._settings.purpose
        if status in (401, 403):
            # What it says of a key may quote the key, so it isn't repeated.
            return EndpointFailed(f"it refused the key ({status}): check {purpose}.api_key")
        said = self._error_text(answer)
        if status in _BAD_REQUEST:
            return RequestRefused(f"it refused the request ({status}){said}")
        if status == 429 or status >= 500:
            return _Busy(f"it was too busy or failed ({status}){said}", _retry_after(response.headers.get("Retry-After", "")))
        if status == 404:
            return EndpointFailed(f"it has no such address or model (404): check {purpose}.base_url and {purpose}.model{said}")
        return EndpointFailed(f"it answered with status {status}: check {purpose}.base_url{said}")

    def _error_text(self, answer: bytes) -> str:
        try:
            message = json.loads(answer)["error"]["message"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return ""
        text = str(message)
        if self._settings.api_key:
            text = text.replace(self._settings.api_key, "***")
        return f", saying: {clean(text, 200)}"


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
