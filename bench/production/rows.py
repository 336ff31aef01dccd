"""A line of the tables of films, and the ready ways' filters: ffmpeg's own, as PyAV carries them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from bench.production.floor import FLOOR, copied
from bench.production.meter import Measured, measured

HEADER = "| function | size | way | quality | times real time (of a processor) | seconds | peak MB |\n|---|---|---|---|---|---|---|"


@dataclass(frozen=True)
class Row:
    """`seconds` are those of the film; `cost` is None where the way is not installed, and its peak NaN where it is not known."""

    function: str
    way: str
    quality: str
    cost: Measured[Any] | None
    seconds: float

    def text(self, size: str) -> str:
        if self.cost is None:
            return f"| {self.function} | {size} | {self.way} | not installed | | | |"
        speed = f"{self.cost.times_real_time(self.seconds):.1f}"
        peak = "not measured" if math.isnan(self.cost.peak) else f"{self.cost.peak:.0f}"
        return f"| {self.function} | {size} | {self.way} | {self.quality} | {speed} | {self.cost.seconds:.1f} | {peak} |"


def print_rows(size: str, rows: Iterable[Row]) -> None:
    for row in rows:
        print(row.text(size), flush=True)


def floor_row(function: str, path: Path, folder: Path, seconds: float) -> Row:
    return Row(function, FLOOR, "", measured(copied, path, folder), seconds)


def filtered(path: Path, name: str, options: str) -> Iterator[Any]:
    """The film's frames, as one of ffmpeg's filters hands them out."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        graph: Any = av.filter.Graph()
        nodes = [graph.add_buffer(template=stream), graph.add(name, options), graph.add("buffersink")]
        nodes[0].link_to(nodes[1])
        nodes[1].link_to(nodes[2])
        graph.configure()
        for frame in container.decode(stream):
            graph.vpush(frame)
            yield from _ready(graph)


def _ready(graph: Any) -> Iterator[Any]:
    while True:
        try:
            yield graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
