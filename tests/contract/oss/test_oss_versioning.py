"""Versions of objects through the official oss2 SDK."""

from __future__ import annotations

import threading
from typing import Any

import oss2
import pytest
from oss2.models import BatchDeleteObjectVersion, BatchDeleteObjectVersionList, BucketVersioningConfig

from tests.contract.oss.server import LocalOss, auth_for


def switch(bucket: Any, status: str) -> None:
    config = BucketVersioningConfig()
    config.status = status
    bucket.put_bucket_versioning(config)


@pytest.fixture
def versioned(bucket: Any) -> Any:
    switch(bucket, "Enabled")
    return bucket


def versions_of(bucket: Any, **listing: Any) -> list[tuple[str, str, bool, bool]]:
    """Key, version, whether it is the latest, whether it is a delete marker: in the order of the listing, markers last."""
    found = bucket.list_object_versions(**listing)
    lines = [(one.key, one.versionid, one.is_latest, False) for one in found.versions]
    return lines + [(one.key, one.versionid, one.is_latest, True) for one in found.delete_marker]


@pytest.mark.contract("oss2 tests/test_bucket_versioning.py; PutBucketVersioning of OSS")
def test_versioning_is_switched_on_and_suspended(bucket: Any) -> None:
    assert bucket.get_bucket_versioning().status is None
    for status in ("Enabled", "Suspended"):
        switch(bucket, status)
        assert bucket.get_bucket_versioning().status == status
        assert bucket.get_bucket_info().versioning_status == status
    for wrong in ("Disabled", "", "enabled"):
        with pytest.raises(oss2.exceptions.MalformedXml):
            switch(bucket, wrong)


@pytest.mark.contract("Overview of versioning of OSS: every write makes a version, and each can be read by its id")
def test_every_write_is_kept(versioned: Any) -> None:
    first = versioned.put_object("k", b"one").versionid
    second = versioned.put_object("k", b"two!").versionid
    assert versioned.get_object("k").read() == b"two!"
    assert versioned.get_object("k", params={"versionId": first}).read() == b"one"
    assert versioned.head_object("k").versionid == second
    assert versioned.get_object_meta("k", params={"versionId": first}).versionid == first
    assert versions_of(versioned) == [("k", second, True, False), ("k", first, False, False)]
    assert versioned.get_bucket_stat().storage_size_in_bytes == 7


@pytest.mark.contract(
    "DeleteObject of OSS: without a version a delete marker is made; 404 with x-oss-delete-marker afterwards, 405 for the marker"
)
def test_a_deletion_is_a_marker_that_can_be_taken_away(versioned: Any) -> None:
    version = versioned.put_object("k", b"one").versionid
    deleted = versioned.delete_object("k")
    assert (deleted.delete_marker, deleted.versionid != version) == (True, True)
    with pytest.raises(oss2.exceptions.NoSuchKey) as missing:
        versioned.get_object("k")
    assert missing.value.headers["x-oss-delete-marker"] == "true"
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        versioned.get_object("k", params={"versionId": deleted.versionid})
    assert (refused.value.status, refused.value.code) == (405, "MethodNotAllowed")
    assert versioned.list_objects().object_list == []
    for named in ({}, {"params": {"versionId": deleted.versionid}}):  # CopyObject of OSS: 404 for both.
        with pytest.raises(oss2.exceptions.NoSuchKey):
            versioned.copy_object(versioned.bucket_name, "k", "copy", **named)
    removed = versioned.delete_object("k", params={"versionId": deleted.versionid})
    assert (removed.delete_marker, removed.versionid) == (True, deleted.versionid)
    assert versioned.get_object("k").read() == b"one"


@pytest.mark.contract("Overview of versioning of OSS: the version before the removed one is the object again")
def test_removing_the_latest_version_brings_back_the_one_before(versioned: Any) -> None:
    first = versioned.put_object("k", b"one").versionid
    second = versioned.put_object("k", b"two").versionid
    versioned.delete_object("k", params={"versionId": second})
    assert versioned.get_object("k").read() == b"one"
    with pytest.raises(oss2.exceptions.ServerError) as gone:
        versioned.get_object("k", params={"versionId": second})
    assert (gone.value.status, gone.value.code) == (404, "NoSuchVersion")
    versioned.delete_object("k", params={"versionId": first})
    assert versions_of(versioned) == []
    versioned.delete_bucket()


