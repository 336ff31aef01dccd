"""Events through `submit` and `collect`, with engines that answer at once: what one costs, what of that is the ledger's and the line's,
and how it grows with the media in flight.

python -m bench.pipeline --events 200
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path

from bench.pipeline_cloud import running
from bench.pipeline_meter import Cost, Meter
from bench.pipeline_state import Kind
from bench.results import record
from sightline.clock import utc_now
from sightline.ledger.ledger import Ledger
from sightline.line.line import Line
from sightline.media.identity import media_id
from sightline.pipeline.advance import advance
from sightline.pipeline.collect import collect
from sightline.pipeline.collect_production import collect_production
from sightline.pipeline.ports import Pipeline, Producing, Tagging
from sightline.pipeline.submit import submit
from tests.fakes.sightline import FakeBucket

TITLE = "The pipeline: what an event costs"
BLOCK = 25
IN_FLIGHT = (100, 1_000, 10_000)
LIMIT = 4
STEPS = ("submit", "collect", "collect the Cover")
DEADLINE_SECONDS = 30
_numbers = count()


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pipeline", description=__doc__)
    parser.add_argument("--events", type=int, default=200, help="uploads of each variant")
    parser.add_argument("--keep", action="store_true", help="put the tables into bench/RESULTS.md")
    arguments = parser.parse_args(argv)
    text = "\n".join([*overhead(arguments.events), "", *growth()])
    print(text)
    if arguments.keep:
        record(TITLE, f"`python -m bench.pipeline --events {arguments.events}`. {EXPLANATION}\n\n{text}\n\n{READING}")


EXPLANATION = """The functions' own code in one process and one thread, the
laptop cloud in another, engines that answer at once. By the shipped rules a video gets smart tags and a Cover: `submit` begins both, and
`collect` is called when the smart tags have ended, and once more when the Cover has. Processor time is that of the first process alone: our
code, the HTTP client, JSON and signatures. Requests are means, times medians; naps between two looks at an index job are left out. In
Function Compute many instances run beside each other, so that requests are what counts, and what is billed."""

READING = """How to read it:

- Requests are exact, and the same on any machine; a second look at an index job that was not ready makes the fraction. Times are of a
  shared machine: read the ratios.
- Without ledger and line means with both in memory: the same code runs, and its requests cost nothing. Nothing would survive.
- With a waiting line, neither requests nor processor time depend on its length: a submit only joins it, and a collect also starts whoever
  is next, which is most of what it costs more.
