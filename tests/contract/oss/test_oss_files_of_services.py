"""What a service beside OSS puts into a bucket: an object like any other."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import oss2
import pytest

from tests.contract.oss.server import BUCKET, LocalOss, eventually

PORT = "ports.py: WritableObjects"


@pytest.mark.contract(f"{PORT}; that it is told of as a PutObject, our assumption")
def test_a_file_becomes_an_object(cloud: LocalOss, bucket: Any, tmp_path: Path) -> None:
    content = b"\x00\xff" * 700_000
    file = tmp_path / "made.mp4"
    file.write_bytes(content)
    cloud.storage.put(BUCKET, "猫/a b.mp4", file, "video/mp4")
    assert not file.exists()
    read = bucket.get_object("猫/a b.mp4")
    assert read.read() == content
    digest = hashlib.md5(content).hexdigest().upper()
    assert (read.etag, read.content_type, read.content_length) == (digest, "video/mp4", len(content))
    assert eventually(lambda: len(cloud.listener.named("猫/a b.mp4")) > 0)
    (event,) = cloud.listener.named("猫/a b.mp4")
    assert (event.name, event.size, event.delta_size, event.etag) == ("ObjectCreated:PutObject", len(content), len(content), digest)
    assert (event.mime_type, event.bucket) == ("video/mp4", BUCKET)


@pytest.mark.contract(PORT)
def test_it_replaces_what_was_there_and_outlives_a_restart(cloud: LocalOss, bucket: Any, tmp_path: Path) -> None:
    for text in ("first", "the second"):
        (tmp_path / "made").write_text(text)
        cloud.storage.put(BUCKET, "made", tmp_path / "made", "text/plain")
    cloud.stop()
    cloud.start()
    again = cloud.bucket(bucket.auth)
    assert again.get_object("made").read() == b"the second"
    assert [event.delta_size for event in cloud.listener.named("made")] == [5, 5]


@pytest.mark.contract("PutObject: with versioning each write is a version")
def test_it_is_a_version_where_the_bucket_has_versions(cloud: LocalOss, bucket: Any, tmp_path: Path) -> None:
    bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled"))
    for text in ("1", "2"):
        (tmp_path / "made").write_text(text)
        cloud.storage.put(BUCKET, "made", tmp_path / "made", "text/plain")
    assert len(bucket.list_object_versions().versions) == 2


@pytest.mark.contract(PORT)
def test_what_can_not_be_written(cloud: LocalOss, bucket: Any, tmp_path: Path) -> None:
    file = tmp_path / "made"
    file.write_text("x")
    assert cloud.storage.has_bucket(BUCKET)
    assert not cloud.storage.has_bucket("nowhere")
    with pytest.raises(KeyError):
        cloud.storage.put("nowhere", "made", file, "text/plain")
    for key in ("", "/made", "m" * 1024):
        with pytest.raises(ValueError, match="object"):
            cloud.storage.put(BUCKET, key, file, "text/plain")
    assert file.read_text() == "x"
