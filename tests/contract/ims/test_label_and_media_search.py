"""SearchMediaByAILabel and SearchMedia as the official SDK sees them, over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi.exceptions import ClientException

from engines.speech.types import SpokenLine, Transcript
from tests.contract.ims.cloud import Cloud, until
from tests.contract.ims.test_recognition import create_entity, create_lib
from tests.contract.ims.test_search_libraries import message

AI_LABEL = "SearchMediaByAILabel, API reference: types, modes, SpecificSearch with MediaId, AiData"
SEARCH_MEDIA = "SearchMedia, API reference; media asset search filter syntax"
LIBRARY = "test1"


@pytest.fixture
def client(cloud: Cloud) -> Any:
    made = cloud.client()
    made.create_search_lib(ice.CreateSearchLibRequest(search_lib_name=LIBRARY))
    made.create_search_index(ice.CreateSearchIndexRequest(search_lib_name=LIBRARY, index_type="aiLabel"))
    return made


def add(cloud: Cloud, client: Any, name: str, *seen: str, title: str = "", **more: Any) -> str:
    address = cloud.objects.add(f"{name}.mp4", "\n".join(["say it", *seen]).encode())
    body = json.dumps({"title": title, **more.pop("body", {})})
    request = ice.InsertMediaToSearchLibRequest(search_lib_name=LIBRARY, input=address, media_id=name, msg_body=body, **more)
    client.insert_media_to_search_lib(request)
    query = ice.QueryMediaIndexJobRequest(search_lib_name=LIBRARY, media_id=name)
    until(lambda: all(job.status == "Success" for job in client.query_media_index_job(query).body.index_job_info_list))
    return name


def label_search(client: Any, text: str, **parameters: Any) -> Any:
    return client.search_media_by_ailabel(ice.SearchMediaByAILabelRequest(**{"search_lib_name": LIBRARY, "text": text, **parameters})).body


def labelled(client: Any, text: str, **parameters: Any) -> list[str]:
    return [each.media_id for each in label_search(client, text, **parameters).media_list]


def search(client: Any, match: str = "", **parameters: Any) -> Any:
    return client.search_media(ice.SearchMediaRequest(**{"search_lib_name": LIBRARY, "match": match, **parameters})).body


def matching(client: Any, match: str = "", **parameters: Any) -> list[str]:
    return [each.media_id for each in search(client, match, **parameters).media_info_list]


@pytest.mark.contract(AI_LABEL)
def test_search_by_label(cloud: Cloud, client: Any) -> None:
    add(cloud, client, "a", "person 1 4 Xiaoshuai", "tag object 0 4 white van", "read 2 Delivery at GATE 4", title="The red yard")
    add(cloud, client, "b", "tag action 3 5 walking", "tag object 0 9 van", namespace="other")
    assert labelled(client, "xiaoshuai") == ["a"] == labelled(client, "XIAO", multimodal_search_type="PersonName")
    assert labelled(client, "Xiaoshuai", multimodal_search_type="AiCategory") == []
    assert labelled(client, "van", multimodal_search_type="AiCategory") == ["b", "a"]
    assert labelled(client, "van", sort_by="CreationTime:Asc") == ["a", "b"]
    assert labelled(client, "van", matching_mode="precise") == ["b"]
    assert labelled(client, "gate delivery", multimodal_search_type="Ocr") == ["a"]
    assert labelled(client, "GATE 4", multimodal_search_type="Ocr", matching_mode="precise") == ["a"]
    assert labelled(client, "gate 4", multimodal_search_type="Ocr", matching_mode="precise") == []
    assert labelled(client, "red yard") == ["a"]
    assert labelled(client, "van", namespace="other") == ["b"]
    assert labelled(client, "van", media_type="image") == []
    page = label_search(client, "van", page_size=1, page_no=2)
    assert ([each.media_id for each in page.media_list], page.total, page.code) == (["a"], 2, "200")
    assert labelled(client, "100%' OR 1=1 --") == []


@pytest.mark.contract(AI_LABEL)
def test_the_clips_of_one_media(cloud: Cloud, client: Any) -> None:
    add(cloud, client, "a", "tag object 0 4 white van", "tag object 1 2 person", "read 2 a van at the gate")
    coarse = label_search(client, "van").media_list[0]
    assert coarse.ai_data is None
    assert (coarse.duration, coarse.status, coarse.app_id, coarse.storage_location) == (10.0, "Normal", "app-1000000", "media")
    fine = label_search(client, "van", specific_search=True, media_id="a").media_list[0].ai_data
    (label,) = fine.ai_label_info
    (occurrence,) = label.occurrences
    assert (label.label_name, label.label_type, occurrence.from_, occurrence.to, occurrence.score) == ("white van", "object", 0, 4, 0.9)
    assert (occurrence.tracks[0].position, occurrence.tracks[0].size) == ("1,2,11,22", 200.0)
    assert [(line.content, line.from_) for line in fine.ocr_info] == [("a van at the gate", 2)]
    assert len({occurrence.clip_id, fine.ocr_info[0].clip_id}) == 2
    with pytest.raises(ClientException) as caught:
        label_search(client, "van", specific_search=True)
    assert (caught.value.code, "MediaId" in caught.value.message) == ("MissingParameter", True)


@pytest.mark.contract(AI_LABEL + ": AsrInfo; what was said is searched in full, and by no narrower type")
def test_what_was_said_is_found(cloud: Cloud, client: Any) -> None:
    cloud.scripted.transcript = Transcript(
        (SpokenLine(0.5, 2.0, "The parcel is at the Gate"), SpokenLine(2.0, 4.0, "thank you")), "speech:m"
    )
    add(cloud, client, "a", "read 2 gate 4")
    assert labelled(client, "parcel gate") == ["a"] == labelled(client, "the Gate", matching_mode="precise")
    assert labelled(client, "parcel", multimodal_search_type="Ocr") == []
    found = label_search(client, "gate", specific_search=True, media_id="a").media_list[0].ai_data
    assert [(line.content, line.from_, line.to, line.timestamp) for line in found.asr_info] == [
        ("The parcel is at the Gate", 0.5, 2.0, 0.5)
    ]
    assert [line.content for line in found.ocr_info] == ["gate 4"]
    # SearchMedia shows all that is known of a media.
    (info,) = search(client).media_info_list
    assert [line.content for line in info.ai_data.asr_info] == ["The parcel is at the Gate", "thank you"]


@pytest.mark.contract(
    "AlterSearchIndex, API reference: the data of the index is cleared; one index job a type; Task of SearchIndexJobRerun"
)
def test_each_index_has_its_own_jobs_and_data(cloud: Cloud, client: Any) -> None:
    client.create_search_index(ice.CreateSearchIndexRequest(search_lib_name=LIBRARY, index_type="mm"))
    add(cloud, client, "a", "tag object 0 4 van", body={"visionDescription": "a van parks"})

    def jobs() -> dict[str, str]:
        query = ice.QueryMediaIndexJobRequest(search_lib_name=LIBRARY, media_id="a")
        return {job.index_type: job.status for job in client.query_media_index_job(query).body.index_job_info_list}

    def totals() -> list[str]:
        asked = [ice.QuerySearchIndexRequest(search_lib_name=LIBRARY, index_type=one) for one in ("mm", "aiLabel")]
        return [client.query_search_index(each).body.media_total for each in asked]

    assert (jobs(), totals()) == ({"aiLabel": "Success", "mm": "Success"}, ["1", "1"])
    # Both indexes wanted the same description at the same time; it was made once.
    assert len(cloud.scripted.asked) == 1

    alter = ice.AlterSearchIndexRequest(search_lib_name=LIBRARY, index_type="aiLabel", index_status="Deactive")
    client.alter_search_index(alter)
    assert labelled(client, "van") == []  # nor by its description: no index answers
    alter.index_status = "Active"
    client.alter_search_index(alter)
    assert (labelled(client, "van", multimodal_search_type="AiCategory"), totals(), jobs()) == ([], ["1", "0"], {"mm": "Success"})
    client.search_index_job_rerun(ice.SearchIndexJobRerunRequest(search_lib_name=LIBRARY, media_ids="a", task="aiLabel"))
    until(lambda: jobs() == {"aiLabel": "Success", "mm": "Success"})
    assert labelled(client, "van", multimodal_search_type="AiCategory") == ["a"]
    with pytest.raises(ClientException) as caught:
        client.search_index_job_rerun(ice.SearchIndexJobRerunRequest(search_lib_name=LIBRARY, media_ids="a", task="all"))
    assert caught.value.code == "InvalidParameter"


@pytest.mark.contract(SEARCH_MEDIA)
def test_search_media(cloud: Cloud, client: Any) -> None:
    add(
        cloud,
        client,
        "a",
        "tag object 0 4 van",
        "read 2 GATE 4",
        title="The Red yard",
        body={"customFields": {"intField1": 12, "strField1": "x"}},
    )
    add(cloud, client, "b", title="A red gate's end")
    add(cloud, client, "c", title="red", media_type="image")
    assert matching(client, "title = 'red'") == ["b", "a"]
    assert matching(client, 'Title = "red" and mediaId == "a"') == ["a"]
    assert matching(client, "title = 'yard' or (title = \"gate's\" and status == 3)") == ["b", "a"]
    assert matching(client, r"title = 'gate\'s'") == ["b"]
    assert matching(client, "mediaId in ('a', 'c') and mediaType in ('video','image')") == ["c", "a"]
    assert matching(client, "mediaType == 'image'") == ["c"]
    assert matching(client) == ["b", "a"]
    assert matching(client, "utcCreate = ['0','99999999999999']", sort_by="utcCreate:Asc") == ["a", "b"]
    assert matching(client, "utcCreate = ['0','1693367158562')") == []
    assert matching(client, "ocrInfo.tracks.content = 'gate'") == ["a"]
    assert matching(client, "aiLabelInfo.category == 'object'") == ["a"]
    assert matching(client, "tagList in ('x')") == []
    assert matching(client, custom_filters='{"intField1":{"gte":12,"lte":13},"strField1":["x"]}') == ["a"]
    (info,) = search(client, "mediaId == 'a'").media_info_list
    basic, file = info.media_basic_info, info.file_info_list[0].file_basic_info
    assert (basic.title, basic.media_type, basic.input_url, basic.status) == ("The Red yard", "video", "oss://media/a.mp4", "Normal")
    assert (file.file_name, file.duration, file.width, file.height, file.region) == ("a.mp4", "10.0", "64", "48", "cn-shanghai")
    assert json.loads(info.custom_fields) == {"intField1": 12, "strField1": "x"}
    assert [(each.index_type, each.index_status) for each in info.index_status_list] == [("aiLabel", "Success")]
    (label,) = info.ai_data.ai_label_info
    assert (label.label_name, len(label.occurrences[0].clip_id)) == ("van", 32)
    assert matching(client, f"aiLabelInfo.label_id == '{label.label_id}'") == ["a"]


@pytest.mark.contract(SEARCH_MEDIA + ": ScrollToken, 32 characters")
def test_going_on_from_a_token(cloud: Cloud, client: Any) -> None:
    client.drop_search_index(ice.DropSearchIndexRequest(search_lib_name=LIBRARY, index_type="aiLabel"))
    for number in range(5):
        add(cloud, client, f"m{number}")
    found, token, total = [], None, 5
    for page in range(1, 5):
        body = search(client, page_no=page, page_size=2, sort_by="utcCreate:Asc", scroll_token=token)
        found += [each.media_id for each in body.media_info_list]
        token, total = body.scroll_token, body.total
        if page < 4:
            assert len(token) == 32
    assert (found, total, token) == ([f"m{number}" for number in range(5)], 5, None)
    with pytest.raises(ClientException, match="another search"):
        search(client, "title = 'x'", scroll_token=search(client).scroll_token)
    lib = create_lib(client)
    with pytest.raises(ClientException, match="another search"):
        search(client, entity_id=create_entity(client, lib), scroll_token=search(client).scroll_token)
    with pytest.raises(ClientException, match="ScrollToken"):
        search(client, page_no=201)


BAD_MATCHES = [
    "title",
    "title =",
    "title = 'a' and",
    "title = 'a",
    "(title = 'a'",
    "title == 'a'",
    "nofield = 'a'",
    "title = ['a','b']",
    "utcCreate = 'now'",
    "utcCreate = ['a','b']",
    "utcCreate = ['1','2'",
    "mediaId in ()",
    "title = 'a'; DROP TABLE media",
    "media.library = 'other'",
    "1 = 1",
    "(" * 21 + "title = 'a'" + ")" * 21,
    " or ".join(["title = 'a'"] * 101),
    "title = '" + "a" * 10_001 + "'",
    "🐼",
    "\x00",
]


@pytest.mark.contract("our assumption: a Match that can't be read is InvalidParameter, and none reaches SQL")
@pytest.mark.parametrize("match", BAD_MATCHES)
def test_a_match_that_can_not_be_read(client: Any, match: str) -> None:
    with pytest.raises(ClientException) as caught:
        search(client, match)
    assert (caught.value.code, "Match" in caught.value.message) == ("InvalidParameter", True)


@pytest.mark.contract("our assumption: what stands between the quotes of a Match is a value, whatever it is")
@pytest.mark.parametrize("value", ["' OR '1'='1", "%", "_", "'; DROP TABLE media; --", "a\x00b", "\\", '"'])
def test_a_value_is_never_syntax(cloud: Cloud, client: Any, value: str) -> None:
    add(cloud, client, "a", title="plain")
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    assert matching(client, f"title = '{quoted}'") == []
    add(cloud, client, "b", title=f"with {value} in it")
    assert matching(client, f"title = '{quoted}'") == ["b"]


@pytest.mark.contract(SEARCH_MEDIA)
@pytest.mark.parametrize("sort", ["utcCreate", "utcCreate:down", "id:Desc", "utcCreate:Desc;"])
def test_a_wrong_order_is_refused(client: Any, sort: str) -> None:
    with pytest.raises(ClientException) as caught:
        search(client, sort_by=sort)
    assert (caught.value.code, "SortBy" in caught.value.message) == ("InvalidParameter", True)


@pytest.mark.contract(
    "InsertMediaToSearchLib, API reference: ImagesInput; that its labels, without times, join the video's is our assumption"
)
def test_what_only_key_frames_show_is_found_without_times(cloud: Cloud) -> None:
    client = cloud.client()
    client.create_search_lib(ice.CreateSearchLibRequest(search_lib_name="IPCamera_1"))
    client.create_search_index(ice.CreateSearchIndexRequest(search_lib_name="IPCamera_1", index_type="aiLabel"))
    clip = cloud.objects.add("clip.mp4", b"tag object 1 4 van")
    frames = [
        cloud.objects.add("1.jpg", b"tag object 0 0 van\ntag object 0 0 ladder\nread 0 GATE 4\nperson 0 0 Xiaoshuai of lib-1"),
        cloud.objects.add("2.jpg", b"unreadable torn"),
    ]
    request = ice.InsertMediaToSearchLibRequest(
        search_lib_name="IPCamera_1", input=clip, media_id="a", images_input=json.dumps({"images": frames})
    )
    client.insert_media_to_search_lib(request)
    ask = ice.QueryMediaIndexJobRequest(search_lib_name="IPCamera_1", media_id="a")
    until(lambda: client.query_media_index_job(ask).body.index_job_info_list[0].status == "Success")
    assert message(client, "a", "IPCamera_1").endswith("key frame 2 of 2 is left out: torn")
    for text in ("ladder", "gate 4", "xiaoshuai", "van"):
        assert labelled(client, text, search_lib_name="IPCamera_1") == ["a"]

    def occurrences(text: str) -> list[tuple[float, float]]:
        hits = label_search(client, text, search_lib_name="IPCamera_1", specific_search=True, media_id="a").media_list[0].ai_data
        return [(each.from_, each.to) for each in hits.ai_label_info[0].occurrences]

    assert (occurrences("van"), occurrences("ladder")) == ([(1, 4)], [])
