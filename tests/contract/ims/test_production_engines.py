"""All fifteen functions end to end: official SDK, the real services, real engines in their processes; each output is probed by other means.

How good the outputs are is proved in tests/unit/engines/production; here, that each job does what was asked of it, and says why it can't.
"""

from __future__ import annotations

import io
import json
import re
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import oss2
import pytest
from alibabacloud_ice20201109 import models as ice

from localcloud.cloud import LaptopCloud
from localcloud.ims import EngineSettings
from localcloud.ims.assembly import PRODUCTION_THREADS
from localcloud.ims.production.functions import FUNCTIONS
from localcloud.ims.production.producing import ProductionWorkers
from localcloud.place import Place
from tests.contract.ims.cloud import client as client_of
from tests.contract.ims.producing import OURS, SUBMIT, ended, submit
from tests.fakes.speech_server import SpeechServer, hears
from tests.faults.null_engine import NullEngine
from tests.unit.engines.production.clips import Caption, Sound, landscape, lettered, needs_ocr, sliding, steady, subtitled, write_clip
from tests.unit.engines.production.sound.files import write_wav
from tests.unit.engines.production.sound.rhythms import RATE, clicks
from tests.unit.engines.production.sound.voices import mixed, noise, speech

WIDTH, HEIGHT, FPS, SECONDS = 320, 180, 10, 4
BUCKET = "media"
LOGO = (0.03, 0.05, 0.2, 0.16)
VIDEO_FUNCTIONS = list(FUNCTIONS)[:9]
PATIENCE_SECONDS = 300
EAGER = "tests.contract.ims.scripted_production:build_eager"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass
class Studio:
    """The laptop cloud with a bucket of media, and its clients."""

    client: Any
    bucket: Any
    speech: SpeechServer

    def make(self, function: str, source: str, output: str, **parameters: Any) -> Any:
        """What is said of the job when it has ended well, and its result."""
        job = submit(self.client, function, f"oss://{BUCKET}/{source}", output, **parameters)
        body = ended(self.client, job, seconds=PATIENCE_SECONDS)
        return body, json.loads(body.result)

    def fails(self, function: str, source: str, output: str, **parameters: Any) -> str:
        """The message of a job that fails."""
        job = submit(self.client, function, f"oss://{BUCKET}/{source}", output, **parameters)
        read = json.loads(ended(self.client, job, "Fail", PATIENCE_SECONDS).result)
        assert read["Code"] == "InvalidParameter", read
        return str(read["Message"])

    def content(self, key: str) -> bytes:
        read: bytes = self.bucket.get_object(key).read()
        return read

    def probe(self, key: str) -> Probed:
        with av.open(io.BytesIO(self.content(key))) as container:
            video = container.streams.video[0]
            frames = sum(1 for _ in container.decode(video=0))
            return Probed(
                container.format.name,
                video.codec_context.name,
                video.codec_context.width,
                video.codec_context.height,
                (container.duration or 0) / av.time_base,
                frames,
                bool(container.streams.audio),
                video.metadata.get("alpha_mode", "0") == "1",
            )


@dataclass
class Probed:
    container: str
    codec: str
    width: int
    height: int
    seconds: float
    frames: int
    sound: bool
    alpha: bool


def tone(seconds: float) -> Sound:
    times = np.arange(int(seconds * 48_000)) / 48_000
    return Sound("aac", (0.2 * np.sin(2 * np.pi * 440 * times))[None].astype(np.float32))


def film(path: Path) -> Path:
    """A camera that pans, a logo in a corner, and a caption in the middle of it."""
    view = subtitled(sliding(WIDTH, HEIGHT, 40), [Caption(1.0, 3.0, "HELLO WORLD")])

    def with_logo(time: float) -> Any:
        return lettered(view(time), "TV9", (0.12, 0.12), 24)

    return write_clip(path, steady(SECONDS, FPS, with_logo), tone(SECONDS))


