"""From PUT to searchable, through every real part: the time of the engine, and the time of everything else.

python -m bench.upload_to_search --rounds 20
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.clips import CLIP_SECONDS, street_clip, street_image
from cli.clients import Clients
from cli.running import Running
from sightline.media.identity import media_id

DEADLINE_SECONDS = 120
LOOK_EVERY_SECONDS = 0.01


@dataclass(frozen=True)
class Round:
    """Seconds of one upload: all of it, and the engine's part as IMS measured it."""

    total: float
    engine: float

    @property
    def rest(self) -> float:
        return self.total - self.engine


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.upload_to_search", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="uploads of each kind, one at a time")
    rounds = parser.parse_args(argv).rounds
    with tempfile.TemporaryDirectory() as folder, cloud(Path(folder) / "data") as clients:
        image, clip = street_image(Path(folder)), street_clip(Path(folder))
        # The first of each kind meets cold functions and engines that have not loaded their models.
        cold = {"image": upload(clients, image, 0), "10 s of 720p": upload(clients, clip, 0)}
        warm = {
            "image": [upload(clients, image, number) for number in range(1, rounds + 1)],
            "10 s of 720p": [upload(clients, clip, number) for number in range(1, rounds + 1)],
        }
    print(f"PUT until `explain` says searchable, {rounds} uploads of each kind, one at a time; seconds.\n")
    print("| media | first upload | p50 | p99 | engine p50 | everything else p50 | everything else p99 | engine, times real time |")
    print("|---|---|---|---|---|---|---|---|")
    for name, found in warm.items():
        print(row(name, cold[name], found))


def row(name: str, cold: Round, found: Sequence[Round]) -> str:
    totals, engines, rests = ([getattr(each, part) for each in found] for part in ("total", "engine", "rest"))
    speed = "-" if name == "image" else f"{CLIP_SECONDS / at(50, engines):.1f}"
    figures = [cold.total, at(50, totals), at(99, totals), at(50, engines), at(50, rests), at(99, rests)]
    return f"| {name} | " + " | ".join(f"{figure:.2f}" for figure in figures) + f" | {speed} |"


@contextmanager
def cloud(data: Path) -> Iterator[Clients]:
    command = [str(Path(sys.executable).parent / "sightline"), "up", "--port", "0", "--json", "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        document = json.loads(process.stdout.readline())
        del document["ready"]
        yield Clients.of(Running(**document))
    finally:
        process.terminate()
        process.wait()


def upload(clients: Clients, file: Path, number: int) -> Round:
    """Raises RuntimeError where the media does not become searchable: a failure is never a figure."""
    key = f"uploads/bench/camera/{number}{file.suffix}"
    ledger, identity = clients.ledger(), media_id(clients.running.media_bucket, key)
    started = time.monotonic()
    clients.oss2_bucket().put_object_from_file(key, str(file))
    while (story := ledger.read(identity).story).stage != "searchable":
        if story.is_final or time.monotonic() - started > DEADLINE_SECONDS:
            raise RuntimeError(f"{key}: {story.stage} {story.reason}")
        time.sleep(LOOK_EVERY_SECONDS)
    total = time.monotonic() - started
    record = clients.records().get(identity)
    if record is None or record.said.engine is None or record.said.engine.seconds is None:
        raise RuntimeError(f"{key}: the record does not say how long the engine took")
    return Round(total, record.said.engine.seconds)


def at(percent: int, values: Sequence[float]) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


if __name__ == "__main__":
    main(sys.argv[1:])
