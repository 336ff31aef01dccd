"""Which jobs an upload gets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import sightline.rules
from sightline.errors import BadSetting
from sightline.media.types import MediaKind
from sightline.rules.model import Rules, Subject
from sightline.rules.reading import read_rules

SHIPPED = Path(sightline.rules.__file__).with_name("rules.json")


def rules(*told: Any) -> Rules:
    return read_rules(json.dumps({"rules": told}).encode())


def subject(key: str = "uploads/home/a.mp4", kind: MediaKind = "video", size: int = 1000, duration: float | None = None) -> Subject:
    return Subject(key, kind, size, key.split("/")[1], duration)


def names(found: Rules, of: Subject) -> list[str]:
    return [job.name for job in found.jobs_for(of)]


@pytest.mark.parametrize(
    ("kind", "jobs"),
    [
        ("video", ["smarttag", "production:Cover"]),
        ("image", ["smarttag", "pai:image_qa"]),
        ("sequence", ["smarttag"]),
        ("audio", []),
    ],
)
def test_the_rules_that_are_shipped(kind: MediaKind, jobs: list[str]) -> None:
    assert names(read_rules(SHIPPED.read_bytes()), subject(kind=kind)) == jobs


def test_the_first_rule_that_matches_decides() -> None:
    found = rules({"match": {"prefix": "uploads/home/"}, "jobs": ["smarttag"]}, {"jobs": ["production:Cover"]})
    assert names(found, subject()) == ["smarttag"]
    assert names(found, subject("uploads/lab/a.mp4")) == ["production:Cover"]


@pytest.mark.parametrize(
    ("match", "of", "mismatch"),
    [
        ({"prefix": ["uploads/lab/", "uploads/den/"]}, subject(), "the key does not begin with uploads/lab/ or uploads/den/"),
        ({"suffix": ".mov"}, subject(), "the key does not end in .mov"),
        ({"kind": "image"}, subject(), "it is of kind video, not image"),
        ({"namespace": "lab"}, subject(), "its namespace is home, not lab"),
        ({"size": {"at_least": 1001}}, subject(), "it has 1,000 bytes, less than 1,001"),
        ({"size": {"at_most": 999}}, subject(), "it has 1,000 bytes, more than 999"),
        ({"duration": {"at_least": 5}}, subject(), "its duration is not known"),
        ({"duration": {"at_least": 5}}, subject(duration=4.5), "it lasts 4.5 s, less than 5"),
        ({"duration": {"at_most": 5}}, subject(duration=5), ""),
        ({"size": {"at_least": 1000, "at_most": 1000}, "kind": ["video", "image"], "suffix": "mp4"}, subject(), ""),
        ({}, subject(), ""),
    ],
)
def test_conditions(match: dict[str, Any], of: Subject, mismatch: str) -> None:
    found = rules({"match": match, "jobs": ["smarttag"]})
    assert found.rules[0].match.mismatch(of) == mismatch
    assert names(found, of) == ([] if mismatch else ["smarttag"])


def test_a_job_that_is_not_for_this_kind_of_media_is_left_out() -> None:
    found = rules({"jobs": ["smarttag", "production:Cover", "pai:image_qa", "production:AudioBeatDetection"]})
    assert names(found, subject(kind="image")) == ["smarttag", "pai:image_qa"]
    assert names(found, subject(kind="audio")) == ["production:AudioBeatDetection"]
    assert found.rules[0].jobs[1].unsuited("image") == "production:Cover is for video, not for image"


def test_only_rules_that_ask_for_a_duration_need_one() -> None:
    assert not read_rules(SHIPPED.read_bytes()).ask_for_duration
    assert rules({"match": {"duration": {"at_most": 60}}, "jobs": ["smarttag"]}).ask_for_duration


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (b"{", "RULES_FILE: the file: is no JSON"),
        (b"[]", "RULES_FILE: the file: is no JSON object"),
        (b"{}", "RULES_FILE: rules: is missing or no list"),
        (b'{"rules":[]}', "RULES_FILE: rules: is empty"),
        (b'{"rules":[{"jobs":["smarttags"]}]}', "rules[0].jobs[0].job: is 'smarttags', which is no job"),
        (b'{"rules":[{"jobs":["production:Covers"]}]}', "which is no job"),
        (b'{"rules":[{"jobs":["smarttag","smarttag"]}]}', "rules[0].jobs: names smarttag twice"),
        (b'{"rules":[{"match":{"kinds":"image"},"jobs":[]}]}', "rules[0].match.kinds: is unknown; use prefix, suffix, kind"),
        (b'{"rules":[{"match":{"kind":"film"},"jobs":[]}]}', "rules[0].match.kind: is 'film'; use image, video, sequence, audio"),
        (b'{"rules":[{"match":{"size":{"at_least":-1}},"jobs":[]}]}', "rules[0].match.size: has -1 for an end"),
        (b'{"rules":[{"match":{"size":{"at_least":NaN}},"jobs":[]}]}', "rules[0].match.size: has nan for an end"),
        (b'{"rules":[{"match":{"size":{"at_least":5,"at_most":4}},"jobs":[]}]}', "begins at 5 and ends at 4"),
        (b'{"rules":[{"jobs":[{"job":"smarttag","parameters":[]}]}]}', "rules[0].jobs[0].parameters: is no JSON object"),
        (b'{"rules":[{"jobs":[{"job":"smarttag","output":"../uploads/"}]}]}', "rules[0].jobs[0].output: is '../uploads/'"),
        (b'{"rules":[{"jobs":[{"job":"smarttag","output":"/a/"}]}]}', "use a folder as in captions/"),
        (b'{"rules":[{"jobs":[{"job":"smarttag","output":"a"}]}]}', "use a folder as in captions/"),
        (b'{"rules":[{"match":{"prefix":[1]},"jobs":[]}]}', "rules[0].match.prefix: is missing or no text"),
        (b"[" * 100_000, "is no JSON"),
    ],
)
def test_a_wrong_file_is_told_where(told: bytes, message: str) -> None:
    with pytest.raises(BadSetting) as caught:
        read_rules(told)
    assert message in str(caught.value)
