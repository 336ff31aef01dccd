"""The process that is measured: it does what Function Compute's runtime does up to the first answer, and tells what that took.

Run by the Python of the functions, without site-packages. The laptop cloud's `bootstrap` is the runtime; the parent writes one line of
JSON to standard input, and reads one from the descriptor that is named on the command line.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import bootstrap  # type: ignore[import-not-found]  # it lies beside this file where it runs


def main() -> None:
    order = json.loads(sys.stdin.buffer.readline())
    settings = order["settings"]
    answers = os.fdopen(int(sys.argv[1]), "w")
    sys.path[:] = bootstrap.search_path(settings["code"], settings["layers"], settings["packages"], "")
    runtime = bootstrap.Runtime(settings)
    before, ready = set(sys.modules), time.process_time()
    head = {"request_id": "1-cold", "retry_count": 0}
    if runtime.has(bootstrap.INITIALIZE):
        runtime.run(bootstrap.INITIALIZE, head, b"")
    initialized = time.process_time()
    answer = runtime.run(bootstrap.INVOKE, head, order["event"].encode())
    answered = time.process_time()
    imported = sorted(set(sys.modules) - before)
    phases = {"runtime": ready, "initialize": initialized - ready, "first invocation": answered - initialized}
    report: dict[str, Any] = {"answer": answer.decode(), "modules": imported, "phases": phases, "peak": peak()}
    answers.write(json.dumps(report) + "\n")
    answers.flush()
    sys.stdout.flush()
    os._exit(0)


def peak() -> int:
    """Bytes of memory that this program had in RAM at most. `ru_maxrss` would count the parent's, whose copy we were before exec."""
    try:
        with open("/proc/self/status") as status:  # noqa: PTH123 - pathlib is nothing that the runtime imports
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except FileNotFoundError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


main()
