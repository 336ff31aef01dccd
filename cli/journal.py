"""The functions: invoked through the official SDK, and their logs read."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fc2
import fc2.client
import requests

from cli.errors import NOT_FOUND, CommandError
from cli.running import Running
from localcloud.fc.running.report import read_report

SERVICE = "sightline"
INVOKE_TIMEOUT_SECONDS = 660
LOOK_EVERY_SECONDS = 0.3


@dataclass(frozen=True)
class Answer:
    """What an invocation gave, decoded where it is JSON; nothing yet for an asynchronous one."""

    request_id: str
    value: Any


def invoke(state: Running, function: str, event: bytes, *, wait: bool = True) -> Answer:
    """Invoke a function; unless `wait`, asynchronously. Raises CommandError with the function's own error."""
    client = _client(state)
    try:
        headers = {"x-fc-invocation-type": "Sync" if wait else "Async"}
        response = client.invoke_function(SERVICE, _full_name(function), payload=event, headers=headers)
    except requests.RequestException as error:
        problem = f"{function} gave no answer ({type(error).__name__})"
        raise CommandError(problem, f"see `sightline status`, and look at `sightline logs {function}`") from error
    except fc2.FcError as error:
        if error.status_code == 404:
            raise CommandError(f"there is no function {function}", "use submit, collect, search or sweep", NOT_FOUND) from error
        raise CommandError(f"{function} failed: {_said(error.message)}", f"look at `sightline logs {function}`") from error
    return Answer(response.headers["X-Fc-Request-Id"], _decoded(response.data) if wait else None)


def environment_of(state: Running, function: str) -> dict[str, str]:
    """The environment variables that a function was deployed with. Raises CommandError."""
    try:
        described = _client(state).get_function(SERVICE, _full_name(function)).data
    except (requests.RequestException, fc2.FcError) as error:
        raise CommandError(f"Function Compute does not tell how {function} was deployed ({error})", "see `sightline status`") from error
    return dict(described.get("environmentVariables") or {})


# The SDK would send what got no answer five times more, over half a minute; whether to invoke again is for whoever asked.
fc2.client.retries = 0


def _client(state: Running) -> fc2.Client:
    return fc2.Client(
        endpoint=state.endpoint, accessKeyID=state.access_key_id, accessKeySecret=state.access_key_secret, Timeout=INVOKE_TIMEOUT_SECONDS
    )


def _said(message: str) -> str:
    """A function's error without its stack, which its log has, and a refusal without its ids; any other message as it is."""
    error = _decoded(message.encode())
    for kind, text in (("errorType", "errorMessage"), ("ErrorCode", "ErrorMessage")):
        if isinstance(error, dict) and text in error:
            return f"{error[kind]}: {error[text]}" if error.get(kind) else str(error[text])
    return message


def _decoded(payload: bytes) -> Any:
    text = payload.decode("utf-8", errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


@dataclass(frozen=True)
class LogLine:
    function: str
    text: str

    @property
    def report(self) -> dict[str, str | float] | None:
        """The parts of the line that an invocation ends with; None for any other line."""
        return read_report(self.text)


@dataclass(frozen=True)
class Wanted:
    """Which lines to show: those that name a request, those that report an invocation, or all."""

    request_id: str = ""
    reports: bool = False

    def __call__(self, text: str) -> bool:
        return self.request_id in text and (not self.reports or read_report(text) is not None)


EVERYTHING = Wanted()


def lines(data: Path, function: str | None, last: int, go_on: bool, wanted: Wanted = EVERYTHING) -> Iterator[LogLine]:
    """The last lines of one function's log, or of each one's; then the new ones, if asked to go on."""
    files = [data / "logs" / f"{_full_name(function)}.log"] if function else sorted((data / "logs").glob("sightline-*.log"))
    missing = [file for file in files if not file.is_file()]
    if missing or not files:
        name = function or "any function"
        raise CommandError(
            f"there is no log of {name} in {data / 'logs'}", "a function has one once it has run; see `sightline status`", NOT_FOUND
        )
    places = {}
    for file in files:
        known, places[file] = _since(file, 0)
        known = [text for text in known if wanted(text)]
        yield from (LogLine(file.stem, text) for text in known[max(len(known) - last, 0) :])
    while go_on:
        time.sleep(LOOK_EVERY_SECONDS)
        for file, place in places.items():
            fresh, places[file] = _since(file, place)
            yield from (LogLine(file.stem, text) for text in fresh if wanted(text))


def _since(file: Path, place: int) -> tuple[list[str], int]:
    """Whole lines after `place` bytes; a file that was rotated away begins anew."""
    try:
        opened = file.open("rb")
    except FileNotFoundError:  # between two files of a rotation
        return [], 0
    with opened:
        start = place if os.fstat(opened.fileno()).st_size >= place else 0
        opened.seek(start)
        content = opened.read()
    whole = content[: content.rfind(b"\n") + 1]
    return whole.decode("utf-8", errors="replace").split("\n")[:-1], start + len(whole)


def _full_name(function: str) -> str:
    return function if function.startswith("sightline-") else f"sightline-{function}"
