"""What is stored is read by this version and the last one, in the middle of a deploy: both ways."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from sightline.errors import BadInput
from sightline.ims.descriptions import EngineNote
from sightline.media.manifest import parse_manifest
from sightline.pipeline.cursor import Cursor, read_cursor
from sightline.record.model import Record, SmarttagPart, read_part, read_record
from sightline.stored import Stored, Unreadable
from sightline.untrusted import to_json

# As the version that read and wrote with pydantic wrote them; that version reads what the tests below hold this one to.
BEFORE = pytest.mark.contract("captured from the version of the layer before this one")
PART = (
    '"v":1,"title":"A parcel","brief":"b","caption":"„c“ — é","events":["e"],"objects":["o"],"actions":[],"labels":["human"],'
    '"notes":["title: 300 characters, cut to 256"],"engine":{"name":"laptop","seconds":1.5,"cannot_see":["faces"],"notes":[]}'
)
ABOUT = (
    '"media_id":"mmmm","bucket":"media","key":"uploads/é.mp4","preview_key":"uploads/é.mp4","generation":"G1","kind":"video",'
    '"namespace":"home","device":"door","time":"2026-11-21T16:15:30.250000+08:00"'
)
CURSOR = '{"v":1,"after":"a","begin":"2026-11-21T16:15:30.250000+08:00","end":"2026-11-21T17:15:30.250000+08:00","again":["k1","k2"]}'
TIME = datetime(2026, 11, 21, 8, 15, 30, 250_000, tzinfo=timezone.utc)

SAID = SmarttagPart(
    title="A parcel",
    brief="b",
    caption="„c“ — é",
    events=["e"],
    objects=["o"],
    actions=[],
    labels=["human"],
    notes=["title: 300 characters, cut to 256"],
    engine=EngineNote("laptop", 1.5, ["faces"], []),
)
RECORD = Record(SAID, "mmmm", "media", "uploads/é.mp4", "uploads/é.mp4", "G1", "video", "home", "door", TIME)


def stored(text: str) -> Stored:
    return Stored.parse(text.encode())


@BEFORE
def test_a_part_and_a_record_of_the_last_version_are_read() -> None:
    assert read_part(stored(f"{{{PART}}}")) == SAID
    assert read_record(stored(f"{{{PART},{ABOUT}}}")) == RECORD


@BEFORE
@pytest.mark.parametrize(
    ("text", "cursor"),
    [
        ('{"v":1,"after":"x"}', Cursor("x", again=[])),
        ('{"v":1,"after":"","begin":null,"end":null,"again":[]}', Cursor(again=[])),
        (CURSOR, Cursor("a", TIME, TIME + timedelta(hours=1), ["k1", "k2"])),
    ],
)
def test_a_cursor_of_the_last_version_is_read(text: str, cursor: Cursor) -> None:
    assert read_cursor(text.encode()) == cursor


@BEFORE
def test_what_is_written_is_what_the_last_version_reads() -> None:
    """Its models took these fields and types, and passed over no missing one of a record."""
    assert Stored.parse(to_json(RECORD.to_json()).encode()).value("time") == "2026-11-21T08:15:30.250Z"
    assert {**RECORD.to_json(), "time": None} == {**json.loads(f"{{{PART},{ABOUT}}}"), "time": None}
    assert SAID.to_json() == json.loads(f"{{{PART}}}")
    assert Cursor("a", TIME, None, ("k",)).to_json() == {
        "v": 1,
        "after": "a",
        "begin": "2026-11-21T08:15:30.250Z",
        "end": None,
        "again": ["k"],
    }


def test_what_is_written_is_read_again() -> None:
    assert read_record(stored(to_json(RECORD.to_json()))) == RECORD
    assert read_part(stored(to_json(SAID.to_json()))) == SAID
    cursor = Cursor("a", TIME, TIME, ["k"])
    assert read_cursor(to_json(cursor.to_json()).encode()) == cursor


@pytest.mark.parametrize("text", ["", "null", "[]", "1", "{", "{} x", "['a']", "[" * 100_000, "\ufeff{", '{"title": 1}', '{"events": [1]}'])
def test_what_is_no_part_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        read_part(stored(text))


@pytest.mark.parametrize("name", ["\\ud800", "a\\udfff.jpg"])
def test_half_a_character_in_a_name_is_told(name: str) -> None:
    """JSON holds it, and no address does."""
    with pytest.raises(BadInput, match="images: no text that can be sent"):
        parse_manifest("u/a.event/manifest.json", f'{{"images": ["{name}"]}}'.encode(), 5)
    with pytest.raises(Unreadable, match="again"):
        read_cursor(f'{{"again": ["{name}"]}}'.encode())


def test_half_a_character_in_what_a_model_said_costs_that_character_only() -> None:
    assert read_part(stored('{"title": "a\\ud800", "events": ["b\\ud800"]}')).events == ["b\ufffd"]
