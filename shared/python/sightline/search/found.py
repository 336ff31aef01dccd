"""What jobs other than the smart tags found out, as a hit shows it. Most of a hit's media have little of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from sightline.record.findings import Cue
from sightline.record.model import Record
from sightline.search.rights import is_own

Json = dict[str, Any]
Address = Callable[[str], "str | None"]
# So that a page of 50 hits, of which everything is as long as it may be, stays far below the 32 MB of an answer. The whole of the captions
# is in the file at `captions_url`.
MOST_CAPTIONS = 200
MOST_CAPTION_CHARACTERS = 8_000
MOST_BEATS = 500
MOST_CHORUSES = 50
LONGEST_CHORUS = 100
MOST_DERIVED = 20
MOST_GAPS = 20
LONGEST_GAP = 300
LONGEST_MEASURE = 100


def show_found(record: Record, address: Address) -> Json:
    """The fields of a hit. `address` makes a key one that a browser can load."""
    return {
        "cover_url": _own(record, record.found.cover, address),
        "has_embedding": record.found.alike > 0,
        "found": _told(record, address),
    }


def _told(record: Record, address: Address) -> Json:
    """Without what nobody found out."""
    found = record.found
    captions = _cut(found.captions)
    told = {
        "quality": found.quality,
        "tags": [tag._asdict() for tag in found.tags],
        "captions": [cue._asdict() for cue in captions],
        "captions_cut": len(captions) < len(found.captions),
        "captions_url": _own(record, found.captions_key, address),
        "sound": {name[:LONGEST_MEASURE]: value for name, value in found.sound.items()},
        "beats": [round(second, 3) for second in found.beats.beats[:MOST_BEATS]],
        "beats_per_minute": _per_minute(found.beats.beats),
        "choruses": [cue._replace(text=cue.text[:LONGEST_CHORUS])._asdict() for cue in found.choruses[:MOST_CHORUSES]],
        "derived": [
            {"function": made.function, "key": made.key, "url": address(made.key)}
            for made in found.derived[:MOST_DERIVED]
            if is_own(record, made.key)
        ],
        "gaps": [gap._replace(reason=gap.reason[:LONGEST_GAP])._asdict() for gap in found.gaps[:MOST_GAPS]],
    }
    # A quality of 0 is one.
    return {name: value for name, value in told.items() if value is not None and value is not False and value not in ("", [], {})}


def _own(record: Record, key: str | None, address: Address) -> str | None:
    return address(key) if key and is_own(record, key) else None


def _cut(cues: Sequence[Cue]) -> Sequence[Cue]:
    left, kept = MOST_CAPTION_CHARACTERS, []
    for cue in cues[:MOST_CAPTIONS]:
        left -= len(cue.text)
        if left < 0:
            break
        kept.append(cue)
    return kept


def _per_minute(beats: Sequence[float]) -> float | None:
    """By the middle one of the times between them, which a beat that was missed does not change."""
    gaps = sorted(after - before for before, after in pairwise(beats) if after > before)
    return round(60 / gaps[len(gaps) // 2], 1) if len(gaps) > 2 else None
