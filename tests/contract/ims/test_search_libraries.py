"""Search libraries as the official SDK sees them, over HTTP, with the real retrieval engine."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi import utils_models as open_api_utils
from alibabacloud_tea_openapi.exceptions import ClientException
from darabonba.exceptions import UnretryableException
from darabonba.runtime import RuntimeOptions

from tests.contract.ims.cloud import Cloud, Website, until
from tests.contract.ims.test_smarttag_jobs import result, submit

SEED = "IPC event search best practices, the published guide and its sample answers"
LIBRARY = "IPCamera_test1"


@pytest.fixture
def client(cloud: Cloud) -> Any:
    """Of a cloud that has a library with an active index."""
    made = cloud.client()
    made.create_search_lib(ice.CreateSearchLibRequest(search_lib_name=LIBRARY))
    made.create_search_index(ice.CreateSearchIndexRequest(search_lib_name=LIBRARY, index_type="mm"))
    return made


def insert(client: Any, address: str, description: str = "", title: str = "", **parameters: Any) -> str:
    body = json.dumps({"title": title, "visionDescription": description}, ensure_ascii=False)
    request = ice.InsertMediaToSearchLibRequest(**{"search_lib_name": LIBRARY, "input": address, "msg_body": body, **parameters})
    return str(client.insert_media_to_search_lib(request).body.media_id)


def index_jobs(client: Any, media: str) -> list[dict[str, str]]:
    """The index jobs of a media, once none is running."""

    def look() -> list[dict[str, str]] | None:
        request = ice.QueryMediaIndexJobRequest(search_lib_name=LIBRARY, media_id=media)
        jobs: list[dict[str, str]] = client.query_media_index_job(request).body.to_map()["IndexJobInfoList"]
        return jobs if all(job["Status"] != "Running" for job in jobs) else None

    return until(look)


def message(client: Any, media: str, library: str = LIBRARY) -> str:
    """What the only index job of a media says in our own field, which the SDK's model passes over."""
    action = open_api_utils.Params(
        action="QueryMediaIndexJob",
        version="2020-11-09",
        protocol="HTTPS",
        pathname="/",
        method="POST",
        auth_type="AK",
        style="RPC",
        req_body_type="formData",
        body_type="json",
    )
    request = open_api_utils.OpenApiRequest(query={"SearchLibName": library, "MediaId": media})
    (job,) = client.call_api(action, request, RuntimeOptions())["body"]["IndexJobInfoList"]
    return str(job.get("Message", ""))


def indexed(client: Any, media: str) -> str:
    assert [job["Status"] for job in index_jobs(client, media)] == ["Success"]
    return media


def search(client: Any, text: str, **parameters: Any) -> Any:
    return client.search_media_by_hybrid(ice.SearchMediaByHybridRequest(**{"search_lib_name": LIBRARY, "text": text, **parameters})).body


def found(client: Any, text: str, **parameters: Any) -> list[str]:
    return [hit.media_id for hit in search(client, text, **parameters).media_list]


def refused(call: Any, request: Any) -> ClientException:
    with pytest.raises(ClientException) as caught:
        call(request)
    return caught.value


@pytest.mark.contract(SEED)
def test_the_guide_to_event_search(cloud: Cloud) -> None:
    client = cloud.client()

    made = client.create_search_lib(ice.CreateSearchLibRequest(search_lib_name=LIBRARY)).body
    assert (made.search_lib_name, made.success, made.code) == (LIBRARY, "true", "200")
    request = ice.CreateSearchIndexRequest(search_lib_name=LIBRARY, index_type="mm", index_config='{"level":"S.large"}')
    index = client.create_search_index(request).body
    assert (index.success, index.code) == ("true", "200")

    address = cloud.objects.add("clip.mp4", b"moment 2 4 two pandas are fighting\nmoment 5 9 an empty yard")
    frames = json.dumps({"images": ["oss://media/1.jpg"]})
    media = insert(
        client, address, "Two pandas are fighting in a yard", "Pandas fight", media_type="video", namespace="name-1", images_input=frames
    )
    assert re.fullmatch("[0-9a-f]{32}", media)
    (job,) = index_jobs(client, media)
    assert (job["IndexType"], job["Status"]) == ("mm", "Success")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", job["GmtSubmit"])
    assert job["GmtFinish"] >= job["GmtSubmit"]

    answer = search(client, "Two pandas are fighting", media_type="video", namespace="name-1")
    assert (answer.success, answer.code, answer.total) == ("true", "200", 1)
    (hit,) = answer.media_list
    assert hit.media_id == media
    assert (hit.clip_info[0].from_, hit.clip_info[0].to) == (2, 4)
    assert 0 < hit.clip_info[0].score <= 1
    counted = client.query_search_index(ice.QuerySearchIndexRequest(search_lib_name=LIBRARY, index_type="mm")).body
    assert (counted.index_status, counted.media_total) == ("Active", "1")


