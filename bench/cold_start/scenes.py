"""What each function finds when it is asked for the first time, and what it is asked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.pipeline_cloud import running
from sightline.media.identity import media_id
from sightline.pipeline.collect import collect
from sightline.pipeline.submit import submit
from sightline.wiring import Wiring
from tests.faults.null_engine import WORDS

FUNCTIONS = ("search", "collect", "submit", "sweep")
HITS = 10
NAMESPACE = "home"
DEADLINE_SECONDS = 30
EVENTS = Path(__file__).parents[2] / "events"


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Scene:
    """`names` is what differs from scene to scene in the requests; `finish` clears away what is left to be done after the answer."""

    event: str
    names: Mapping[str, str] = field(default_factory=dict)
    finish: Callable[[], None] = _nothing


class Stage:
    """A laptop cloud whose engine answers at once, with some media in it; no function is deployed, so nothing happens by itself."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._pipeline = Wiring(environment).pipeline()
        self._numbers = count()
        self.keys = [self._searchable() for _ in range(HITS)]

    def scene(self, function: str) -> Scene:
        scenes = {"search": self._search, "collect": self._collect, "submit": self._submit, "sweep": self._sweep}
        return scenes[function]()

    def record_key(self) -> str:
        """An object of the state bucket that is JSON: the record of a media."""
        return f"{media_id(self.environment['MEDIA_BUCKET'], self.keys[0])}/record.json"

    def presigned(self, key: str) -> str:
        """Where an object of the state bucket can be read, without the endpoint: OSS signs no host."""
        address = urlsplit(self._pipeline.state_bucket.presign(key, 3600))
        return f"{address.path}?{address.query}"

    def _search(self) -> Scene:
        event = _event("http_search")
        event["queryParameters"] = {"q": WORDS, "namespace": NAMESPACE}
        return Scene(json.dumps(event))

    def _submit(self) -> Scene:
        key, etag = self._upload()
        identity = media_id(self.environment["MEDIA_BUCKET"], key)
        event = _event("oss_put")
        told = event["events"][0]["oss"]
        told["bucket"]["name"], told["object"]["key"], told["object"]["eTag"] = self.environment["MEDIA_BUCKET"], key, etag
        names = {"key": key, "name": key.rpartition("/")[2], "media": identity, "content": etag}
        return Scene(json.dumps(event), names, lambda: self._end(identity))

    def _collect(self) -> Scene:
        key, etag = self._upload()
        identity = media_id(self.environment["MEDIA_BUCKET"], key)
        _expect("submitted", submit(self._pipeline, key, "an event"))
        job = self._await_job(identity)
        event = _event("mns_topic_json")
        event["Message"] = json.dumps({"Type": "smarttag", "JobId": job, "State": "Success", "UserData": ""})
        names = {"key": key, "name": key.rpartition("/")[2].partition(".")[0], "media": identity, "content": etag, "job": job}
        return Scene(json.dumps(event), names)

    def _sweep(self) -> Scene:
        return Scene(json.dumps(_event("timer")))

    def _searchable(self) -> str:
        key, _ = self._upload()
        _expect("submitted", submit(self._pipeline, key, "an event"))
        self._end(media_id(self.environment["MEDIA_BUCKET"], key))
        return key

    def _upload(self) -> tuple[str, str]:
        number = next(self._numbers)
        key, bucket = f"uploads/{NAMESPACE}/door/new-{number:06}.mp4", self._pipeline.media_bucket
        bucket.put(key, f"good new-{number:06}".encode())
        found = bucket.head(key)
        assert found is not None
        return key, found.etag

    def _end(self, identity: str) -> None:
        _expect("searchable", collect(self._pipeline, self._await_job(identity)))

    def _await_job(self, identity: str) -> str:
        """The job of a media, once the service has done it."""
        job = self._pipeline.ledger.read(identity).story.job_id
        end = time.monotonic() + DEADLINE_SECONDS
        while self._pipeline.tagging.query(job).state in ("Submitted", "Processing"):
            if time.monotonic() > end:
                raise RuntimeError(f"job {job} does not end")
            time.sleep(0.01)
        return job


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    with running(folder) as environment:
        yield Stage(environment)


def check(function: str, answer: Any) -> None:
    """A failure is never a figure: raises RuntimeError for any answer of ours but the one that the scene is made for."""
    if not _is_good(function, answer):
        raise RuntimeError(f"{function} answered {answer}")


def _is_good(function: str, answer: Any) -> bool:
    if function == "search":
        return len(json.loads(answer["body"])["hits"]) == HITS
    if function == "sweep":
        return not any("error" in part or part.get("errors") for part in answer.values())
    return str(answer["outcomes"][0]).startswith({"collect": "searchable", "submit": "submitted"}[function])


def _event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def _expect(beginning: str, outcome: str) -> None:
    if not outcome.startswith(beginning):
        raise RuntimeError(f"{beginning} was expected, and this came: {outcome}")
