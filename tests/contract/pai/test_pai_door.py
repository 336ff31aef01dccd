"""PAI on the one door of the laptop cloud: what it takes there, what it leaves to OSS, and whose addresses it reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import oss2
import pytest
from ai_service_python_sdk.client.rest import ApiException
from alibabacloud_ice20201109 import models
from alibabacloud_tea_openapi.exceptions import ClientException

from localcloud.cloud import LaptopCloud
from localcloud.identity import Credential
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.place import Place
from tests.contract.ims.cloud import client as ims_client
from tests.contract.pai.service import Scripted, sdk_of
from tests.faults.null_engine import NullEngine

WAY = "Consequences of one address for all products: the three Authorization forms, captured from the SDKs"


@pytest.fixture(scope="module")
def analysis() -> Scripted:
    return Scripted()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, analysis: Scripted) -> Iterator[LaptopCloud]:
    made = LaptopCloud(tmp_path_factory.mktemp("cloud"), Place(), EngineSettings(), understanding=NullEngine(), analysis=analysis)
    made.start()
    yield made
    made.stop()


def bucket_of(cloud: LaptopCloud, name: str, auth: Any = oss2.Auth) -> oss2.Bucket:
    key = cloud.keyring.account
    region = {"region": "cn-shanghai"} if auth is oss2.AuthV4 else {}
    return oss2.Bucket(auth(key.access_key_id, key.access_key_secret), cloud.endpoint, name, **region)


@pytest.mark.contract(WAY)
@pytest.mark.parametrize("auth", [oss2.Auth, oss2.AuthV2, oss2.AuthV4])
def test_a_bucket_called_api_stays_a_bucket(cloud: LaptopCloud, auth: Any) -> None:
    bucket = bucket_of(cloud, "api", auth)
    bucket.create_bucket(oss2.BUCKET_ACL_PUBLIC_READ)
    for key in ("v1/images", "v1/async_jobs/1"):
        bucket.put_object(key, b"an object")
        assert bucket.get_object(key).read() == b"an object"
        assert httpx.get(bucket.sign_url("GET", key, 60, slash_safe=True), trust_env=False).content == b"an object"
        assert httpx.get(f"{cloud.endpoint}/api/{key}", trust_env=False).content == b"an object"
        bucket.delete_object(key)
        assert bucket.append_object(key, 0, b"an").next_position == 2
        upload = bucket.init_multipart_upload(key)
        part = bucket.upload_part(key, upload.upload_id, 1, b"an object")
        bucket.complete_multipart_upload(key, upload.upload_id, [oss2.models.PartInfo(1, part.etag)])
        assert bucket.get_object(key).read() == b"an object"


@pytest.mark.contract(f"{WAY}; OSS: no object takes a POST without a query, so PAI has what is not signed")
def test_what_is_not_signed(cloud: LaptopCloud) -> None:
    posted = httpx.post(f"{cloud.endpoint}/api/v1/images", json={"action": "ImageQA"}, trust_env=False)
    assert posted.json()["message"] == "note found appid"
    assert httpx.get(f"{cloud.endpoint}/api/v1/nothing", trust_env=False).headers["server"] == "AliyunOSS"
    assert httpx.post(f"{cloud.endpoint}/api/v1/images?append&position=0", trust_env=False).headers["server"] == "AliyunOSS"


@pytest.mark.contract("our choice: the AppId is the account's access key id, and the token that key's secret")
def test_a_signed_address_of_the_same_oss_is_read(cloud: LaptopCloud, analysis: Scripted) -> None:
    bucket = bucket_of(cloud, "media")
    bucket.create_bucket()
    bucket.put_object("door/a clip.mp4", "a video")
    with sdk_of(cloud.endpoint, cloud.keyring.account) as sdk:
        url = bucket.sign_url("GET", "door/a clip.mp4", 60)
        assert sdk.images.image_qa(url, "", {}).code == "OK"
        assert sdk.ended(sdk.videos.video_qa(url, "", "", {}).data["job_id"])["state"] == 2
        assert analysis.read[-2:] == ["a video", "a video"]
        closed = sdk.ended(sdk.videos.video_qa(url.partition("?")[0], "", "", {}).data["job_id"])
        assert closed["message"] == "failed to download video, err=fetch resource failed\tcode = 403"


@pytest.mark.contract("Multimedia analysis SDK for Python: result query errors, of a video that is gone when its job begins")
def test_a_media_that_is_deleted_while_its_job_waits(cloud: LaptopCloud, tmp_path: Path) -> None:
    bucket = bucket_of(cloud, "media")
    bucket.create_bucket()
    bucket.put_object("first.mp4", f"wait {tmp_path / 'gate'}")
    bucket.put_object("second.mp4", "a video")
    with sdk_of(cloud.endpoint, cloud.keyring.account) as sdk:
        first, second = (
            sdk.videos.video_qa(bucket.sign_url("GET", f"{name}.mp4", 60), "", "", {}).data["job_id"] for name in ("first", "second")
        )
        bucket.delete_object("second.mp4")
        (tmp_path / "gate").touch()
        assert sdk.ended(first)["state"] == 2
        gone = sdk.ended(second)
        assert (gone["state"], gone["message"]) == (3, "failed to download video, err=fetch resource failed\tcode = 404")


@pytest.mark.contract("our assumption: what a caller names may not lead to this machine, but for the laptop cloud's own OSS")
def test_an_address_of_this_machine_is_not_read(cloud: LaptopCloud) -> None:
    with sdk_of(cloud.endpoint, cloud.keyring.account) as sdk:
        job = sdk.ended(sdk.videos.video_qa("http://127.0.0.1:22/clip.mp4", "", "", {}).data["job_id"])
        assert job["state"] == 3
        assert "it leads to this machine" in job["message"]


@pytest.mark.contract("our choice: PAI knows no RAM, so a temporary key is no AppId")
def test_a_temporary_key_is_no_app_id(cloud: LaptopCloud) -> None:
    temporary = cloud.keyring.issue("any-role", 60)
    key = Credential(temporary.access_key_id, temporary.access_key_secret)
    with sdk_of(cloud.endpoint, key) as sdk, pytest.raises(ApiException, match="note found appid"):
        sdk.images.image_qa("http://127.0.0.1/1.jpg", "", {})


@pytest.mark.contract(WAY)
def test_the_neighbours_are_still_there(cloud: LaptopCloud) -> None:
    key = cloud.keyring.account
    client = ims_client(int(cloud.endpoint.rpartition(":")[2]), key)
    with pytest.raises(ClientException) as unknown:
        client.query_smarttag_job(models.QuerySmarttagJobRequest(job_id="none"))
    assert unknown.value.code == "ResourceNotFound"
