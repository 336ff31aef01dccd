"""What each production function takes: what is sent of it, and what is refused by name before anything is."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.credentials import Credentials
from sightline.errors import BadInput
from sightline.host import Host
from sightline.ims.production.addresses import Address, may_lie_below, parse
from sightline.ims.production.client import ProductionClient, ProductionRequest
from sightline.ims.production.parameters import FUNCTIONS, check, output_extension, read
from sightline.ims.transport import ImsTransport
from tests.fakes.over_httpx import OverHttpx

SEED = "SubmitIProductionJob, 'JobParams JSON fields' and 'Input and output fields'"
NEW = "algo-video-detext-new"
OUTPUT = "oss://media/derived/{source}-{sequenceId}-{resultType}.out"
LOGO_BOXES = "[[0, 0, 0.3, 0.3], [0.7, 0, 0.3, 0.3]]"
TRACK = "http://bucket.oss-cn-shanghai.aliyuncs.com/2.mp4"


class Service:
    """Takes every job; `sent` are the parameters of its last request."""

    def __init__(self) -> None:
        self.sent: dict[str, str] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent = dict(request.url.params)
        return httpx.Response(200, json={"JobId": "job", "RequestId": "r"})

    def client(self, pipeline: str = "pipe") -> ProductionClient:
        host = Host(OverHttpx(httpx.MockTransport(self)), sleep=lambda _: None)
        return ProductionClient(ImsTransport(host, lambda: Credentials("id", "secret"), "http://ims.example"), pipeline)


def refused(function: str, parameters: dict[str, Any], output: str = OUTPUT, model_id: str = "") -> str:
    """The field that is named. Nothing is sent."""
    service = Service()
    with pytest.raises(BadInput) as raised:
        service.client().submit(ProductionRequest(function, "oss://media/in.mp4", output, parameters, model_id=model_id))
    assert service.sent == {}
    with pytest.raises(BadInput) as checked:
        check(function, parameters, output, model_id)
    assert str(checked.value) == str(raised.value)
    assert raised.value.fix
    return raised.value.field


@pytest.mark.contract(SEED)
@pytest.mark.parametrize(
    ("function", "parameters", "sent"),
    [
        ("Cover", {"Model": ""}, {}),
        ("Cover", {"Model": "gif"}, {"Model": "gif"}),
        ("VideoDelogo", {"LogoModel": "tv,internet", "Boxes": LOGO_BOXES}, {"LogoModel": "tv,internet", "Boxes": LOGO_BOXES}),
        ("VideoDelogo", {"Boxes": json.loads(LOGO_BOXES)}, {"Boxes": LOGO_BOXES}),
        (
            "VideoDetext",
            {"LimitRegion": [[0, 0, 0.3, 0.3], [0.7, 0, 0.3, 0.3]], "Time": [5, 20]},
            {"LimitRegion": [[0, 0, 0.3, 0.3], [0.7, 0, 0.3, 0.3]], "Time": [5, 20]},
        ),
        ("VideoDetext", {"LimitRegion": "[[0, 0.5, 1, 0.5]]"}, {"LimitRegion": [[0, 0.5, 1, 0.5]]}),
        (
            "CaptionExtraction",
            {"fps": 5, "roi": [[0.5, 1], [0, 1]], "lang": "ch_ml", "track": "main"},
            {"fps": 5, "roi": [[0.5, 1], [0, 1]], "lang": "ch_ml", "track": "main"},
        ),
        (
            "HybridCaptionExtraction",
            {"fps": "10", "roi": "[0.1, 0.0, 0.3, 0.2]", "lang": "zh", "track": "main"},
            {"fps": 10, "roi": [0.1, 0.0, 0.3, 0.2], "lang": "zh", "track": "main"},
        ),
        ("VideoGreenScreenMatting", {"bgimage": "http://example.com/example.jpg"}, {"bgimage": "http://example.com/example.jpg"}),
        ("FaceBeauty", {"beauty_params": "whiten=20,smooth=50,face_thin=50"}, {"beauty_params": "whiten=20,smooth=50,face_thin=50"}),
        ("AudioMixing", {"inputs": [{"file": TRACK}]}, {"inputs": [{"file": TRACK}]}),
        ("AudioMixing", {"inputs": {"file": TRACK}}, {"inputs": {"file": TRACK}}),
        ("AudioMixing", {"inputs": TRACK}, {"inputs": [{"file": TRACK}]}),
    ],
)
def test_what_a_job_is_given(function: str, parameters: dict[str, Any], sent: dict[str, Any]) -> None:
    service = Service()
    assert service.client().submit(ProductionRequest(function, "oss://media/in.mp4", OUTPUT, parameters)) == "job"
    assert json.loads(service.sent.get("JobParams", "{}")) == sent


@pytest.mark.contract(SEED)
def test_several_times_are_for_the_new_model_alone() -> None:
    several = {"Time": [[5, 20], [25, 43], [51, 80]]}
    assert read("VideoDetext", several, NEW).document() == several
    assert refused("VideoDetext", several) == "JobParams.Time"


@pytest.mark.contract(SEED)
@pytest.mark.parametrize(
    ("function", "name", "value"),
    [
        ("Cover", "Model", "png"),
        ("Cover", "Model", 1),
        ("VideoDelogo", "LogoModel", "tv,radio"),
        ("VideoDelogo", "LogoModel", ""),
        ("VideoDelogo", "LogoModel", ["tv"]),
        ("VideoDelogo", "Boxes", "[[0,0,0.1,0.1],[0.2,0,0.1,0.1],[0.4,0,0.1,0.1]]"),
        ("VideoDelogo", "Boxes", "[[0, 0, 300, 300]]"),
        ("VideoDelogo", "Boxes", "[0, 0, 0.3, 0.3]"),
        ("VideoDelogo", "Boxes", "[["),
        ("VideoDelogo", "Boxes", "[]"),
        ("VideoDetext", "LimitRegion", [[0.9, 0, 0.3, 0.3]]),
        ("VideoDetext", "LimitRegion", [[0, 0, 0, 0.3]]),
        ("VideoDetext", "LimitRegion", [[0, 0, 0.3]]),
        ("VideoDetext", "LimitRegion", [[0, 0, 0.3, float("nan")]]),
        ("VideoDetext", "LimitRegion", {"x": 0}),
        ("VideoDetext", "Time", [20, 5]),
        ("VideoDetext", "Time", [-1, 5]),
        ("VideoDetext", "Time", [5]),
        ("VideoDetext", "Time", []),
        ("VideoDetext", "Time", "soon"),
        ("CaptionExtraction", "fps", 1),
        ("CaptionExtraction", "fps", 11),
        ("CaptionExtraction", "fps", 2.5),
        ("CaptionExtraction", "fps", True),
        ("CaptionExtraction", "fps", "many"),
        ("CaptionExtraction", "roi", [0.1, 0, 0.3, 0.2]),
        ("CaptionExtraction", "roi", [[1, 0.5], [0, 1]]),
        ("CaptionExtraction", "lang", "zh"),
        ("CaptionExtraction", "track", "all"),
        ("HybridCaptionExtraction", "fps", 0),
        ("HybridCaptionExtraction", "roi", [[0.5, 1], [0, 1]]),
        ("HybridCaptionExtraction", "lang", "ch"),
        ("HybridCaptionExtraction", "lang", "ch_ml"),
        ("VideoGreenScreenMatting", "bgimage", "example.jpg"),
        ("VideoGreenScreenMatting", "bgimage", "file:///etc/passwd"),
        ("VideoGreenScreenMatting", "bgimage", "https://x/a\nb"),
        ("FaceBeauty", "beauty_params", "whiten"),
        ("FaceBeauty", "beauty_params", "whiten=much"),
        ("FaceBeauty", "beauty_params", "whiten=101"),
        ("FaceBeauty", "beauty_params", "smooth=-1,face_length=-5"),
        ("FaceBeauty", "beauty_params", "face_thin=2.5"),
        ("FaceBeauty", "beauty_params", "whiten=1,whiten=2"),
        ("FaceBeauty", "beauty_params", {"whiten": 20}),
        ("AudioMixing", "inputs", [{"file": TRACK}, {"file": TRACK}]),
        ("AudioMixing", "inputs", []),
        ("AudioMixing", "inputs", {"url": TRACK}),
        ("AudioMixing", "inputs", [{"file": "2.mp4"}]),
    ],
)
def test_a_wrong_parameter_is_named(function: str, name: str, value: Any) -> None:
    assert refused(function, {name: value}) == f"JobParams.{name}"


@pytest.mark.contract(SEED)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_unknown_parameter_is_named(function: str) -> None:
    given = {"inputs": TRACK, "Colour": "red"} if function == "AudioMixing" else {"Colour": "red"}
    assert refused(function, given) == "JobParams.Colour"


@pytest.mark.contract(SEED)
def test_a_missing_parameter_is_named() -> None:
    assert refused("AudioMixing", {}) == "JobParams.inputs"


@pytest.mark.contract(SEED)
@pytest.mark.parametrize("function", [name for name in FUNCTIONS if name != "VideoDetext"])
def test_only_one_function_has_another_model(function: str) -> None:
    assert refused(function, {"inputs": TRACK} if function == "AudioMixing" else {}, model_id=NEW) == "ModelId"
    assert refused("VideoDetext", {}, model_id="algo-video-detext-newer") == "ModelId"


@pytest.mark.contract(SEED + "; that Cover needs {sequenceId} is our reading of 'must be distinguished using placeholders'")
@pytest.mark.parametrize(("function", "placeholder"), [("Cover", "{sequenceId}"), ("MusicDemix", "{resultType}")])
def test_several_outputs_need_several_names(function: str, placeholder: str) -> None:
    assert refused(function, {}, "oss://media/derived/{source}-{timestamp}.out") == "Output.Media"
    check(function, {}, f"oss://media/derived/{placeholder}.out")


@pytest.mark.parametrize(
    "output", ["", "derived/x.png", "oss://media", "oss:///x", "ftp://media/x", "https://example.com/x", "oss://m/{x}"]
)
def test_an_output_that_is_no_address_is_named(output: str) -> None:
    assert refused("VideoH2V", {}, output) == "Output.Media"


@pytest.mark.contract("SubmitIProductionJob, request parameters")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"user_data": "x" * 257}, "UserData"),
        ({"name": "测" * 101}, "Name"),
        ({"priority": 0}, "ScheduleConfig.Priority"),
        ({"priority": 11}, "ScheduleConfig.Priority"),
        ({"priority": True}, "ScheduleConfig.Priority"),
        ({"source": "in.mp4 "}, "Input.Media"),
        ({"source": "https://example.com/in.mp4"}, "Input.Media"),
        ({"function": "Covers"}, "FunctionName"),
    ],
)
def test_what_is_wrong_with_the_rest_is_named(changes: dict[str, Any], field: str) -> None:
    service = Service()
    request = ProductionRequest("VideoH2V", "oss://media/in.mp4", OUTPUT)._replace(**changes)
    with pytest.raises(BadInput) as raised:
        service.client().submit(request)
    assert raised.value.field == field
    assert service.sent == {}


@pytest.mark.contract("captured from the official SDK: which parameters are JSON, how it is written, and that Priority is a number there")
def test_the_whole_order() -> None:
    service = Service()
    asset = "5246b8d12a62433ab77845074039c3dc"
    service.client().submit(ProductionRequest("VideoDetext", asset, OUTPUT, {"Time": [[1, 2.5]]}, '{"media":"测"}', "测" * 100, 10, NEW))
    assert service.sent == {
        "FunctionName": "VideoDetext",
        "Input": f'{{"Media":"{asset}","Type":"Media"}}',
        "Output": f'{{"Media":"{OUTPUT}","Type":"OSS"}}',
        "JobParams": '{"Time":[[1,2.5]]}',
        "ScheduleConfig": '{"PipelineId":"pipe","Priority":10}',
        "UserData": '{"media":"测"}',
        "Name": "测" * 100,
        "ModelId": NEW,
    }
    service.client(pipeline="").submit(ProductionRequest("VideoH2V", "oss://media/in.mp4", OUTPUT))
    assert service.sent.keys() == {"FunctionName", "Input", "Output"}


@pytest.mark.contract(SEED)
def test_the_fifteen_functions() -> None:
    assert len(FUNCTIONS) == 15
    assert {name for name, function in FUNCTIONS.items() if function.source == "audio"} == {
        "MusicSegmentDetect",
        "AudioBeatDetection",
        "AudioQualityAssessment",
        "SpeechDenoise",
        "AudioMixing",
        "MusicDemix",
    }
    assert [name for name, function in FUNCTIONS.items() if not function.extension] == ["AudioQualityAssessment"]
    assert output_extension("Cover", {}) == ".png"
    assert output_extension("Cover", {"Model": "gif"}) == ".gif"
    assert output_extension("VideoGreenScreenMatting", {}) == ".webm"
    assert output_extension("VideoGreenScreenMatting", {"bgimage": "https://x/y.jpg"}) == ".mp4"


@pytest.mark.contract("SubmitIProductionJob, 'Input': the two forms; the third is the laptop cloud's own")
@pytest.mark.parametrize(
    ("address", "parsed"),
    [
        ("oss://media/a/b c.mp4", Address("media", "a/b c.mp4")),
        ("http://media.oss-cn-shanghai.aliyuncs.com/a/b%20c.mp4?Expires=1&Signature=x", Address("media", "a/b c.mp4")),
        ("https://media.oss-cn-shanghai-internal.aliyuncs.com/a%2Fb.mp4", Address("media", "a/b.mp4")),
        ("http://127.0.0.1:8000/media/a/b.mp4", Address("media", "a/b.mp4")),
        ("http://localhost/media/b.mp4", Address("media", "b.mp4")),
        ("https://example.com/b.mp4", None),
        ("https://media.oss-cn-shanghai.aliyuncs.com/", None),
        ("https://[::1/x", None),
        ("oss://media/" + "x" * 1024, None),
        ("oss://media/a\x00", None),
        ("media/a.mp4", None),
    ],
)
def test_an_address_of_an_object(address: str, parsed: Address | None) -> None:
    assert parse(address) == parsed


@pytest.mark.parametrize(
    ("output", "lies_below"),
    [
        ("oss://media/uploads/x.png", True),
        ("oss://media/uploads/home/{source}.png", True),
        ("http://media.oss-cn-shanghai.aliyuncs.com/uploads%2Fx.png", True),
        ("oss://media/{source}/x.png", True),
        ("oss://media/up{source}s/x.png", True),
        ("oss://media/derived/x.png", False),
        ("oss://media/derived/uploads/x.png", False),
        ("oss://media/uploads", False),
        ("oss://media/uploads-of-others/x.png", False),
        ("oss://media/{source}.png", False),
        ("oss://media/my-{source}/x.png", False),
        ("oss://other/uploads/x.png", False),
        ("nowhere", False),
    ],
)
def test_whether_an_output_could_be_taken_for_an_upload(output: str, lies_below: bool) -> None:
    assert may_lie_below(output, "media", "uploads/") is lies_below


_PARTS = st.lists(st.sampled_from(["uploads", "up", "loads", "/", "{source}", "{timestamp}", "x"]), min_size=1, max_size=6)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(_PARTS, st.sampled_from(["uploads", "up", "x", "17"]), st.sampled_from(["1700000000000", "17"]))
def test_no_output_of_a_safe_name_is_ever_taken_for_an_upload(parts: list[str], source: str, timestamp: str) -> None:
    template = "oss://media/" + "".join(parts)
    key = template.removeprefix("oss://media/").replace("{source}", source).replace("{timestamp}", timestamp)
    if key.startswith("uploads/") and parse(template) is not None:
        assert may_lie_below(template, "media", "uploads/")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(FUNCTIONS)), st.data())
def test_whatever_is_given_is_read_or_refused(function: str, data: st.DataObject) -> None:
    names = st.sampled_from([*FUNCTIONS[function].takes, "other"])
    with suppress(BadInput):
        chosen = read(function, data.draw(st.dictionaries(names, JSON_VALUES)))
        assert read(function, chosen.document()) == chosen
