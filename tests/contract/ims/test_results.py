"""What smart tag jobs answer besides EventDesc, in the documented shapes, through the official SDK."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi.exceptions import ClientException

from engines.speech import SpokenLine, Transcript, Untranscribed
from engines.understanding.types import Moment, Occurrence, PersonSeen, Position, Reading, ReadLine, Tag, UnreadableMedia
from localcloud.ims import EngineSettings
from localcloud.ims.understanding.engine import AnalysisFailed
from tests.contract.ims.cloud import Cloud, Website, until
from tests.contract.ims.scripted_engine import NOTHING
from tests.contract.ims.test_event_callbacks import ReceiverSite
from tests.contract.ims.test_smarttag_jobs import create_template, engine_notes, given, images, query, reason, result, submit, video
from tests.fakes.speech_server import SpeechServer, hears
from tests.unit.engines.media import write_video
from tests.unit.engines.speech.sounds import tone, write

QUERY = "QuerySmarttagJob, API reference, result parameters"
SAMPLE = "VideoLabel and TextLabel samples in AlibabaCloudDocs/mts"
CAPTION = Position(100, 600, 500, 640)
SIGN = Position(10, 10, 200, 60)


def at(start: float, end: float, score: float = 0.9, position: Position | None = None) -> Occurrence:
    return Occurrence(start, end, score, start, position)


def read(time: float, *lines: tuple[str, Position]) -> Reading:
    return Reading(time, tuple(ReadLine(text, 0.98, position) for text, position in lines))


SEEN = replace(
    NOTHING,
    width=1280,
    height=720,
    seconds=10.0,
    moments=(Moment(1.0, 4.0, "a person walks to the left", 0.9),),
    people=(
        PersonSeen((at(0.0, 1.0, position=Position(600, 100, 700, 500)),)),
        PersonSeen((at(1.0, 4.0),), faces=(at(2.0, 3.0, position=Position(600, 100, 700, 220)),)),
        PersonSeen((at(5.0, 9.0, 0.8, Position(100, 100, 300, 700)),), name="Xiaoshuai", group="lib-1"),
    ),
    tags=(Tag("object", "person", (at(0.0, 4.0), at(3.0, 5.0, 0.7))), Tag("action", "walking", (at(1.0, 4.0),))),
    readings=(
        read(0.0, ("EXIT", SIGN)),
        read(2.0, ("EXIT", SIGN), ("你好，世界", CAPTION)),
        read(4.0, ("EXIT", SIGN), ("hello world", CAPTION)),
        read(6.0, ("EXIT", SIGN)),
    ),
)
SAID = Transcript((SpokenLine(0.5, 2.0, "the reservoir is full"), SpokenLine(2.0, 4.0, "the reservoir overflows")), "speech:m", "english")


@pytest.fixture
def seen(cloud: Cloud, website: Website) -> Cloud:
    cloud.scripted.description = SEEN
    website.put("clip.mp4", "a clip")
    website.put("a.jpg", "a picture")
    return cloud


def ask(cloud: Cloud, website: Website, analyse_types: str = "", name: str = "clip.mp4", **parameters: Any) -> Any:
    client = cloud.client()
    if analyse_types:
        parameters["template_id"] = create_template(client, analyse_types)
    return result(client, submit(client, f"{website.address}/{name}", "URL", **parameters))


@pytest.mark.contract(f"{QUERY}: VideoLabel; {SAMPLE}: 未知人脸1 with score -1.0, mainTagName in Chinese")
def test_video_label(seen: Cloud, website: Website) -> None:
    label = given(ask(seen, website, "face,object,action"))["VideoLabel"]
    known, unknown = label["persons"]
    assert unknown == {
        "name": "未知人脸1",
        "category": "unknown",
        "ratio": 0.1,
        "occurrences": [
            {
                "score": -1.0,
                "from": 2.0,
                "to": 3.0,
                "timestamp": 2.0,
                "position": {"leftTop": [600, 100], "rightBottom": [700, 220]},
                "scene": "medium-closeUp",
            }
        ],
    }
    assert (known["name"], known["category"], known["ratio"], known["occurrences"][0]["score"]) == ("Xiaoshuai", "lib-1", 0.4, 0.8)
    assert known["occurrences"][0]["scene"] == "medium"
    assert label["tags"] == [
        {
            "mainTagName": "物体",
            "subTagName": "person",
            "ratio": 0.5,
            "occurrences": [{"score": 0.9, "from": 0.0, "to": 4.0}, {"score": 0.7, "from": 3.0, "to": 5.0}],
        },
        {"mainTagName": "动作", "subTagName": "walking", "ratio": 0.3, "occurrences": [{"score": 0.9, "from": 1.0, "to": 4.0}]},
    ]
    assert label["classifications"] == []


@pytest.mark.contract(f"{QUERY}: ImageLabel, the labels of an image input")
def test_image_label(seen: Cloud, website: Website) -> None:
    body = ask(seen, website, "face,object", name="a.jpg")
    assert [each.type for each in body.results.result] == ["ImageLabel", "Engine"]
    label = given(body)["ImageLabel"]
    assert label["persons"][1] == {
        "name": "未知人脸1",
        "category": "unknown",
        "score": -1.0,
        "position": {"leftTop": [600, 100], "rightBottom": [700, 220]},
        "scene": "medium-closeUp",
    }
    assert label["tags"][0] == {"mainTagName": "物体", "subTagName": "person", "score": 0.9}


@pytest.mark.contract(f"{QUERY}: labels of tagging v2.0 are CPVLabel; that labelResultType asks for them is our assumption")
def test_cpv_label(seen: Cloud, website: Website) -> None:
    client = seen.client()
    job = submit(client, f"{website.address}/clip.mp4", "URL", template_id=create_template(client, "face,object,ocr"))
    assert "CPVLabel" not in given(result(client, job))
    assert "CPVLabel" not in given(
        client.query_smarttag_job(ice.QuerySmarttagJobRequest(job_id=job, params='{"labelResultType":"hmi"}')).body
    )
    label = given(client.query_smarttag_job(ice.QuerySmarttagJobRequest(job_id=job, params='{"labelResultType":"auto"}')).body)["CPVLabel"]
    assert (label["type"], label["cates"], label["hotwords"]) == ("auto", [], [])
    (known,) = label["entities"]
    assert json.loads(known["knowledgeInfo"]) == {"name": "Xiaoshuai"}
    assert known["detailInfo"] == [
        {
            "score": 0.8,
            "startTime": 5.0,
            "endTime": 9.0,
            "trackData": [{"score": 0.8, "bbox": [100, 100, 300, 700], "timestamp": 5.0}],
        }
    ]
    keys = {"labelLevel1", "labelLevel2", "label", "appearanceProbability", "detailInfo"}
    assert set(known) == {*keys, "knowledgeInfo"}
    assert [(tag["labelLevel1"], tag["label"]) for tag in label["freeTags"]][:3] == [
        ("物体", "person"),
        ("动作", "walking"),
        ("关键词", "EXIT"),
    ]
    assert all(set(tag) == keys for tag in label["freeTags"])
    with pytest.raises(ClientException, match="labelResultType"):
        client.query_smarttag_job(ice.QuerySmarttagJobRequest(job_id=job, params='{"labelResultType":"autp"}'))


@pytest.mark.contract(f"{QUERY}: TextLabel, OCR, ASR; OCR and ASR are not returned by default")
def test_words(seen: Cloud, website: Website) -> None:
    seen.scripted.transcript = SAID
    plain = given(ask(seen, website, "ocr,asr"))
    assert set(plain) == {"TextLabel", "Engine"}
    (tag,) = plain["TextLabel"]["tags"]
    assert (tag["name"], tag["value"].split(",")) == ("关键词", ["EXIT", "你好 世界", "hello world", "reservoir"])

    params = '{"needAsrData":true,"needOcrData":"true","nlpParams":{"sourceLanguage":"cn"}}'
    raw = given(ask(seen, website, "ocr,asr", params=params))
    assert raw["ASR"] == {
        "details": [
            {"from": 0.5, "to": 2.0, "content": "the reservoir is full"},
            {"from": 2.0, "to": 4.0, "content": "the reservoir overflows"},
        ]
    }
    assert raw["OCR"]["details"][1] == {
        "timestamp": 2.0,
        "info": [
            {"score": 0.98, "position": {"leftTop": [10, 10], "rightBottom": [200, 60]}, "content": "EXIT"},
            {"score": 0.98, "position": {"leftTop": [100, 600], "rightBottom": [500, 640]}, "content": "你好，世界"},
        ],
    }
    assert raw["Engine"]["name"] == "scripted + speech:m"
    assert seen.scripted.languages == [None, "zh"]
    assert seen.scripted.wishes[-1].every_text


@pytest.mark.contract(f"{QUERY}: without an endpoint that hears there is no ASR; our assumption: and the Engine result says so")
def test_without_a_speech_endpoint(seen: Cloud, website: Website) -> None:
    body = ask(seen, website, "vlEventDesc", params='{"needAsrData":true}')
    assert "ASR" not in given(body)
    assert "nothing was transcribed: no speech endpoint is set" in engine_notes(body)


@pytest.mark.contract("our assumption: hearing that fails is noted where something was seen, and fails a job that could only hear")
@pytest.mark.parametrize(
    "failure",
    [
        Untranscribed("speech:m was of no use: HTTP 500"),
        AnalysisFailed("the analysing process ended while analysing (signal 9)"),
        UnreadableMedia("the sound is damaged"),
    ],
    ids=["endpoint", "process", "media"],
)
def test_a_failure_to_hear(seen: Cloud, website: Website, failure: Exception) -> None:
    seen.scripted.deaf = failure
    website.put("song.mp3", "a song")
    pictures = ask(seen, website, "vlEventDesc", params='{"needAsrData":true}')
    assert {"EventDesc"} == set(given(pictures)) - {"Engine"}
    assert f"nothing was transcribed: {failure}" in engine_notes(pictures)
    client = seen.client()
    sound = submit(client, f"{website.address}/song.mp3", "URL", template_id=create_template(client, "asr"))
    assert reason(client, sound) == f"nothing was transcribed: {failure}"


@pytest.mark.contract("our assumption: who was heard but could not be seen is a result; an engine that broke down while looking is a Fail")
def test_a_failure_to_see_what_was_heard(seen: Cloud, website: Website) -> None:
    seen.scripted.transcript = SAID
    seen.scripted.description = None
    website.put("dark.mp4", "unreadable the file has no video stream, only sound")
    heard = ask(seen, website, "vlEventDesc,asr", name="dark.mp4", params='{"needAsrData":true}')
    assert set(given(heard)) == {"TextLabel", "ASR", "Engine"}
    assert "nothing was seen: the file has no video stream, only sound" in engine_notes(heard)
    website.put("clip.mp4", "raise a fault of the engine")
    client = seen.client()
    broken = submit(client, f"{website.address}/clip.mp4", "URL", template_id=create_template(client, "vlEventDesc,asr"))
    assert reason(client, broken) == "the laptop cloud failed with ZeroDivisionError; its log says more"


@pytest.mark.contract("our assumption: sound alone is understood as far as it can be heard, and has no event description")
def test_sound_alone(seen: Cloud, website: Website) -> None:
    seen.scripted.transcript = SAID
    website.put("song.mp3", "a song")
    results = given(ask(seen, website, "vlEventDesc,asr,face", name="song.mp3", params='{"needAsrData":true}'))
    assert set(results) == {"TextLabel", "ASR", "Engine"}
    assert results["Engine"]["cannotSee"] == ["pictures"]
    client = seen.client()
    unheard = submit(client, f"{website.address}/song.mp3", "URL", template_id=create_template(client))
    assert reason(client, unheard) == "the media is sound alone"


@pytest.mark.contract("QuerySmarttagJob: Meta, the title that was entered, with the tab and newline of the printed example")
def test_meta(seen: Cloud, website: Website) -> None:
    body = ask(seen, website, "vlEventDesc", title="example-title-****", params='{"needMetaData":true}')
    assert next(each.data for each in body.results.result if each.type == "Meta") == '{"title":"example-title-****"}\t\n'
    untitled = ask(seen, website, "vlEventDesc", params='{"needMetaData":true}')
    assert "Meta" not in given(untitled)
    assert "no Meta: the job has no Title, and the file names none" in engine_notes(untitled)
    seen.scripted.description = replace(SEEN, embedded_title="Holiday")
    assert given(ask(seen, website, "vlEventDesc", params='{"needMetaData":true}'))["Meta"] == {"title": "Holiday"}


@pytest.mark.contract(f"{QUERY}: subtitle, three addresses of files with number, time range and text; SubRip is our assumption")
def test_subtitles(seen: Cloud, website: Website) -> None:
    body = ask(seen, website, "subtitle")
    (addresses,) = given(body)["subtitle"]["details"]
    files = {key: urllib.request.urlopen(address).read().decode() for key, address in addresses.items()}
    first = "1\n00:00:02,000 --> 00:00:04,000\n你好，世界\n"
    assert files == {
        "allResultUrl": f"{first}\n2\n00:00:04,000 --> 00:00:06,000\nhello world\n",
        "chResultUrl": first,
        "engResultUrl": "1\n00:00:04,000 --> 00:00:06,000\nhello world\n",
    }
    assert "the subtitles are made from the captions in the picture" in engine_notes(body)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://127.0.0.1:{seen.door.port}/_ims/subtitles/{'0' * 32}/all.srt")

    seen.scripted.description, seen.scripted.transcript = replace(SEEN, readings=()), SAID
    spoken = ask(seen, website, "subtitle")
    assert "the subtitles are made from what is said" in engine_notes(spoken)


@pytest.mark.contract("clipSplitParams; Alibaba's own MCP server reads EventSplit as a list of events; its keys are our assumption")
def test_event_split(seen: Cloud, website: Website) -> None:
    body = ask(seen, website, "vlEventDesc", params='{"clipSplitParams":{"splitType":"event"}}')
    assert given(body)["EventSplit"] == [{"from": 1.0, "to": 4.0, "event": "a person walks to the left", "score": 0.9}]
    other = ask(seen, website, "vlEventDesc", params='{"clipSplitParams":{"splitType":"shot"}}')
    assert "not done by this laptop cloud: clipSplitParams splitType shot" in engine_notes(other)


@pytest.mark.contract("AnalyseTypes, template parameters; our assumption: one that no engine has is named in the Engine result")
def test_what_no_engine_has_is_named(seen: Cloud, website: Website) -> None:
    body = ask(seen, website, "landmark,movieIp,emotion", params='{"nlpParams":{"summarizationEnabled":true}}')
    told = " ".join(engine_notes(body))
    named = ("AnalyseTypes landmark", "AnalyseTypes movieIp", "AnalyseTypes emotion", "nlpParams summarizationEnabled")
    assert all(part in told for part in named)
    asked = {"nlpParams": {"sourceLanguage": "xx", "diarizationEnabled": True, "speakerCount": 0, "translationEnabled": False}}
    (left_out,) = [note for note in engine_notes(ask(seen, website, "asr", params=json.dumps(asked))) if "nlpParams" in note]
    assert left_out == "not done by this laptop cloud: nlpParams sourceLanguage xx, diarizationEnabled"
    assert given(body)["VideoLabel"]["classifications"] == []
    everything = given(ask(seen, website))
    assert list(everything) == ["EventDesc", "VideoLabel", "TextLabel", "Engine"]


@pytest.mark.contract("QuerySmarttagJob: Usages; that each result counts the seconds or pictures that were analysed is our assumption")
def test_usages(seen: Cloud, website: Website) -> None:
    body = ask(seen, website, "vlEventDesc,ocr")
    assert [(each.type, each.quota) for each in body.usages.usage] == [("EventDesc", 10), ("TextLabel", 10), ("CPVLabel", 10)]


@pytest.mark.contract("SubmitSmarttagJob: NotifyUrl is an http or https address; that its body is the queue's message is our assumption")
def test_the_address_of_a_job_is_told(seen: Cloud, website: Website) -> None:
    client, site = seen.client(), ReceiverSite()
    try:
        job = submit(client, images(f"{website.address}/a.jpg"), notify_url=site.address, user_data="mine")
        until(lambda: len(site.came) >= 2)
    finally:
        site.stop()
    assert [body for _, body in site.came] == [
        {"Type": "smarttag", "JobId": job, "State": state, "UserData": "mine"} for state in ("Processing", "Success")
    ]


@pytest.mark.contract("SubmitVideoCognitionJob and QueryVideoCognitionJob, API reference: result with a small r, IncludeResults")
def test_video_cognition(seen: Cloud, website: Website) -> None:
    seen.scripted.transcript = SAID
    client = seen.client()
    template = create_template(client, "vlEventDesc,face")
    source = ice.SubmitVideoCognitionJobRequestInput(type="URL", media=f"{website.address}/clip.mp4")
    request = ice.SubmitVideoCognitionJobRequest(input=source, template_id=template, title="a title", user_data='{"test":1}')
    job = client.submit_video_cognition_job(request).body.job_id

    def ended(**included: bool) -> Any:
        include = ice.QueryVideoCognitionJobRequestIncludeResults(**included)
        body = client.query_video_cognition_job(ice.QueryVideoCognitionJobRequest(job_id=job, include_results=include)).body
        return body if body.job_status == "Success" else None

    body = until(ended)
    assert (body.input.type, body.input.media, body.template_id) == ("URL", f"{website.address}/clip.mp4", template)
    assert body.user_data == '{"test":1}'
    assert [each.type for each in body.results.result] == ["EventDesc", "VideoLabel", "CPVLabel", "Engine"]
    assert [each.type for each in ended(need_asr=True, need_ocr=True).results.result][-3:] == ["ASR", "OCR", "Engine"]
    with pytest.raises(ClientException) as caught:
        query(client, job)
    assert caught.value.status_code == 404


def _inserted(cloud: Cloud, client: Any, media: str) -> str:
    """The Input that names a media of a search library."""
    client.create_search_lib(ice.CreateSearchLibRequest(search_lib_name="lib"))
    address = cloud.objects.add("kept.mp4", b"say it")
    client.insert_media_to_search_lib(ice.InsertMediaToSearchLibRequest(search_lib_name="lib", input=address, media_id=media))
    return json.dumps({"Type": "Media", "Media": media})


@pytest.mark.contract("SubmitMediaAiAnalysisJob, API reference: answers a MediaId; the event is MediaAiAnalysisComplete")
def test_media_analysis(seen: Cloud, website: Website) -> None:
    client = seen.client()
    seen.queues.queues.add("ice-callback-q")
    client.set_event_callback(
        ice.SetEventCallbackRequest(callback_type="MNS", callback_queue_name="ice-callback-q", event_type_list="MediaAiAnalysisComplete")
    )
    given_input = json.dumps({"MediaType": "video", "Media": f"{website.address}/clip.mp4"})
    media = client.submit_media_ai_analysis_job(ice.SubmitMediaAiAnalysisJobRequest(input=given_input)).body.media_id
    event = json.loads(until(lambda: next((body for _, body in seen.queues.taken if media in body), None)))
    assert (event["EventType"], event["MessageBody"]["Status"]) == ("MediaAiAnalysisComplete", "Success")
    known = client.submit_media_ai_analysis_job(ice.SubmitMediaAiAnalysisJobRequest(input=_inserted(seen, client, "kept"))).body.media_id
    assert known == "kept"
    with pytest.raises(ClientException, match="Input"):
        client.submit_media_ai_analysis_job(ice.SubmitMediaAiAnalysisJobRequest(input="{no json"))


@pytest.fixture
def server() -> Iterator[SpeechServer]:
    made = SpeechServer()
    yield made
    made.stop()


def captioned(path: Path) -> Path:
    """Ten seconds of grey, with a caption from 2 s to 6 s."""
    blank = np.full((360, 640, 3), 90, np.uint8)
    caption = cv2.putText(blank.copy(), "GOOD MORNING", (120, 330), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (255, 255, 255), 3, cv2.LINE_AA)
    return write_video(path, [caption if 20 <= number < 60 else blank for number in range(100)])


@pytest.mark.slow
@pytest.mark.contract(f"{QUERY}: OCR, subtitle and ASR of real pixels and sounds; the speech endpoint is a fake")
def test_real_pixels_and_sounds(tmp_path: Path, website: Website, server: SpeechServer) -> None:
    server.behaviour = lambda asked: hears((0.2, 1.0, f"{asked.seconds:.0f} seconds of sound"))
    settings = EngineSettings(speech_base_url=server.base_url, speech_api_key="sk-secret", speech_model="whisper-1")
    cloud = Cloud(tmp_path / "cloud", engine=settings)
    try:
        website.put("captions.mp4", captioned(tmp_path / "captions.mp4").read_bytes())
        website.put("tone.mp4", write(tmp_path / "tone.mp4", [tone(3.0)], pictures=3.0).read_bytes())
        client = cloud.client()
        written = submit(
            client,
            video(f"{website.address}/captions.mp4"),
            template_id=create_template(client, "subtitle,ocr"),
            params='{"needOcrData":true}',
        )
        spoken = submit(
            client, video(f"{website.address}/tone.mp4"), template_id=create_template(client, "asr"), params='{"needAsrData":true}'
        )

        results = given(result(client, written))
        frames = {round(each["timestamp"]): each["info"][0]["content"] for each in results["OCR"]["details"]}
        assert set(frames.values()) == {"GOOD MORNING"}
        position = results["OCR"]["details"][0]["info"][0]["position"]
        assert position["leftTop"] == pytest.approx([118, 293], abs=12)
        (addresses,) = results["subtitle"]["details"]
        text = urllib.request.urlopen(addresses["engResultUrl"]).read().decode()
        assert text == "1\n00:00:02,000 --> 00:00:06,000\nGOOD MORNING\n"
        assert given(result(client, spoken))["ASR"]["details"] == [{"from": 0.2, "to": 1.0, "content": "3 seconds of sound"}]
    finally:
        cloud.stop()
    assert "sk-secret" not in (tmp_path / "cloud" / "workers.log").read_text()