- With so many jobs at once, an event looks at all slots: one LIST request for each 1,000. IMS runs two jobs of a pipeline at a time, so a
  limit of thousands is no sensible setting; it is here to show what grows."""


def overhead(events: int) -> Iterator[str]:
    """Both variants in turns, a block of events each, so that both meet the same machine."""
    names = ("as it is", "ledger and line in memory")
    costs = {(step, name): Cost() for step in STEPS for name in names}
    ratios: list[float] = []
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as environment:
        meter = Meter()
        whole = meter.pipeline(environment, jobs_in_flight=BLOCK)
        variants = dict(zip(names, (whole, _in_memory(whole)), strict=True))
        for pipeline in variants.values():
            _block(pipeline, meter, *(Cost() for _ in STEPS))  # connections, and whatever is done once
        for _ in range(-(-events // BLOCK)):
            spent = []
            for name, pipeline in variants.items():
                block = [Cost() for _ in STEPS]
                _block(pipeline, meter, *block)
                spent.append(sum(cost.milliseconds for cost in block))
                for step, cost in zip(STEPS, block, strict=True):
                    costs[step, name].add(cost)
            ratios.append(spent[0] / spent[1])
    yield "| event | variant | events a second | processor, ms | OSS requests | IMS requests |"
    yield "|---|---|---|---|---|---|"
    for (step, name), cost in costs.items():
        yield f"| {step} | {name} | {1000 / cost.milliseconds:.0f} | {cost.milliseconds_of_processor:.1f} | {_requests(cost)} |"
    yield ""
    yield _ratios([[costs[step, name] for step in STEPS] for name in names], ratios)


def _ratios(costs: Sequence[Sequence[Cost]], times: Sequence[float]) -> str:
    whole, bare = ((sum(cost.each("") for cost in both), sum(cost.milliseconds_of_processor for cost in both)) for both in costs)
    spread = f"{min(times):.2f} to {max(times):.2f}"
    return (
        f"With ledger and line a media takes {whole[0] / bare[0]:.2f} times the requests, {whole[1] / bare[1]:.2f} times the processor\n"
        f"time and {statistics.median(times):.2f} times the time ({spread} in {len(times)} pairs of {BLOCK} media)."
    )


def growth() -> Iterator[str]:
    yield f"With so many in flight already, {BLOCK} events each:"
    yield ""
    yield "| in flight | how | submit: OSS | IMS | processor, ms | collect: OSS | IMS | processor, ms |"
    yield "|---|---|---|---|---|---|---|---|"
    for many in IN_FLIGHT:
        yield _growth("in flight", many, many + BLOCK, f"{many:,} jobs run, the limit is higher")
        yield _growth("waiting", many, LIMIT, f"{LIMIT} jobs run, {many:,} media wait")


def _growth(kind: Kind, many: int, limit: int, how: str) -> str:
    submits, collects = Cost(), Cost()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), kind, many) as environment:
        meter = Meter()
        pipeline = meter.pipeline(environment, jobs_in_flight=limit)
        if kind == "in flight":
            _block(pipeline, meter, submits, collects, Cost())
        else:
            _chain(pipeline, meter, submits, collects)
    parts = (f"{_requests(cost)} | {cost.milliseconds_of_processor:.1f}" for cost in (submits, collects))
    return f"| {many:,} | {how} | " + " | ".join(parts) + " |"


def _block(pipeline: Pipeline, meter: Meter, submits: Cost, collects: Cost, covers: Cost) -> None:
    """A block of uploads, all submitted before the first is collected."""
    keys = [_upload(pipeline) for _ in range(BLOCK)]
    for key in keys:
        _expect("submitted", meter.add(submits, partial(submit, pipeline, key, f"event of {key}")))
    for job_id in [_job_of(pipeline, media_id(pipeline.media_bucket.name, key)) for key in keys]:
        _wait(pipeline.tagging, job_id)
        _expect("searchable", meter.add(collects, partial(collect, pipeline, job_id)))
    for job_id in [_cover_of(pipeline, media_id(pipeline.media_bucket.name, key)) for key in keys]:
        _wait(pipeline.producing(), job_id)
        _expect("searchable", meter.add(covers, partial(collect_production, pipeline, job_id)))


def _chain(pipeline: Pipeline, meter: Meter, submits: Cost, collects: Cost) -> None:
    """Uploads that wait; then jobs that end, of which each starts whoever is next."""
    advance(pipeline)
    for _ in range(BLOCK):
        _expect("waiting", meter.add(submits, partial(submit, pipeline, _upload(pipeline), "an event")))
    for _ in range(BLOCK):
        _, holder = min(pipeline.line.slots.holders(), key=lambda taken: taken[1].at)
        job_id = _job_of(pipeline, holder.media_id)
        _wait(pipeline.tagging, job_id)
        _expect("searchable", meter.add(collects, partial(collect, pipeline, job_id)))


def _in_memory(pipeline: Pipeline) -> Pipeline:
    bucket, settings = FakeBucket("memory", utc_now), pipeline.settings
    line = Line(bucket, settings.pool, settings.jobs_in_flight, settings.daily_jobs_per_namespace, pipeline.clock, pipeline.chance)
    return pipeline._replace(ledger=Ledger(bucket), line=line)


def _upload(pipeline: Pipeline) -> str:
    number = next(_numbers)
    key = f"uploads/home/door/new-{number:06}.mp4"
    pipeline.media_bucket.put(key, f"good clip{number}".encode())
    return key


def _job_of(pipeline: Pipeline, identity: str) -> str:
    return pipeline.ledger.read(identity).story.job_id


def _cover_of(pipeline: Pipeline, identity: str) -> str:
    return pipeline.ledger.read(identity).story.jobs["production:Cover"].job_id


def _wait(service: Tagging | Producing, job_id: str) -> None:
    """Until the service has done it."""
    end = time.monotonic() + DEADLINE_SECONDS
    while service.query(job_id).state in ("Submitted", "Processing", "Queuing", "Analysing"):
        if time.monotonic() > end:
            raise RuntimeError(f"job {job_id} does not end")
        time.sleep(0.01)


def _expect(beginning: str, outcome: str) -> None:
    """A failure is never a figure."""
    if not outcome.startswith(beginning):
        raise RuntimeError(f"{beginning} was expected, and this came: {outcome}")


def _requests(cost: Cost) -> str:
    return f"{cost.each('OSS'):.1f} | {cost.each('IMS'):.1f}"


if __name__ == "__main__":
    main(sys.argv[1:])
