"""What functions print: one file for each function, and the tail of a single invocation."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path

LINE_BYTES = 32 * 1024
"""The longest line that is kept whole (official help, "Limits")."""
TAIL_BYTES = 4 * 1024
"""How much of an invocation's log goes back to a caller who asks for it (official help, InvokeFunction)."""
FILE_BYTES = 5 * 1024 * 1024
FILES_KEPT = 3


class FunctionLog:
    """The log file of one function, `<folder>/<function>.log`; rotated, safe to write from several threads."""

    def __init__(self, folder: Path, function: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{function}.log"
        self._closed = False
        self._handler = logging.handlers.RotatingFileHandler(
            self.path, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8", errors="replace", delay=True
        )

    def write(self, line: str) -> None:
        if self._closed:  # a last word of a process that is being ended; the handler would open its file again
            return
        self._handler.handle(logging.makeLogRecord({"msg": line}))

    def close(self) -> None:
        self._closed = True
        self._handler.close()


class Tail:
    """The last bytes of what one invocation printed."""

    def __init__(self) -> None:
        self._kept = b""

    def add(self, line: str) -> None:
        self._kept = (self._kept + line.encode(errors="replace") + b"\n")[-TAIL_BYTES:]

    def read(self) -> bytes:
        return self._kept
