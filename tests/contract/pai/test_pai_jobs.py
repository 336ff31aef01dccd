"""The video and post calls of the seed, through the official SDK: jobs, batches, what is polled, and what a killed process leaves."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ai_service_python_sdk.client.models.batch_video_request_videos import BatchVideoRequestVideos

from localcloud.pai.errors import PaiError
from localcloud.pai.jobs import Asked, Jobs
from tests.contract.ims.cloud import Website, until
from tests.contract.pai.service import Pai, Sdk, sdk_of
from tests.contract.pai.signing import raw

SEED = "Multimedia analysis SDK for Python: examples"
OURS = "our assumption"
LABELS = {"output_classification": True, "classification_top_k": 1, "output_tag": True, "tag_top_k": 5, "output_embedding": True}
FEWER = {"output_classification": False, "classification_top_k": 3, "output_tag": True, "tag_top_k": 10, "output_embedding": False}


@pytest.mark.contract(SEED)
def test_the_quality_of_a_video(pai: Pai, sdk: Sdk, website: Website, tmp_path: Path) -> None:
    pai.analysis.answers["video_quality"] = measured = {"avg_fps": 30, "duration": 14.633, "video_score": 55.38, "notes": ["é"]}
    before = datetime.now(timezone.utc) - timedelta(seconds=1)
    gate = tmp_path / "gate"

    response = sdk.videos.video_qa(website.put("1.mp4", f"wait {gate}"), "", "", {})
    assert (response.code, response.message, list(response.data)) == ("OK", "success", ["job_id"])
    job_id = response.data["job_id"]
    assert isinstance(job_id, int)

    running = until(lambda: _in_state(1, sdk.jobs.get_async_job(job_id).data["job"]))
    assert (running["Result"], running["message"], running["id"], running["app_id"]) == ("", "video downloading", job_id, "2022:app")
    gate.touch()
    done = sdk.ended(job_id)
    assert (done["state"], done["message"]) == (2, "success")
    assert done.keys() == {"Result", "app_id", "create_time", "id", "message", "state"}
    assert isinstance(done["Result"], str)
    assert json.loads(done["Result"]) == measured
    assert done["create_time"].endswith("+08:00")
    created = datetime.fromisoformat(re.sub(r"\.\d+", "", done["create_time"]))
    assert before.replace(microsecond=0) <= created <= datetime.now(timezone.utc)
    assert sdk.jobs.get_async_job_with_id(job_id).data["job"] == done


def _in_state(state: int, job: Any) -> Any:
    return job if job["state"] == state else None


@pytest.mark.contract("Multimedia analysis SDK for Python: it names the model before the title, which the SDK takes the other way round")
def test_the_documented_order_of_arguments(pai: Pai, sdk: Sdk, website: Website) -> None:
    model_name, video_title = "", ""
    job = sdk.videos.video_qa(website.put("1.mp4", "1"), model_name, video_title, {}).data["job_id"]
    assert sdk.ended(job)["state"] == 2


@pytest.mark.contract("ai-service-python-sdk 1.1.5: VideoRequest.text answers the title, so a title comes as the text too")
def test_the_labels_of_a_video(pai: Pai, sdk: Sdk, website: Website) -> None:
    url = website.put("1.mp4", "a video")
    first = sdk.videos.classify_label_video(url, "A title 标题", "", FEWER).data["job_id"]
    second = sdk.videos.classify_label_video(url, "", "", None).data["job_id"]
    assert [sdk.ended(job)["state"] for job in (first, second)] == [2, 2]
    titled, plain = pai.analysis.asked
    assert (titled.task, titled.options, titled.text) == ("video_labels", FEWER, "A title 标题")
    assert (plain.options, plain.text) == (LABELS, "")
    assert pai.analysis.read == ["a video", "a video"]


@pytest.mark.contract(f"{SEED}; ai-service-python-sdk 1.1.5 loses the text of a post")
def test_a_post_of_a_video_and_pictures(pai: Pai, sdk: Sdk, website: Website) -> None:
    video = website.put("1.mp4", "the video")
    images = [website.put(f"{number}.jpg", f"picture {number}") for number in range(3)]
    job = sdk.videos.multimodal_classify(video, images, "Text content", "multi_modal_tag", LABELS).data["job_id"]
    ended = sdk.ended(job)
    # The sample of a completed post has three fields more than the samples of other jobs.
    assert (ended["state"], ended["model_id"], ended["request_id"], ended["type"]) == (2, 0, "", "Video")
    (work,) = pai.analysis.asked
    assert (work.task, work.options, work.text) == ("post_labels", LABELS, "")
    assert pai.analysis.read == ["picture 0", "picture 1", "picture 2", "the video"]


@pytest.mark.contract("Multimedia analysis SDK for Python: a post has a text; captured from its SDK: the field is called text")
def test_the_text_of_a_post_is_heard_where_it_comes(pai: Pai, sdk: Sdk, website: Website) -> None:
    post = {"action": "MultiModalClassify", "model_name": "multi_modal_tag", "images": [website.put("1.jpg", "1")], "text": "words"}
    answer = raw(pai, "POST", "/api/v1/videos", json.dumps(post).encode())
    assert sdk.ended(answer.json()["data"]["job_id"])["state"] == 2
    assert [work.text for work in pai.analysis.asked] == ["words"]


@pytest.mark.contract("Multimedia analysis SDK for Python: an empty string if no video, an empty array if no images")
def test_a_post_without_a_video_or_without_pictures(pai: Pai, sdk: Sdk, website: Website) -> None:
    picture, video = website.put("1.jpg", "a picture"), website.put("1.mp4", "a video")
    jobs = [
        sdk.videos.multimodal_classify("", [picture], "t", "multi_modal_tag", {}).data["job_id"],
        sdk.videos.multimodal_classify(video, [], "t", "multi_modal_tag", {}).data["job_id"],
    ]
    assert [sdk.ended(job)["state"] for job in jobs] == [2, 2]
    assert [(len(work.images), work.video is None) for work in pai.analysis.asked] == [(1, True), (0, False)]


@pytest.mark.contract(SEED)
@pytest.mark.parametrize(("call", "task"), [("batch_video_qa", "video_quality"), ("batch_classify_label_video", "video_labels")])
def test_a_batch(pai: Pai, sdk: Sdk, website: Website, call: str, task: str) -> None:
    urls = [website.put(f"{number}.mp4", f"video {number}") for number in range(2)]
    videos = [BatchVideoRequestVideos(urls[0], "one"), BatchVideoRequestVideos(urls[1], "")]
    response = getattr(sdk.videos, call)(videos, "", {})
    assert (response.code, list(response.data)) == ("OK", ["batch_id"])
    batch_id = response.data["batch_id"]
    assert isinstance(batch_id, int)

    jobs = sdk.ended_batch(batch_id)
    assert [job["object"] for job in jobs] == urls
    assert {(job["state"], job["message"], job["batch_id"]) for job in jobs} == {(2, "success", batch_id)}
    assert jobs[0].keys() == {"Result", "app_id", "batch_id", "create_time", "id", "message", "object", "state"}
    assert [json.loads(job["Result"]) for job in jobs] == [{"task": task}] * 2
    assert [(work.task, work.text) for work in pai.analysis.asked] == [(task, "one"), (task, "")]
    assert sdk.jobs.get_async_job(jobs[0]["id"]).data["job"]["id"] == jobs[0]["id"]


@pytest.mark.contract("Multimedia analysis SDK for Python: result query errors")
def test_a_video_that_can_not_be_fetched_fails_its_job(sdk: Sdk, website: Website) -> None:
    job = sdk.ended(sdk.videos.video_qa(f"{website.address}/gone.mp4?Signature=secret", "", "", {}).data["job_id"])
    assert (job["state"], job["Result"]) == (3, "")
    assert job["message"] == "failed to download video, err=fetch resource failed\tcode = 404"


@pytest.mark.contract(f"{OURS}: what has no status is told in the same words, without a URL's signature")
def test_a_video_that_no_server_has(sdk: Sdk, website: Website) -> None:
    urls = ("http://127.0.0.1:1/a.mp4?Signature=secret", "ftp://127.0.0.1/a.mp4", "http://100.100.100.200/latest/meta-data")
    jobs = [sdk.ended(sdk.videos.video_qa(url, "", "", {}).data["job_id"]) for url in urls]
    assert {job["state"] for job in jobs} == {3}
    assert all(job["message"].startswith("failed to download video, err=") for job in jobs)
    assert not any("secret" in job["message"] for job in jobs)


@pytest.mark.contract("Multimedia analysis SDK for Python: a model that fails says why in the message; the ranges of configure")
def test_a_model_that_fails_fails_its_job_alone(pai: Pai, sdk: Sdk, website: Website) -> None:
    contents = ("refuse it has no picture", "raise a secret", "a good one")
    videos = [BatchVideoRequestVideos(website.put(f"{number}.mp4", content), "") for number, content in enumerate(contents)]
    refused, broken, good = sdk.ended_batch(sdk.videos.batch_video_qa(videos, "", {}).data["batch_id"])
    assert (refused["state"], refused["message"]) == (3, "it has no picture")
    assert (broken["state"], broken["message"]) == (3, "the laptop cloud failed with ZeroDivisionError; its log says more")
    assert (good["state"], good["message"]) == (2, "success")

    unfit = sdk.videos.classify_label_video(website.put("4.mp4", "4"), "", "", {"tag_top_k": 11}).data["job_id"]
    job = sdk.ended(unfit)
    assert job["state"] == 3
    assert "configure.tag_top_k" in job["message"]


@pytest.mark.contract(f"{OURS}: what a full disk does to a job is said, and the next one runs")
def test_a_full_disk_fails_the_job_and_says_so(pai: Pai, sdk: Sdk, website: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/secret/place")

    with monkeypatch.context() as disk:
        disk.setattr(pai.analysis, "analyse", full)
        job = sdk.ended(sdk.videos.video_qa(website.put("1.mp4", "1"), "", "", {}).data["job_id"])
    assert job["state"] == 3
    assert "No space left on device" in job["message"]
    assert "secret" not in job["message"]
    assert sdk.ended(sdk.videos.video_qa(website.put("1.mp4", "1"), "", "", {}).data["job_id"])["state"] == 2


@pytest.mark.contract(f"{OURS}: half a surrogate pair is read as Go reads it")
def test_half_a_character_harms_nothing(pai: Pai, sdk: Sdk, website: Website) -> None:
    job = sdk.videos.classify_label_video(website.put("1.mp4", "1"), "a \ud83d title", "", {"k\udc00": "v"}).data["job_id"]
    assert sdk.ended(job)["state"] == 2
    (work,) = pai.analysis.asked
    assert (work.text, work.notes) == ("a \ufffd title", ("these keys of configure do nothing here: k\ufffd",))


@pytest.mark.contract(f"{OURS}: a job is never lost, one that is done is not done again, and ids go on")
def test_a_killed_service_goes_on_with_its_jobs(website: Website, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.contract.pai.serve", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    ) as process:
        try:
            assert process.stdout is not None
            with sdk_of(f"http://127.0.0.1:{int(process.stdout.readline())}") as sdk:
                done = sdk.videos.video_qa(website.put("1.mp4", "1"), "", "", {}).data["job_id"]
                kept = sdk.ended(done)
                waits = BatchVideoRequestVideos(website.put("2.mp4", f"wait {tmp_path / 'gate'}"), "")
                batch = sdk.videos.batch_video_qa([waits, BatchVideoRequestVideos(website.put("3.mp4", "3"), "")], "", {}).data["batch_id"]
                until(lambda: _in_state(1, sdk.jobs.get_batch_job(batch).data["jobs"][0]))
        finally:
            process.kill()

    (tmp_path / "gate").touch()
    later = Pai(tmp_path)
    try:
        with sdk_of(later.endpoint) as sdk:
            assert [job["state"] for job in sdk.ended_batch(batch)] == [2, 2]
            assert sdk.jobs.get_async_job(done).data["job"] == kept
            assert len(later.analysis.asked) == 2
            assert sdk.videos.video_qa(website.put("4.mp4", "4"), "", "", {}).data["job_id"] > done + 2
            assert sdk.videos.batch_video_qa([waits], "", {}).data["batch_id"] > batch
    finally:
        later.stop()


@pytest.mark.contract(f"{OURS}: a job that is under way at the end waits for the next start, in state 0")
def test_a_stopped_service_goes_on_with_its_jobs(pai: Pai, website: Website, tmp_path: Path) -> None:
    with sdk_of(pai.endpoint) as sdk:
        job = sdk.videos.video_qa(website.put("1.mp4", f"wait {tmp_path / 'gate'}"), "", "", {}).data["job_id"]
        until(lambda: _in_state(1, sdk.jobs.get_async_job(job).data["job"]))
    pai.stop()

    jobs = Jobs(tmp_path / "pai" / "pai.sqlite", lambda: 0.0)
    assert (jobs.job("2022:app", job)["state"], jobs.job("2022:app", job)["message"]) == (0, "")
    jobs.close()
    (tmp_path / "gate").touch()
    pai.analysis = type(pai.analysis)()
    pai.start()
    with sdk_of(pai.endpoint) as sdk:
        assert sdk.ended(job)["state"] == 2


@pytest.mark.contract(f"{OURS}: jobs are kept for 180 days, as those of smart tags are; one that nobody has done yet is kept")
def test_old_jobs_are_forgotten(tmp_path: Path) -> None:
    now = 1_000_000.0
    asked = Asked("VideoQA", "", "u", (), "", {})

    def opened() -> Jobs:
        return Jobs(tmp_path / "pai.sqlite", lambda: now)

    jobs = opened()
    done, batch = jobs.add("app", asked), jobs.add_batch("app", [asked, asked])
    for _ in range(3):
        claimed = jobs.claim()
        assert claimed
        jobs.complete(claimed[0], {})
    waiting = jobs.add("app", asked)
    jobs.close()

    now += 180 * 86_400 - 1
    jobs = opened()
    assert (jobs.job("app", done)["state"], len(jobs.batch("app", batch))) == (2, 2)
    jobs.close()
    now += 2
    jobs = opened()
    for look in (lambda: jobs.job("app", done), lambda: jobs.batch("app", batch)):
        with pytest.raises(PaiError, match="not found"):
            look()
    assert jobs.job("app", waiting)["state"] == 0
    assert jobs.add_batch("app", [asked]) > batch
    jobs.close()


@pytest.mark.contract("Multimedia analysis SDK for Python: its samples of create_time, 14:03:33.8, 10:51:30.015 and 18:13:20.928, +08:00")
@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (1662530613.8, "2022-09-07T14:03:33.8+08:00"),
        (1665543090.015, "2022-10-12T10:51:30.015+08:00"),
        (1666779200.9284, "2022-10-26T18:13:20.928+08:00"),
        (1666779200.0, "2022-10-26T18:13:20+08:00"),
    ],
)
def test_the_form_of_a_time(tmp_path: Path, seconds: float, shown: str) -> None:
    jobs = Jobs(tmp_path / "pai.sqlite", lambda: seconds)
    job = jobs.add("app", Asked("VideoQA", "", "u", (), "", {}))
    assert jobs.job("app", job)["create_time"] == shown
    jobs.close()
