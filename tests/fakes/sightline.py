"""Fakes of what the layer's core needs: they behave like the real ones in what the core relies on, and remember what was asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

from sightline.errors import ServiceRefused
from sightline.ims.descriptions import EventDescription, Labels, SmarttagResult
from sightline.ims.search_library import IndexState
from sightline.ims.smarttag import SmarttagInput, SmarttagJob
from sightline.ledger.ledger import Ledger
from sightline.line.line import Line
from sightline.media.identity import media_id
from sightline.pipeline.collect import collect
from sightline.pipeline.ports import Pipeline
from sightline.record.shelf import RecordShelf
from sightline.rules.reading import read_rules
from sightline.settings import Settings
from sightline.store.types import ListedObject, ObjectInfo, PositionConflict, Tail
from tests.fakes.jobs import FakeAnalysing, FakeProducing

START = datetime(2026, 11, 21, 8, 15, 30, tzinfo=timezone.utc)


class FakeClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class FakeBucket:
    """A bucket in memory, with OSS's rule for appends. `before_append` runs first, to play the faster writer."""

    def __init__(self, name: str, clock: Callable[[], datetime]) -> None:
        self.name = name
        self.contents: dict[str, bytes] = {}
        self.before_append: Callable[[str], None] = lambda key: None
        self._clock = clock
        self._modified: dict[str, datetime] = {}

    def get(self, key: str) -> bytes | None:
        return self.contents.get(key)

    def tail(self, key: str, most: int) -> Tail | None:
        content = self.get(key)
        return None if content is None else Tail(max(len(content) - most, 0), content[-most:])

    def part(self, key: str, start: int, most: int) -> bytes | None:
        content = self.get(key)
        return None if content is None else content[start : start + most]

    def head(self, key: str) -> ObjectInfo | None:
        content = self.contents.get(key)
        return None if content is None else ObjectInfo(etag(content), len(content), self._modified[key])

    def put(self, key: str, content: bytes, content_type: str = "application/octet-stream") -> None:
        self.contents[key] = content
        self._modified[key] = self._clock()

    def append(self, key: str, position: int, content: bytes) -> None:
        self.before_append(key)
        length = len(self.contents.get(key, b""))
        if position != length:
            raise PositionConflict(f"{position} is not {length}")
        self.put(key, self.contents.get(key, b"") + content)

    def delete(self, key: str) -> None:
        self.contents.pop(key, None)

    def objects(self, prefix: str, after: str = "") -> Iterator[ListedObject]:
        for key in sorted((key for key in self.contents if key.startswith(prefix) and key.encode() > after.encode()), key=str.encode):
            info = self.head(key)
            if info is not None:
                yield ListedObject(key, info)

    def keys(self, prefix: str, after: str = "", page: int = 1000) -> Iterator[str]:
        return (listed.key for listed in self.objects(prefix, after))

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        names = (key.removeprefix(prefix).partition("/") for key in self.keys(prefix, f"{prefix}{after}0" if after else ""))
        return iter(dict.fromkeys(name for name, slash, _ in names if slash))

    def presign(self, key: str, seconds: int, process: str | None = None) -> str:
        return f"https://{self.name}.example/{key}?seconds={seconds}" + (f"&process={process}" if process else "")


def etag(content: bytes) -> str:
    return hashlib.md5(content).hexdigest().upper()


