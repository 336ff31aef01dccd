"""What a call costs in a process of its own: time, processor and the most memory that it ever held."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Measured(Generic[T]):
    """`peak` in megabytes, of the whole process with what it imports."""

    result: T
    seconds: float
    processor: float
    peak: float

    def times_real_time(self, seconds_of_media: float) -> float:
        """Seconds of media for each second of one processor."""
        return seconds_of_media / self.processor


def measured(function: Callable[..., T], *arguments: Any) -> Measured[T]:
    """The function and its arguments go to another process: they must be importable, and what it returns small."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_call, function, *arguments).result()


def _call(function: Callable[..., T], *arguments: Any) -> Measured[T]:
    begun, used = time.perf_counter(), time.process_time()
    result = function(*arguments)
    seconds, processor = time.perf_counter() - begun, time.process_time() - used
    return Measured(result, seconds, processor, _peak())


def _peak() -> float:
    """Linux counts to a process's ru_maxrss what its parent held when it was started; VmHWM is its own."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
