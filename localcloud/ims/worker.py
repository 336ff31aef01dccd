"""The process that looks at the pixels: `python -m localcloud.ims.worker`, JSON lines in and out.

First line in: `{"settings": {...}}` (EngineSettings); answer: `{"ready": "name of the engine"}`. Then `{"files": [...], "kind": "video",
"wishes": {...}}` each; answers: `{"description": {...}}`, `{"unreadable": "why"}` or `{"failed": "why"}`. The process ends when its
standard input does, even in the middle of a piece of work: then its parent is dead.
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
from pathlib import Path
from typing import Any, TextIO

from engines.understanding.types import Engine, UnreadableMedia
from localcloud.ims.understanding import DESCRIPTION, WISHES, EngineSettings


def build_engine(settings: EngineSettings) -> Engine:
    """The engine of the settings, imported here because it loads OpenCV and models."""
    from engines.understanding import build
    from engines.understanding.vision import VisionSettings, with_vision

    built = build(Path(settings.detector) if settings.detector else None, settings.detector_sha256)
    if settings.vision_base_url is None:
        return built
    return with_vision(built, VisionSettings(settings.vision_base_url, settings.vision_api_key or "", settings.vision_model or ""))


def main() -> None:
    # Libraries print to standard output; the channel is a copy of it that only this module knows.
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    engine = _answer(channel, lambda: _start(lines.get()))
    while engine:
        work = json.loads(lines.get())
        _answer(channel, lambda work=work: _describe(engine, work))  # type: ignore[misc]


def _read(lines: queue.Queue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


def _start(line: str) -> tuple[Engine, dict[str, Any]]:
    settings = EngineSettings(**json.loads(line)["settings"])
    module, _, function = settings.factory.partition(":")
    engine: Engine = getattr(importlib.import_module(module), function)(settings)
    return engine, {"ready": engine.name}


def _describe(engine: Engine, work: dict[str, Any]) -> tuple[Engine, dict[str, Any]]:
    try:
        description = engine.describe([Path(file) for file in work["files"]], work["kind"], WISHES.validate_python(work["wishes"]))
    except UnreadableMedia as error:
        return engine, {"unreadable": str(error)}
    return engine, {"description": DESCRIPTION.dump_python(description, mode="json")}


def _answer(channel: TextIO, work: Callable[[], tuple[Engine, dict[str, Any]]]) -> Engine | None:
    engine: Engine | None = None
    try:
        engine, answer = work()
    except Exception as error:  # noqa: BLE001 - the boundary of the process; the parent fails this one media and starts another worker
        traceback.print_exc()
        answer = {"failed": f"{type(error).__name__}: {error}"}
    channel.write(json.dumps(answer) + "\n")
    channel.flush()
    return engine


if __name__ == "__main__":
    main()