@pytest.mark.contract("our assumption: the score of a media reaches the client in its best clip, or in one that spans the media")
def test_a_media_without_clips_is_one_clip(cloud: Cloud, client: Any) -> None:
    video = indexed(client, insert(client, cloud.objects.add("a.mp4", b"say it"), "a dog barks"))
    picture = indexed(client, insert(client, cloud.objects.add("a.jpg", b"say it"), "a dog barks", media_type="image"))
    clips = {hit.media_id: hit.clip_info for hit in search(client, "a dog barks").media_list}
    assert [(clip.from_, clip.to) for clip in clips[video]] == [(0, 10)]
    assert [(clip.from_, clip.to) for clip in clips[picture]] == [(0, 0)]
    assert clips[video][0].score > 0


@pytest.mark.contract("SearchMediaByHybrid, API reference: Namespace, MediaType, MediaId, PageNo, PageSize, Total")
def test_what_a_search_may_be_narrowed_to(cloud: Cloud, client: Any) -> None:
    address = cloud.objects.add("a", b"say it")
    first = insert(client, address, "a red car parks", namespace="one")
    second = insert(client, address, "a red car parks", namespace="two", media_type="image", media_id="mine")
    assert second == "mine"
    for media in (first, second):
        indexed(client, media)
    assert sorted(found(client, "a red car parks")) == sorted([first, second])
    assert found(client, "a red car parks", namespace="one") == [first]
    assert found(client, "a red car parks", namespace="three") == []
    assert found(client, "a red car parks", media_type="image") == [second]
    assert found(client, "a red car parks", media_id=first) == [first]
    pages = [search(client, "a red car parks", page_no=number, page_size=1) for number in (1, 2, 3)]
    assert [(len(page.media_list), page.total) for page in pages] == [(1, 2), (1, 2), (0, 2)]
    assert found(client, "an elephant sleeps") == []
    shared = ice.SearchMediaByMultimodalRequest(search_lib_name=LIBRARY, text="a red car parks", namespace="two")
    assert [hit.media_id for hit in client.search_media_by_multimodal(shared).body.media_list] == [second]


@pytest.mark.contract("SearchMediaByHybrid, API reference: PageSize at most 50; IMS, common error codes")
@pytest.mark.parametrize(
    ("changed", "code", "named"),
    [
        ({"page_size": 51}, "InvalidParameter", "PageSize"),
        ({"page_no": 0}, "InvalidParameter", "PageNo"),
        ({"page_no": 10**20}, "InvalidParameter", "PageNo"),
        ({"text": ""}, "MissingParameter", "Text"),
        ({"text": " \t"}, "InvalidParameter", "Text"),
        ({"search_lib_name": "unknown"}, "ResourceNotFound", "unknown"),
        ({"media_type": "text"}, "InvalidParameter", "MediaType"),
        ({"custom_filters": "[]"}, "InvalidParameter", "CustomFilters"),
        ({"custom_filters": '{"intField2":1}'}, "InvalidParameter", "intField2"),
        ({"custom_filters": '{"intField1":"1"}'}, "InvalidParameter", "intField1"),
        ({"custom_filters": '{"intField1":true}'}, "InvalidParameter", "intField1"),
        ({"custom_filters": '{"intField1":{"gt":1}}'}, "InvalidParameter", "gte"),
        ({"custom_filters": '{"strField1":{"gte":1}}'}, "InvalidParameter", "strField1"),
        ({"custom_filters": '{"strField1":[]}'}, "InvalidParameter", "strField1"),
        ({"custom_filters": '{"intField1":9223372036854775808}'}, "InvalidParameter", "intField1"),
        ({"utc_create": '{"gte":"1"}'}, "InvalidParameter", "UtcCreate"),
        ({"utc_create": "1761205662998"}, "InvalidParameter", "UtcCreate"),
        ({"custom_filters": "[" * 5_000}, "InvalidParameter", "CustomFilters"),
    ],
)
def test_a_wrong_search_is_refused(client: Any, changed: dict[str, Any], code: str, named: str) -> None:
    with pytest.raises(ClientException) as caught:
        search(client, **{"text": "a", **changed})
    assert caught.value.code == code
    assert named in caught.value.message