@pytest.mark.contract("Suspended versioning of OSS: a write takes the place of the version null and leaves the others alone")
def test_while_suspended_there_is_one_null_version(bucket: Any) -> None:
    bucket.put_object("k", b"before")
    switch(bucket, "Enabled")
    assert bucket.head_object("k").versionid == "null"
    kept = bucket.put_object("k", b"kept").versionid
    assert bucket.get_object("k", params={"versionId": "null"}).read() == b"before"
    switch(bucket, "Suspended")
    assert bucket.put_object("k", b"null 2").versionid == "null"
    assert bucket.put_object("k", b"null 3").versionid == "null"
    assert versions_of(bucket) == [("k", "null", True, False), ("k", kept, False, False)]
    assert bucket.delete_object("k").versionid == "null"
    assert versions_of(bucket) == [("k", kept, False, False), ("k", "null", True, True)]
    bucket.delete_object("k", params={"versionId": "null"})
    assert bucket.get_object("k").read() == b"kept"


@pytest.mark.contract("PutObject of OSS: x-oss-forbid-overwrite has no effect in a bucket that has, or had, versioning (wire.md A7)")
@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_overwriting_cannot_be_forbidden(bucket: Any, status: str) -> None:
    switch(bucket, status)
    forbid = {"x-oss-forbid-overwrite": "true"}
    bucket.put_object("k", b"one", headers=forbid)
    bucket.put_object("k", b"two", headers=forbid)
    upload = bucket.init_multipart_upload("k", headers=forbid).upload_id
    part = bucket.upload_part("k", upload, 1, b"three")
    done = bucket.complete_multipart_upload("k", upload, [oss2.models.PartInfo(1, part.etag)], headers=forbid)
    assert done.versionid
    assert bucket.get_object("k").read() == b"three"


@pytest.mark.contract("oss2 tests/test_object_versioning.py: ACL, tags, symlinks and copies of one version")
def test_each_version_has_its_own_properties(versioned: Any) -> None:
    first = {"versionId": versioned.put_object("k", b"one", headers={"x-oss-tagging": "a=1"}).versionid}
    versioned.put_object("k", b"two")
    versioned.put_object_acl("k", oss2.OBJECT_ACL_PUBLIC_READ, params=dict(first))
    assert versioned.get_object_acl("k").acl == "default"
    assert versioned.get_object_acl("k", params=dict(first)).acl == "public-read"
    assert versioned.get_object_tagging("k").tag_set.tagging_rule == {}
    assert versioned.get_object_tagging("k", params=dict(first)).tag_set.tagging_rule == {"a": "1"}
    copied = versioned.copy_object(versioned.bucket_name, "k", "copy", params=dict(first))
    assert versioned.get_object("copy", params={"versionId": copied.versionid}).read() == b"one"
    link = versioned.put_symlink("k", "link").versionid
    versioned.put_symlink("copy", "link")
    assert versioned.get_symlink("link", params={"versionId": link}).target_key == "k"


@pytest.mark.contract("CopyObject of OSS: a copy onto itself is a new version; the content of neither goes with the other")
def test_versions_do_not_share_their_content(cloud: LocalOss, versioned: Any) -> None:
    old = versioned.put_object("k", b"content").versionid
    versioned.update_object_meta("k", {"Content-Type": "text/plain"})
    versioned.delete_object("k", params={"versionId": old})
    cloud.clock.ahead += 120
    versioned.put_object("another", b"x")  # Replaced content goes with the next write after its time of grace.
    assert versioned.get_object("k").read() == b"content"


@pytest.mark.contract(
    "AppendObject of OSS with versioning: appending makes no version; nothing is appended to a delete marker or a normal object"
)
def test_appending_under_versioning(versioned: Any) -> None:
    begun = versioned.append_object("k", 0, b"one")
    grown = versioned.append_object("k", 3, b"two")
    assert grown.next_position == 6
    assert len(versions_of(versioned)) == 1
    versioned.delete_object("k")
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        versioned.append_object("k", 0, b"again")
    assert versioned.get_object("k", params={"versionId": begun.resp.headers["x-oss-version-id"]}).read() == b"onetwo"
    versioned.put_object("normal", b"x")
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        versioned.append_object("normal", 1, b"y")


@pytest.mark.contract(
    "DeleteMultipleObjects of OSS: DeleteMarker, DeleteMarkerVersionId and VersionId; a wrong version id refuses the batch"
)
def test_batches_of_versions(versioned: Any) -> None:
    kept = versioned.put_object("a", b"1").versionid
    gone = versioned.put_object("a", b"2").versionid
    batch = BatchDeleteObjectVersionList()
    batch.append(BatchDeleteObjectVersion("a", gone))
    batch.append(BatchDeleteObjectVersion("b"))
    first, second = versioned.delete_object_versions(batch).delete_versions
    assert (first.key, first.versionid, first.delete_marker) == ("a", gone, False)
    assert (second.key, second.versionid, second.delete_marker) == ("b", "", True)
    assert versions_of(versioned) == [("a", kept, True, False), ("b", second.delete_marker_versionid, True, True)]
    batch.append(BatchDeleteObjectVersion("a", "234"))
    with pytest.raises(oss2.exceptions.InvalidArgument):
        versioned.delete_object_versions(batch)
    assert len(versions_of(versioned)) == 2


