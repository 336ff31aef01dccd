"""Production jobs as the official SDK sees them, over HTTP; what is done to the media is scripted."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_ice20201109 import models as ice

from localcloud.ims.production.functions import FUNCTIONS
from localcloud.ims.production.store import ProductionStore
from tests.contract.ims.cloud import PLACE, Cloud, Website, until
from tests.contract.ims.producing import OURS, QUERY, SAMPLES, SUBMIT, cancel, ended, query, refused, result, submit
from tests.contract.ims.test_smarttag_jobs import bind, default_pipeline
from tests.contract.ims.test_smarttag_jobs import result as smarttag_result
from tests.contract.ims.test_smarttag_jobs import submit as submit_smarttag

SAMPLE_RESULTS = "QueryIProductionJob of MPS, supplementary description: samples of Result"
MESSAGE = "SubmitIProductionJob of MPS, supplementary description: samples of callbacks"


def asked(cloud: Cloud, key: str) -> dict[str, Any]:
    """What the engine was asked for, as its `tell` wrote it."""
    found = cloud.objects.find("media", key)
    assert found
    read: dict[str, Any] = json.loads(found.path.read_text())
    return read


@pytest.mark.contract(f"{SUBMIT}: FunctionName")
def test_all_functions_are_there() -> None:
    assert list(FUNCTIONS) == list(SAMPLES)
    assert len(FUNCTIONS) == 15


@pytest.mark.contract(f"{QUERY}; the times as in other operations of IMS")
@pytest.mark.parametrize("function", SAMPLES)
def test_every_function_runs_and_is_echoed(cloud: Cloud, function: str) -> None:
    client = cloud.client()
    output, made, job_params = SAMPLES[function]
    cloud.objects.add("other.wav", "")
    script = [f"make {made} it", 'find {"covers":[{"score":8.27,"milliseconds":28278.25}],"result":[],"score":1}']
    source = cloud.objects.add("in/clip one.mp4", "\n".join(script[not made :]))
    job = submit(client, function, source, output, job_params=job_params, name="测试任务", user_data='{"test":1}')

    body = ended(client, job).to_map()

    assert body.pop("RequestId")
    assert body.pop("JobId") == job
    # What of it is done at all is in the result, and has tests of its own.
    assert json.loads(body.pop("Result"))["Code"] == "Success"
    for name in ("CreateTime", "FinishTime"):
        time.strptime(body.pop(name), "%Y-%m-%dT%H:%M:%SZ")
    keys, urls = body.pop("OutputFiles"), body.pop("OutputUrls")
    assert len(keys) == len(urls) == bool(made)
    assert [Path(key).name.startswith("clip one") for key in keys] == [True] * len(keys)
    assert body == {
        "FunctionName": function,
        "Status": "Success",
        "Input": {"Type": "OSS", "Media": source},
        "Output": {"Type": "OSS", "Media": f"oss://media/{output}"},
        "JobParams": json.dumps(job_params),
        "Name": "测试任务",
        "UserData": '{"test":1}',
        "ScheduleConfig": {"PipelineId": default_pipeline(client), "Priority": 6},
        "OutputMediaIds": [],
    }


@pytest.mark.contract(f"{QUERY}: Queuing, Analysing, Success; Analysing as older documents and a published script spell it")
def test_a_job_waits_runs_and_ends(cloud: Cloud, tmp_path: Path) -> None:
    client = cloud.client()
    gate = tmp_path / "gate"
    slow = [submit(client, "VideoH2V", cloud.objects.add(f"{n}.mp4", f"wait {gate}"), f"{n}.mp4") for n in range(2)]
    for job in slow:
        until(lambda job=job: query(client, job).status == "Analysing")  # type: ignore[misc]
    third = submit(client, "VideoH2V", cloud.objects.add("3.mp4", "make a.mp4 x"), "out.mp4")
    waiting = query(client, third)
    assert (waiting.status, waiting.result, waiting.finish_time) == ("Queuing", None, None)
    gate.touch()
    for job in (*slow, third):
        ended(client, job)


def files(*keys: str) -> str:
    return json.dumps({"result": [{"file": key} for key in keys]}, separators=(",", ":"))


PLAIN = {"Details": [], "Message": "success", "Code": "Success"}


@pytest.mark.contract(f"{SAMPLE_RESULTS}; of HybridCaptionExtraction, FaceBeauty and SpeechDenoise our assumption")
@pytest.mark.parametrize("function", sorted(SAMPLES.keys() - {"Cover", "MusicSegmentDetect", "AudioQualityAssessment", "MusicDemix"}))
def test_the_result_of_a_function_that_makes_one_file(cloud: Cloud, function: str) -> None:
    output, made, job_params = SAMPLES[function]
    cloud.objects.add("other.wav", "")
    client = cloud.client()
    read = result(client, submit(client, function, cloud.objects.add("a.mp4", f"make {made} it"), output, job_params=job_params))
    if function in ("VideoDetext", "VideoH2V", "VideoDelogo"):
        assert read == PLAIN
    else:
        assert read == {"Code": "Success", "Message": "Successful.", "Data": files(output.replace("{source}", "a"))}


@pytest.mark.contract(f"{SAMPLE_RESULTS}: Cover, its Time a text in milliseconds; the sequence number of five digits from 00001")
def test_the_result_of_a_cover(cloud: Cloud) -> None:
    client = cloud.client()
    found = {"covers": [{"score": 8.27, "milliseconds": 28278.25}, {"score": 7.5, "milliseconds": 40}]}
    source = cloud.objects.add("in/test.mp4", f"make 1.png first\nmake 2.png second\nfind {json.dumps(found)}")
    job = submit(client, "Cover", source, "cover/{source}-{sequenceId}.png")
    assert result(client, job) == {
        "Message": "success",
        "Code": "Success",
        "Data": '[{"Score":8.27,"Time":"28278.25","Url":"cover/test-00001.png"},{"Score":7.5,"Time":"40.00","Url":"cover/test-00002.png"}]',
    }
    assert query(client, job).output_files == ["cover/test-00001.png", "cover/test-00002.png"]
    for key, content in (("cover/test-00001.png", "first"), ("cover/test-00002.png", "second")):
        stored = cloud.objects.find("media", key)
        assert stored
        assert (stored.path.read_text(), stored.mime_type) == (content, "image/png")


@pytest.mark.contract(f"{SAMPLE_RESULTS}: MusicSegmentDetect, whose title is not escaped")
def test_the_result_of_a_search_for_choruses(cloud: Cloud) -> None:
    client = cloud.client()
    found = {"result": [{"start": 39.32, "end": 63.85, "title": "副歌"}]}
    source = cloud.objects.add("song.mp3", f"make 1.json {{}}\nfind {json.dumps(found)}")
    read = result(client, submit(client, "MusicSegmentDetect", source, "{source}.json"))
    assert read["Data"] == '{"result":[{"start":39.32,"end":63.85,"title":"副歌"}]}'


@pytest.mark.contract(f"{SUBMIT}: AudioQualityAssessment makes no file; {OURS}: what its Data holds")
def test_the_result_of_an_assessment_of_sound(cloud: Cloud) -> None:
    client = cloud.client()
    source = cloud.objects.add("a.wav", 'find {"score": 54.5, "loudness": -23}')
    job = submit(client, "AudioQualityAssessment", source, "a.json")
    assert json.loads(result(client, job)["Data"]) == {"result": [{"score": 54.5, "loudness": -23}]}
    assert query(client, job).output_files == []
    assert cloud.objects.written == []


@pytest.mark.contract(f"{SUBMIT}: {{resultType}} tells vocals and accompaniment apart; {OURS}: what it is, and what Data holds")
def test_the_result_of_a_separation_of_voices(cloud: Cloud) -> None:
    client = cloud.client()
    source = cloud.objects.add("song.wav", "make 1.wav as vocal la\nmake 2.wav as accompaniment tum")
    job = submit(client, "MusicDemix", source, "{source}/{resultType}.wav")
    data = json.loads(result(client, job)["Data"])
    assert data["result"] == [{"file": "song/vocal.wav", "type": "vocal"}, {"file": "song/accompaniment.wav", "type": "accompaniment"}]
    assert query(client, job).output_files == ["song/vocal.wav", "song/accompaniment.wav"]


@pytest.mark.contract("QueryIProductionJob of MPS: {timestamp} has 13 digits in its samples; the rest of SubmitIProductionJob")
def test_placeholders(cloud: Cloud) -> None:
    client = cloud.client()
    source = cloud.objects.add("a/b.c/{timestamp} 片.tar.mp4", "make 1.mp4 x")
    before = int(time.time() * 1000)
    job = submit(client, "VideoClip", source, "{source}/{source}-{timestamp}-{sequenceId}-{resultType}.mp4")
    (key,) = ended(client, job).output_files
    folder, _, name = key.partition("/")
    assert folder == "{timestamp} 片.tar"
    stamp = name.removeprefix(f"{folder}-").removesuffix("-00001-mp4.mp4")
    assert len(stamp) == 13
    assert before <= int(stamp) <= time.time() * 1000
    assert cloud.objects.find("media", key)


@pytest.mark.contract(f"{SUBMIT}: {{source}} is the input file name; in published samples without its ending")
@pytest.mark.parametrize(("key", "source"), [("in/who?.mp4", "who?"), ("in/50%25.mp4", "50%25"), ("in/clip", "clip"), ("in/a.MOV", "a")])
def test_the_name_of_the_input_in_that_of_an_output(cloud: Cloud, key: str, source: str) -> None:
    client = cloud.client()
    job = submit(client, "VideoH2V", cloud.objects.add(key, "make 1.mp4 x"), "{source}-out.mp4")
    assert ended(client, job).output_files == [f"{source}-out.mp4"]


@pytest.mark.contract(f"{SUBMIT}: {{source}} is the input file name; that of a media is not percent-encoded: our assumption")
def test_the_name_of_a_media_in_that_of_an_output(cloud: Cloud, website: Website) -> None:
    client = cloud.client()
    client.create_search_lib(ice.CreateSearchLibRequest(search_lib_name="lib"))
    client.create_search_index(ice.CreateSearchIndexRequest(search_lib_name="lib", index_type="mm"))
    website.put("a%20b.mp4", "make 1.mp4 x")
    address = f"{website.address}/a%20b.mp4?v=1/2"
    client.insert_media_to_search_lib(ice.InsertMediaToSearchLibRequest(search_lib_name="lib", media_id="mine", input=address))
    source = ice.SubmitIProductionJobRequestInput(type="Media", media="mine")
    assert ended(client, submit(client, "VideoH2V", "", "{source}.mp4", input=source)).output_files == ["a b.mp4"]


@pytest.mark.contract(f"{SUBMIT}: both forms of an OSS URL; {OURS}: the laptop cloud's own addresses")
@pytest.mark.parametrize(
    "address",
    [
        "oss://media/in/a b.mp4",
        f"http://media.oss-{PLACE.region}.aliyuncs.com/in/a%20b.mp4",
        f"https://media.oss-{PLACE.region}-internal.aliyuncs.com/in/a%20b.mp4",
        "http://127.0.0.1:PORT/media/in/a%20b.mp4",
        "http://localhost:PORT/media/in/a%20b.mp4",
        "http://media.localhost:PORT/in/a%20b.mp4",
    ],
)
def test_forms_of_an_address(cloud: Cloud, address: str) -> None:
    client = cloud.client()
    cloud.objects.add("in/a b.mp4", "make 1.mp4 x")
    address = address.replace("PORT", str(cloud.door.port))
    output = ice.SubmitIProductionJobRequestOutput(type="OSS", media=address.replace("/in/", "/out/"))
    body = ended(client, submit(client, "VideoH2V", address, output=output))
    assert body.output_files == ["out/a b.mp4"]
    assert body.output_urls == [f"http://127.0.0.1:{cloud.door.port}/media/out/a%20b.mp4"]


@pytest.mark.contract(f"{SUBMIT}: Input.Type Media, Output.Type Media with an existing id or a new one")
def test_media_in_and_out(cloud: Cloud) -> None:
    client = cloud.client()
    client.create_search_lib(ice.CreateSearchLibRequest(search_lib_name="lib"))
    client.create_search_index(ice.CreateSearchIndexRequest(search_lib_name="lib", index_type="mm"))
    address = cloud.objects.add("in/a.mp4", "make 1.mp4 say it")
    client.insert_media_to_search_lib(ice.InsertMediaToSearchLibRequest(search_lib_name="lib", media_id="mine", input=address))
    url = "oss://media/out/{source}.mp4"

    def produced(media: str) -> Any:
        source = ice.SubmitIProductionJobRequestInput(type="Media", media="mine")
        output = ice.SubmitIProductionJobRequestOutput(type="Media", media=media, output_url=url, biz="IMS")
        return ended(client, submit(client, "VideoH2V", "", input=source, output=output))

    body = produced("")
    (new,) = body.output_media_ids
    assert len(new) == 32
    assert (body.output.type, body.output.media, body.output.output_url, body.output.biz) == ("Media", new, url, "IMS")
    assert body.output_files == ["out/a.mp4"]
    smarttag_result(client, submit_smarttag(client, new, kind="Media"))
    assert produced(new).output_media_ids == [new]
    assert produced("mine").output_media_ids == ["mine"]


@pytest.mark.contract(f"{OURS}: what is accepted and not done is told in the result, under a name of ours")
def test_notes(cloud: Cloud) -> None:
    client = cloud.client()
    template = client.create_custom_template(ice.CreateCustomTemplateRequest(name="t", template_config="{}", type=9, subtype=2))
    job = submit(
        client,
        "VideoDetext",
        cloud.objects.add("a.mp4", "make 1.mp4 x\nnote half of it was done"),
        output=ice.SubmitIProductionJobRequestOutput(type="OSS", media="oss://media/a.webm", biz="VOD", output_url="oss://media/b"),
        job_params={"Time": [[5, 20], [25, 43]], "Colour": "red"},
        model_id="algo-video-detext-new",
        template_id=template.body.custom_template.template_id,
    )
    read = result(client, job)
    template_note, vod, url, model, colour, name, own = read["Notes"]
    assert ("TemplateId" in template_note, "VOD" in vod, "OutputUrl" in url, "ModelId" in model) == (True, True, True, True)
    assert colour == "JobParams.Colour is no parameter of VideoDetext"
    assert name == "a.webm holds mp4, whatever its name says"
    assert own == "half of it was done"
    assert {**read, "Notes": []} == {**PLAIN, "Notes": []}


@pytest.mark.contract("our assumption: the options are those that the documents name, in the engines' words")
@pytest.mark.parametrize(
    ("function", "job_params", "options"),
    [
        ("Cover", {}, {"animated": False}),
        ("Cover", {"Model": ""}, {"animated": False}),
        ("Cover", {"Model": "gif"}, {"animated": True}),
        ("VideoDelogo", {}, {"boxes": None, "models": []}),
        (
            "VideoDelogo",
            {"LogoModel": "tv,internet", "Boxes": "[[0,0,0.3,0.3]]"},
            {"boxes": [[0, 0, 0.3, 0.3]], "models": ["tv", "internet"]},
        ),
        ("VideoDetext", {}, {"regions": None, "times": None}),
        ("VideoDetext", {"Time": [5, 20]}, {"regions": None, "times": [[5, 20]]}),
        ("CaptionExtraction", {}, {"fps": 5, "region": [0, 0.75, 1, 0.25], "language": "ch", "main_track_only": False}),
        (
            "CaptionExtraction",
            {"roi": [[0.5, 1], [0.25, 1]], "fps": 2, "lang": "en", "track": "main"},
            {"fps": 2, "region": [0.25, 0.5, 0.75, 0.5], "language": "en", "main_track_only": True},
        ),
        ("HybridCaptionExtraction", {}, {"fps": 5, "region": [0, 0.75, 1, 0.25], "language": "zh", "main_track_only": False}),
        (
            "HybridCaptionExtraction",
            {"roi": [0.1, 0, 0.3, 0.2], "fps": 10, "lang": "en"},
            {"fps": 10, "region": [0.1, 0, 0.3, 0.2], "language": "en", "main_track_only": False},
        ),
        ("FaceBeauty", {}, {"whiten": None, "smooth": None, "face_thin": None, "others": {}}),
        (
            "FaceBeauty",
            {"beauty_params": "whiten=20, face_thin=0,big_eye=5"},
            {"whiten": 20, "smooth": None, "face_thin": 0, "others": {"big_eye": "5"}},
        ),
    ],
)
def test_what_the_engine_is_asked_for(cloud: Cloud, function: str, job_params: dict[str, Any], options: dict[str, Any]) -> None:
    client = cloud.client()
    source = cloud.objects.add("a.mp4", 'tell asked\nfind {"covers":[{"score":1,"milliseconds":0}]}')
    ended(client, submit(client, function, source, "asked-{sequenceId}.json", job_params=job_params))
    assert asked(cloud, "asked-00001.json") == {"function": function, "options": options, "hears": False}


@pytest.mark.contract(f"{SUBMIT}: AudioMixing.inputs is called a list and shown as an object; bgimage is a URL")
@pytest.mark.parametrize("form", ["list", "object", "texts"])
def test_other_files_are_fetched(cloud: Cloud, website: Website, form: str) -> None:
    client = cloud.client()
    address = website.put("2.mp3", "the other")
    inputs: Any = {"list": [{"file": address}], "object": {"file": address}, "texts": [address]}[form]
    source = cloud.objects.add("a.wav", "tell asked")
    ended(client, submit(client, "AudioMixing", source, "asked.json", job_params={"inputs": inputs}))
    other = asked(cloud, "asked.json")["options"]["other"]
    assert Path(other).name.startswith("input-")
    assert not Path(other).exists()

    background = {"bgimage": cloud.objects.add("beach.jpg", "sand").replace("oss://media", f"http://media.oss-{PLACE.region}.aliyuncs.com")}
    ended(client, submit(client, "VideoGreenScreenMatting", source, "matte.json", job_params=background))
    assert asked(cloud, "matte.json")["options"]["background"]


@pytest.mark.contract("our assumption: a job that fails says which field is wrong, and why, in Result")
@pytest.mark.parametrize(
    ("script", "code", "message"),
    [
        ("unfit Input.Media has no sound", "InvalidParameter", "Input.Media has no sound"),
        ("unfit JobParams.Time begins at 900 s; the clip has 8 s", "InvalidParameter", "JobParams.Time begins at 900 s; the clip has 8 s"),
        ("unreadable it is no video", "InvalidParameter", "Input.Media can't be read: it is no video"),
        ("raise a bug", "InternalError", "the laptop cloud failed with ZeroDivisionError; its log says more"),
    ],
)
def test_failures(cloud: Cloud, script: str, code: str, message: str) -> None:
    client = cloud.client()
    source = cloud.objects.add("a.mp4", f"make 1.mp4 x\n{script}")
    body = ended(client, submit(client, "VideoH2V", source, "out.mp4"), "Fail")
    assert json.loads(body.result) == {"Code": code, "Message": message, "Details": []}
    assert (body.output_files, body.output_urls, body.output_media_ids) == ([], [], [])
    assert cloud.objects.written == []


@pytest.mark.contract("our assumption: an input is looked for when the job runs")
def test_inputs_that_are_not_there(cloud: Cloud) -> None:
    client = cloud.client()
    missing = result(client, submit(client, "VideoH2V", "oss://media/none.mp4", "a.mp4"), "Fail")
    assert missing["Message"] == "Input.Media can't be had: the input oss://media/none.mp4 does not exist"
    source = cloud.objects.add("a.wav", "make 1.wav x")
    other = result(
        client, submit(client, "AudioMixing", source, "b.wav", job_params={"inputs": [{"file": "oss://media/none.wav"}]}), "Fail"
    )
    assert other["Message"].startswith("JobParams.inputs can't be had")


@pytest.mark.contract(f"{OURS}: a bucket that goes while the job runs")
def test_a_bucket_that_is_gone_fails_the_job(cloud: Cloud, tmp_path: Path) -> None:
    client = cloud.client()
    cloud.objects.buckets.add("brief")
    gate = tmp_path / "gate"
    output = ice.SubmitIProductionJobRequestOutput(type="OSS", media="oss://brief/a.mp4")
    job = submit(client, "VideoH2V", cloud.objects.add("a.mp4", f"wait {gate}\nmake 1.mp4 x"), output=output)
    until(lambda: query(client, job).status == "Analysing")
    cloud.objects.buckets.remove("brief")
    gate.touch()
    assert 'the bucket "brief"' in result(client, job, "Fail")["Message"]


@pytest.mark.contract(f"{OURS}: what a full disk does to a job is said, and the next one runs")
def test_a_full_disk_fails_the_job_and_says_so(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    client = cloud.client()
    source = cloud.objects.add("a.mp4", "make 1.mp4 x")

    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/secret/place")

    with monkeypatch.context() as disk:
        disk.setattr(cloud.objects, "put", full)
        read = result(client, submit(client, "VideoH2V", source, "out.mp4"), "Fail")
    assert read["Code"] == "InternalError"
    assert "No space left on device" in read["Message"]
    assert "secret" not in read["Message"]
    ended(client, submit(client, "VideoH2V", source, "out.mp4"))


@pytest.mark.contract(f"{OURS}: a job whose end could not be kept, though its outputs are there, is done again, to the same keys")
@pytest.mark.parametrize("restarts", [False, True], ids=["there is room again", "after a restart"])
def test_an_end_that_can_not_be_kept(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, restarts: bool
) -> None:
    source = cloud.objects.add("a.mp4", "make 1.mp4 x")

    def full(*_arguments: object, **_named: object) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as disk:
        disk.setattr(ProductionStore, "end", full)
        job = submit(cloud.client(), "VideoH2V", source, "{source}-{timestamp}.mp4")
        until(lambda: "the store is in trouble (database or disk is full)" in caplog.text)
        assert query(cloud.client(), job).status == "Analysing"
        if restarts:
            cloud.stop()
    if restarts:
        cloud.start()
    (key,) = ended(cloud.client(), job).output_files
    assert len(cloud.objects.written) > 1
    assert set(cloud.objects.written) == {key}


@pytest.mark.contract(MESSAGE)
@pytest.mark.parametrize(("kind", "notify"), [("topic", {"Topic": "callbacks"}), ("queue", {"QueueName": "callbacks"})])
def test_the_pipeline_is_told_of_the_end(cloud: Cloud, kind: str, notify: dict[str, str]) -> None:
    client = cloud.client()
    bind(client, default_pipeline(client), notify)
    source = cloud.objects.add("a.mp4", 'make 1.png x\nfind {"covers":[{"score":1,"milliseconds":0}]}')
    plain = submit(client, "Cover", source, "{sequenceId}.png")
    ended(client, plain)
    failing = submit(client, "Cover", cloud.objects.add("b.mp4", "unfit Input.Media has no frames"), "{sequenceId}.png", user_data="test")
    until(lambda: len(cloud.queues.taken) == 2)
    (address, first), (_, second) = cloud.queues.taken
    assert address == f"{kind} callbacks"
    assert json.loads(first) == {
        "Code": "Success",
        "Details": [],
        "FunctionName": "Cover",
        "JobId": plain,
        "Message": "success",
        "State": "Success",
        "Type": "IProduction",
    }
    assert json.loads(second) == {
        "Code": "InvalidParameter",
        "Details": [],
        "FunctionName": "Cover",
        "JobId": failing,
        "Message": "Input.Media has no frames",
        "State": "Fail",
        "Type": "IProduction",
        "UserData": "test",
    }


@pytest.mark.contract("IMS, event types: AIProduceComplete; our assumption: its MessageBody; NotifyAddress as in other jobs of IMS")
def test_the_event_and_the_notify_address(cloud: Cloud) -> None:
    client = cloud.client()
    cloud.queues.queues |= {"ice-callback-all", "ice-callback-own"}
    client.set_event_callback(
        ice.SetEventCallbackRequest(callback_type="MNS", callback_queue_name="ice-callback-all", event_type_list="AIProduceComplete")
    )
    user_data = '{"NotifyAddress":"ice-callback-own","mine":1}'
    job = submit(client, "VideoH2V", cloud.objects.add("a.mp4", "make 1.mp4 x"), "a-out.mp4", user_data=user_data)
    told = dict(until(lambda: cloud.queues.taken if len(cloud.queues.taken) == 2 else None))
    assert set(told) == {"queue ice-callback-all", "queue ice-callback-own"}
    for text in told.values():
        event = json.loads(text)
        time.strptime(event.pop("EventTime"), "%Y-%m-%dT%H:%M:%SZ")
        assert event == {
            "EventType": "AIProduceComplete",
            "UserId": int(PLACE.account_id),
            "MessageBody": {
                "Status": "Success",
                "JobId": job,
                "FunctionName": "VideoH2V",
                "Code": "Success",
                "Message": "success",
                "UserData": user_data,
            },
        }


@pytest.mark.contract("SubmitIProductionJob: a smaller Priority is a higher one (QueryIProductionJob says the contrary)")
def test_priority(cloud: Cloud, tmp_path: Path) -> None:
    client = cloud.client()
    gate = tmp_path / "gate"
    slow = [submit(client, "VideoH2V", cloud.objects.add(f"s{n}.mp4", f"wait {gate}"), f"{n}.mp4") for n in range(2)]
    for job in slow:
        until(lambda job=job: query(client, job).status == "Analysing")  # type: ignore[misc]
    schedules = [None, 10, 1, 6]
    jobs = []
    for number, priority in enumerate(schedules):
        schedule = ice.SubmitIProductionJobRequestScheduleConfig(priority=priority) if priority else None
        source = cloud.objects.add(f"{number}.mp4", "make 1.mp4 x")
        jobs.append(submit(client, "VideoH2V", source, f"out-{number}.mp4", schedule_config=schedule))
    # One thread alone goes on, so that what it takes is one after the other.
    blocked = submit(
        client,
        "VideoH2V",
        cloud.objects.add("block.mp4", f"wait {tmp_path / 'end'}"),
        "block.mp4",
        schedule_config=ice.SubmitIProductionJobRequestScheduleConfig(priority=1),
    )
    gate.touch()
    for job in jobs:
        until(lambda job=job: query(client, job).status == "Success")  # type: ignore[misc]
    (tmp_path / "end").touch()
    ended(client, blocked)
    assert cloud.objects.written[0] == "out-2.mp4"
    assert cloud.objects.written[-1] == "out-1.mp4"
    assert cloud.objects.written.index("out-0.mp4") < cloud.objects.written.index("out-3.mp4")


@pytest.mark.contract("SubmitIProductionJob: a job is queued; our assumption: in the order of submission, none lost and none done twice")
def test_ten_jobs_at_once(cloud: Cloud) -> None:
    client = cloud.client()
    sources = [cloud.objects.add(f"in/{number}.mp4", f"make 1.mp4 film {number}") for number in range(10)]
    with ThreadPoolExecutor(10) as callers:
        submitted = callers.map(lambda source: submit(cloud.client(), "VideoH2V", source, "out/{source}.mp4"), sources)
    jobs = list(submitted)
    assert len(set(jobs)) == 10
    for number, job in enumerate(jobs):
        assert ended(client, job).output_files == [f"out/{number}.mp4"]
        made = cloud.objects.find("media", f"out/{number}.mp4")
        assert made
        assert made.path.read_text() == f"film {number}"
    assert sorted(cloud.objects.written) == sorted(f"out/{number}.mp4" for number in range(10))


@pytest.mark.contract(f"{OURS}: an output whose name is that of its input replaces it")
def test_an_output_in_the_place_of_its_input(cloud: Cloud) -> None:
    client = cloud.client()
    source = cloud.objects.add("a.mp4", "make 1.mp4 the upright film")
    assert ended(client, submit(client, "VideoH2V", source, "{source}.mp4")).output_files == ["a.mp4"]
    made = cloud.objects.find("media", "a.mp4")
    assert made
    assert made.path.read_text() == "the upright film"


@pytest.mark.contract("our assumption: a pipeline runs two jobs at a time, and one that is paused none; those in it keep it")
def test_pipelines(cloud: Cloud, tmp_path: Path) -> None:
    client = cloud.client()
    pipeline = client.create_pipeline(ice.CreatePipelineRequest(name="mine", speed="Standard")).body.pipeline.pipeline_id
    client.update_pipeline(ice.UpdatePipelineRequest(pipeline_id=pipeline, status="Paused"))
    schedule = ice.SubmitIProductionJobRequestScheduleConfig(pipeline_id=pipeline, priority=3)
    job = submit(client, "VideoH2V", cloud.objects.add("a.mp4", "make 1.mp4 x"), "a-out.mp4", schedule_config=schedule)
    ended(client, submit(client, "VideoH2V", cloud.objects.add("b.mp4", "make 1.mp4 x"), "b-out.mp4"))
    assert query(client, job).status == "Queuing"
    assert query(client, job).schedule_config.to_map() == {"PipelineId": pipeline, "Priority": 3}
    assert refused(client.delete_pipeline, ice.DeletePipelineRequest(pipeline_id=pipeline))[:2] == (403, "OperationDenied")
    client.update_pipeline(ice.UpdatePipelineRequest(pipeline_id=pipeline, status="Active"))
    ended(client, job)
    client.delete_pipeline(ice.DeletePipelineRequest(pipeline_id=pipeline))


@pytest.mark.contract(f"{OURS}: a cancelled job has failed, its message says so, and cancelling it again changes nothing")
def test_a_job_that_waits_is_cancelled(cloud: Cloud, tmp_path: Path) -> None:
    client = cloud.client()
    bind(client, default_pipeline(client), {"QueueName": "callbacks"})
    gate = tmp_path / "gate"
    slow = [submit(client, "VideoH2V", cloud.objects.add(f"{n}.mp4", f"wait {gate}"), f"{n}.mp4") for n in range(2)]
    for job in slow:
        until(lambda job=job: query(client, job).status == "Analysing")  # type: ignore[misc]
    waiting = submit(client, "VideoH2V", cloud.objects.add("a.mp4", "make 1.mp4 x"), "out.mp4")
    assert cancel(client, waiting).message == "success"
    assert cancel(client, waiting).message == "success"
    body = ended(client, waiting, "Fail")
    assert json.loads(body.result) == {"Code": "Cancelled", "Message": "The job was cancelled.", "Details": []}
    assert body.finish_time
    gate.touch()
    for job in slow:
        ended(client, job)
    until(lambda: len(cloud.queues.taken) == 3)
    assert json.loads(cloud.queues.taken[0][1])["JobId"] == waiting
    assert "out.mp4" not in cloud.objects.written
    assert refused(cancel, client, slow[0])[:2] == (403, "OperationDenied")


@pytest.mark.contract("IMS, common error codes: ResourceNotFound, MissingParameter; which of them, our assumption")
def test_unknown_jobs(cloud: Cloud) -> None:
    client = cloud.client()
    smarttag = submit_smarttag(client, cloud.objects.add("a.mp4", "say it"), kind="OSS")
    for identity in ("x", smarttag):
        assert refused(query, client, identity)[:2] == (404, "ResourceNotFound")
        assert refused(cancel, client, identity)[:2] == (404, "ResourceNotFound")
    assert refused(client.query_iproduction_job, ice.QueryIProductionJobRequest())[:2] == (400, "MissingParameter")
