"""Our client against PAI's service of the laptop cloud, which is held to the document by the official SDK."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from sightline.errors import KeyRefused, ModelNotFound, ServiceRefused
from sightline.host import Host
from sightline.http import Connections
from sightline.pai.client import AnalysisJob, PaiClient
from sightline.pai.options import VideoLabelOptions
from sightline.pai.results import Face, ImageQuality, Picture, Tag, VideoLabels, VideoQuality
from tests.contract.ims.cloud import Website, until
from tests.contract.pai.service import KEY, Pai

SEED = "Multimedia analysis SDK for Python: examples"
TABLE = "Multimedia analysis SDK for Python: error codes"


@pytest.fixture
def network() -> Iterator[Connections]:
    made = Connections()
    yield made
    made.close()


@pytest.fixture
def client(pai: Pai, network: Connections) -> PaiClient:
    return PaiClient(Host(network), pai.endpoint, KEY.access_key_id, KEY.access_key_secret)


def ended(client: PaiClient, job_id: int) -> AnalysisJob:
    def look() -> AnalysisJob | None:
        job = client.job(job_id)
        return job if job.state in ("done", "failed") else None

    return until(look)


@pytest.mark.contract(SEED)
def test_images(pai: Pai, client: PaiClient, website: Website) -> None:
    url = website.put("1.jpg", "an image")
    pai.analysis.answers = {
        "image_quality": {"image_height": 214, "image_width": 398, "iqa_result": 66.88, "notes": ["é"]},
        "faces": {"attr": [{"bbox": [91, 0, 430, 452], "face_score": 3.2, "index": 0}]},
        "age": {"age_range": "70+", "age_range_prob": 0.5},
        "labels": {"image_height": 1, "image_width": 1, "tag_result": [{"score": 0.5, "tag": "Smile"}], "embedding_result": "1,2"},
        "painting": {"caption": "1girl, solo", "probs": []},
        "reshape_body": "aGVsbG8=",
        "remove_watermark": "d29ybGQ=",
    }
    assert client.image_quality(url) == ImageQuality(66.88, 398, 214, ["é"])
    assert client.faces(url) == [Face((91, 0, 430, 452), 0, 3.2)]
    assert client.age(url).years == "70+"
    labels = client.labels(url, top_k=3, embedding=True)
    assert (labels.tags, labels.embedding) == ([Tag("Smile", 0.5)], [1, 2])
    assert client.painting_labels(url).tags == ["1girl", "solo"]
    assert client.reshape_body(url, 1.5) == Picture(b"hello")
    assert client.remove_watermark(url) == Picture(b"world")
    options = {work.task: work.options for work in pai.analysis.asked}
    assert options["labels"] == {"tag_top_k": 3, "output_embedding": True}
    assert options["reshape_body"] == {"degree": 1.5}


@pytest.mark.contract(SEED)
def test_a_video_from_its_submit_to_its_result(pai: Pai, client: PaiClient, website: Website) -> None:
    pai.analysis.answers["video_quality"] = {
        "avg_fps": 30,
        "duration": 14,
        "height": 1920,
        "single_img": 0.74,
        "video_score": 20.5,
        "width": 1080,
    }
    job_id = client.video_quality(website.put("1.mp4", "a video"))
    assert ended(client, job_id) == AnalysisJob(job_id, "done", "success", "", VideoQuality(20.5, 30, 14, 0.74, 1080, 1920))


@pytest.mark.contract(SEED)
def test_a_batch_of_videos(pai: Pai, client: PaiClient, website: Website) -> None:
    urls = [website.put("1.mp4", "one"), f"{website.address}/404"]
    pai.analysis.answers["video_labels"] = {"tag_result": [{"score": 0.9, "tag": "Plant"}], "duration": 2.5}
    batch = client.classify_videos([(url, "a title") for url in urls], VideoLabelOptions(classification=False, top_k=7))

    def look() -> Sequence[AnalysisJob] | None:
        jobs = client.batch(batch)
        return jobs if all(job.state in ("done", "failed") for job in jobs) else None

    good, bad = until(look)
    assert (good.address, bad.address) == (urls[0], urls[1])
    assert good.result == VideoLabels([], [Tag("Plant", 0.9)], (), 2.5)
    assert (bad.state, bad.result, bad.message) == ("failed", None, "failed to download video, err=fetch resource failed code = 404")
    assert pai.analysis.asked[0].options["tag_top_k"] == 7


@pytest.mark.contract(SEED + ", whose text the SDK loses on the way")
def test_the_text_of_a_post_arrives(pai: Pai, client: PaiClient, website: Website) -> None:
    job = ended(client, client.classify_post(website.put("1.mp4", "film"), [website.put("1.jpg", "image")], "一日 at sea"))
    assert job.state == "done"
    assert [(work.task, work.text, len(work.images), work.video is not None) for work in pai.analysis.asked] == [
        ("post_labels", "一日 at sea", 1, True)
    ]


@pytest.mark.contract(TABLE)
def test_what_is_refused(pai: Pai, client: PaiClient, website: Website, network: Connections) -> None:
    url = website.put("1.jpg", "refuse it is no picture")
    with pytest.raises(ServiceRefused, match="422 SERVER_ERROR: it is no picture"):
        client.image_quality(url)
    with pytest.raises(ModelNotFound):
        client.image_quality(url, "a model of mine")
    for app_id, token, said in ((KEY.access_key_id, "guessed", "sign error"), ("another", KEY.access_key_secret, "found appid")):
        stranger = PaiClient(Host(network), pai.endpoint, app_id, token)
        with pytest.raises(KeyRefused, match=said):
            stranger.image_quality(url)
        with pytest.raises(KeyRefused, match=said):
            stranger.video_quality(url)
        with pytest.raises(KeyRefused, match=said):
            stranger.batch(1)
    with pytest.raises(ServiceRefused) as raised:
        client.job(999)
    assert raised.value.missing
