"""One function as Function Compute loads it, with nothing but Python, its code and the layer; run by `python3.12 -I -S`.

Arguments: the folder of the code, that of the layer, then files with events. Prints JSON: what the handler answered to each event, which
files of the two folders were compiled and which were written to, which files of the layer are modules in use, and where modules came from
that are neither theirs nor Python's.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

CODE, LAYER, *EVENTS = sys.argv[1:]
STANDARD_LIBRARY = str(Path(os.__file__).parent)
compiled: list[str] = []
written: list[str] = []


def listen(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit events: docs.python.org/3.12/library/audit_events.html."""
    if event == "compile" and _is_theirs(arguments[1]):
        compiled.append(_text(arguments[1]))
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if (writes or event in ("os.mkdir", "os.rename", "os.remove")) and _is_theirs(arguments[0]):
        written.append(_text(arguments[0]))


def _is_theirs(path: object) -> bool:
    return _text(path).startswith((CODE, LAYER))


def _text(path: object) -> str:
    return os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""


def load() -> Any:
    # The order of the built-in runtime: code, the layer's two places, the standard library.
    sys.path[:0] = [CODE, f"{LAYER}/python/lib/python3.12/site-packages", f"{LAYER}/python"]
    spec = importlib.util.spec_from_file_location("index", f"{CODE}/index.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    assert not sys.dont_write_bytecode
    assert "site" not in sys.modules
    sys.addaudithook(listen)
    index = load()
    index.initialize(SimpleNamespace())
    context = SimpleNamespace(request_id="1-bare", function=SimpleNamespace(name="bare", timeout=60))
    answers = [json.loads(json.dumps(index.handler(Path(event).read_bytes(), context))) for event in EVENTS]
    files = [str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())]
    foreign = sorted(file for file in files if file and not file.startswith((CODE, LAYER, STANDARD_LIBRARY, __file__)))
    used = sorted(file.removeprefix(f"{LAYER}/") for file in files if file.startswith(LAYER))
    report = {"answers": answers, "compiled": compiled, "written": written, "foreign": foreign, "used": used}
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
