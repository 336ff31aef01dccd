"""A source and a target in memory, for what a backfill decides. `before` hears of every call, and may raise."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

import oss2
from oss2.models import PartInfo

from cli.backfill.address import Address, KeyMap
from cli.backfill.plan import Plan, Planner
from cli.backfill.problems import ObjectChanged
from cli.backfill.run import Backfill
from cli.backfill.source import Found, Part
from cli.backfill.target import Existing
from cli.patience import Patience
from cli.resume import Progress
from sightline.ledger.story import Story
from sightline.media.admission import SizeLimits, admit
from sightline.media.layout import KeyLayout

ADDRESS = Address("s3", "archive", "cameras/")
WHEN = datetime(2026, 11, 21, 8, 15, 30, tzinfo=timezone.utc)
BASE = "uploads/home/"


def hash_of(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


@dataclass
class FakeSource:
    contents: dict[str, bytes] = field(default_factory=dict)
    before: Callable[[str, str], None] = lambda call, key: None
    address: Address = ADDRESS
    whole_bytes: int = 10**9
    part_bytes: int = 10**9

    def objects(self, after: str) -> Iterator[Found]:
        for key in sorted(self.contents, key=str.encode):
            if key.startswith(self.address.prefix) and key > after:
                self.before("list", key)
                yield self._found(key)

    def find(self, key: str) -> Found | None:
        self.before("find", key)
        return self._found(key) if key in self.contents else None

    def headers(self, found: Found) -> Mapping[str, str]:
        return {}

    def bring(self, found: Found, bucket: oss2.Bucket, key: str, headers: Mapping[str, str]) -> None:
        raise AssertionError("the fake target reads by itself")

    def bring_part(self, found: Found, bucket: oss2.Bucket, key: str, part: Part) -> PartInfo:
        raise AssertionError("the fake target reads by itself")

    def read(self, found: Found) -> bytes:
        self.before("read", found.key)
        content = self.contents.get(found.key)
        if content is None or hash_of(content) != found.etag:
            raise ObjectChanged("PreconditionFailed")
        return content

    def _found(self, key: str) -> Found:
        return Found(key, hash_of(self.contents[key]), len(self.contents[key]), WHEN)


@dataclass
class FakeTarget:
    """Remembers in `brought` every write, by key, and in `submitted` what was submitted in place."""

    source: FakeSource
    before: Callable[[str, str], None] = lambda call, key: None
    there: dict[str, Existing] = field(default_factory=dict)
    brought: list[str] = field(default_factory=list)
    submitted: list[str] = field(default_factory=list)
    stories: dict[str, Story] = field(default_factory=dict)

    def look(self, key: str) -> Existing | None:
        self.before("look", key)
        return self.there.get(key)

    def story(self, identity: str) -> Story:
        self.before("story", identity)
        return self.stories.get(identity, Story())

    def act(self, found: Found, plan: Plan) -> None:
        if plan.action == "submit":
            self.before("submit", plan.key)
            self.submitted.append(plan.key)
            return
        content = self.source.read(found)
        self.before("write", plan.key)
        self.there[plan.key] = Existing(hash_of(content).upper(), self.source.address.of(found.key), found.etag)
        self.brought.append(plan.key)
        self.before("written", plan.key)


def backfill(source: FakeSource, target: FakeTarget, progress: Progress, limit: int | None = None, in_place: bool = False) -> Backfill:
    layout, limits = KeyLayout("uploads/", "default"), SizeLimits(1000, 2000)
    planner = Planner(
        source.address,
        "media",
        KeyMap(source.address.prefix, source.address.prefix if in_place else BASE),
        lambda key, etag, size, modified: admit("media", key, etag, size, modified, layout, limits),
        lambda media: "no rule gives it a job" if media.kind == "audio" else "",
        target.story,
        None if in_place else target.look,
    )
    return Backfill(source, planner, target.act, progress, limit, patience=Patience(sleep=lambda seconds: None))
