"""The line that the log of a function gets for each invocation, and how to read it again.

Like the request metrics of the cloud's log service (isColdStart, durationMs, memoryUsageMB, …), in one line for people.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

SUCCESS = "Success"
_LINE = re.compile(
    r"FC Report RequestId: (?P<request_id>\S+), Function: (?P<function>\S+), Start: (?P<start>cold|warm), Init: (?P<init_ms>\d+) ms, "
    r"Duration: (?P<duration_ms>[\d.]+) ms, Billed: (?P<billed_ms>\d+) ms, Memory: (?P<memory_mb>[\d.]+) MB, Outcome: (?P<outcome>\S+)"
)


@dataclass(frozen=True)
class Report:
    """One invocation. `init` is how long its instance took to come up, the initializer among it; both times in seconds, memory in bytes.

    `initializer` is that part of `init` which is billed. `outcome` is Success, or the type of the error.
    """

    request_id: str
    function: str
    cold: bool
    init: float
    initializer: float
    duration: float
    memory: int
    outcome: str

    @property
    def billed_ms(self) -> int:
        """What runs is billed to the millisecond, rounded up; the initializer as the handler (official help, "Billing")."""
        return math.ceil(round((self.duration + self.initializer) * 1000, 3))

    def __str__(self) -> str:
        return (
            f"FC Report RequestId: {self.request_id}, Function: {self.function}, Start: {'cold' if self.cold else 'warm'}, "
            f"Init: {self.init * 1000:.0f} ms, Duration: {self.duration * 1000:.2f} ms, Billed: {self.billed_ms} ms, "
            f"Memory: {self.memory / 2**20:.2f} MB, Outcome: {self.outcome}"
        )


def read_report(line: str) -> dict[str, str | float] | None:
    """The parts of such a line by name, its numbers as numbers; None for any other line."""
    found = _LINE.fullmatch(line)
    if not found:
        return None
    parts: dict[str, str | float] = dict(found.groupdict())
    return {name: float(value) if name.endswith(("_ms", "_mb")) else value for name, value in parts.items()}
