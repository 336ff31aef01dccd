"""The process that looks at the pixels: `python -m localcloud.ims.understanding.worker`, JSON lines in and out.

First line in: `{"settings": {...}}` (EngineSettings); answer: `{"ready": "name of the engine"}`. Then `{"files": [...], "kind": "video",
"wishes": {...}}` each, or `{"sound": "file", "language": null}`, or `{"picture": "file", "algorithm": "face"}`, which enrols a sample, or
`{"work": ...}` for a factory that builds a `Doer`; answers: `{"description": {...}}`, `{"transcript": {...}}`, `{"enrolment": {...}}`,
`{"done": ...}`, `{"untranscribed": "why"}`, `{"unreadable": "why"}` or `{"failed": "why"}`. The process ends when its standard input does,
even in the middle of a piece of work: then its parent is dead.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TextIO

from engines.speech.types import Transcript, Untranscribed
from engines.understanding.types import Engine, UnreadableMedia
from localcloud.ims.understanding.engine import DESCRIPTION, ENROLMENT, TRANSCRIPT, WISHES, EngineSettings


class Doer(Protocol):
    """What a factory builds for work of another kind than understanding: JSON in, JSON out."""

    @property
    def name(self) -> str: ...

    def do(self, work: Any) -> Any:
        """Raises UnreadableMedia."""
        ...


def build_engine(settings: EngineSettings) -> Engine:
    """The engine of the settings, imported here because it loads OpenCV and models."""
    from engines.understanding import build
    from engines.understanding.vision import VisionSettings, with_vision

    built = build(Path(settings.detector) if settings.detector else None, settings.detector_sha256)
    if settings.vision_base_url is None:
        return built
    return with_vision(built, VisionSettings(settings.vision_base_url, settings.vision_api_key or "", settings.vision_model or ""))


Transcribe = Callable[[Path, str | None], Transcript]


def build_transcriber(settings: EngineSettings) -> Transcribe:
    from engines.speech import SpeechSettings, Transcriber

    named = SpeechSettings(settings.speech_base_url or "", settings.speech_api_key or "", settings.speech_model or "")
    return Transcriber(named).transcribe


def main() -> None:
    # Libraries print to standard output; the channel is a copy of it that only this module knows.
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    tools = _answer(channel, lambda: _start(lines.get()))
    while tools:
        work = json.loads(lines.get())
        _answer(channel, lambda work=work: (tools, _work(tools, work)))  # type: ignore[misc]


def _read(lines: queue.Queue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


@dataclass(frozen=True)
class _Tools:
    """`engine` is an Engine or a Doer, by the factory."""

    engine: Any
    transcribe: Transcribe | None


def _start(line: str) -> tuple[_Tools, dict[str, Any]]:
    settings = EngineSettings(**json.loads(line)["settings"])
    module, _, function = settings.factory.partition(":")
    engine: Engine | Doer = getattr(importlib.import_module(module), function)(settings)
    return _Tools(engine, build_transcriber(settings) if settings.speech_base_url else None), {"ready": engine.name}


def _work(tools: _Tools, work: dict[str, Any]) -> dict[str, Any]:
    try:
        if "sound" in work:
            assert tools.transcribe is not None
            return {"transcript": TRANSCRIPT.dump_python(tools.transcribe(Path(work["sound"]), work["language"]), mode="json")}
        if "picture" in work:
            return {"enrolment": ENROLMENT.dump_python(tools.engine.enrol(Path(work["picture"]), work["algorithm"]), mode="json")}
        if "work" in work:
            return {"done": tools.engine.do(work["work"])}
        files = [Path(file) for file in work["files"]]
        description = tools.engine.describe(files, work["kind"], WISHES.validate_python(work["wishes"]))
        return {"description": DESCRIPTION.dump_python(description, mode="json")}
    except UnreadableMedia as error:
        return {"unreadable": str(error)}
    except Untranscribed as error:
        return {"untranscribed": str(error)}


def _answer(channel: TextIO, work: Callable[[], tuple[_Tools, dict[str, Any]]]) -> _Tools | None:
    tools: _Tools | None = None
    try:
        tools, answer = work()
    except Exception as error:  # noqa: BLE001 - the boundary of the process; the parent fails this one media and starts another worker
        traceback.print_exc()
        answer = {"failed": f"{type(error).__name__}: {error}"}
    channel.write(json.dumps(answer) + "\n")
    channel.flush()
    return tools


if __name__ == "__main__":
    main()
