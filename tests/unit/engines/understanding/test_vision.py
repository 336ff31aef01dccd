"""The vision endpoint, asked over HTTP of a server that refuses as the vendors document it; pictures and clip are real files."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from engines.endpoint import clean
from engines.recognition.types import Algorithm, Enrolment, Features, Known
from engines.understanding.types import USUAL, Description, Engine, MediaKind, Moment, UnreadableMedia, Wishes
from engines.understanding.vision import VisionEngine, VisionSettings, with_vision
from engines.understanding.vision_answer import InvalidAnswer, answer_schema, read_answer
from engines.understanding.vision_frames import evenly
from tests.fakes.model_server import Answered
from tests.fakes.vision_server import GOOD, VisionServer, in_turn, refuses, says

KEY = "sk-do-not-show-me-0123456789"
GOOD_TEXT = json.dumps(GOOD)


@dataclass
class Local:
    """An engine that this machine has; it keeps what it was asked."""

    asked: list[tuple[list[Path], MediaKind]] = field(default_factory=list)
    name: str = "local"

    def describe(self, files: Sequence[Path], kind: MediaKind, wishes: Wishes = USUAL) -> Description:
        self.asked.append((list(files), kind))
        nothing: tuple[str, ...] = ()
        return Description(
            "seen here",
            "",
            "seen here",
            nothing,
            nothing,
            nothing,
            False,
            False,
            False,
            False,
            (),
            nothing,
            64,
            48,
            None,
            "local",
            nothing,
            ("old note",),
        )

    def enrol(self, picture: Path, algorithm: Algorithm) -> Enrolment:
        return Enrolment(None, f"a way to compare {algorithm}")


@pytest.fixture
def server() -> Iterator[VisionServer]:
    server = VisionServer()
    yield server
    server.stop()


@pytest.fixture
def local() -> Local:
    return Local()


@pytest.fixture
def naps() -> list[float]:
    return []


@pytest.fixture
def engine(server: VisionServer, local: Local, naps: list[float]) -> VisionEngine:
    return VisionEngine(server.base_url, KEY, "some-vl-model", local, timeout=5.0, sleep=naps.append)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "box.png"
    image = np.full((600, 1000, 3), 120, np.uint8)
    cv2.rectangle(image, (400, 200), (600, 400), (0, 0, 220), -1)
    cv2.imwrite(str(path), image)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds at 20 frames a second; each frame's grey tells its number."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=20)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for number in range(40):
            image = np.full((720, 1280, 3), 5 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def pictures_in(request: dict[str, Any]) -> list[Any]:
    parts = request["messages"][1]["content"]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
    return [cv2.imdecode(np.frombuffer(base64.b64decode(url.partition(",")[2]), np.uint8), cv2.IMREAD_COLOR) for url in urls]


def words_in(request: dict[str, Any]) -> str:
    return " ".join(part["text"] for part in request["messages"][1]["content"] if part["type"] == "text")


def fell_back(description: Description, local: Local) -> str:
    """The note that says why, after checking that the local engine described the media and is named."""
    assert len(local.asked) == 1
    assert (description.engine, description.title) == ("local", "seen here")
    old, note = description.notes
    assert old == "old note"
    assert note.startswith("vision:some-vl-model was not used: ")
    assert note.endswith("local described this instead")
    assert KEY not in note
    return note


# What is asked


def test_a_picture_is_sent_small_with_the_key_and_described(
    engine: VisionEngine, server: VisionServer, picture: Path, local: Local
) -> None:
    description = engine.describe([picture], "image")

    (request,) = server.requests
    assert server.paths == ["/v1/chat/completions"]
    assert server.authorizations == [f"Bearer {KEY}"]
    assert (request["model"], request["temperature"]) == ("some-vl-model", 0)
    assert [message["role"] for message in request["messages"]] == ["system", "user"]
    (image,) = pictures_in(request)
    assert image.shape == (461, 768, 3)
    assert np.abs(image[230, 384].astype(int) - (0, 0, 220)).max() < 12
    assert request["response_format"]["json_schema"]["schema"] == answer_schema()
    assert (description.title, description.objects, description.pet, description.package) == (GOOD["title"], ("box", "table"), True, True)
    assert (description.width, description.height, description.seconds) == (1000, 600, None)
    assert description.moments == (), "a picture has no times"
    assert (description.engine, engine.name) == ("vision:some-vl-model", "vision:some-vl-model")
    assert not local.asked


def test_the_model_is_told_who_was_recognised_by_another_engine(
    engine: VisionEngine, server: VisionServer, picture: Path, local: Local
) -> None:
    known = Known("Mei", "lib", "pedestrian", Features("stripes-1", "person", ""))
    description = engine.describe([picture], "image", Wishes(known=(known,)))
    assert len(local.asked) == 1
    assert '"seen here" Call those by name' in words_in(server.requests[0])
    assert description.engine == "vision:some-vl-model"
    assert "old note" in description.notes

    engine.describe([picture], "image")
    assert len(local.asked) == 1, "without anybody known nobody is looked for"
    assert "name" not in words_in(server.requests[1])


def test_a_clip_is_shown_by_frames_spread_evenly_with_their_times(engine: VisionEngine, server: VisionServer, clip: Path) -> None:
    description = engine.describe([clip], "video")

    images = pictures_in(server.requests[0])
    numbers = [float(image.mean()) / 5 for image in images]
    assert [image.shape for image in images] == [(432, 768, 3)] * 8
    assert numbers == pytest.approx([2.5 + 5 * place for place in range(8)], abs=1.5), "one of the middle of each eighth of the clip"
    said = words_in(server.requests[0])
    assert "8 frames of a video of 2.0 s" in said
    assert "0.1 s, 0.4 s" in said
    assert (description.width, description.height) == (1280, 720)
    assert description.seconds == pytest.approx(2.0)
    assert description.moments == (Moment(0.5, 1.5, "a box appears", 0.5),)


def test_a_sequence_is_one_event(engine: VisionEngine, server: VisionServer, picture: Path) -> None:
    engine.describe([picture] * 3, "sequence")
    assert len(pictures_in(server.requests[0])) == 3
    assert "3 pictures of one event" in words_in(server.requests[0])


def test_moments_beyond_the_clip_are_cut_or_dropped(engine: VisionEngine, server: VisionServer, clip: Path) -> None:
    moments = [{"start": -1, "end": 1, "text": "early"}, {"start": 1, "end": 99, "text": "long"}, {"start": 50, "end": 60, "text": "never"}]
    server.behaviour = in_turn(says(json.dumps({**GOOD, "moments": moments})))
    times = [(moment.start, moment.end, moment.text) for moment in engine.describe([clip], "video").moments]
    assert times == [(0.0, 1.0, "early"), (1.0, pytest.approx(2.0), "long")]


def test_a_file_that_cannot_be_read_is_never_sent(engine: VisionEngine, server: VisionServer, tmp_path: Path) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("not a picture at all")
    with pytest.raises(UnreadableMedia):
        engine.describe([text], "image")
    assert not server.requests


def test_without_a_key_none_is_sent(server: VisionServer, local: Local, picture: Path) -> None:
    assert VisionEngine(server.base_url, "", "llava", local).describe([picture], "image").engine == "vision:llava"
    assert server.authorizations == [None]


# Which answers are understood


def only_json_object(request: dict[str, Any]) -> Answered:
    """DashScope as documented: no json_schema for VL models; json_object wants the word in the messages."""
    wanted = request.get("response_format", {}).get("type")
    if wanted == "json_schema":
        return refuses(400, "response_format.type 'json_schema' is not supported by this model")
    if wanted == "json_object" and "json" not in json.dumps(request["messages"]).lower():
        return refuses(400, "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.")
    return says(GOOD_TEXT)


def only_plain(request: dict[str, Any]) -> Answered:
    return refuses(400, "unknown field response_format") if "response_format" in request else says(GOOD_TEXT)


@pytest.mark.parametrize(
    ("behaviour", "tried"),
    [(only_json_object, ["json_schema", "json_object"]), (only_plain, ["json_schema", "json_object", None])],
)
def test_a_refused_format_gives_way_to_the_next_and_is_not_tried_again(
    engine: VisionEngine, server: VisionServer, picture: Path, behaviour: Callable[[dict[str, Any]], Answered], tried: list[str | None]
) -> None:
    server.behaviour = behaviour
    assert engine.describe([picture], "image").title == GOOD["title"]
    assert server.formats == tried
    engine.describe([picture], "image")
    assert server.formats == [*tried, tried[-1]]


def test_a_request_that_is_refused_in_every_format_falls_back_and_says_what_was_said(
    engine: VisionEngine, server: VisionServer, picture: Path, local: Local
) -> None:
    server.behaviour = in_turn(refuses(400, f"the model takes no images (key {KEY})\x00\x1b[31m"))
    note = fell_back(engine.describe([picture], "image"), local)
    assert "(400), saying: the model takes no images (key ***)[31m" in note
    assert server.formats == ["json_schema", "json_object", None]
    engine.describe([picture], "image")
    assert server.formats[3:] == ["json_schema", "json_object", None], "a refusal of all says nothing of the formats"


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{GOOD_TEXT}\n```",
        f"<think>Perhaps {{a box}}? Yes.</think>\n{GOOD_TEXT}",
        f"I see {{a box}}.</think>{GOOD_TEXT}",
        f"Here is the description:\n\n{GOOD_TEXT}\n\nAnything else?",
        json.dumps({**GOOD, "confidence": 0.9}),
        json.dumps({**GOOD, "human": "false"}),
    ],
    ids=["fenced", "thinking", "thinking without its opening tag", "chatty", "a key too many", "a boolean as a word"],
)
def test_json_is_found_in_what_models_put_around_it(engine: VisionEngine, server: VisionServer, picture: Path, text: str) -> None:
    server.behaviour = in_turn(says(text))
    description = engine.describe([picture], "image")
    assert (description.engine, description.title) == ("vision:some-vl-model", GOOD["title"])
    assert len(server.requests) == 1


def test_a_schema_that_was_silently_ignored_is_repaired_by_asking_once_more(
    engine: VisionEngine, server: VisionServer, picture: Path
) -> None:
    server.behaviour = in_turn(says(json.dumps({"description": "a red box"})), says(GOOD_TEXT))
    assert engine.describe([picture], "image").title == GOOD["title"]
    first, second = server.requests
    assert second["messages"][:2] == first["messages"]
    assert second["messages"][2] == {"role": "assistant", "content": '{"description": "a red box"}'}
    assert "title: Field required" in second["messages"][3]["content"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("I can't help with that.", "no JSON object"),
        ('{"title": "cut', "not valid JSON"),
        ("", "no JSON object"),
        (None, "no JSON object"),
        (json.dumps({**GOOD, "title": " \x07 "}), "title: Value error, must not be empty"),
        (
            json.dumps({**GOOD, "moments": [{"start": float("nan"), "end": 1, "text": "x"}]}),
            "moments.0.start: Input should be a finite number",
        ),
        ('{"a":' * 100_000, "not valid JSON"),
    ],
    ids=["prose", "cut", "empty", "null", "nothing but a bell", "nan", "deep"],
)
def test_an_answer_that_is_wrong_twice_falls_back(
    engine: VisionEngine, server: VisionServer, picture: Path, local: Local, text: str | None, complaint: str
) -> None:
    server.behaviour = in_turn(says(text))
    note = fell_back(engine.describe([picture], "image"), local)
    assert len(server.requests) == 2
    assert "not what was asked for, twice" in note
    assert complaint in note


# What goes wrong on the way


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_names_the_setting_and_is_not_tried_again(
    engine: VisionEngine, server: VisionServer, picture: Path, local: Local, status: int
) -> None:
    server.behaviour = in_turn(refuses(status, f"Incorrect API key provided: {KEY[:9]}"))
    note = fell_back(engine.describe([picture], "image"), local)
    assert f"refused the key ({status}): check vision.api_key" in note
    assert KEY[:9] not in note
    assert len(server.requests) == 1


def test_an_unknown_model_names_the_settings(engine: VisionEngine, server: VisionServer, picture: Path, local: Local) -> None:
    server.behaviour = in_turn(refuses(404, "model 'some-vl-model' not found, try pulling it first"))
    note = fell_back(engine.describe([picture], "image"), local)
    assert "check vision.base_url and vision.model, saying: model 'some-vl-model' not found" in note


def test_a_busy_endpoint_is_asked_again_when_it_says(engine: VisionEngine, server: VisionServer, picture: Path, naps: list[float]) -> None:
    server.behaviour = in_turn(refuses(429, "slow down", {"Retry-After": "7"}), refuses(503, "starting"), says(GOOD_TEXT))
    assert engine.describe([picture], "image").title == GOOD["title"]
    assert naps == [7.0, 2.0]


def test_retry_after_may_be_a_date(engine: VisionEngine, server: VisionServer, picture: Path, naps: list[float]) -> None:
    moment = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=10), usegmt=True)
    server.behaviour = in_turn(refuses(429, "slow down", {"Retry-After": moment}), says(GOOD_TEXT))
    engine.describe([picture], "image")
    assert naps == [pytest.approx(9.5, abs=1)]


def test_an_endpoint_that_stays_busy_is_left_after_three_attempts(
    engine: VisionEngine, server: VisionServer, picture: Path, local: Local, naps: list[float]
) -> None:
    server.behaviour = in_turn(refuses(500, "out of memory"))
    assert "too busy or failed (500), saying: out of memory" in fell_back(engine.describe([picture], "image"), local)
    assert (len(server.requests), naps) == (3, [1.0, 2.0])


def test_nobody_waits_an_hour(engine: VisionEngine, server: VisionServer, picture: Path, local: Local, naps: list[float]) -> None:
    server.behaviour = in_turn(refuses(429, "quota", {"Retry-After": "3600"}))
    fell_back(engine.describe([picture], "image"), local)
    assert (len(server.requests), naps) == (1, [])


def test_an_endpoint_that_hangs_is_left_in_time(server: VisionServer, picture: Path, local: Local) -> None:
    def hang(_request: dict[str, Any]) -> Answered:
        server.release.wait(30)
        return says(GOOD_TEXT)

    server.behaviour = hang
    hasty = VisionEngine(server.base_url, KEY, "some-vl-model", local, timeout=0.3)
    assert "did not answer within 0.3 s" in fell_back(hasty.describe([picture], "image"), local)
    assert len(server.requests) == 1


def test_an_endpoint_that_is_not_there_is_named_by_its_setting(picture: Path, local: Local, naps: list[float]) -> None:
    absent = VisionServer()
    base_url = absent.base_url
    absent.stop()
    engine = VisionEngine(base_url, KEY, "some-vl-model", local, sleep=naps.append)
    assert "can't be reached (ConnectError): check vision.base_url" in fell_back(engine.describe([picture], "image"), local)
    assert naps == [1.0, 2.0]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answered(200, b" " * (1 << 20) + b"{}"), "larger than 1 MiB"),
        (Answered(200, b"<html>Welcome</html>"), "not that of chat/completions: check vision.base_url"),
        (Answered(200, b'{"choices": []}'), "not that of chat/completions"),
        (Answered(302, b"", {"Location": "http://example.invalid/"}), "answered with status 302"),
    ],
    ids=["oversize", "a web page", "no choice", "a redirect, which would carry the pictures elsewhere"],
)
def test_what_is_no_completion_falls_back(
    engine: VisionEngine, server: VisionServer, picture: Path, local: Local, answer: Answered, reason: str
) -> None:
    server.behaviour = in_turn(answer)
    assert reason in fell_back(engine.describe([picture], "image"), local)
    assert len(server.requests) == 1


# What is believed


def test_words_are_cleaned_and_cut(engine: VisionEngine, server: VisionServer, picture: Path) -> None:
    hostile = {
        "title": "A\x1b[31m \u202eevil\u202c\n title\x00",
        "caption": "word " * 5000,
        "objects": ["x" * 900, "cup", "cup", "\u200b", *map(str, range(99))],
    }
    server.behaviour = in_turn(says(json.dumps({**GOOD, **hostile})))
    description = engine.describe([picture], "image")
    assert description.title == "A[31m evil title"
    assert len(description.caption) == 2000 or description.caption.endswith("word…")
    assert description.objects[0] == "x" * 59 + "…"
    assert description.objects[1:3] == ("cup", "0")
    assert len(description.objects) == 20


def test_the_key_is_in_no_log_and_no_repr(
    engine: VisionEngine, server: VisionServer, picture: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.behaviour = in_turn(refuses(429, KEY), refuses(401, KEY))
    with caplog.at_level(logging.DEBUG):
        engine.describe([picture], "image")
    assert "was not used" in caplog.text
    assert KEY not in caplog.text
    settings = VisionSettings(server.base_url, KEY, "m")
    assert KEY not in repr(settings) + str(settings) + repr(engine)


@pytest.mark.parametrize(
    ("settings", "field_name"),
    [
        ({"base_url": "ftp://host/v1"}, "vision.base_url"),
        ({"base_url": "localhost:11434"}, "vision.base_url"),
        ({"base_url": "https://user:secret@host/v1"}, "vision.base_url"),
        ({"api_key": "two\nlines"}, "vision.api_key"),
        ({"api_key": "schlüssel"}, "vision.api_key"),
        ({"model": ""}, "vision.model"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name_and_never_quoted(settings: dict[str, str], field_name: str) -> None:
    with pytest.raises(ValueError, match=field_name) as refusal:
        VisionSettings(**{"base_url": "https://host/v1", "api_key": "k", "model": "m", **settings})
    assert not any(value and value in str(refusal.value) for value in settings.values())


def test_without_settings_the_engine_itself_is_used(local: Local) -> None:
    plain: Engine = with_vision(local, None)
    assert plain is local
    assert with_vision(local, VisionSettings("http://localhost:11434/v1", "", "llava")).name == "vision:llava"


def test_evenly_takes_the_middle_of_each_part_of_a_stream_of_unknown_length() -> None:
    assert evenly(iter(range(3)), 8) == [0, 1, 2]
    assert evenly(iter(range(16)), 8) == [1, 3, 5, 7, 9, 11, 13, 15]
    gaps = np.diff(evenly(iter(range(100_000)), 8))
    assert gaps.min() >= 2 / 3 * gaps.max(), "at least two are kept for each that is taken, so two gaps differ by one in three at the most"


def test_the_schema_has_no_references_and_names_every_key() -> None:
    schema = answer_schema()
    assert "$ref" not in json.dumps(schema)
    assert set(schema["required"]) == set(GOOD) == set(schema["properties"])
    assert read_answer(GOOD_TEXT).moments[0].text == "a box appears"
    with pytest.raises(InvalidAnswer, match="human"):
        read_answer(json.dumps({**GOOD, "human": "perhaps"}))


def test_clean_keeps_chinese_and_emoji() -> None:
    assert clean("一只猫\t在\u3000睡觉 🐈", 100) == "一只猫 在 睡觉 🐈"