@pytest.mark.contract("SearchMediaByHybrid, API reference: CustomFilters exact, of several, in a range, all of them; UtcCreate in ms")
def test_filters(cloud: Cloud, client: Any) -> None:
    address = cloud.objects.add("a", b"say it")
    for number, text in ((12, "abc"), (13, "cd"), (14, "abc")):
        body = json.dumps({"visionDescription": "a dog barks", "customFields": {"intField1": number, "strField1": text}})
        indexed(client, insert(client, address, media_id=str(number), msg_body=body))
    indexed(client, insert(client, address, "a dog barks", media_id="none"))

    def passing(**filters: Any) -> set[str]:
        return set(found(client, "a dog barks", custom_filters=json.dumps(filters)))

    assert passing() == {"12", "13", "14", "none"}
    assert passing(intField1=12) == {"12"}
    assert passing(intField1=[12, 13], strField1=["abc", "x"]) == {"12"}
    assert passing(intField1={"gte": 13}) == {"13", "14"}
    assert passing(intField1={"gte": 12, "lte": 13}, strField1="cd") == {"13"}
    assert passing(strField1="' OR 1=1 --") == set()

    update = json.dumps({"title": "Dog", "customFields": {"intField1": 99}})
    client.update_media_to_search_lib(ice.UpdateMediaToSearchLibRequest(search_lib_name=LIBRARY, media_id="12", msg_body=update))
    indexed(client, "12")
    assert passing(intField1=12) == {"12"}

    assert found(client, "a dog barks", utc_create='{"gte":1761205662998,"lte":1761205662999}') == []
    assert len(found(client, "a dog barks", utc_create='{"gte":1761205662998}')) == 4


@pytest.mark.contract("InsertMediaToSearchLib, API reference: no temporary URLs; ImagesInput for IPC videos alone; the library must exist")
@pytest.mark.parametrize(
    ("address", "changed", "code"),
    [
        ("https://b.oss-cn-shanghai.aliyuncs.com/a.mp4?Expires=1&OSSAccessKeyId=x&Signature=y", {}, "InvalidParameter"),
        ("https://b.oss-cn-shanghai.aliyuncs.com/a.mp4?x-oss-signature=y", {}, "InvalidParameter"),
        ("file:///etc/passwd", {}, "InvalidParameter"),
        ("oss://media", {}, "InvalidParameter"),
        ("oss://media/a", {"msg_body": "title"}, "InvalidParameter"),
        ("http://127.0.0.1:1/a", {"images_input": '{"images":["http://100.100.100.200/latest"]}'}, "InvalidParameter"),
        ("oss://media/a", {"msg_body": '{"customFields":{"intField1":"12"}}'}, "InvalidParameter"),
        ("oss://media/a", {"msg_body": '{"customFields":{"strField1":12}}'}, "InvalidParameter"),
        ("oss://media/a", {"media_id": "a/b"}, "InvalidParameter"),
        ("oss://media/a", {"media_type": "text"}, "InvalidParameter"),
        ("oss://media/a", {"media_type": "image", "images_input": '{"images":["oss://media/b"]}'}, "InvalidParameter"),
        ("oss://media/a", {"search_lib_name": "unknown"}, "ResourceNotFound"),
    ],
)
def test_a_wrong_insert_is_refused(client: Any, address: str, changed: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientException) as caught:
        insert(client, address, "words", **changed)
    assert caught.value.code == code


@pytest.mark.contract("our assumption: an index job fails for an input that does not exist, and says so in a field of our own")
def test_a_missing_input_fails_the_index_job(client: Any) -> None:
    media = insert(client, "oss://media/nothing.mp4", "a cat sleeps")
    assert [job["Status"] for job in index_jobs(client, media)] == ["Fail"]
    assert found(client, "a cat sleeps") == []


@pytest.mark.contract("our assumption: a media that can't be looked into is found by the words that came with it; without words it fails")
def test_words_alone(cloud: Cloud, client: Any) -> None:
    address = cloud.objects.add("manifest.json", b"unreadable it is a manifest")
    media = indexed(client, insert(client, address, "a cat sleeps"))
    assert found(client, "a cat sleeps") == [media]
    assert [job["Status"] for job in index_jobs(client, insert(client, address))] == ["Fail"]


