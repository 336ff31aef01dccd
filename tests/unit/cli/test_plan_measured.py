"""What `sightline plan` takes an event to cost, counted again with the real layer against a laptop cloud."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count

import pytest

from bench.pipeline_cloud import running
from bench.pipeline_meter import Cost, Meter
from bench.pipeline_state import NAMESPACE, PART, key_of
from cli.plan import measured
from cli.plan.measured import Work
from sightline.acts.letters import drain_queue, redrive_due
from sightline.media.identity import media_id
from sightline.pipeline.collect import collect
from sightline.pipeline.ports import Pipeline, log_error
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep
from sightline.search.query import SearchQuery
from sightline.search.searcher import Searcher
from sightline.wiring import Wiring

DEADLINE_SECONDS = 30
FINISHED = 12


@dataclass
class Bench:
    """The layer against a laptop cloud whose engine answers at once, each request counted."""

    meter: Meter
    wiring: Wiring
    pipeline: Pipeline
    numbers: Iterator[int]

    def counted(self, work: Callable[[], object]) -> dict[str, int]:
        cost = Cost()
        self.meter.add(cost, lambda: str(work()))
        return dict(cost.requests)

    def upload(self) -> str:
        number = next(self.numbers)
        key = f"uploads/{NAMESPACE}/door/{number:06}.mp4"
        self.pipeline.media_bucket.put(key, f"good clip{number}".encode())
        return key

    def identity(self, key: str) -> str:
        return media_id(self.pipeline.media_bucket.name, key)

    def ended_job(self, key: str) -> str:
        """The job of a media, once the service has done it."""
        job_id = self.pipeline.ledger.read(self.identity(key)).story.job_id
        wait_until(lambda: self.pipeline.tagging.query(job_id).state == "Success")
        return job_id

    def searchable(self) -> str:
        key = self.upload()
        submit(self.pipeline, key, f"upload of {key}")
        assert collect(self.pipeline, self.ended_job(key)) == "searchable"
        return key


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_SECONDS
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with running(tmp_path_factory.mktemp("measured")) as environment:
        meter = Meter()
        wiring = meter.wiring(environment, jobs_in_flight=25)
        yield Bench(meter, wiring, wiring.pipeline(), count())


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The environment of a function where some media have been searchable for a month."""
    with running(tmp_path_factory.mktemp("settled"), "finished", FINISHED) as environment:
        library, bucket = Meter().wiring(environment).library(), environment["MEDIA_BUCKET"]
        identities = {media_id(bucket, key_of(number)): key_of(number) for number in range(FINISHED)}
        for identity, key in identities.items():
            library.insert(identity, f"oss://{bucket}/{key}", "video", PART.title, PART.caption, NAMESPACE)
        wait_until(lambda: all(state == "Success" for identity in identities for state in library.index_states(identity)))
        yield environment


def but_for_a_second_look(requests: Mapping[str, int]) -> dict[str, int]:
    """An index job that was not ready is looked at again, and the laptop's time is no matter of the model."""
    assert requests["IMS QueryMediaIndexJob"] >= 1
    return {**requests, "IMS QueryMediaIndexJob": 1}


def times(work: Work, often: int) -> Counter[str]:
    return Counter({name: requests * often for name, requests in work.requests.items()})


def test_an_upload_from_its_event_to_its_removal(bench: Bench) -> None:
    bench.searchable()  # what is done once
    key = bench.upload()
    assert bench.counted(partial(submit, bench.pipeline, key, "an upload")) == measured.SUBMIT.requests
    job_id = bench.ended_job(key)
    assert but_for_a_second_look(bench.counted(partial(collect, bench.pipeline, job_id))) == measured.COLLECT.requests
    bench.pipeline.media_bucket.delete(key)
    assert bench.counted(partial(submit, bench.pipeline, key, "a removal")) == measured.REMOVE.requests


def test_a_search_and_each_of_its_hits(bench: Bench) -> None:
    keys = {bench.searchable() for _ in range(3)}
    searcher = Searcher(bench.wiring.library(), bench.pipeline.records, bench.pipeline.media_bucket, bench.pipeline.state_bucket, 3600)
    answers: list[dict[str, object]] = []
    requests = bench.counted(lambda: answers.append(searcher.search(SearchQuery("a person walks", NAMESPACE, 1, 50))))
    hits = answers[0]["hits"]
    assert isinstance(hits, list)
    assert {hit["key"] for hit in hits} >= keys
    assert requests == Counter(measured.SEARCH.requests) + times(measured.SEARCH_HIT, len(hits))
    assert measured.HIT_BYTES / 2 < len(json.dumps(hits)) / len(hits) < measured.HIT_BYTES * 2


@pytest.mark.parametrize(
    ("settings", "checked", "audited"),
    [
        ({}, FINISHED, 0),
        ({"media_checked_per_sweep": 5}, 5, 0),
        ({"audit_back_seconds": 60 * 86_400}, FINISHED, FINISHED),  # longer than they have been there
    ],
)
def test_a_sweep_and_each_media_that_it_looks_at(settled: Mapping[str, str], settings: dict[str, int], checked: int, audited: int) -> None:
    meter = Meter()
    wiring = meter.wiring(settled, **settings)
    pipeline = wiring.pipeline()
    for walk in ("audit", "orphans"):
        pipeline.state_bucket.delete(f"sweep/{walk}.json")  # both begin anew
    cost = Cost()

    def whole() -> str:
        """As functions/sweep does it."""
        drain_queue(pipeline, wiring.letters(), wiring.dead_queue())
        report = sweep(pipeline, log_error)
        redrive_due(pipeline, wiring.letters())
        return str(report.errors or report.done)

    assert meter.add(cost, whole) == "{}"
    assert cost.requests == Counter(measured.SWEEP.requests) + times(measured.SWEEP_CHECK, checked) + times(measured.SWEEP_AUDIT, audited)


def test_what_is_stored_of_a_media(bench: Bench) -> None:
    identity = bench.identity(bench.searchable())
    size = sum(found.info.size for found in bench.pipeline.state_bucket.objects(f"{identity}/"))
    assert measured.STATE_BYTES / 2 < size < measured.STATE_BYTES * 2
