"""`sightline produce` and `sightline analyse` on a laptop cloud, as a person and a program use them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from cli.running import Running
from tests.laptop import Cloud

RATE = 16_000


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of coloured blocks."""
    path = tmp_path_factory.mktemp("photo") / "blocks.png"
    blocks = np.random.default_rng(3).integers(0, 255, (24, 32, 3), np.uint8)
    Image.fromarray(blocks).resize((640, 480), Image.Resampling.NEAREST).save(path)
    return path


@pytest.fixture(scope="module")
def beats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of clicks, two a second, as WAV of 16 bits."""
    path = tmp_path_factory.mktemp("sound") / "clicks.wav"
    samples = np.zeros((1, 8 * RATE), np.int16)
    for start in range(RATE // 4, samples.shape[1], RATE // 2):
        samples[0, start : start + 400] = (20_000 * np.sin(np.arange(400) * 0.4)).astype(np.int16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def told(cloud: Cloud, *arguments: str, code: int = 0) -> Any:
    return json.loads(cloud.here(*arguments, "--json", code=code).stdout)


def keys(cloud: Cloud, prefix: str) -> list[str]:
    return [found.key for found in cloud.bucket().list_objects_v2(prefix).object_list]


def test_a_clip_becomes_covers_in_a_folder(cloud: Cloud, clips: dict[str, Path], tmp_path: Path) -> None:
    done = told(cloud, "produce", "Cover", str(clips["street-by-day"]), str(tmp_path / "covers"), "--name", "by hand")
    assert (done["function"], done["state"], done["reason"]) == ("Cover", "Success", None)
    assert done["states"][-1]["state"] == "Success"
    files = [Path(name) for name in done["outputs"]]
    assert files
    assert {file.parent for file in files} == {tmp_path / "covers"}
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)
    assert {found["image"] for found in done["details"]} == set(done["outputs"])
    assert keys(cloud, "scratch/") == []


def test_a_clip_becomes_an_animation_in_oss(cloud: Cloud, clips: dict[str, Path]) -> None:
    address = "oss://sightline-media/by-hand/{source}-{sequenceId}.gif"
    left = told(cloud, "produce", "Cover", str(clips["van-passing"]), address, "--param", "Model=gif", "--wait")
    key = left["outputs"][0].removeprefix("oss://sightline-media/")
    assert key.startswith("by-hand/van-passing-0")
    assert cloud.bucket().get_object(key).read(6) == b"GIF89a"
    lines = cloud.here("produce", "Cover", f"oss://sightline-media/{key}", "oss://sightline-media/by-hand/", "--wait", code=1)
    assert "Fail" in lines.stdout
    assert "Input.Media" in lines.stderr


def test_the_quality_of_a_sound_needs_no_output(cloud: Cloud, beats: Path) -> None:
    done = told(cloud, "produce", "AudioQualityAssessment", str(beats))
    assert done["outputs"] == []
    assert 0 <= done["details"]["score"] <= 100
    lines = cloud.here("produce", "AudioQualityAssessment", str(beats)).stdout
    assert "score" in lines
    assert "note" in lines


def test_without_waiting_the_job_is_named(cloud: Cloud, clips: dict[str, Path]) -> None:
    cloud.bucket().put_object_from_file("by-hand/in.mp4", str(clips["van-passing"]))
    left = told(cloud, "produce", "VideoClip", "oss://sightline-media/by-hand/in.mp4", "oss://sightline-media/by-hand/{source}-sum.mp4")
    assert left == {"job_id": left["job_id"], "function": "VideoClip", "output": "oss://sightline-media/by-hand/{source}-sum.mp4"}
    assert left["job_id"]


def test_a_job_that_was_not_waited_for_is_asked_about_later(cloud: Cloud, clips: dict[str, Path], tmp_path: Path) -> None:
    address = "oss://sightline-media/by-hand/later.mp4"
    left = told(cloud, "produce", "VideoClip", str(clips["van-passing"]), address)
    assert keys(cloud, "scratch/") != []
    done = told(cloud, "produce", "VideoClip", "--job", left["job_id"], "--wait")
    assert (done["job_id"], done["state"], done["outputs"]) == (left["job_id"], "Success", [address])
    assert keys(cloud, "scratch/") == []
    again = told(cloud, "produce", "VideoClip", "--job", left["job_id"], str(tmp_path / "got"))
    assert again["outputs"] == [str(tmp_path / "got/later.mp4")]
    missing = cloud.here("produce", "VideoClip", "--job", "none-such", code=4)
    assert "does not exist" in missing.stderr


def test_who_stops_waiting_for_a_folder_gets_it_later(cloud: Cloud, clips: dict[str, Path], tmp_path: Path) -> None:
    late = cloud.here("produce", "VideoClip", str(clips["van-passing"]), str(tmp_path / "here"), "--timeout", "0", code=None)
    job_id = late.stdout.split(":")[0].removeprefix("job ")
    assert f"--job {job_id} {tmp_path / 'here'}` looks at it" in late.stderr
    done = told(cloud, "produce", "VideoClip", "--job", job_id, "--wait")
    (address,) = done["outputs"]
    assert address.startswith("oss://sightline-media/scratch/")
    got = told(cloud, "produce", "VideoClip", "--job", job_id, str(tmp_path / "here"))
    assert Path(got["outputs"][0]).stat().st_size > 0
    assert keys(cloud, "scratch/") == []


def test_a_parameter_takes_a_file_in_place_of_an_address(cloud: Cloud, beats: Path, tmp_path: Path) -> None:
    done = told(cloud, "produce", "AudioMixing", str(beats), str(tmp_path / "mixed"), "--param", f"inputs={beats}")
    (mixed,) = done["outputs"]
    assert Path(mixed).read_bytes().startswith(b"RIFF")
    assert done["details"]["result"][0]["file"] == mixed  # and not the place below scratch/, which is gone
    assert keys(cloud, "scratch/") == []


def test_what_is_wrong_is_said_before_anything_is_uploaded(cloud: Cloud, clips: dict[str, Path], tmp_path: Path) -> None:
    clip = str(clips["van-passing"])
    for arguments, code, said in (
        (("produce", "CaptionExtraction", clip, str(tmp_path), "--param", "fps=11"), 2, "JobParams.fps"),
        (("produce", "Cover", clip, "oss://sightline-media/uploads/x.png"), 2, "{sequenceId}"),
        (("produce", "VideoH2V", clip, "oss://sightline-media/uploads/x.mp4"), 2, "taken for an upload"),
        (("produce", "VideoH2V", str(tmp_path / "none.mp4"), str(tmp_path)), 4, "there is no file"),
        (("produce", "VideoH3V", clip, str(tmp_path)), 2, "VideoH3V"),
        (("produce", "VideoH2V"), 2, "INPUT is missing"),
        (("produce", "VideoH2V", "--job", "1", "oss://bucket/key"), 2, "all that it needs"),
        (("produce", "VideoH2V", "--job", "1", "--param", "a=b"), 2, "all that it needs"),
        (("produce", "FaceBeauty", clip, str(tmp_path), "--param", "beauty_params=whiten=101"), 2, "whiten=101"),
        (("analyse", "video_qa", "--job", "99999"), 4, "job not found"),
        (("analyse", "image_qa", clip, "--config", "top=1"), 2, "configure.top"),
        (("analyse", "watermark_remover", clip), 2, "where to"),
        (("analyse", "video_qa"), 2, "needs a file"),
        (("analyse", "watermark_remover", clip, "--to", str(tmp_path / "none" / "a.png")), 4, "there is no folder"),
        (("analyse", "video_qa", clip, "--job", "1"), 2, "all that it needs"),
        (("analyse", "image_qa", "--job", "1"), 2, "has no jobs"),
    ):
        error = json.loads(cloud.here(*arguments, "--json", code=code).stderr)["error"]
        assert said in error["message"], arguments
        assert error["fix"]
    assert keys(cloud, "scratch/") == []


def test_an_image_is_analysed(cloud: Cloud, photo: Path, tmp_path: Path) -> None:
    found = told(cloud, "analyse", "image_qa", str(photo))
    assert (found["service"], found["result"]["width"], found["result"]["height"]) == ("image_qa", 640, 480)
    assert 0 <= found["result"]["score"] <= 100
    cloud.bucket().put_object_from_file("by-hand/blocks.png", str(photo))
    labels = told(cloud, "analyse", "multi_label_image_v2", "oss://sightline-media/by-hand/blocks.png", "--config", "tag_top_k=1")
    assert len(labels["result"]["tags"]) <= 1
    assert len(labels["result"]["embedding"]) == 512
    assert "512 numbers" in cloud.here("analyse", "multi_label_image_v2", str(photo)).stdout
    assert keys(cloud, "scratch/") == []


def test_a_picture_is_made_and_what_is_said_of_it_is_told(cloud: Cloud, photo: Path, tmp_path: Path) -> None:
    clean = tmp_path / "clean.png"
    made = told(cloud, "analyse", "watermark_remover", str(photo), "--to", str(clean))["result"]
    assert clean.read_bytes() == photo.read_bytes()
    assert (made["file"], made["bytes"]) == (str(clean), photo.stat().st_size)
    (note,) = made["notes"]
    assert "no words were found" in note
    assert f"note             {note}" in cloud.here("analyse", "watermark_remover", str(photo), "--to", str(clean)).stdout
    assert keys(cloud, "scratch/") == []


def test_a_model_that_a_laptop_has_not(cloud: Cloud, photo: Path) -> None:
    refused = cloud.here("analyse", "fairface", str(photo), code=4)
    assert "model not found" in refused.stderr
    assert "docs/production.md" in refused.stderr


def test_videos_are_a_batch(cloud: Cloud, clips: dict[str, Path]) -> None:
    given = [str(clips["street-by-day"]), str(clips["van-passing"])]
    done = told(cloud, "analyse", "video_qa", *given, "--wait")
    assert done["batch_id"]
    assert [(job["address"], job["state"]) for job in done["jobs"]] == [(name, "done") for name in given]
    assert all(0 <= job["result"]["score"] <= 100 for job in done["jobs"])
    assert keys(cloud, "scratch/") == []
    left = told(cloud, "analyse", "classify_label_video", given[1])
    assert set(left) == {"service", "job_id"}
    later = told(cloud, "analyse", "classify_label_video", "--job", str(left["job_id"]), "--wait")
    assert len(later["jobs"][0]["result"]["embedding"]) == 64
    assert keys(cloud, "scratch/") == []
    again = told(cloud, "analyse", "video_qa", "--batch", str(done["batch_id"]))
    assert [job["result"] for job in again["jobs"]] == [job["result"] for job in done["jobs"]]
    assert "signature" not in json.dumps(again).lower()


def test_a_post_of_words_and_an_image(cloud: Cloud, photo: Path) -> None:
    done = told(cloud, "analyse", "multimodal_classify", str(photo), "--text", "blocks of many colours", "--wait")
    assert len(done["jobs"][0]["result"]["embedding"]) == 32


def test_a_video_that_is_not_there_fails_with_the_services_words(cloud: Cloud) -> None:
    assert cloud.running is not None
    failed = cloud.here("analyse", "video_qa", f"{cloud.running.endpoint}/sightline-media/none.mp4", "--wait", code=1)
    assert "failed to download video" in failed.stderr


def test_a_secret_is_never_told(cloud: Cloud, photo: Path, clips: dict[str, Path]) -> None:
    assert cloud.running is not None
    calls: list[Callable[[], Any]] = [
        lambda: cloud.here("analyse", "fairface", str(photo), code=4),
        lambda: cloud.here("analyse", "video_qa", str(clips["van-passing"]), "--wait", "--json"),
    ]
    for call in calls:
        done = call()
        assert cloud.running.access_key_secret not in done.stdout + done.stderr
        assert "x-oss-signature" not in done.stdout + done.stderr


@pytest.fixture
def account(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The environment of somebody whose account is this laptop cloud."""
    assert cloud.running is not None
    home = cloud.running
    variables = {
        **{f"SIGHTLINE_{name}_ENDPOINT": home.endpoint for name in ("OSS", "OSS_PUBLIC", "IMS")},
        "SIGHTLINE_MEDIA_BUCKET": home.media_bucket,
        "SIGHTLINE_ACCOUNT_ID": home.account_id,
        "SIGHTLINE_PAI_HOST": home.endpoint,
        "SIGHTLINE_PAI_APP_ID": home.access_key_id,
        "SIGHTLINE_PAI_TOKEN": home.access_key_secret,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": home.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": home.access_key_secret,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return home


def test_both_act_on_an_account(cloud: Cloud, account: Running, photo: Path, beats: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(cloud, "produce", "AudioQualityAssessment", str(beats), "--cloud")["state"] == "Success"
    assert told(cloud, "analyse", "image_qa", str(photo), "--cloud")["result"]["width"] == 640
    monkeypatch.setenv("SIGHTLINE_PAI_TOKEN", "another-token")
    refused = cloud.here("analyse", "image_qa", str(photo), "--cloud", code=1)
    assert "sign error" in refused.stderr
    assert "mend SIGHTLINE_PAI_APP_ID and SIGHTLINE_PAI_TOKEN" in refused.stderr
    assert "another-token" not in refused.stderr
    monkeypatch.delenv("SIGHTLINE_PAI_TOKEN")
    assert "SIGHTLINE_PAI_TOKEN is not set" in cloud.here("analyse", "image_qa", str(photo), "--cloud", code=2).stderr
    assert keys(cloud, "scratch/") == []