@pytest.mark.contract("our assumption: inserting a known MediaId replaces the media")
def test_a_second_insert_replaces_the_first(cloud: Cloud, client: Any) -> None:
    address = cloud.objects.add("a", b"say it")
    indexed(client, insert(client, address, "a dog barks", media_id="mine", namespace="one"))
    indexed(client, insert(client, address, "a cat sleeps", media_id="mine", namespace="two"))
    assert found(client, "a dog barks") == []
    assert found(client, "a cat sleeps", namespace="two") == ["mine"]
    assert found(client, "a cat sleeps", namespace="one") == []


@pytest.mark.contract(
    "our assumption: what is inserted again, the same object in the same namespace, is found as before until it is indexed"
)
def test_what_is_inserted_again_is_found_meanwhile(cloud: Cloud, client: Any, tmp_path: Path) -> None:
    gate, address = tmp_path / "gate", cloud.objects.add("again", b"say it")
    indexed(client, insert(client, address, "a dog barks", media_id="mine"))
    cloud.objects.add("again", f"wait {gate}\nsay it".encode())
    insert(client, address, "a cat sleeps", media_id="mine")
    assert found(client, "a dog barks") == ["mine"]
    gate.touch()
    until(lambda: found(client, "a cat sleeps") == ["mine"])
    assert found(client, "a dog barks") == []
    # What can't be indexed any more is not found by what it was.
    cloud.objects.add("again", b"unreadable it is broken")
    assert [job["Status"] for job in index_jobs(client, insert(client, address, media_id="mine"))] == ["Fail"]
    assert found(client, "a cat sleeps") == []


@pytest.mark.contract("our assumption: what is stale never replaces what is new, and what was deleted stays so")
def test_a_slow_index_job_brings_nothing_back(cloud: Cloud, client: Any, tmp_path: Path) -> None:
    gates = [tmp_path / "gate-1", tmp_path / "gate-2"]
    slow = [cloud.objects.add(f"slow-{n}", f"wait {gate}\nsay it".encode()) for n, gate in enumerate(gates)]
    quick = cloud.objects.add("quick", b"say it")
    for media, address in zip(("replaced", "deleted"), slow, strict=True):
        insert(client, address, "a dog barks", media_id=media)
    until(lambda: len(cloud.scripted.asked) == 2)
    indexed(client, insert(client, quick, "a cat sleeps", media_id="replaced"))
    delete = ice.DeleteMediaFromSearchLibRequest(search_lib_name=LIBRARY, media_id="deleted")
    client.delete_media_from_search_lib(delete)

    for gate in gates:
        gate.touch()
    # Jobs of one runner end before it stops, so after a restart nothing of them is under way.
    until(lambda: len(cloud.scripted.done) == 3)
    cloud.stop()
    cloud.start()

    client = cloud.client()
    assert found(client, "a dog barks") == []
    assert found(client, "a cat sleeps") == ["replaced"]
    assert refused(client.delete_media_from_search_lib, delete).status_code == 404


@pytest.mark.contract("our assumption: what is stale never replaces what is new, under an id that was deleted and is used again too")
def test_an_id_that_is_deleted_and_inserted_again_at_once(cloud: Cloud, client: Any, tmp_path: Path) -> None:
    started, gate = tmp_path / "started", tmp_path / "gate"
    insert(client, cloud.objects.add("old", f"started {started}\nwait {gate}\nsay it".encode()), "a dog barks", media_id="mine")
    until(started.exists)
    client.delete_media_from_search_lib(ice.DeleteMediaFromSearchLibRequest(search_lib_name=LIBRARY, media_id="mine"))
    indexed(client, insert(client, cloud.objects.add("new", b"say that"), "a cat sleeps", media_id="mine"))

    gate.touch()
    until(lambda: len(cloud.scripted.done) == 2)
    cloud.stop()
    cloud.start()

    client = cloud.client()
    assert found(client, "a dog barks") == []
    assert found(client, "a cat sleeps") == ["mine"]


@pytest.mark.contract("DropSearchLib, API reference: it deletes all media entries")
def test_an_index_job_leaves_nothing_of_a_dropped_library(cloud: Cloud, client: Any, tmp_path: Path) -> None:
    started, gate = tmp_path / "started", tmp_path / "gate"
    insert(client, cloud.objects.add("slow", f"started {started}\nwait {gate}\nsay it".encode()), "a dog barks")
    until(started.exists)
    client.drop_search_lib(ice.DropSearchLibRequest(search_lib_name=LIBRARY))

    gate.touch()
    until(lambda: cloud.scripted.done)
    cloud.stop()
    left = list((cloud.folder / "ims" / "libraries").glob(f"{LIBRARY}-*"))
    cloud.start()

    assert left == []


