"""Ended at any request to any service, before or after it took effect: the next run ends as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import botocore.httpsession
import httpx
import oss2
import pytest

from cli.backfill.address import Address, KeyMap
from cli.backfill.oss_source import OssSource
from cli.backfill.plan import Plan, Planner
from cli.backfill.problems import ObjectChanged
from cli.backfill.run import Backfill
from cli.backfill.s3_source import S3Source
from cli.backfill.source import Found, Part, Source
from cli.backfill.target import Target
from cli.resume import Progress
from sightline.credentials import Credentials
from sightline.host import Host
from sightline.ledger.story import Story
from sightline.media.admission import SizeLimits, admit
from sightline.media.layout import KeyLayout
from sightline.store.oss import OssBucket
from tests.contract.oss.server import ACCOUNT, REGION, LocalOss, auth_for
from tests.laptop import wait_until
from tests.s3 import client_of, s3_server

PART = 100 * 1024
CONTENTS = {
    "cameras/large.mp4": bytes(range(256)) * 1000,  # three parts
    "cameras/small.mp4": b"a clip",
    "cameras/visit.event/manifest.json": b"{}",
    "cameras/visit.event/one.jpg": b"an image",
}


class Interruption:
    """Raises KeyboardInterrupt at one request, before it is sent or after it was answered; 0 for none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begin(0, False)
        self._wrap(monkeypatch, oss2.http.Session, "do_request")
        self._wrap(monkeypatch, httpx.Client, "send")
        self._wrap(monkeypatch, botocore.httpsession.URLLib3Session, "send")

    def _wrap(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
        real: Callable[..., Any] = getattr(owner, name)

        def send(*arguments: Any, **named: Any) -> Any:
            self.requests += 1
            is_it = self.requests == self.at
            if is_it and not self.after_it:
                raise KeyboardInterrupt
            answer = real(*arguments, **named)
            if is_it:
                self.lost_upload_id = "uploads" in (getattr(arguments[1], "params", None) or {})
                raise KeyboardInterrupt
            return answer

        monkeypatch.setattr(owner, name, send)

    def begin(self, at: int, after_it: bool) -> None:
        self.requests, self.at, self.after_it, self.lost_upload_id = 0, at, after_it, False

    def stop(self) -> None:
        self.at = 0


@pytest.fixture(scope="module")
def oss(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalOss]:
    running = LocalOss(tmp_path_factory.mktemp("oss"))
    for name in ("media-bucket", "archive"):
        running.bucket(auth_for("v4"), name).create_bucket()
    for key, content in CONTENTS.items():
        running.bucket(auth_for("v4"), "archive").put_object(key, content)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    with s3_server() as endpoint:
        client = client_of(endpoint)
        client.create_bucket(Bucket="interrupted")
        for key, content in CONTENTS.items():
            client.put_object(Bucket="interrupted", Key=key, Body=content)
        yield client


@pytest.fixture(params=["s3", "oss"])
def source(request: pytest.FixtureRequest, oss: LocalOss, s3: Any, monkeypatch: pytest.MonkeyPatch) -> Source:
    for kind in (S3Source, OssSource):
        monkeypatch.setattr(kind, "whole_bytes", PART)
        monkeypatch.setattr(kind, "part_bytes", PART)
    if request.param == "s3":
        return S3Source(Address("s3", "interrupted", "cameras/"), s3)
    listing = OssBucket(Host(), lambda: Credentials(ACCOUNT.access_key_id, ACCOUNT.access_key_secret), REGION, oss.endpoint, "archive")
    return OssSource(Address("oss", "archive", "cameras/"), listing, oss.bucket(auth_for("v4"), "archive"))


def run(oss: LocalOss, source: Source, base: str, progress: Progress) -> Backfill:
    target = Target(oss.bucket(auth_for("v4")), progress)
    layout, limits = KeyLayout("uploads/", "default"), SizeLimits(2**20, 2**20)
    planner = Planner(
        source.address,
        "media-bucket",
        KeyMap("cameras/", base),
        lambda key, etag, size, modified: admit("media-bucket", key, etag, size, modified, layout, limits),
        lambda media: "",
        lambda identity: Story(),
        target.look,
    )

    def act(found: Found, plan: Plan) -> None:
        if plan.action == "copy":
            target.bring(source, found, plan.key, plan.replaces)

    work = Backfill(source, planner, act, progress)
    work.run()
    target.abandon_uploads()
    progress.finish()
    return work


@pytest.mark.parametrize("after_it", [False, True], ids=["before", "after"])
def test_ended_at_any_request(oss: LocalOss, source: Source, after_it: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interruption, number, is_over = Interruption(monkeypatch), 0, False
    while not is_over:
        number += 1
        base, path = f"uploads/{source.address.scheme}-{after_it}/{number}/", tmp_path / f"{number}.json"
        # WHEN a run ends at its request of that number, and a second one follows
        interruption.begin(number, after_it)
        try:
            run(oss, source, base, Progress(path, "work"))
            is_over = True
            interruption.stop()
        except KeyboardInterrupt:
            interruption.stop()
            assert run(oss, source, base, Progress(path, "work")).tally.is_complete
        # THEN all is there, uploaded once each, and nothing is left behind
        bucket = oss.bucket(auth_for("v4"))
        keys = [item.key for item in oss2.ObjectIteratorV2(bucket, prefix=base)]
        there = {key.removeprefix(base): bucket.get_object(key).read() for key in keys}
        assert there == {key.removeprefix("cameras/"): content for key, content in CONTENTS.items()}
        wait_until(partial(_all_told, oss, keys), 10)
        assert [len(oss.listener.named(key)) for key in keys] == [1] * len(keys)
        assert not path.exists()
        # An upload in parts whose id was answered to nobody is left to a rule of the bucket.
        nameless = list(oss2.MultipartUploadIterator(bucket, prefix=base))
        assert len(nameless) == interruption.lost_upload_id
    assert number > 15


@pytest.mark.parametrize("key", ["cameras/small.mp4", "cameras/large.mp4"])
def test_what_somebody_puts_there_meanwhile_stays(oss: LocalOss, source: Source, key: str) -> None:
    bucket, copy = oss.bucket(auth_for("v4")), f"uploads/{source.address.scheme}-his/{key}"
    found, target = source.find(key), Target(oss.bucket(auth_for("v4")), Progress(None, ""))
    assert found is not None
    assert target.look(copy) is None
    bucket.put_object(copy, b"his")
    with pytest.raises(ObjectChanged):
        target.bring(source, found, copy, replaces=False)
    assert bucket.get_object(copy).read() == b"his"
    assert not list(oss2.MultipartUploadIterator(bucket, prefix=copy))


def test_content_that_changes_between_two_parts_is_never_mixed(
    oss: LocalOss, s3: Any, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a source whose object is replaced after its first part was read
    old, new = CONTENTS["cameras/large.mp4"], bytes(reversed(range(256))) * 1100
    in_s3, in_oss = partial(s3.put_object, Bucket="interrupted"), oss.bucket(auth_for("v4"), "archive")

    def put(content: bytes) -> None:
        in_s3(Key="cameras/large.mp4", Body=content)
        in_oss.put_object("cameras/large.mp4", content)

    parts: list[Part] = []
    real = source.bring_part

    def bring_part(found: Found, bucket: oss2.Bucket, key: str, part: Part) -> Any:
        if len(parts) == 1:
            put(new)
        parts.append(part)
        return real(found, bucket, key, part)

    monkeypatch.setattr(source, "bring_part", bring_part)
    base = f"uploads/{source.address.scheme}-changing/"
    try:
        # WHEN
        work = run(oss, source, base, Progress(None, ""))
    finally:
        put(old)
    # THEN the copy is the new content alone, and no parts of the old one are left
    bucket = oss.bucket(auth_for("v4"))
    assert bucket.get_object(f"{base}large.mp4").read() == new
    assert (work.tally.copied, work.tally.failed, len(parts)) == (len(CONTENTS), {}, 2 + 3)
    assert not list(oss2.MultipartUploadIterator(bucket, prefix=base))


def _all_told(oss: LocalOss, keys: list[str]) -> bool:
    return all(oss.listener.named(key) for key in keys)
