"""`sightline rules check`: what is wrong with rules beyond their form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.errors import FAILED, NOT_FOUND, USAGE
from cli.main import run
from cli.rules.check import check
from sightline.rules.file import load_rules
from sightline.rules.reading import read_rules

BOXES = {"job": "production:VideoDelogo", "parameters": {"Boxes": "[[0,0,1,1],[0,0,1,1],[0,0,1,1]]"}}


def findings(*rules: Any) -> list[tuple[str, str, bool]]:
    found = check(read_rules(json.dumps({"rules": rules}).encode()))
    return [(finding.place, finding.problem, finding.is_wrong) for finding in found]


def test_the_rules_that_are_shipped_are_good() -> None:
    assert check(load_rules()) == []


@pytest.mark.parametrize(
    ("job", "says"),
    [
        ({"job": "production:CaptionExtraction", "parameters": {"fps": 11}}, "fps"),
        ({"job": "production:Cover", "parameters": {"model": "gif"}}, "model"),
        ({"job": "production:VideoDetext", "parameters": {"Time": [[1, 2], [3, 4]]}}, "Time"),
        ({"job": "production:Cover", "parameters": {"ModelId": "algo-video-detext-new"}}, "ModelId"),
        (BOXES, "Boxes"),
    ],
)
def test_parameters_that_a_function_would_not_take_are_wrong(job: Any, says: str) -> None:
    ((place, problem, is_wrong),) = findings({"name": "r", "match": {"kind": "video"}, "jobs": [job]})
    assert (says in problem, is_wrong) == (True, True)
    assert place == f"rules[0] (r), {job['job']}"


def test_parameters_that_a_service_of_pai_would_not_take_are_wrong() -> None:
    job = {"job": "pai:multi_label_image_v2", "parameters": {"tag_top_k": 11}}
    ((_, problem, is_wrong),) = findings({"match": {"kind": "image"}, "jobs": [job]})
    assert ("tag_top_k" in problem, is_wrong) == (True, True)


def test_smart_tags_take_none_here() -> None:
    ((_, problem, is_wrong),) = findings({"jobs": [{"job": "smarttag", "parameters": {"x": 1}}]})
    assert ("smart tags take none" in problem, is_wrong) == (True, True)


def test_a_job_that_never_runs_is_strange() -> None:
    assert findings({"name": "r", "match": {"kind": "image"}, "jobs": ["production:Cover"]}) == [
        ("rules[0] (r), production:Cover", "never runs: production:Cover is for video, not for image", False)
    ]
    assert findings({"match": {"kind": ["image", "video"]}, "jobs": ["production:Cover"]}) == []


@pytest.mark.parametrize(
    ("before", "after", "hides"),
    [
        ({}, {"kind": "video"}, True),
        ({"kind": ["video", "image"]}, {"kind": "video"}, True),
        ({"kind": "video"}, {"kind": ["video", "image"]}, False),
        ({"kind": "video"}, {}, False),
        ({"prefix": "uploads/home/"}, {"prefix": "uploads/home/door/"}, True),
        ({"prefix": "uploads/home/door/"}, {"prefix": "uploads/home/"}, False),
        ({"suffix": ".mp4"}, {"suffix": "door.mp4"}, True),
        ({"suffix": ".mp4"}, {"kind": "video"}, False),
        ({"size": {"at_most": 5}}, {"size": {"at_most": 5}, "kind": "video"}, True),
        ({"size": {"at_most": 5}}, {"kind": "video"}, False),
        ({"namespace": "home"}, {"namespace": "home", "duration": {"at_least": 3}}, True),
        ({"duration": {"at_least": 3}}, {"namespace": "home"}, False),
    ],
)
def test_a_rule_that_never_decides_is_strange(before: Any, after: Any, hides: bool) -> None:
    found = findings({"name": "first", "match": before, "jobs": ["smarttag"]}, {"name": "second", "match": after, "jobs": ["smarttag"]})
    assert [(place, is_wrong) for place, problem, is_wrong in found if "never decides" in problem] == (
        [("rules[1] (second)", False)] if hides else []
    )


def test_a_rule_without_jobs_is_strange() -> None:
    ((place, problem, is_wrong),) = findings({"name": "r", "jobs": []})
    assert (place, "has no job" in problem, is_wrong) == ("rules[0] (r)", True, False)


# ---- the command


def written(folder: Path, *rules: Any) -> str:
    file = folder / "rules.json"
    file.write_text(json.dumps({"rules": rules}))
    return str(file)


def test_good_rules_end_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "check", written(tmp_path, {"name": "all of it", "jobs": ["smarttag"]})]) == 0
    told = "".join(capsys.readouterr())
    assert "1 rule, nothing wrong with it" in told
    assert "all of it" in told


def test_wrong_rules_end_with_1_and_name_the_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "check", "--json", written(tmp_path, {"name": "r", "match": {"kind": "video"}, "jobs": [BOXES]})]) == FAILED
    captured = capsys.readouterr()
    (finding,) = json.loads(captured.out)["findings"]
    assert (finding["place"], finding["wrong"]) == ("rules[0] (r), production:VideoDelogo", True)
    assert "1 jobs" in captured.err


@pytest.mark.parametrize(("content", "says"), [(b"{", "no JSON"), (b'{"rules": [{"jobs": ["dance"]}]}', "rules[0].jobs[0].job")])
def test_rules_that_can_not_be_read_name_the_place(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, says: str) -> None:
    file = tmp_path / "rules.json"
    file.write_bytes(content)
    assert run(["rules", "check", str(file)]) == USAGE
    assert says in capsys.readouterr().err


def test_a_file_that_is_missing_is_said_to_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "check", str(tmp_path / "none.json")]) == NOT_FOUND
    assert "can't be read" in capsys.readouterr().err


def test_the_file_of_the_setting_is_found_where_the_layer_has_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGHTLINE_RULES_FILE", "/opt/python/sightline/rules/rules.json")
    assert run(["rules", "check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["file"].endswith("shared/python/sightline/rules/rules.json")
    monkeypatch.setenv("SIGHTLINE_RULES_FILE", "/opt/none.json")
    assert run(["rules", "check"]) == NOT_FOUND
