"""Sending a request so that a passing fault is not a failure."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from sightline.clock import Clock, CloudClock, http_date
from sightline.credentials import Credentials, CredentialsProvider
from sightline.errors import (
    CredentialsExpired,
    Permission,
    PermissionMissing,
    ServiceRefused,
    ServiceUnreachable,
    UnusableAnswer,
)
from sightline.host import Host
from sightline.http import NoAnswer, Request, Response
from sightline.value import Value

ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
CONNECT_SECONDS = 5.0
# Kept back of an invocation's time, so that it can still say what became of it.
RESERVE_SECONDS = 1.0

_OUR_CLOCK_IS_WRONG = ("RequestTimeTooSkewed", "InvalidTimeStamp.Expired", "TimeExpired")  # OSS, the OpenAPI gateway, MNS
_EXPIRED = ("SecurityTokenExpired", "InvalidSecurityToken.Expired")  # OSS, the OpenAPI gateway
_DENIED = ("AccessDenied", "Forbidden", "NoPermission")
_DENIED_BECAUSE = ("Forbidden.RAM", "Forbidden.NoPermission", "NoPermission.", "AccessDenied.")
# Only what a service itself said counts as its time; a proxy between has a clock of its own.
_REQUEST_IDS = ("x-oss-request-id", "x-acs-request-id", "x-mns-request-id")


class Refusal(Value):
    """What an error answer says of itself. `action` is the RAM action that is missing, where the service names it."""

    code: str
    message: str
    request_id: str = ""
    action: str = ""


class Answer(Value):
    """Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def json_object(answer: Answer) -> dict[str, Any]:
    """What an answer holds. Raises ValueError for what is no JSON object: a proxy's page, half an answer, text in another encoding."""
    try:
        # Half a character, which a model or a cut leaves behind, must not cost the rest of the answer.
        document = json.loads(answer.content.decode(errors="replace"))
    except RecursionError as error:  # nested a few thousand deep
        raise ValueError("no JSON") from error
    if not isinstance(document, dict):
        raise ValueError("no object")
    return document


class Call(Value):
    """One call of a service. `again` must be false for one that may not happen twice.

    `build` makes and signs the request, anew for each attempt; `refusal` reads an answer, and finds None where it is no error.
    """

    service: str
    operation: str
    permission: Permission
    build: Callable[[Credentials], Request]
    refusal: Callable[[Answer], Refusal | None]
    most_bytes: int
    again: bool


def send(host: Host, credentials: CredentialsProvider, call: Call) -> Answer:
    """The answer, which is no error. Raises ServiceRefused (and its kinds), ServiceUnreachable and UnusableAnswer.

    Where `again` is true, no answer, a busy and a broken service are tried up to four times, as long as the invocation has time left.
    What was turned away unread is sent once more in any case: with a newer key after an expired one, with the service's time after ours.
    """
    key = credentials()
    attempt, has_renewed, has_corrected = 1, False, False
    while True:
        corrections = _corrections(host.clock)
        try:
            return _exchange(host, key, call)
        except CredentialsExpired as error:
            newer = credentials()
            if newer == key or has_renewed:
                host.invocation.unfit = str(error)
                raise
            key, has_renewed = newer, True
        except (ServiceRefused, ServiceUnreachable) as error:
            if not has_corrected and _is_for_our_time(error, _corrections(host.clock) > corrections):
                has_corrected = True
                continue
            pause = _pause(host, attempt, error)
            if not call.again or not error.retryable or attempt == ATTEMPTS or pause is None:
                raise
            host.sleep(pause)
            attempt += 1
            key = credentials()


def _corrections(clock: Clock) -> int:
    return clock.corrections if isinstance(clock, CloudClock) else 0


def _is_for_our_time(error: ServiceRefused | ServiceUnreachable, has_learned: bool) -> bool:
    """Whether a request was turned away for when it was signed: so says its code, or we have just learned that our clock was wrong.

    A signature that is days off may be refused for its scope, in whatever words.
    """
    return isinstance(error, ServiceRefused) and (error.code in _OUR_CLOCK_IS_WRONG or (has_learned and error.status in (400, 403, 408)))


def _pause(host: Host, attempt: int, error: ServiceRefused | ServiceUnreachable) -> float | None:
    """Anything up to a bound that doubles ("full jitter"), after what the service asked for; None where there is no time for it."""
    asked = getattr(error, "retry_after", None) or 0.0
    pause = asked + host.chance.uniform(0, min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS))
    return pause if asked <= LONGEST_PAUSE_SECONDS and pause + RESERVE_SECONDS < host.invocation.seconds_left() else None


def _exchange(host: Host, key: Credentials, call: Call) -> Answer:
    left = host.invocation.seconds_left() - RESERVE_SECONDS
    if left <= 0:
        raise ServiceUnreachable(call.service, call.operation, "not sent: the invocation is about to end", sent=False)
    patience = min(host.request_seconds, left)
    try:
        # A request may be silent twice: before it is sent, and before it is answered.
        answer = _read(host, call.build(key), call, patience, min(2 * patience, left))
    except NoAnswer as error:
        raise ServiceUnreachable(call.service, call.operation, str(error), sent=error.sent) from error
    refusal = call.refusal(answer)
    if refusal is not None:
        raise _error(call, key, answer, refusal)
    return answer


def _read(host: Host, request: Request, call: Call, patience: float, longest: float) -> Answer:
    asked = time.monotonic()
    response = host.network.send(request, min(CONNECT_SECONDS, patience), patience)
    try:
        _learn_time(host.clock, response, asked)
        content = bytearray()
        for chunk in response.chunks():
            content += chunk
            if len(content) > call.most_bytes:
                raise UnusableAnswer(call.service, call.operation, "the body", f"has more than {call.most_bytes:,} bytes", retryable=False)
            if time.monotonic() - asked > longest:
                raise NoAnswer("the answer trickles")
        return Answer(response.status, response.headers, bytes(content))
    finally:
        response.close()


def _learn_time(clock: Clock, response: Response, asked: float) -> None:
    headers = response.headers
    if isinstance(clock, CloudClock) and any(name in headers for name in _REQUEST_IDS) and "age" not in headers:
        clock.hear(headers.get("date", ""), clock.monotonic() - (time.monotonic() - asked))


def _error(call: Call, key: Credentials, answer: Answer, refusal: Refusal) -> ServiceRefused:
    code, message = refusal.code, refusal.message
    said = (call.service, call.operation, answer.status, code, message, refusal.request_id)
    if key.security_token and _says_expired(code, message):
        return CredentialsExpired(*said)
    # OSS says AccessDenied too where a bucket is asked for at another region's endpoint.
    if (code in _DENIED or code.startswith(_DENIED_BECAUSE)) and "specified endpoint" not in message:
        permission = Permission(refusal.action or call.permission.action, call.permission.resource)
        return PermissionMissing(*said, permission)
    return ServiceRefused(*said, retry_after=_retry_after(answer.headers))


def _says_expired(code: str, message: str) -> bool:
    """Of a temporary key. Once one has ended, a service may not know it any more; MNS has no code of its own for it."""
    of_mns = code == "AccessDenied" and "token" in message and "expired" in message
    return code in _EXPIRED or code.startswith("InvalidAccessKeyId") or of_mns


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds: of HTTP's Retry-After (a number or a date), or of the OpenAPI gateway's header in milliseconds."""
    milliseconds, text = headers.get("x-acs-retry-after", ""), headers.get("retry-after", "")
    if _is_number(milliseconds):
        return int(milliseconds) / 1000
    if _is_number(text):
        return float(text)
    until, now = http_date(text), http_date(headers.get("date", ""))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
