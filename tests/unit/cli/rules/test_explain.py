"""`sightline rules explain`: which rule decides and why, what runs, where its outputs go, and what it would cost."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cli.errors import NOT_RUNNING, USAGE, CommandError
from cli.main import run
from cli.prices import Price, Prices
from cli.rules.explain import Explained, Planned, Upload, explain
from cli.rules.report import spoken
from cli.rules.source import Source
from sightline.ims.production.parameters import FUNCTIONS
from sightline.media.identity import media_id
from sightline.pipeline.plan import output_folder
from sightline.rules.model import Job
from sightline.rules.reading import read_rules
from tests.browser.page_site import mp4
from tests.fakes.sightline import World, etag, make_world

KEY = "uploads/home/door/a.mp4"
LAB = {"name": "the lab", "match": {"prefix": "uploads/lab/"}, "jobs": []}
SHORT = {"name": "short ones", "match": {"duration": {"at_most": 5}}, "jobs": []}
CAPTIONS = {"job": "production:CaptionExtraction", "parameters": {"lang": "en"}, "output": "captions/"}
FILMS = {"name": "films", "match": {"kind": "video"}, "jobs": ["smarttag", CAPTIONS, "pai:video_qa", "pai:image_qa"]}
REST = {"name": "the rest", "jobs": ["smarttag"]}


@pytest.fixture
def world() -> World:
    return make_world()


def source(*rules: Any) -> Source:
    return Source(Path("rules.json"), read_rules(json.dumps({"rules": rules}).encode()))


def explained(world: World, *rules: Any, prices: Prices | None = None, **upload: Any) -> Explained:
    asked = Upload(**{"key": KEY, "size": None, "seconds": None, **upload})
    return explain(asked, world.media, source(*rules), world.pipeline.settings, prices or Prices())


def by_job(found: Explained) -> Mapping[str, Planned]:
    return {planned.job.name: planned for planned in found.jobs}


def test_each_rule_is_asked_in_its_turn_until_one_decides(world: World) -> None:
    found = explained(world, LAB, SHORT, FILMS, REST, size=1_000, seconds=12.0)
    assert [(one.rule.name, one.decides, one.reason) for one in found.verdicts] == [
        ("the lab", False, "the key does not begin with uploads/lab/"),
        ("short ones", False, "it lasts 12 s, more than 5"),
        ("films", True, ""),
        ("the rest", False, None),
    ]


def test_jobs_that_are_left_out_say_why(world: World) -> None:
    jobs = by_job(explained(world, FILMS, size=1_000))
    assert jobs["smarttag"].runs
    assert jobs["pai:video_qa"].left_out == "PAI is not set up: PAI_HOST is empty"
    assert jobs["pai:image_qa"].left_out == "pai:image_qa is for image, not for video"


def test_a_job_that_would_fail_says_why() -> None:
    world = make_world(pai_host="https://pai.example", pai_app_id="an-app", pai_token="a-token")
    wrong = {"name": "films", "jobs": [{"job": "production:CaptionExtraction", "parameters": {"fps": 1}}, "pai:video_qa"]}
    jobs = by_job(explained(world, wrong, size=200 * 2**20))
    assert "fps" in jobs["production:CaptionExtraction"].problem
    assert "under 100 MB" in jobs["pai:video_qa"].problem
    assert by_job(explained(world, wrong, size=2**20))["pai:video_qa"].runs


def test_outputs_are_where_the_pipeline_has_them_made(world: World) -> None:
    identity = world.upload(KEY)
    functions = [{"job": f"production:{function}", "output": "made/"} for function in FUNCTIONS if FUNCTIONS[function].source == "video"]
    found = explained(world, {"jobs": functions})
    folder = output_folder(world.pipeline, found.media, Job("production:Cover", {}, "made/"))
    assert folder == f"derived/made/{identity}/{etag(b'a clip')}/"
    assert by_job(found)["production:Cover"].output == f"oss://media/{folder}Cover-{{sequenceId}}.png"
    assert all(planned.output.startswith(f"oss://media/{folder}") for planned in found.jobs if planned.runs)


def test_a_function_that_makes_no_file_leads_to_the_record_alone(world: World) -> None:
    jobs = by_job(explained(world, {"jobs": ["production:AudioQualityAssessment", "production:AudioBeatDetection"]}, size=5))
    assert jobs["production:AudioQualityAssessment"].output == ""
    assert jobs["production:AudioBeatDetection"].output.endswith("/AudioBeatDetection.json")


def test_the_object_tells_its_size_and_length(world: World) -> None:
    world.upload(KEY, mp4())
    subject = explained(world, SHORT, FILMS).subject
    assert subject.size == len(mp4())
    assert subject.duration == pytest.approx(12.0, abs=0.3)


def test_what_is_not_there_is_asked_for_by_its_size(world: World) -> None:
    with pytest.raises(CommandError, match="there is no object") as raised:
        explained(world, FILMS)
    assert "--size" in raised.value.fix
    assert explained(world, FILMS, size=5).media.etag == "<content>"


@pytest.mark.parametrize(
    ("upload", "says"),
    [
        ({"key": "uploads/a.txt", "size": 5}, "the extension"),
        ({"key": "elsewhere/a.mp4", "size": 5}, "not under uploads/"),
        ({"key": KEY, "size": 0}, "zero bytes"),
        ({"key": "uploads/a.jpg", "size": 2**30}, "may have"),
    ],
)
def test_what_is_refused_as_an_upload_gets_no_job(world: World, upload: dict[str, Any], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        explained(world, FILMS, **upload)


# ---- cost


def priced(**prices: str) -> Prices:
    day = date(2026, 11, 21)
    named = {name.replace("__", "."): text for name, text in prices.items()}
    return Prices({name: Price(name, Decimal(text), free=Decimal(100), as_of=day) for name, text in named.items()}, "CNY")


def cost(world: World, prices: Prices, **upload: Any) -> str:
    rule = {"jobs": ["smarttag", "production:CaptionExtraction"]}
    return spoken(explained(world, rule, prices=prices, **{"size": 5, **upload}).bill)


def test_a_price_that_nobody_set_is_unknown(world: World) -> None:
    assert cost(world, Prices()).startswith(
        "cost in the cloud: unknown, no price is set for job.video, production.CaptionExtraction (`sightline plan --price-template`)"
    )


def test_what_is_priced_is_summed_and_the_rest_named(world: World) -> None:
    assert cost(world, priced(job__video="0.3", production__CaptionExtraction="0.05")) == (
        "cost in the cloud: 0.35 CNY at prices of 2026-11-21, for the jobs alone"
    )
    partly = cost(world, priced(job__video="0.3"))
    assert "0.3 CNY" in partly
    assert "no price is set for production.CaptionExtraction" in partly


def test_a_price_by_the_minute_needs_a_length(world: World) -> None:
    prices = priced(ims__video_minutes="0.6", production_minutes__CaptionExtraction="0.4")
    assert "0.5 CNY" in cost(world, prices, seconds=30.0)
    assert "unknown" in cost(world, prices)


def test_only_jobs_that_run_cost_anything(world: World) -> None:
    found = explained(world, {"jobs": ["pai:video_qa", "pai:image_qa"]}, size=5)
    assert spoken(found.bill) == "cost in the cloud: nothing, since no job would run"


# ---- the command


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SIGHTLINE_PRICES", "SIGHTLINE_RULES_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_offline_the_rules_of_the_layer_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "explain", KEY, "--size", "1000", "--duration", "12", "--offline", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["namespace"], told["duration"]) == ("video", "home", 12.0)
    assert [job["job"] for job in told["jobs"]] == ["smarttag", "production:Cover"]
    assert told["media_id"] == media_id("sightline-media", KEY)
    assert told["cost"]["total"] is None
    assert told["cost"]["unpriced"] == ["job.video", "production.Cover"]


def test_it_is_told_to_people_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "explain", KEY, "--size", "1000", "--offline"]) == 0
    told = re.sub(r"\s+", " ", "".join(capsys.readouterr()))
    for part in (
        "video, 1,000 bytes, of unknown length, namespace home",
        "videos: decides",
        "images: not asked any more",
        "unknown, no price",
    ):
        assert part in told


def test_prices_of_a_file_are_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = {"job.video": {"unit": "job", "price": 1.5}, "production.Cover": {"unit": "job", "price": 0.25}}
    file = tmp_path / "prices.json"
    file.write_text(json.dumps({"currency": "CNY", "as_of": "2026-11-21", "items": items}))
    assert run(["rules", "explain", KEY, "--size", "1000", "--offline", "--prices", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cost"]["total"] == "1.75"


def test_offline_needs_a_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "explain", KEY, "--offline"]) == USAGE
    assert "--size" in capsys.readouterr().err


def test_without_a_laptop_that_runs_it_says_so(tmp_path: Path) -> None:
    assert run(["rules", "explain", KEY, "--data", str(tmp_path)]) == NOT_RUNNING
