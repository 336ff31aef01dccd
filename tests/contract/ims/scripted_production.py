"""Production that does what the media says, so that a test decides how a job goes. In this process, and in real workers.

A media is a few lines of text: `make NAME TEXT` writes an output (`make NAME as TYPE TEXT` one with a result type), `find JSON` is what was
found out, `note TEXT` a note, `unfit FIELD WHY`, `unreadable WHY`, `raise WHY`; `started FILE` adds a line with the process id there,
`wait FILE` waits until that file exists, `take MEGABYTES` of memory and never ends, `keep MEGABYTES` for good. What was asked of it is
written to `NAME.json` by `tell NAME`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from engines.production.types import Output, Produced, Unfit
from engines.understanding.types import UnreadableMedia
from localcloud.ims import EngineSettings
from localcloud.ims.production.producing import Producer, Task, step_back
from localcloud.ims.understanding.worker import build_transcriber

KEPT: list[bytes] = []


def run(function: str, source: Path, folder: Path, options: dict[str, Any], transcribe: object) -> Produced:
    produced = Produced()
    for line in source.read_text().splitlines():
        verb, _, rest = line.partition(" ")
        if verb in ("make", "tell"):
            made = _write(verb, rest, folder, {"function": function, "options": options, "hears": transcribe is not None})
            produced = replace(produced, outputs=(*produced.outputs, made))
        elif verb == "find":
            produced = replace(produced, findings=json.loads(rest))
        elif verb == "note":
            produced = replace(produced, notes=(*produced.notes, rest))
        else:
            _go_wrong(verb, rest)
    return produced


def _write(verb: str, rest: str, folder: Path, asked: dict[str, Any]) -> Output:
    name, _, text = rest.partition(" ")
    result_type = ""
    if text.startswith("as "):
        _, result_type, text = text.split(" ", 2)
    path = folder / (f"{name}.json" if verb == "tell" else name)
    path.write_text(json.dumps(asked) if verb == "tell" else text)
    return Output(path, result_type)


def _go_wrong(verb: str, rest: str) -> None:
    if verb == "unfit":
        field, _, why = rest.partition(" ")
        raise Unfit(field, why)
    if verb == "unreadable":
        raise UnreadableMedia(rest)
    if verb == "raise":
        raise ZeroDivisionError(rest)
    if verb == "started":
        with Path(rest).open("a") as file:
            file.write(f"{os.getpid()}\n")
    elif verb == "keep":
        KEPT.append(b"x" * (int(rest) << 20))
    elif verb == "take":
        hoard = b"x" * (int(rest) << 20)
        _wait(lambda: not hoard)
    elif verb == "wait":
        _wait(Path(rest).exists)


def _wait(done: Callable[[], bool]) -> None:
    while not done():
        time.sleep(0.01)


def build(settings: EngineSettings) -> Producer:
    step_back()
    return Producer(None, run)


def build_eager(settings: EngineSettings) -> Producer:
    """The real one, but that it lets nobody go first: whoever runs the tests waits for it."""
    return Producer(build_transcriber(settings) if settings.speech_base_url else None)


class InProcessProduction:
    """A `Production` without processes; it can't be cancelled."""

    def produce(self, task: Task, cancelled: Callable[[], bool]) -> Produced:
        return run(task.function, task.source, task.folder, task.options, None)

    def close(self) -> None:
        pass