@pytest.mark.contract("ListObjectVersions of OSS: newest first, paging inside a key, folding, limits; oss2 tests/test_bucket_versioning.py")
def test_listing_versions_in_pages(versioned: Any) -> None:
    for number in range(5):
        versioned.put_object("dir/k", str(number).encode())
        versioned.put_object(f"dir/sub{number % 2}/x", b"x")
    versioned.delete_object("dir/k")
    whole = versions_of(versioned)
    assert len(whole) == 11
    for size in (1, 3, 10):
        collected: list[tuple[str, str, bool, bool]] = []
        markers = {"key_marker": "", "versionid_marker": ""}
        while True:
            page = versioned.list_object_versions(max_keys=size, **markers)
            collected += [(one.key, one.versionid, one.is_latest, False) for one in page.versions]
            collected += [(one.key, one.versionid, one.is_latest, True) for one in page.delete_marker]
            if not page.is_truncated:
                break
            markers = {"key_marker": page.next_key_marker, "versionid_marker": page.next_versionid_marker}
        assert sorted(collected) == sorted(whole)
    folded = versioned.list_object_versions(prefix="dir/", delimiter="/")
    assert folded.common_prefix == ["dir/sub0/", "dir/sub1/"]
    assert {one.key for one in folded.versions} == {"dir/k"}
    for wrong in ({"prefix": "a" * 1025}, {"max_keys": 1001}, {"versionid_marker": "234", "key_marker": "k"}):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            versioned.list_object_versions(**wrong)


@pytest.mark.contract(
    "our assumption: a page that begins after a version which was deleted meanwhile passes nothing over (oss2's clean-up deletes so)"
)
def test_deleting_what_was_listed_page_by_page(bucket: Any) -> None:
    bucket.put_object("k", b"null")
    switch(bucket, "Enabled")
    for number in range(6):
        bucket.put_object("k", str(number).encode())
    switch(bucket, "Suspended")
    bucket.put_object("k", b"null again")
    markers = {"key_marker": "", "versionid_marker": ""}
    while True:
        page = bucket.list_object_versions(max_keys=2, **markers)
        for one in [*page.versions, *page.delete_marker]:
            bucket.delete_object(one.key, params={"versionId": one.versionid})
        if not page.is_truncated:
            break
        markers = {"key_marker": page.next_key_marker, "versionid_marker": page.next_versionid_marker}
    bucket.delete_bucket()


@pytest.mark.contract("oss2 tests/test_object_versioning.py: a version id that is none is refused, one that is gone is not found")
@pytest.mark.parametrize("version", ["", "IllegalVersion", "CAEQ", "CAEQ" + "A" * 5000, "null\n", "%00"])
def test_wrong_version_ids(versioned: Any, version: str) -> None:
    versioned.put_object("k", b"x")
    for call in (versioned.head_object, versioned.get_object, versioned.delete_object, versioned.get_object_acl):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            call("k", params={"versionId": version})
    with pytest.raises(oss2.exceptions.ServerError) as gone:
        versioned.get_object("k", params={"versionId": "null"})
    assert gone.value.code == "NoSuchVersion"


@pytest.mark.contract("our assumption: an event tells of an object that is no longer there, and none of a version that nobody saw")
def test_events_of_versions(cloud: LocalOss, versioned: Any) -> None:
    versioned.put_object("k", b"one")
    old = versioned.put_object("k", b"two").versionid
    versioned.put_object("k", b"three")
    versioned.delete_object("k", params={"versionId": old})
    versioned.delete_object("k")
    versioned.delete_object("k")
    cloud.stop()
    cloud.start()
    names = [event.name.partition(":")[2] for event in cloud.listener.named("k")]
    assert names == ["PutObject", "PutObject", "PutObject", "DeleteObject"]


@pytest.mark.contract("house rule: writers and removers side by side lose no acknowledged version, and leave no file behind")
def test_many_writers_of_one_key(cloud: LocalOss, versioned: Any) -> None:
    acknowledged: list[tuple[str, bytes]] = []

    def work(worker: int) -> None:
        client = cloud.bucket(auth_for("v4"))
        for number in range(8):
            content = f"{worker}-{number}".encode()
            version = client.put_object("k", content).versionid
            if number % 3 == 0:
                client.delete_object("k")
            if number % 2 == 0:
                client.delete_object("k", params={"versionId": version})
            else:
                acknowledged.append((version, content))

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    cloud.stop()
    cloud.start()
    fresh = cloud.bucket(auth_for("v4"))
    for version, content in acknowledged:
        assert fresh.get_object("k", params={"versionId": version}).read() == content
    listed = versions_of(fresh, max_keys=1000)
    assert {version for _, version, _, marker in listed if not marker} == {version for version, _ in acknowledged}
    assert sum(latest for _, _, latest, _ in listed) == 1
    assert len(cloud.blob_files()) == len(acknowledged)