@dataclass
class FakeTagging:
    """Jobs by id, in the state that the test gives them. `refuse` is raised by the next submit, which then starts nothing."""

    jobs: dict[str, SmarttagJob] = field(default_factory=dict)
    inputs: list[SmarttagInput] = field(default_factory=list)
    refuse: Exception | None = None
    after_submit: Exception | None = None

    def submit(self, title: str, source: SmarttagInput, device: str | None, user_data: str) -> str:
        if self.refuse is not None:
            problem, self.refuse = self.refuse, None
            raise problem
        job_id = f"job-{len(self.jobs) + 1}"
        self.jobs[job_id] = SmarttagJob(job_id, "Submitted", user_data)
        self.inputs.append(source)
        if self.after_submit is not None:
            problem, self.after_submit = self.after_submit, None
            raise problem
        return job_id

    def query(self, job_id: str) -> SmarttagJob:
        if job_id not in self.jobs:
            raise ServiceRefused("IMS", "QuerySmarttagJob", 404, "ResourceNotFound", "no such job")
        return self.jobs[job_id]

    def succeed(self, job_id: str, title: str = "A person walks") -> None:
        said = EventDescription(title=title, brief=title, caption=f"{title} to the right.", object=["person"], label=Labels(human=True))
        self.jobs[job_id] = self.jobs[job_id]._replace(state="Success", result=SmarttagResult(said, None))

    def fail(self, job_id: str, reason: str) -> None:
        self.jobs[job_id] = self.jobs[job_id]._replace(state="Fail", reason=reason)


@dataclass
class FakeLibrary:
    """`states` are what index jobs answer, one set of them after the other; the last stays."""

    entries: dict[str, dict[str, str]] = field(default_factory=dict)
    states: list[Sequence[IndexState]] = field(default_factory=lambda: [["Success"]])
    inserts: int = 0

    def insert(
        self, media_id: str, address: str, media_type: str, title: str, description: str, namespace: str, key_frames: Sequence[str] = ()
    ) -> None:
        self.inserts += 1
        self.entries[media_id] = {
            "address": address,
            "type": media_type,
            "title": title,
            "description": description,
            "namespace": namespace,
            **({"key_frames": " ".join(key_frames)} if key_frames else {}),
        }

    def index_states(self, media_id: str) -> Sequence[IndexState]:
        if media_id not in self.entries:
            return []
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def delete(self, media_id: str, namespace: str) -> None:
        self.entries.pop(media_id, None)

    def exists(self) -> bool:
        return True


@dataclass
class World:
    """A pipeline over fakes, and short ways to say what happens to it."""

    clock: FakeClock
    media: FakeBucket
    state: FakeBucket
    tagging: FakeTagging
    library: FakeLibrary
    producing: FakeProducing
    analysing: FakeAnalysing
    pipeline: Pipeline

    def upload(self, key: str, content: bytes = b"a clip") -> str:
        """Put the object; the media id."""
        self.media.put(key, content)
        return media_id(self.media.name, key)

    def finish(self, job_id: str, title: str = "A person walks") -> str:
        """The job ends well, and its callback arrives."""
        self.tagging.succeed(job_id, title)
        return collect(self.pipeline, job_id)

    def stage(self, identity: str) -> str:
        return self.pipeline.ledger.read(identity).story.stage

    def facts(self, identity: str) -> list[str]:
        return [fact.kind for fact in self.pipeline.ledger.read(identity).facts]


def raised(what: str, error: Exception) -> None:
    raise AssertionError(f"{what}: {error}") from error


SMART_TAGS_ALONE = {"rules": [{"jobs": ["smarttag"]}]}


def make_world(rules: Any = SMART_TAGS_ALONE, **changes: Any) -> World:
    """`changes` are settings; `rules` as in the file of rules."""
    clock = FakeClock()
    media, state = FakeBucket("media", clock), FakeBucket("state", clock)
    settings = Settings(
        oss_endpoint="oss.example",
        media_bucket="media",
        state_bucket="state",
        ims_endpoint="ice.example",
        smarttag_template_id="template",
        search_library="IPCamera_test",
        **changes,
    )
    chance = Random(0)
    line = Line(state, settings.pool, settings.jobs_in_flight, settings.daily_jobs_per_namespace, clock, chance)
    tagging, library = FakeTagging(), FakeLibrary()
    producing, analysing = FakeProducing(media), FakeAnalysing()
    ports = (settings, media, state, Ledger(state), RecordShelf(state), tagging, library, line, chance)
    read = read_rules(json.dumps(rules).encode())
    pipeline = Pipeline(*ports, lambda: producing, lambda: analysing, lambda: read, clock, clock.forward, raised)
    return World(clock, media, state, tagging, library, producing, analysing, pipeline)
