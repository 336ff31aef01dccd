"""Storage classes and the restoring of archived objects, through the official oss2 SDK."""

from __future__ import annotations

from typing import Any

import oss2
import pytest
from oss2.models import RestoreConfiguration, RestoreJobParameters

from localcloud.http import Headers, Request
from localcloud.oss.objects.storage_class import DAY
from tests.contract.oss.server import LocalOss


def freeze(bucket: Any, storage_class: str) -> None:
    bucket.put_object("k", b"frozen", headers={"x-oss-storage-class": storage_class, "x-oss-object-acl": "public-read"})


def later(cloud: LocalOss, bucket: Any, seconds: float) -> tuple[int, str]:
    """Status and restore state that anyone gets some seconds from now: signed requests would be from the past then."""
    cloud.clock.ahead = seconds
    answer = cloud.storage.serve(Request("GET", f"/{bucket.bucket_name}/k", Headers([("host", "127.0.0.1")])))
    head = cloud.storage.serve(Request("HEAD", f"/{bucket.bucket_name}/k", Headers([("host", "127.0.0.1")])))
    cloud.clock.ahead = 0.0
    return answer.status, head.headers.get("x-oss-restore", "").partition(",")[0]


FROZEN, RESTORING = (403, ""), (403, 'ongoing-request="true"')
RESTORED = (200, 'ongoing-request="false"')


@pytest.mark.contract("RestoreObject of OSS: frozen, restoring (about a minute), restored for a day, frozen again")
def test_an_archived_object_is_restored(cloud: LocalOss, bucket: Any) -> None:
    freeze(bucket, "Archive")
    for read, arguments in ((bucket.get_object, ("k",)), (bucket.copy_object, (bucket.bucket_name, "k", "copy"))):
        with pytest.raises(oss2.exceptions.ServerError) as frozen:
            read(*arguments)
        assert (frozen.value.status, frozen.value.code) == (403, "InvalidObjectState")
    assert bucket.head_object("k").headers["x-oss-storage-class"] == "Archive"
    assert bucket.restore_object("k").status == 202
    assert later(cloud, bucket, 0) == RESTORING
    assert bucket.list_objects().object_list[0].restore_info == 'ongoing-request="true"'
    with pytest.raises(oss2.exceptions.ServerError) as again:
        bucket.restore_object("k")
    assert (again.value.status, again.value.code) == (409, "RestoreAlreadyInProgress")
    assert later(cloud, bucket, 61) == RESTORED
    assert later(cloud, bucket, DAY) == RESTORED
    assert later(cloud, bucket, DAY + 120) == FROZEN
    cloud.clock.ahead = 120
    assert bucket.restore_object("k", input=RestoreConfiguration(7)).status == 200
    assert bucket.get_object("k").read() == b"frozen"
    assert later(cloud, bucket, 7 * DAY) == RESTORED


@pytest.mark.contract("RestoreObject of OSS: priorities of cold archives and how long they take; oss2 tests/test_object.py")
@pytest.mark.parametrize(
    ("storage_class", "tier", "hours"),
    [("ColdArchive", "Expedited", 1), ("ColdArchive", "Standard", 5), ("ColdArchive", "Bulk", 12), ("DeepColdArchive", "Expedited", 12)],
)
def test_cold_archives_take_longer(cloud: LocalOss, bucket: Any, storage_class: str, tier: str, hours: int) -> None:
    freeze(bucket, storage_class)
    answer = bucket.restore_object("k", input=RestoreConfiguration(5, RestoreJobParameters(tier)))
    assert (answer.status, answer.resp.headers["x-oss-object-restore-priority"]) == (202, tier)
    assert later(cloud, bucket, hours * 3600 - 60) == RESTORING
    assert later(cloud, bucket, hours * 3600 + 60) == RESTORED
    assert later(cloud, bucket, hours * 3600 + 5 * DAY + 60) == FROZEN


@pytest.mark.contract("RestoreObject of OSS (error 0016-00000702) and oss2 tests/test_object.py: what can't be restored, and how not")
def test_what_cannot_be_restored(bucket: Any) -> None:
    bucket.put_object("warm", b"x")
    with pytest.raises(oss2.exceptions.OperationNotSupported):
        bucket.restore_object("warm")
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.restore_object("missing")
    freeze(bucket, "Archive")
    for wrong in (RestoreConfiguration(0), RestoreConfiguration(8), RestoreConfiguration("x")):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            bucket.restore_object("k", input=wrong)
    with pytest.raises(oss2.exceptions.MalformedXml):
        bucket.restore_object("k", input=RestoreConfiguration(1, RestoreJobParameters("Bulk")))
    freeze(bucket, "ColdArchive")
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.restore_object("k", input=RestoreConfiguration(1, RestoreJobParameters("Quick")))


@pytest.mark.contract("x-oss-storage-class of OSS: on every write, kept by append and multipart, chosen anew by a copy")
def test_every_write_chooses_a_class(bucket: Any) -> None:
    cold = {"x-oss-storage-class": "IA"}
    bucket.put_object("put", b"x", headers=cold)
    bucket.append_object("append", 0, b"x", headers=cold)
    bucket.append_object("append", 1, b"y")
    upload = bucket.init_multipart_upload("multipart", headers=cold).upload_id
    part = bucket.upload_part("multipart", upload, 1, b"x")
    bucket.complete_multipart_upload("multipart", upload, [oss2.models.PartInfo(1, part.etag)])
    bucket.copy_object(bucket.bucket_name, "put", "copy", headers=cold)
    bucket.put_symlink("put", "symlink", headers=cold)
    assert {one.storage_class for one in bucket.list_objects().object_list} == {"IA"}
    bucket.update_object_meta("put", {"x-oss-meta-a": "1"})
    assert bucket.head_object("put").headers["x-oss-storage-class"] == "IA"
    bucket.copy_object(bucket.bucket_name, "put", "put", headers={"x-oss-storage-class": "Standard"})
    assert bucket.head_object("put").headers["x-oss-storage-class"] == "Standard"
    for wrong in ("Lukewarm", "ia", ""):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            bucket.put_object("k", b"x", headers={"x-oss-storage-class": wrong})
