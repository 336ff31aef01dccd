"""What several jobs found out, as it is stored and put together again."""

from __future__ import annotations

import json
from itertools import permutations

from sightline.record.findings import Beats, Cue, Derived, Findings, join, read_findings
from sightline.stored import Stored

BEATS = Findings(beats=Beats([0.5, 1.0], [0.5]))
SOUND = Findings(sound={"score": 45.9})
MADE = Findings(derived=[Derived("SpeechDenoise", "derived/a.wav")])
WORDS = Findings(captions=[Cue(1.0, 2.0, "Stand clear.")], captions_key="derived/a.srt", quality=0.0, seconds=12.5)


def read_back(found: Findings) -> Findings:
    return read_findings(Stored(json.loads(json.dumps(found.to_json()))))


def test_parts_that_were_stored_lose_nothing_of_one_another_in_any_order() -> None:
    for parts in permutations((BEATS, SOUND, MADE, WORDS)):
        joined = join(map(read_back, parts)).to_json()
        assert joined == {**BEATS.to_json(), **SOUND.to_json(), **MADE.to_json(), **WORDS.to_json()}


def test_what_nobody_found_out_takes_no_room_after_it_was_read_back() -> None:
    assert read_back(Findings()).to_json() == {}
    assert join([read_back(SOUND), read_back(MADE)]).to_json().keys() == {"sound", "derived"}