@pytest.mark.contract("IMS, common error codes: a library that somebody drops at the same moment is ResourceNotFound, no InternalError")
def test_a_library_that_is_dropped_during_inserts(cloud: Cloud) -> None:
    address = cloud.objects.add("a", b"say it")
    codes: list[str] = []
    ended = threading.Event()

    def repeat(call: Callable[[Any], object]) -> None:
        client = cloud.client()
        while not ended.is_set():
            try:
                call(client)
            except ClientException as error:
                codes.append(error.code)
            except UnretryableException as error:  # an answer that is not JSON
                codes.append(str(error))

    calls: list[Callable[[Any], object]] = [
        lambda client: client.create_search_lib(ice.CreateSearchLibRequest(search_lib_name=LIBRARY)),
        lambda client: client.create_search_index(ice.CreateSearchIndexRequest(search_lib_name=LIBRARY, index_type="mm")),
        lambda client: insert(client, address, "a dog barks", media_id="mine"),
        lambda client: client.drop_search_lib(ice.DropSearchLibRequest(search_lib_name=LIBRARY)),
    ]
    threads = [threading.Thread(target=repeat, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    until(lambda: len(codes) > 300)
    ended.set()
    for thread in threads:
        thread.join()

    assert set(codes) <= {"ResourceNotFound", "InvalidParameter"}


@pytest.mark.contract("UpdateMediaToSearchLib, DeleteMediaFromSearchLib and SearchIndexJobRerun, API reference")
def test_update_rerun_and_delete(cloud: Cloud, client: Any) -> None:
    media = indexed(client, insert(client, cloud.objects.add("a", b"say it"), "a dog barks", "Dog", namespace="one"))
    body = json.dumps({"visionDescription": "a cat sleeps"})
    update = ice.UpdateMediaToSearchLibRequest(search_lib_name=LIBRARY, media_id=media, msg_body=body, namespace="one")
    assert client.update_media_to_search_lib(update).body.media_id == media
    indexed(client, media)
    assert found(client, "a cat sleeps") == [media] == found(client, "dog")
    update.namespace = "two"
    assert refused(client.update_media_to_search_lib, update).status_code == 404

    rerun = ice.SearchIndexJobRerunRequest(search_lib_name=LIBRARY, media_ids=f"{media},unknown", task="mm")
    assert client.search_index_job_rerun(rerun).body.data.media_ids_no_exist == ["unknown"]
    indexed(client, media)

    delete = ice.DeleteMediaFromSearchLibRequest(search_lib_name=LIBRARY, media_id=media)
    assert client.delete_media_from_search_lib(delete).body.media_id == media
    assert found(client, "a cat sleeps") == []


@pytest.mark.contract("our assumption: what a smart tag job has understood is not analysed again for the library")
def test_the_library_remembers_what_was_understood(cloud: Cloud, client: Any, website: Website) -> None:
    content = b"say it\nmoment 1 2 a dog barks"
    media = {"type": "URL", "inputs": [website.put("a.mp4", content)], "extra": {"mediaType": "video"}}
    result(client, submit(client, media))
    indexed(client, insert(client, cloud.objects.add("a.mp4", content), "words"))
    indexed(client, insert(client, cloud.objects.add("b.mp4", b"say another"), "words"))
    assert cloud.scripted.asked == [("video", True), ("video", False)]
    assert [(clip.from_, clip.to) for clip in search(client, "a dog barks").media_list[0].clip_info] == [(1, 2)]


@pytest.mark.contract("AlterSearchIndex and DropSearchIndex, API reference: the data of the index is cleared")
def test_without_an_active_index_nothing_is_found(cloud: Cloud, client: Any) -> None:
    media = indexed(client, insert(client, cloud.objects.add("a", b"say it"), "a dog barks"))

    def status(value: str) -> None:
        request = ice.AlterSearchIndexRequest(search_lib_name=LIBRARY, index_type="mm", index_status=value)
        client.alter_search_index(request)

    status("Deactive")
    assert found(client, "a dog barks") == []
    status("Active")
    assert found(client, "a dog barks") == []
    client.search_index_job_rerun(ice.SearchIndexJobRerunRequest(search_lib_name=LIBRARY, media_ids=media))
    indexed(client, media)
    assert found(client, "a dog barks") == [media]

    client.drop_search_index(ice.DropSearchIndexRequest(search_lib_name=LIBRARY, index_type="mm"))
    assert found(client, "a dog barks") == []
    query = ice.QueryMediaIndexJobRequest(search_lib_name=LIBRARY, media_id=insert(client, "oss://media/a", "a dog barks"))
    assert client.query_media_index_job(query).body.index_job_info_list == []


@pytest.mark.contract("Search libraries, API reference; the default library is ims-default-search-lib")
def test_libraries(cloud: Cloud, client: Any) -> None:
    listed = client.list_search_lib(ice.ListSearchLibRequest()).body
    assert (listed.total, {each.search_lib_name for each in listed.search_lib_info_list}) == (2, {LIBRARY, "ims-default-search-lib"})
    got = client.query_search_lib(ice.QuerySearchLibRequest(search_lib_name=LIBRARY)).body
    assert (got.status, [each.to_map() for each in got.index_info]) == (
        "normal",
        [{"IndexReadiness": "Normal", "IndexStatus": "Active", "IndexType": "mm"}],
    )
    for name in ("bad name", "under_score", LIBRARY):
        assert refused(client.create_search_lib, ice.CreateSearchLibRequest(search_lib_name=name)).code == "InvalidParameter"
    media = indexed(client, insert(client, cloud.objects.add("a", b"say it"), "a dog barks"))
    client.drop_search_lib(ice.DropSearchLibRequest(search_lib_name=LIBRARY))
    assert refused(client.query_search_lib, ice.QuerySearchLibRequest(search_lib_name=LIBRARY)).status_code == 404

    client.create_search_lib(ice.CreateSearchLibRequest(search_lib_name=LIBRARY))
    client.create_search_index(ice.CreateSearchIndexRequest(search_lib_name=LIBRARY, index_type="mm"))
    assert found(client, "a dog barks") == []
    query = ice.QueryMediaIndexJobRequest(search_lib_name=LIBRARY, media_id=media)
    assert refused(client.query_media_index_job, query).status_code == 404


@pytest.mark.contract("our assumption: an index job is never lost")
def test_index_jobs_survive_a_restart(cloud: Cloud, client: Any, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    media = insert(client, cloud.objects.add("a", f"wait {gate}\nsay it".encode()), "a dog barks")
    until(lambda: cloud.scripted.asked)
    cloud.scripted.close()
    gate.touch()
    cloud.stop()

    cloud.start()

    client = cloud.client()
    indexed(client, media)
    assert found(client, "a dog barks") == [media]


@pytest.mark.contract("InsertMediaToSearchLib, API reference: ImagesInput; that its pictures are found with their video is our assumption")
def test_key_frames_make_a_media_searchable(cloud: Cloud, client: Any) -> None:
    clip = cloud.objects.add("clip.mp4", b"say a dog barks\nmoment 1 3 a dog barks")
    frames = [
        cloud.objects.add("1.jpg", b"say a red parcel lies there"),
        "oss://media/gone.jpg",
        cloud.objects.add("2.jpg", b"unreadable torn"),
    ]
    media = insert(client, clip, title="yard", images_input=json.dumps({"images": frames}))
    assert message(client, indexed(client, media)) == (
        "key frame 2 of 3 is left out: the input oss://media/gone.jpg does not exist; key frame 3 of 3 is left out: torn"
    )
    assert found(client, "a red parcel") == [media] == found(client, "a dog barks")
    clips = search(client, "a dog barks", media_id=media).media_list[0].clip_info
    assert [(each.from_, each.to) for each in clips] == [(1, 3)]


@pytest.mark.contract("our assumption: a video that can't be looked into is found by its key frames")
def test_key_frames_of_a_video_that_can_not_be_seen(cloud: Cloud, client: Any) -> None:
    clip, frame = cloud.objects.add("clip.mp4", b"unreadable torn"), cloud.objects.add("1.jpg", b"say a red parcel lies there")
    media = insert(client, clip, images_input=json.dumps({"images": [frame]}))
    assert message(client, indexed(client, media)) == "indexed by its words and key frames alone: torn"
    assert found(client, "a red parcel") == [media]
    nothing = insert(client, clip, images_input=json.dumps({"images": ["oss://media/gone.jpg"]}))
    assert [each["Status"] for each in index_jobs(client, nothing)] == ["Fail"]