def studio_film(path: Path) -> Path:
    """Somebody in red who walks before a green screen."""

    def at(time: float) -> Any:
        image = np.full((HEIGHT, WIDTH, 3), (60, 200, 40), np.uint8)
        left = 40 + int(30 * time)
        image[60:, left : left + 60] = (40, 40, 200)
        return image

    return write_clip(path, steady(2, FPS, at))


def reel(path: Path) -> Path:
    """Four shots of four seconds."""
    shots = [sliding(WIDTH, HEIGHT, 40, seed) for seed in (3, 5, 8, 13)]
    return write_clip(path, steady(16, FPS, lambda time: shots[int(time // 4)](time)), tone(16))


def frameless(path: Path) -> Path:
    """A film that says how large its pictures are, and has none."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        container.start_encoding()
    return path


def song() -> Any:
    """Stereo: a voice in the middle, chords at the sides."""
    rate, seconds = 16_000, 6
    times = np.arange(rate * seconds) / rate
    voice = speech(seconds, rate, 1)
    chords = 0.2 * np.sin(2 * np.pi * 220 * times) + 0.2 * np.sin(2 * np.pi * 277 * times)
    other = 0.2 * np.sin(2 * np.pi * 330 * times + 1)
    return np.stack([voice + chords, voice + other]) / 2


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder, server = tmp_path_factory.mktemp("studio"), SpeechServer()
    server.behaviour = lambda _asked: hears((0.1, 0.6, "good morning"), (1.2, 2.8, "hello, world!"))
    engine = EngineSettings(speech_base_url=server.base_url, speech_api_key="sk-key", speech_model="whisper")
    production = ProductionWorkers(engine, folder / "production.log", PRODUCTION_THREADS, factory=EAGER)
    cloud = LaptopCloud(folder / "data", Place(), engine, understanding=NullEngine(), production=production)
    cloud.start()
    key = cloud.keyring.account
    bucket = oss2.Bucket(oss2.AuthV4(key.access_key_id, key.access_key_secret), cloud.endpoint, BUCKET, region=Place().region)
    bucket.create_bucket()
    for name, make in MEDIA.items():
        bucket.put_object_from_file(name, str(make(folder / name)))
    yield Studio(client_of(int(cloud.endpoint.rpartition(":")[2]), key), bucket, server)
    cloud.stop()
    server.stop()


MEDIA: dict[str, Callable[[Path], Path]] = {
    "film.mp4": film,
    "green.mp4": studio_film,
    "reel.mp4": reel,
    "silent.mp4": lambda path: write_clip(path, steady(1, FPS, sliding(WIDTH, HEIGHT, 40))),
    "eight.mp4": lambda path: write_clip(path, steady(8, FPS, sliding(WIDTH, HEIGHT, 40))),
    "noisy.wav": lambda path: write_wav(path, mixed(speech(3, 16_000, 1), noise("white", 48_000, 16_000, 2), 5), 16_000),
    "11k.wav": lambda path: write_wav(path, speech(2, 11_025, 1), 11_025),
    "mono.wav": lambda path: write_wav(path, speech(3, 16_000, 1), 16_000),
    "clicks.wav": lambda path: write_wav(path, clicks(120, 10).sound, RATE),
    "song.wav": lambda path: write_wav(path, song(), 16_000),
    "beach.png": lambda path: written(path, landscape(WIDTH, HEIGHT)),
    "text.mp4": lambda path: written(path, b"this is no film"),
    "frameless.mkv": frameless,
    "empty.mp4": lambda path: written(path, b""),
}


def written(path: Path, content: Any) -> Path:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        cv2.imwrite(str(path), content)
    return path


@pytest.mark.contract(f"{SUBMIT}: three pictures by default, PNG or GIF")
def test_covers(studio: Studio) -> None:
    body, read = studio.make("Cover", "reel.mp4", "covers/{source}-{sequenceId}.png")
    assert body.output_files == [f"covers/reel-0000{number}.png" for number in (1, 2, 3)]
    for entry, key in zip(json.loads(read["Data"]), body.output_files, strict=True):
        picture = cv2.imdecode(np.frombuffer(studio.content(key), np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        assert picture.shape == (HEIGHT, WIDTH, 3)
        assert studio.content(key).startswith(b"\x89PNG")
        assert entry["Url"] == key
        assert 0 <= float(entry["Time"]) < 16_000
    body, _ = studio.make("Cover", "reel.mp4", "covers/{sequenceId}.gif", job_params={"Model": "gif"})
    for key in body.output_files:
        assert studio.content(key).startswith(b"GIF8")
        assert studio.probe(key).frames > 1


@pytest.mark.contract(f"{SUBMIT}: a video summary; MP4 as its samples are")
def test_a_summary(studio: Studio) -> None:
    body, _ = studio.make("VideoClip", "reel.mp4", "out/{source}-{resultType}.mp4")
    (key,) = body.output_files
    made = studio.probe(key)
    assert (made.codec, made.width, made.height) == ("h264", WIDTH, HEIGHT)
    assert 1 < made.seconds < 12


@pytest.mark.contract(f"{SUBMIT}: MP4 without the logo")
@pytest.mark.parametrize("job_params", [{"Boxes": json.dumps([LOGO])}, {"LogoModel": "tv,internet"}])
def test_a_film_without_its_logo(studio: Studio, job_params: dict[str, str]) -> None:
    body, _ = studio.make("VideoDelogo", "film.mp4", "out/delogo.mp4", job_params=job_params)
    made = studio.probe(body.output_files[0])
    assert (made.codec, made.width, made.height, made.frames, made.sound) == ("h264", WIDTH, HEIGHT, SECONDS * FPS, True)
    assert made.seconds == pytest.approx(SECONDS, abs=0.3)


@pytest.mark.contract(f"{SUBMIT}: MP4 without captions")
def test_a_film_without_its_captions(studio: Studio) -> None:
    needs_ocr()
    body, _ = studio.make("VideoDetext", "film.mp4", "out/detext.mp4", job_params={"LimitRegion": [[0, 0.75, 1, 0.25]], "Time": [0.5, 3.5]})
    made = studio.probe(body.output_files[0])
    assert (made.codec, made.width, made.height, made.frames, made.sound) == ("h264", WIDTH, HEIGHT, SECONDS * FPS, True)
    _, again = studio.make("CaptionExtraction", "out/detext.mp4", "out/none.srt", job_params={"lang": "en"})
    assert "HELLO" not in studio.content("out/none.srt").decode()
    assert again["Code"] == "Success"


CUE = re.compile(r"(\d\d):(\d\d):(\d\d),(\d{3}) --> (\d\d):(\d\d):(\d\d),(\d{3})\r?\n(.+)")


def cues(srt: bytes) -> list[tuple[float, float, str]]:
    read = []
    for *times, text in CUE.findall(srt.decode("utf-8-sig")):
        first, last = (int(h) * 3600 + int(m) * 60 + int(s) + int(ms) / 1000 for h, m, s, ms in (times[:4], times[4:]))
        read.append((first, last, text))
    return read


@pytest.mark.contract(f"{SUBMIT}: SRT; both functions, each with its own roi and lang; {OURS}: speech by the endpoint that is set")
@pytest.mark.parametrize(
    ("function", "job_params"),
    [
        ("CaptionExtraction", {"roi": [[0.75, 1], [0, 1]], "lang": "en", "track": "main"}),
        ("HybridCaptionExtraction", {"roi": [0, 0.75, 1, 0.25], "lang": "en"}),
    ],
)
def test_captions(studio: Studio, function: str, job_params: dict[str, Any]) -> None:
    needs_ocr()
    body, _ = studio.make(function, "film.mp4", f"out/{function}.srt", job_params=job_params)
    found = cues(studio.content(body.output_files[0]))
    written = found[-1]
    assert list(written[:2]) == pytest.approx([1.0, 3.0], abs=0.3)
    assert written[2].replace(" ", "") == "HELLOWORLD"
    if function == "HybridCaptionExtraction":
        assert found[0] == (0.1, 0.6, "good morning")
        assert studio.speech.authorizations == ["Bearer sk-key"]
    assert len(found) == (2 if function == "HybridCaptionExtraction" else 1)
    assert studio.bucket.head_object(body.output_files[0]).content_type == "application/x-subrip"


@pytest.mark.contract(f"{SUBMIT}: WebM with an alpha channel, or MP4 with a background")
def test_a_green_screen(studio: Studio) -> None:
    body, _ = studio.make("VideoGreenScreenMatting", "green.mp4", "out/matte.webm")
    made = studio.probe(body.output_files[0])
    assert (made.codec, made.width, made.height, made.alpha) == ("vp9", WIDTH, HEIGHT, True)
    assert studio.bucket.head_object(body.output_files[0]).content_type == "video/webm"
    body, _ = studio.make("VideoGreenScreenMatting", "green.mp4", "out/beach.mp4", job_params={"bgimage": f"oss://{BUCKET}/beach.png"})
    made = studio.probe(body.output_files[0])
    assert (made.codec, made.width, made.height, made.alpha) == ("h264", WIDTH, HEIGHT, False)


@pytest.mark.contract(f"{SUBMIT}: a beautified MP4; {OURS}: parameters that are not followed are told in the result")
def test_beauty(studio: Studio) -> None:
    body, read = studio.make("FaceBeauty", "film.mp4", "out/beauty.mp4", job_params={"beauty_params": "whiten=20,smooth=50,big_eye=30"})
    made = studio.probe(body.output_files[0])
    assert (made.codec, made.width, made.height, made.frames) == ("h264", WIDTH, HEIGHT, SECONDS * FPS)
    assert any("big_eye" in note for note in read["Notes"])


@pytest.mark.contract(f"{SUBMIT}: from horizontal to vertical, MP4")
def test_a_vertical_film(studio: Studio) -> None:
    body, _ = studio.make("VideoH2V", "film.mp4", "out/vertical.mp4")
    made = studio.probe(body.output_files[0])
    assert (made.codec, made.frames, made.sound) == ("h264", SECONDS * FPS, True)
    assert made.width / made.height == pytest.approx(9 / 16, abs=0.02)


@pytest.mark.contract(f"{SUBMIT}: a JSON file with the choruses")
def test_choruses(studio: Studio) -> None:
    body, read = studio.make("MusicSegmentDetect", "clicks.wav", "out/choruses.json")
    assert isinstance(json.loads(studio.content(body.output_files[0])), dict)
    assert isinstance(json.loads(read["Data"])["result"], list)


@pytest.mark.contract("AudioBeatDetection: BeatList and DownBeatList in its file (QueryIProductionJob of MPS)")
def test_beats(studio: Studio) -> None:
    body, _ = studio.make("AudioBeatDetection", "clicks.wav", "out/beats.json")
    found = json.loads(studio.content(body.output_files[0]))
    assert np.median(np.diff(found["BeatList"])) == pytest.approx(0.5, abs=0.02)
    assert set(found["DownBeatList"]) <= set(found["BeatList"])


@pytest.mark.contract(f"{SUBMIT}: no file, the result in the answer; {OURS}: its form")
def test_the_quality_of_sound(studio: Studio) -> None:
    scores = []
    for source in ("noisy.wav", "mono.wav"):
        body, read = studio.make("AudioQualityAssessment", source, "out/quality.json")
        assert body.output_files == []
        (found,) = json.loads(read["Data"])["result"]
        scores.append(found["score"])
    assert 0 <= scores[0] < scores[1] <= 100
    assert not studio.bucket.object_exists("out/quality.json")


def read_wave(content: bytes) -> list[float]:
    """Channels, rate and seconds."""
    with wave.open(io.BytesIO(content)) as file:
        return [file.getnchannels(), file.getframerate(), file.getnframes() / file.getframerate()]


@pytest.mark.contract(f"{SUBMIT}: WAV")
def test_sound_in_sound_out(studio: Studio) -> None:
    body, _ = studio.make("SpeechDenoise", "noisy.wav", "out/{source}.wav")
    assert read_wave(studio.content(body.output_files[0])) == pytest.approx([1, 16_000, 3], abs=0.05)
    parameters = {"inputs": [{"file": f"oss://{BUCKET}/clicks.wav"}]}
    body, _ = studio.make("AudioMixing", "mono.wav", "out/mixed.wav", job_params=parameters)
    assert read_wave(studio.content(body.output_files[0]))[2] == pytest.approx(10, abs=0.1)
    body, read = studio.make("MusicDemix", "song.wav", "out/{source}-{resultType}.wav")
    assert sorted(body.output_files) == ["out/song-accompaniment.wav", "out/song-vocal.wav"]
    assert {entry["type"] for entry in json.loads(read["Data"])["result"]} == {"vocal", "accompaniment"}
    for key in body.output_files:
        assert read_wave(studio.content(key))[1:] == pytest.approx([16_000, 6], abs=0.1)


@pytest.mark.contract(f"{OURS}: what does not fit fails, with the field and the reason")
@pytest.mark.parametrize(
    ("function", "source", "output", "job_params", "field", "why"),
    [
        ("SpeechDenoise", "11k.wav", "a.wav", {}, "Input.Media", "11025 Hz"),
        ("SpeechDenoise", "silent.mp4", "a.wav", {}, "Input.Media", "no sound"),
        ("AudioBeatDetection", "silent.mp4", "a.json", {}, "Input.Media", "no sound"),
        ("AudioMixing", "mono.wav", "a.wav", {"inputs": [{"file": f"oss://{BUCKET}/silent.mp4"}]}, "JobParams.inputs", "no sound"),
        ("AudioMixing", "mono.wav", "a.wav", {"inputs": [{"file": f"oss://{BUCKET}/text.mp4"}]}, "JobParams.inputs", ""),
        ("VideoDetext", "eight.mp4", "a.mp4", {"Time": [5, 900]}, "JobParams.Time", "ends at 900 s; the clip has"),
        ("Cover", "mono.wav", "{sequenceId}.png", {}, "Input.Media", ""),
        ("VideoH2V", "mono.wav", "a.mp4", {}, "Input.Media", ""),
        ("VideoClip", "empty.mp4", "a.mp4", {}, "Input.Media", ""),
        *((function, "frameless.mkv", "{sequenceId}", {}, "Input.Media", "") for function in VIDEO_FUNCTIONS),
        ("CaptionExtraction", "text.mp4", "a.srt", {}, "Input.Media", ""),
        ("VideoGreenScreenMatting", "green.mp4", "a.mp4", {"bgimage": f"oss://{BUCKET}/text.mp4"}, "JobParams.bgimage", ""),
        ("VideoH2V", "beach.png", "a.mp4", {}, "Input.Media", "picture"),
    ],
)
def test_what_does_not_fit(
    studio: Studio, function: str, source: str, output: str, job_params: dict[str, Any], field: str, why: str
) -> None:
    if function in ("VideoDetext", "CaptionExtraction", "HybridCaptionExtraction"):
        needs_ocr()
    message = studio.fails(function, source, output, job_params=job_params)
    assert message.startswith(f"{field} ")
    assert why in message
    assert len(message) > len(field) + 5


@pytest.mark.contract("Issue: mono where stereo is needed; our assumption: it is separated by another method, and the result says so")
def test_a_mono_song(studio: Studio) -> None:
    body, read = studio.make("MusicDemix", "mono.wav", "out/mono-{resultType}.wav")
    assert len(body.output_files) == 2
    assert any("mono" in note for note in read["Notes"])


@pytest.mark.contract(f"{SUBMIT}: Input.Type Media")
def test_a_media_that_a_job_made_is_the_input_of_another(studio: Studio) -> None:
    output = ice.SubmitIProductionJobRequestOutput(type="Media", media="", output_url=f"oss://{BUCKET}/out/media.mp4")
    body, _ = studio.make("VideoH2V", "film.mp4", output)
    (media,) = body.output_media_ids
    source = ice.SubmitIProductionJobRequestInput(type="Media", media=media)
    second = ended(studio.client, submit(studio.client, "VideoClip", "", "out/clip.mp4", input=source))
    assert studio.probe(second.output_files[0]).height > studio.probe(second.output_files[0]).width
