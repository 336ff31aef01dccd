"""SearchMediaByFace and SearchMediaClipByFace through the official SDK, with scripted faces: what is compared is tested with the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi.exceptions import ClientException

from engines.recognition.types import Features, pack
from engines.understanding.types import FaceSeen, Occurrence, Position
from tests.contract.ims.cloud import Cloud, Website, until
from tests.contract.ims.scripted_engine import NOTHING
from tests.contract.ims.test_recognition import create_entity, create_lib, create_sample

PAGES = "IMS API reference: SearchMediaByFace, SearchMediaClipByFace"
LIBRARY = "facelib"


@pytest.fixture
def library(cloud: Cloud) -> Any:
    client = cloud.client()
    client.create_search_lib(ice.CreateSearchLibRequest(search_lib_name=LIBRARY))
    client.create_search_index(ice.CreateSearchIndexRequest(search_lib_name=LIBRARY, index_type="face"))
    return client


@pytest.fixture
def without_faces(tmp_path: Path) -> Iterator[Cloud]:
    made = Cloud(tmp_path, faces=False)
    yield made
    made.stop()


def face(away: float, *times: tuple[float, float]) -> FaceSeen:
    """A face at this distance from the one that the scripted engine enrols; faces are the same up to a distance of 0.5."""
    vector = np.array([1 + away, 1, 1, 1], np.float32)
    seen = tuple(Occurrence(start, end, 1.0, start, Position(10, 20, 60, 90)) for start, end in times)
    return FaceSeen(Features("scripted", "face", pack(vector)), seen)


def insert(cloud: Cloud, client: Any, website: Website, name: str, *faces: FaceSeen, **more: Any) -> None:
    cloud.scripted.description = replace(NOTHING, seconds=10.0, faces=faces)
    address = website.put(f"{name}.mp4", name)
    client.insert_media_to_search_lib(
        ice.InsertMediaToSearchLibRequest(search_lib_name=LIBRARY, media_id=name, input=address, media_type="video", **more)
    )

    def done() -> bool:
        jobs = client.query_media_index_job(ice.QueryMediaIndexJobRequest(search_lib_name=LIBRARY, media_id=name)).body.index_job_info_list
        return bool(jobs) and all(job.status == "Success" for job in jobs)

    until(done)


def search(client: Any, picture: str, token: str = "token-1", **more: Any) -> list[str]:
    request = ice.SearchMediaByFaceRequest(search_lib_name=LIBRARY, person_image_url=picture, face_search_token=token, **more)
    body = client.search_media_by_face(request).body
    assert (body.success, body.code) == ("true", "200")
    assert body.total >= len(body.media_info_list)
    return [media.media_id for media in body.media_info_list]


def clips(client: Any, media: str, token: str = "token-1", **more: Any) -> Any:
    request = ice.SearchMediaClipByFaceRequest(search_lib_name=LIBRARY, face_search_token=token, media_id=media, **more)
    return client.search_media_clip_by_face(request).body


def refusal(call: Any, *given: Any, **more: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientException) as caught:
        call(*given, **more)
    return caught.value.status_code, caught.value.code, caught.value.message


@pytest.mark.contract(f"{PAGES}: a coarse search with a token, then the clips of one media with the same token")
def test_media_and_their_clips_are_found_by_a_face(cloud: Cloud, library: Any, website: Website) -> None:
    insert(cloud, library, website, "far", face(0.4, (1, 2)), face(3.0, (0, 9)))
    insert(cloud, library, website, "near", face(0.1, (3, 4), (7, 8.5)))
    insert(cloud, library, website, "stranger", face(0.6, (1, 2)))
    insert(cloud, library, website, "nobody")
    picture = website.put("me.jpg", "somebody")
    assert search(library, picture) == ["near", "far"]
    assert search(library, picture, page_size=1, page_no=2) == ["far"]

    body = clips(library, "near")
    assert (body.total, body.success) == (1, "true")
    [clip] = body.media_clip_list
    assert clip.score == pytest.approx(0.9, abs=0.01)
    assert [(seen.start_time, seen.end_time) for seen in clip.occurrences_infos] == [(3, 4), (7, 8.5)]
    [track] = clip.occurrences_infos[0].track_data
    box = track.box_position
    assert (track.timestamp, box.x, box.y, box.w, box.h) == (3, 10, 20, 50, 70)
    assert clips(library, "stranger").media_clip_list == []


@pytest.mark.contract(f"{PAGES}: Namespace, MediaType, CustomFilters")
def test_a_search_by_face_can_be_narrowed(cloud: Cloud, library: Any, website: Website) -> None:
    insert(cloud, library, website, "one", face(0.1, (1, 2)), namespace="a", msg_body='{"customFields":{"intField1":12}}')
    insert(cloud, library, website, "two", face(0.2, (1, 2)), namespace="b", msg_body='{"customFields":{"intField1":13}}')
    picture = website.put("me.jpg", "somebody")
    assert search(library, picture, namespace="b") == ["two"]
    assert search(library, picture, custom_filters='{"intField1":12}') == ["one"]
    assert search(library, picture, media_type="image") == []


@pytest.mark.contract("our assumption: faces go with their media, their index and their library")
def test_faces_are_forgotten_with_what_they_were_seen_in(cloud: Cloud, library: Any, website: Website) -> None:
    insert(cloud, library, website, "one", face(0.1, (1, 2)))
    insert(cloud, library, website, "two", face(0.1, (1, 2)))
    picture = website.put("me.jpg", "somebody")
    library.delete_media_from_search_lib(ice.DeleteMediaFromSearchLibRequest(search_lib_name=LIBRARY, media_id="one"))
    assert search(library, picture) == ["two"]
    insert(cloud, library, website, "two")
    assert search(library, picture) == []
    insert(cloud, library, website, "two", face(0.1, (1, 2)))
    library.drop_search_index(ice.DropSearchIndexRequest(search_lib_name=LIBRARY, index_type="face"))
    assert search(library, picture) == []


@pytest.mark.contract("IMS, common error codes; what a token of no search is answered with is an assumption")
def test_what_is_wrong_with_a_search_by_face_is_named(cloud: Cloud, library: Any, website: Website) -> None:
    picture = website.put("me.jpg", "somebody")
    insert(cloud, library, website, "one", face(0.1, (1, 2)))
    search(library, picture)
    nobody = website.put("nobody.jpg", "nobody no face was found in it")
    status, code, message = refusal(search, library, nobody)
    assert (status, code) == (400, "InvalidParameter")
    assert '"PersonImageUrl"' in message
    assert "no face was found in it" in message
    assert refusal(search, library, "")[1] == "MissingParameter"
    assert refusal(search, library, picture, token="")[1] == "MissingParameter"
    assert '"FaceSearchToken"' in refusal(clips, library, "one", token="unknown")[2]
    assert refusal(clips, library, "unknown")[:2] == (404, "ResourceNotFound")


@pytest.mark.contract(f"{PAGES}, SDK model: Category is celebrity, sensitive, politician, custom or unknown; EntityId and LabelName")
def test_the_clips_of_who_is_known_carry_the_name(cloud: Cloud, library: Any, website: Website) -> None:
    known = create_lib(library, "faces", "face")
    her, him = (create_entity(library, known, name, "face") for name in ("Eileen", "Yuri"))
    create_sample(library, known, her, website.put("her.png", "her"), "face")
    create_sample(library, known, him, website.put("him.png", "away 3.0"), "face")
    insert(cloud, library, website, "both", face(0.1, (1, 2)), face(3.1, (5, 6)))
    picture = website.put("me.jpg", "somebody")
    assert search(library, picture) == ["both"]
    [clip] = clips(library, "both").media_clip_list
    # The search library names no recognition library yet.
    assert (clip.category, clip.entity_id, clip.label_name) == ("unknown", None, None)
    library.alter_search_lib(
        ice.AlterSearchLibRequest(search_lib_name=LIBRARY, search_lib_config=json.dumps({"faceGroupIds": f"celebrity,{known}"}))
    )
    [clip] = clips(library, "both").media_clip_list
    assert (clip.category, clip.entity_id, clip.label_name) == ("custom", her, "Eileen")


@pytest.mark.contract(f"{PAGES}: EntityId; that it narrows the search is our assumption")
def test_an_entity_narrows_a_search_by_face(cloud: Cloud, library: Any, website: Website) -> None:
    known = create_lib(library, "faces", "face")
    her, him = (create_entity(library, known, name, "face") for name in ("Eileen", "Yuri"))
    create_sample(library, known, her, website.put("her.png", "her"), "face")
    create_sample(library, known, him, website.put("him.png", "away 0.7"), "face")
    insert(cloud, library, website, "one", face(0.1, (1, 2)))
    insert(cloud, library, website, "two", face(0.4, (3, 4)))
    picture = website.put("me.jpg", "somebody")
    assert search(library, picture, entity_id=her) == ["one", "two"]
    assert search(library, picture, entity_id=him) == ["two"]
    assert [clips(library, media, entity_id=him).total for media in ("one", "two")] == [0, 1]
    walkers = create_lib(library, "walkers", "pedestrian")
    for wrong in ("unknown", create_entity(library, known, "Nobody", "face"), create_entity(library, walkers, "Walker", "pedestrian")):
        for call, given in ((search, picture), (clips, "one")):
            status, code, message = refusal(call, library, given, entity_id=wrong)
            assert (status, code) == (400, "InvalidParameter")
            assert '"EntityId"' in message


@pytest.mark.contract(
    "our assumption: where the extra was taken away again, what was indexed stays and can be dropped, and jobs say why they fail"
)
def test_a_face_index_outlives_the_extra(cloud: Cloud, library: Any, website: Website) -> None:
    insert(cloud, library, website, "one", face(0.1, (1, 2)))
    cloud.stop()
    cloud.faces = False
    cloud.start()
    client = cloud.client()
    index = ice.QuerySearchIndexRequest(search_lib_name=LIBRARY, index_type="face")
    assert client.query_search_index(index).body.media_total == "1"
    assert client.query_search_lib(ice.QuerySearchLibRequest(search_lib_name=LIBRARY)).body.index_info[0].index_type == "face"
    address = website.put("two.mp4", "two")
    client.insert_media_to_search_lib(ice.InsertMediaToSearchLibRequest(search_lib_name=LIBRARY, media_id="two", input=address))

    ask = ice.QueryMediaIndexJobRequest(search_lib_name=LIBRARY, media_id="two")
    until(lambda: client.query_media_index_job(ask).body.index_job_info_list[0].status == "Fail")
    client.delete_media_from_search_lib(ice.DeleteMediaFromSearchLibRequest(search_lib_name=LIBRARY, media_id="one"))
    client.drop_search_index(ice.DropSearchIndexRequest(search_lib_name=LIBRARY, index_type="face"))
    client.drop_search_lib(ice.DropSearchLibRequest(search_lib_name=LIBRARY))


@pytest.mark.contract("our assumption: what this machine has no engine for is refused, and the missing part named")
def test_without_the_extra_for_faces_nothing_is_pretended(without_faces: Cloud, website: Website) -> None:
    client = without_faces.client()
    client.create_search_lib(ice.CreateSearchLibRequest(search_lib_name=LIBRARY))
    status, code, message = refusal(client.create_search_index, ice.CreateSearchIndexRequest(search_lib_name=LIBRARY, index_type="face"))
    assert (status, code) == (400, "LaptopCloud.NotImplemented")
    assert "extra `faces`" in message
    picture = website.put("me.jpg", "lacking the extra `faces`")
    status, code, message = refusal(search, client, picture)
    assert (status, code) == (400, "LaptopCloud.NotImplemented")
    assert "needs the extra `faces`" in message
