"""One fresh process of a contender, and what it took until its first answer."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 60


@dataclass(frozen=True)
class Runtime:
    """Python as Function Compute has it: the interpreter, and the folder with the compiled driver."""

    python: Path
    folder: Path


@dataclass(frozen=True)
class Program:
    """A contender's code folder and its layers, each in Function Compute's form: what can be imported lies in `python/`."""

    code: Path
    layers: Sequence[Path] = ()
    has_initializer: bool = False


@dataclass(frozen=True)
class Taken:
    """`cpu` is user and system time of the whole process, `wall` goes until the answer was read: seconds. `peak` in bytes."""

    cpu: float
    wall: float
    peak: int
    modules: Sequence[str]
    phases: Mapping[str, float]
    answer: Any
    log: str


def first_answer(runtime: Runtime, program: Program, environment: Mapping[str, str], event: str, options: Sequence[str] = ()) -> Taken:
    """Start, ask once and end. Raises RuntimeError with the process' log where no answer comes."""
    order = json.dumps({"settings": _settings(program, environment["REGION"]), "event": event}).encode() + b"\n"
    reader, writer = os.pipe()
    # -B: whoever has no .pyc compiles at every start, as on the read-only disk of a layer.
    start = f"import sys; sys.path.insert(0, {str(runtime.folder)!r}); import driver"
    command = [str(runtime.python), "-I", "-S", "-B", *options, "-c", start, str(writer)]
    with tempfile.TemporaryFile() as log, os.fdopen(reader) as answers:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=dict(environment), pass_fds=[writer])
        os.close(writer)
        assert process.stdin is not None
        with process.stdin as orders:
            orders.write(order)
        line = answers.readline()
        wall = time.perf_counter() - began
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        said = log.read().decode(errors="replace")
    if not line:
        raise RuntimeError(f"no answer from {program.code}:\n{said}")
    report = json.loads(line)
    return Taken(
        usage.ru_utime + usage.ru_stime, wall, report["peak"], report["modules"], report["phases"], json.loads(report["answer"]), said
    )


def _settings(program: Program, region: str) -> dict[str, Any]:
    return {
        "code": str(program.code),
        "layers": [str(folder) for folder in program.layers],
        "packages": [],
        "handlers": {"invoke": "index.handler"} | ({"initialize": "index.initialize"} if program.has_initializer else {}),
        "runtime": "python3.12",
        "region": region,
        "account_id": "1000000000000001",
        "log_config": {"log_project": "", "log_store": ""},
        "function": {
            "name": "cold",
            "handler": "index.handler",
            "memory": 512,
            "timeout": SECONDS,
            "version_id": "",
            "qualifier": "LATEST",
        },
    }
