"""What a job works on and where it leaves what it makes, from the words of a command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import pytest
from PIL import Image

from cli.analyse.access import pai_client
from cli.analyse.inputs import check_count, check_file
from cli.deployment import target
from cli.deployment.target import Target
from cli.errors import FAILED, NOT_FOUND, USAGE, CommandError
from cli.produce.order import Order, Words, order
from cli.scratch import Scratch
from sightline.pai.services import SERVICES

KEYS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "an-id",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "a-secret",
    "SIGHTLINE_ACCOUNT_ID": "1234567890123456",
    "SIGHTLINE_MEDIA_BUCKET": "media-of-mine",
}
ASSET = "5246b8d12a62433ab77845074039c3dc"


@pytest.fixture(scope="module")
def account() -> Target:
    return target.cloud(KEYS)


@pytest.fixture
def clip(tmp_path: Path) -> str:
    (tmp_path / "clip.mp4").write_bytes(b"a clip")
    return str(tmp_path / "clip.mp4")


def ordered(account: Target, function: str, source: str, place: str | None, **parameters: str) -> Order:
    return order(account, Words(function, source, place, parameters), Scratch(account, "scratch/x/"))


def refused(account: Target, function: str, source: str, place: str | None, **parameters: str) -> CommandError:
    with pytest.raises(CommandError) as raised:
        ordered(account, function, source, place, **parameters)
    assert raised.value.fix
    return raised.value


def test_an_input_is_a_file_an_address_or_an_asset(account: Target, clip: str) -> None:
    assert ordered(account, "VideoH2V", clip, "oss://media-of-mine/a.mp4").file == Path(clip)
    for source in (ASSET, "oss://media-of-mine/uploads/clip.mp4", "https://media.oss-cn-shanghai.aliyuncs.com/clip.mp4"):
        made = ordered(account, "VideoH2V", source, "oss://media-of-mine/a.mp4")
        assert (made.file, made.request.source) == (None, source)
    assert refused(account, "VideoH2V", "nowhere.mp4", "oss://media-of-mine/a.mp4").exit_code == NOT_FOUND
    assert refused(account, "VideoH2V", "https://example.com/clip.mp4", "oss://media-of-mine/a.mp4").exit_code == USAGE


@pytest.mark.parametrize(
    ("function", "parameters", "name"),
    [
        ("VideoH2V", {}, "{source}-VideoH2V.mp4"),
        ("Cover", {}, "{source}-Cover-{sequenceId}.png"),
        ("Cover", {"Model": "gif"}, "{source}-Cover-{sequenceId}.gif"),
        ("MusicDemix", {}, "{source}-MusicDemix-{resultType}.wav"),
        ("VideoGreenScreenMatting", {}, "{source}-VideoGreenScreenMatting.webm"),
    ],
)
def test_a_folder_gets_names(account: Target, clip: str, tmp_path: Path, function: str, parameters: dict[str, str], name: str) -> None:
    there = ordered(account, function, clip, "oss://media-of-mine/derived/", **parameters)
    assert (there.request.output, there.folder) == (f"oss://media-of-mine/derived/{name}", None)
    here = ordered(account, function, clip, str(tmp_path / "new"), **parameters)
    assert (here.request.output, here.folder) == (f"oss://media-of-mine/scratch/x/out/{name}", tmp_path / "new")


def test_only_a_function_without_a_file_needs_no_output(account: Target, clip: str) -> None:
    assert ordered(account, "AudioQualityAssessment", clip, None).folder is None
    assert refused(account, "VideoH2V", clip, None).exit_code == USAGE
    assert refused(account, "VideoH2V", clip, clip).exit_code == USAGE  # a file is no folder


@pytest.mark.parametrize("place", ["oss://media-of-mine/uploads/a.mp4", "oss://media-of-mine/{source}/", "oss://media-of-mine/uploads/"])
def test_no_output_may_be_taken_for_an_upload(account: Target, clip: str, place: str) -> None:
    error = refused(account, "VideoH2V", clip, place)
    assert "taken for an upload" in error.problem
    assert error.exit_code == USAGE


def test_a_wrong_parameter_is_told_before_anything_is_uploaded(account: Target, clip: str) -> None:
    error = refused(account, "CaptionExtraction", clip, "oss://media-of-mine/a.srt", fps="11")
    assert (error.problem, error.exit_code) == ("JobParams.fps: is '11'", USAGE)


def test_a_file_that_a_parameter_names_has_to_be_there(account: Target, clip: str) -> None:
    error = refused(account, "VideoGreenScreenMatting", clip, "oss://media-of-mine/a.mp4", bgimage="no/such.png")
    assert (error.problem, error.exit_code) == ("bgimage: there is no file no/such.png", NOT_FOUND)
    assert "bgimage: is no parameter" in refused(account, "VideoH2V", clip, "oss://media-of-mine/a.mp4", bgimage="no/such.png").problem
    mixed = ordered(account, "AudioMixing", clip, "oss://media-of-mine/a.wav", inputs='[{"file": "https://x/b.wav"}]')
    assert mixed.lent == {}


def test_the_scratch_of_a_deployment_that_watches_everything_is_refused(account: Target) -> None:
    with pytest.raises(CommandError, match="uploads are watched for"):
        Scratch.of(replace(account, settings={**account.settings, "UPLOAD_PREFIX": "scratch/"}))
    assert Scratch.of(account).folder != Scratch.of(account).folder


def test_pai_needs_a_host_an_app_and_a_token() -> None:
    chosen = {"SIGHTLINE_PAI_HOST": "http://pai.example", "SIGHTLINE_PAI_APP_ID": "app", "SIGHTLINE_PAI_TOKEN": "secret-token"}
    assert pai_client(target.cloud({**KEYS, **chosen}))
    for name in chosen:
        for wrong in ("", "a b", "ä"):
            with pytest.raises(CommandError, match=name) as raised:
                pai_client(target.cloud({**KEYS, **chosen, name: wrong}))
            assert raised.value.exit_code == USAGE
            assert "secret-token" not in str(raised.value)


def test_what_a_service_is_asked_about(tmp_path: Path) -> None:
    for name, given, text in (
        ("image_qa", [], ""),
        ("image_qa", ["a", "b"], ""),
        ("video_qa", ["a"], "words"),
        ("multimodal_classify", [], ""),
        ("multimodal_classify", [], "words"),
    ):
        with pytest.raises(CommandError) as raised:
            check_count(SERVICES[name], given, text)
        assert raised.value.exit_code == USAGE
    check_count(SERVICES["video_qa"], ["a", "b"], "")


def test_a_file_that_is_too_small_or_no_picture_is_told_before_it_is_uploaded(tmp_path: Path) -> None:
    small, words, film = tmp_path / "small.png", tmp_path / "words.png", tmp_path / "film.mp4"
    Image.new("RGB", (320, 239)).save(small)
    words.write_text("no picture at all")
    with av.open(str(film), "w") as written:
        stream = written.add_stream("mpeg4", rate=10, width=320, height=240)
        written.mux(stream.encode(av.VideoFrame(320, 240, "yuv420p")))
        written.mux(stream.encode())
    for service, path, told, code in (
        ("image_qa", small, "has 320×239 pixels", USAGE),
        ("image_qa", words, "can't be read", FAILED),
        ("video_qa", tmp_path / "none.mp4", "there is no file", NOT_FOUND),
        ("video_qa", small, "is an image, and video_qa takes videos", USAGE),
        ("image_qa", film, "is a video, and image_qa takes images", USAGE),
    ):
        with pytest.raises(CommandError, match=told) as raised:
            check_file(SERVICES[service], str(path))
        assert raised.value.exit_code == code
    check_file(SERVICES["face_attr_image"], str(small))
    check_file(SERVICES["video_qa"], str(film))
    check_file(SERVICES["image_qa"], "https://x/a.jpg")
