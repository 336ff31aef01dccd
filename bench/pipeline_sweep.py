"""What a sweep costs beside 1,000, 10,000 and 100,000 finished media: it must grow with what is pending, not with what was ever uploaded.

python -m bench.pipeline_sweep
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from bench.pipeline_cloud import running
from bench.pipeline_meter import Cost, Meter
from bench.pipeline_state import NAMESPACE, PART, ids_in_order, key_of
from bench.results import record
from sightline.media.identity import media_id
from sightline.pipeline.ports import Pipeline, log_error
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep

TITLE = "The pipeline: what a sweep costs"
FINISHED = (1_000, 10_000, 100_000)
PENDING = 20
MORE_PENDING = 100
COVER = "production:Cover"
SWEEPS = 3
DEADLINE_SECONDS = 60
_numbers = count()

EXPLANATION = f"""The real sweep, in one process, against the laptop cloud in
another; requests are means of {SWEEPS} sweeps, times medians. Before each so many media are uploaded and submitted, their jobs (smart
tags and the Cover that the shipped rules give a video) have ended, and their callbacks are lost: the sweep makes all of them searchable,
and puts each into the library again with its Cover. What it looks at besides is as the settings have it by default: 5,000 keys of the
media bucket for lost events, and 20 media for what has come apart. Naps between two looks at index jobs are left out."""

READING = """How to read it:

- Looking at the bucket for lost uploads is a LIST request for each 1,000 keys, at most five in a sweep: 1,000 media need one or two, more
  need five however many there are, and a round over 100,000 takes 20 sweeps. None of the finished media's ledgers is read for it.
- Checking 20 finished media costs the same whatever their number; a round over 100,000 takes 5,000 sweeps, a week.
- The rest is that of the pending media, and grows with them alone."""


@dataclass(frozen=True)
class Row:
    finished: int
    pending: int
    cost: Cost

    def __str__(self) -> str:
        figures = [
            self.cost.each(""),
            self.cost.each("OSS LIST"),
            self.cost.each("OSS") - self.cost.each("OSS LIST"),
            self.cost.each("IMS"),
            self.cost.milliseconds_of_processor,
            self.cost.milliseconds,
        ]
        return f"| {self.finished:,} | {self.pending} | " + " | ".join(f"{figure:,.0f}" for figure in figures) + " |"


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pipeline_sweep", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="put the table into bench/RESULTS.md")
    arguments = parser.parse_args(argv)
    lines = [
        "| finished | pending | requests | OSS LIST | other OSS | IMS | processor, ms | time, ms |",
        "|---|---|---|---|---|---|---|---|",
        *map(str, rows()),
    ]
    text = "\n".join(lines)
    print(text)
    if arguments.keep:
        record(TITLE, f"`python -m bench.pipeline_sweep`. {EXPLANATION}\n\n{text}\n\n{READING}")


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        for finished in FINISHED:
            with running(Path(folder), "finished", finished) as environment:
                yield _row(environment, finished, PENDING)
                if finished == FINISHED[0]:
                    yield _row(environment, finished, MORE_PENDING)


def _row(environment: Mapping[str, str], finished: int, pending: int) -> Row:
    meter = Meter()
    pipeline = meter.pipeline(environment, jobs_in_flight=MORE_PENDING, callback_seconds=0)
    _put_into_library(pipeline, finished)
    for walk in ("audit", "orphans"):
        pipeline.state_bucket.delete(f"sweep/{walk}.json")  # so that each row begins with the media that the library has
    cost = Cost()
    for number in range(SWEEPS + 1):
        identities = [_left_behind(pipeline) for _ in range(pending)]
        # The first meets what is done once.
        meter.add(cost if number else Cost(), partial(_sweep, pipeline, identities))
    return Row(finished, pending, cost)


def _sweep(pipeline: Pipeline, identities: Collection[str]) -> str:
    """Raises RuntimeError where it did anything but what it was measured for: a failure is never a figure."""
    report = sweep(pipeline, log_error)
    if report.errors or report.done != dict.fromkeys(identities, f"searchable; {COVER}: searchable"):
        raise RuntimeError(f"another sweep than was to be measured: {report}")
    return ""


def _put_into_library(pipeline: Pipeline, finished: int) -> None:
    """Those finished media that the sweeps of this bench check; of the others the library is not asked."""
    key_by_id = {media_id(pipeline.media_bucket.name, key_of(number)): key_of(number) for number in range(finished)}
    most = (SWEEPS + 1) * 2 * (pipeline.settings.media_checked_per_sweep + PENDING)
    for identity in ids_in_order(pipeline.media_bucket.name, finished)[:most]:
        address = f"oss://{pipeline.media_bucket.name}/{key_by_id[identity]}"
        pipeline.library.insert(identity, address, "video", PART.title, PART.caption, NAMESPACE)
    _wait(lambda: all(state == "Success" for state in pipeline.library.index_states(identity)), "an index job does not end")


def _left_behind(pipeline: Pipeline) -> str:
    """A media whose job has ended and whose callback was lost."""
    number = next(_numbers)
    key = f"uploads/{NAMESPACE}/door/new-{number:06}.mp4"
    pipeline.media_bucket.put(key, f"good clip{number}".encode())
    submit(pipeline, key, f"event-new-{number}")
    identity = media_id(pipeline.media_bucket.name, key)
    job_id = _expect(pipeline, identity, "submitted")
    _wait(lambda: pipeline.tagging.query(job_id).state == "Success", f"job {job_id} does not end")
    cover = pipeline.ledger.read(identity).story.jobs[COVER].job_id
    _wait(lambda: pipeline.producing().query(cover).state == "Success", f"job {cover} does not end")
    return identity


def _expect(pipeline: Pipeline, identity: str, stage: str) -> str:
    story = pipeline.ledger.read(identity).story
    if story.stage != stage:
        raise RuntimeError(f"{story.key} is {story.stage} and not {stage}: {story.reason}")
    return story.job_id


def _wait(is_so: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        if time.monotonic() > end:
            raise RuntimeError(otherwise)
        time.sleep(0.01)


if __name__ == "__main__":
    main(sys.argv[1:])
