"""The functions: invoked through the official SDK, and their logs read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fc2
import requests

from cli.errors import NOT_FOUND, CommandError
from cli.running import Running

SERVICE = "sightline"
INVOKE_TIMEOUT_SECONDS = 660
LOOK_EVERY_SECONDS = 0.3


def invoke(state: Running, function: str, event: bytes) -> Any:
    """The function's answer, decoded where it is JSON. Raises CommandError with the function's own error."""
    client = fc2.Client(
        endpoint=state.endpoint, accessKeyID=state.access_key_id, accessKeySecret=state.access_key_secret, Timeout=INVOKE_TIMEOUT_SECONDS
    )
    try:
        answer = client.invoke_function(SERVICE, _full_name(function), payload=event).data
    except requests.RequestException as error:
        problem = f"{function} gave no answer ({type(error).__name__})"
        raise CommandError(problem, f"see `sightline status`, and look at `sightline logs {function}`") from error
    except fc2.FcError as error:
        if error.status_code == 404:
            raise CommandError(f"there is no function {function}", "use submit, collect, search or sweep", NOT_FOUND) from error
        raise CommandError(f"{function} failed: {error.message}", f"look at `sightline logs {function}`") from error
    text = answer.decode("utf-8", errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


@dataclass(frozen=True)
class LogLine:
    function: str
    text: str


def lines(data: Path, function: str | None, last: int, go_on: bool) -> Iterator[LogLine]:
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
        yield from (LogLine(file.stem, text) for text in known[max(len(known) - last, 0) :])
    while go_on:
        time.sleep(LOOK_EVERY_SECONDS)
        for file, place in places.items():
            fresh, places[file] = _since(file, place)
            yield from (LogLine(file.stem, text) for text in fresh)


def _since(file: Path, place: int) -> tuple[list[str], int]:
    """Whole lines after `place` bytes; a file that was rotated away begins anew."""
    start = place if file.stat().st_size >= place else 0
    with file.open("rb") as opened:
        opened.seek(start)
        content = opened.read()
    whole = content[: content.rfind(b"\n") + 1]
    return whole.decode("utf-8", errors="replace").splitlines(), start + len(whole)


def _full_name(function: str) -> str:
    return function if function.startswith("sightline-") else f"sightline-{function}"
