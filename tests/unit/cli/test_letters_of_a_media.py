"""Which letters are about a media: those that name it, or one of its jobs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.dead import is_about
from sightline.letters.letter import Letter
from sightline.media.identity import media_id
from tests.fakes.sightline import START

EVENTS = Path(__file__).parents[3] / "events"
PUT, NEWS = (json.loads((EVENTS / name).read_text()) for name in ("oss_put.json", "mns_topic_json.json"))
JOB = "d80e4e4044975745c14b000000000001"


def letter(function: str, event: Any) -> Letter:
    return Letter.new(function, event, "a reason", START)


def test_an_upload_s_letter_names_its_media() -> None:
    record = PUT["events"][0]["oss"]
    identity = media_id(record["bucket"]["name"], record["object"]["key"])
    assert is_about(letter("submit", PUT), identity, [])
    assert not is_about(letter("submit", PUT), media_id("another", record["object"]["key"]), [JOB])
    assert not is_about(letter("collect", PUT), identity, [JOB])


def test_a_callback_s_letter_names_a_job() -> None:
    assert is_about(letter("collect", NEWS), "0" * 32, {JOB})
    assert not is_about(letter("collect", NEWS), "0" * 32, {"another"})
    assert not is_about(letter("submit", NEWS), "0" * 32, {JOB})


@pytest.mark.parametrize("event", ["no event", [], {}, {"events": [5]}, {"events": [{"oss": {}}]}])
@pytest.mark.parametrize("function", ["submit", "collect", "unknown"])
def test_a_letter_of_another_shape_names_nobody(function: str, event: Any) -> None:
    assert not is_about(letter(function, event), "0" * 32, {"", JOB})
