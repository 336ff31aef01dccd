"""What `sightline plan` takes an event to cost, counted again with the real layer against a laptop cloud."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count

import pytest

from bench.pipeline_cloud import running
from bench.pipeline_meter import Cost, Meter
from bench.pipeline_state import NAMESPACE, PART, key_of
from cli.plan import measured
from cli.plan.measured import Work
from cli.plan.uploads import Upload
from sightline.acts.letters import drain_queue, redrive_due
from sightline.media.identity import media_id
from sightline.pipeline.collect import collect
from sightline.pipeline.collect_production import collect_production
from sightline.pipeline.ports import Pipeline, log_error
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep
from sightline.rules.model import Job
from sightline.search.query import SearchQuery
from sightline.search.searcher import Searcher
from sightline.wiring import Wiring

DEADLINE_SECONDS = 30
# Uploads of each kind that a model of their requests has to tell apart: their extension, and their jobs.
ROOMS = {
    "plain": ("mp4", ["smarttag"]),
    "usual-video": ("mp4", ["smarttag", "production:Cover"]),
    "usual-image": ("jpg", ["smarttag", "pai:image_qa"]),
    "captions": ("mp4", ["smarttag", "production:CaptionExtraction"]),
    "two": ("mp4", ["smarttag", "production:Cover", "production:CaptionExtraction"]),
    "untagged": ("mp4", ["production:CaptionExtraction"]),
    "picture": ("jpg", ["smarttag", "pai:watermark_remover", "pai:image_qa"]),
    "embedding": ("jpg", ["smarttag", "pai:multi_label_image_v2"]),
    "analysed": ("mp4", ["smarttag", "pai:video_qa"]),
    "none": ("mp4", []),
}
FINISHED = 12
SEARCHABLE_ALREADY = Work({"OSS GET": 1, "OSS HEAD": 1, "OSS APPEND": 1})


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

    def upload(self, room: str = "plain", extension: str = "mp4") -> str:
        number = next(self.numbers)
        key = f"uploads/{NAMESPACE}/{room}/{number:06}.{extension}"
        self.pipeline.media_bucket.put(key, f"good clip {number:06}".encode())
        return key

    def identity(self, key: str) -> str:
        return media_id(self.pipeline.media_bucket.name, key)

    def ended_job(self, key: str) -> str:
        """The job of a media, once the service has done it."""
        job_id = self.pipeline.ledger.read(self.identity(key)).story.job_id
        wait_until(lambda: self.pipeline.tagging.query(job_id).state == "Success")
        return job_id

    def produced(self, key: str, job: Job) -> str:
        """The production job of a media, once the service has done it."""
        job_id = self.pipeline.ledger.read(self.identity(key)).story.jobs[job.name].job_id
        wait_until(lambda: self.pipeline.producing().query(job_id).state == "Success")
        return job_id

    def a_sweep_that_ends(self, key: str) -> Callable[[], object]:
        """Of the job that PAI has; it sends no news, so that the first question may come too early."""
        identity, pipeline = self.identity(key), self.pipeline
        story = pipeline.ledger.read(identity).story.jobs["pai:video_qa"]
        wait_until(lambda: pipeline.analysing().job(int(story.job_id)).state == "done")
        return lambda: sweep(pipeline, log_error)

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
    folder = tmp_path_factory.mktemp("measured")
    rules = [{"match": {"prefix": f"uploads/{NAMESPACE}/{room}/"}, "jobs": jobs} for room, (_, jobs) in ROOMS.items()]
    (folder / "rules.json").write_text(json.dumps({"rules": rules}))
    with running(folder) as environment:
        meter = Meter()
        wiring = meter.wiring({**environment, "RULES_FILE": str(folder / "rules.json")}, jobs_in_flight=25, callback_seconds=0)
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


def together(works: Iterable[Work]) -> dict[str, int]:
    return dict(sum((times(work, 1) for work in works), Counter()))


@pytest.mark.parametrize("room", ROOMS)
def test_an_upload_from_its_event_to_its_removal(bench: Bench, room: str) -> None:
    extension, jobs = ROOMS[room]
    bench.searchable()  # what is done once
    key = bench.upload(room, extension)
    pipeline, upload = bench.pipeline, Upload([Job(name) for name in jobs])
    begun = bench.counted(partial(submit, pipeline, key, "an upload"))
    # What gets no smart tags is indexed at once, and may be searchable by the first look.
    begun = begun if upload.is_tagged or not jobs else but_for_a_second_look(begun)
    assert begun in (together(upload.submit()), together([*upload.submit(), *([] if upload.is_tagged else [SEARCHABLE_ALREADY])]))
    if upload.is_tagged:
        job_id = bench.ended_job(key)
        assert but_for_a_second_look(bench.counted(partial(collect, pipeline, job_id))) == together(upload.collect())
    for job, works in upload.collect_production():
        job_id = bench.produced(key, job)
        expected = together(works)
        if job.task == "Cover":
            expected["OSS HEAD"] -= 2  # the scripted one makes one picture
        elif upload.is_tagged:
            del expected["IMS InsertMediaToSearchLib"]  # the scripted captions are the words of the smart tags
        assert but_for_a_second_look(bench.counted(partial(collect_production, pipeline, job_id))) == expected
    if upload.asked:
        asking = bench.counted(bench.a_sweep_that_ends(key))
        assert but_for_a_second_look(less(asking, bench.counted(partial(sweep, pipeline, log_error)))) == together(upload.ask())
    made = len(list(pipeline.media_bucket.keys(f"{pipeline.settings.derived_prefix}{bench.identity(key)}/")))
    pipeline.media_bucket.delete(key)
    expected = together(upload.remove())
    expected["OSS DELETE"] -= upload.files - made
    assert bench.counted(partial(submit, pipeline, key, "a removal")) == expected


def less(requests: Mapping[str, int], others: Mapping[str, int]) -> dict[str, int]:
    return {name: count - others.get(name, 0) for name, count in requests.items() if count != others.get(name, 0)}


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
