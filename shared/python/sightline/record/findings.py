"""What jobs other than smart tags found out about a media, or made of it: the part of each, and all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sightline.stored import Stored
from sightline.value import Value

# A record is read for each hit of a search; the whole of the captions is in their own file.
MOST_CUES = 500
LONGEST_CUE = 300
MOST_TAGS = 50
LONGEST_TAG = 100
MOST_KEY_FRAMES = 20
MOST_BEATS = 5_000
MOST_CHORUSES = 100
MOST_DERIVED = 50
MOST_MEASURES = 40
LONGEST_REASON = 1_000


class Cue(Value):
    """Words and when they are there, in seconds from the media's start."""

    start: float
    end: float
    text: str


class Beats(Value):
    """Seconds from the media's start; the first of each bar is a down beat, too."""

    beats: Sequence[float] = ()
    down_beats: Sequence[float] = ()


class FoundTag(Value):
    """`score` is the service's own, usually 0 to 1."""

    name: str
    score: float


class Derived(Value):
    """A new film, sound or file that a function made of the media; `key` is in the media bucket."""

    function: str
    key: str


class Gap(Value):
    """A job that did not end well, and why: what it would have told is missing."""

    job: str
    reason: str


class Findings(Value):
    """Empty fields are what nobody found out. Keys are object keys in the media bucket.

    `cover` is the best of the `key_frames`. `quality` is 0 to 100. `sound` holds the measures of a quality assessment by their names.
    `choruses` are cues whose text is what the service calls the part. `alike` is how many numbers the embedding has by which
    near-duplicates are found, 0 without one. `seconds` is how long the media lasts, where one of its jobs could tell.
    """

    cover: str | None = None
    key_frames: Sequence[str] = ()
    captions: Sequence[Cue] = ()
    captions_key: str | None = None
    quality: float | None = None
    sound: Mapping[str, float | str] = {}
    beats: Beats = Beats()
    choruses: Sequence[Cue] = ()
    tags: Sequence[FoundTag] = ()
    derived: Sequence[Derived] = ()
    gaps: Sequence[Gap] = ()
    alike: int = 0
    seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Without what is empty: most media have little of it."""
        return {name: _plain(value) for name, value in self._asdict().items() if not _is_empty(name, value)}


_EMPTY: Mapping[str, Any] = Findings()._asdict()


def _is_empty(name: str, value: Any) -> bool:
    """What is read back holds lists where the defaults are tuples, and an empty one of either kind tells nothing."""
    if isinstance(value, Value):
        return not any(value._asdict().values())
    return not value if isinstance(value, (list, tuple)) else bool(value == _EMPTY[name])


def join(parts: Iterable[Findings]) -> Findings:
    """All of them as one: lists one after the other, of anything else the last that is told. The order of the parts decides no more."""
    told: dict[str, Any] = {}
    for part in parts:
        for name, value in part._asdict().items():
            if _is_empty(name, value):
                continue
            told[name] = [*told.get(name, ()), *value] if name in _LISTS else value
    return Findings(**told)


_LISTS = ("key_frames", "captions", "choruses", "tags", "derived", "gaps")


def read_findings(stored: Stored) -> Findings:
    """Raises Unreadable."""
    beats = stored.object("beats")
    return Findings(
        cover=stored.optional_text("cover"),
        key_frames=stored.texts("key_frames")[:MOST_KEY_FRAMES],
        captions=_cues(stored, "captions", MOST_CUES),
        captions_key=stored.optional_text("captions_key"),
        quality=stored.number("quality"),
        sound=_measures(stored.object("sound")),
        beats=Beats(beats.numbers("beats")[:MOST_BEATS], beats.numbers("down_beats")[:MOST_BEATS]),
        choruses=_cues(stored, "choruses", MOST_CHORUSES),
        tags=[FoundTag(tag.told("name", LONGEST_TAG), tag.number("score") or 0.0) for tag in stored.objects("tags", MOST_TAGS)],
        derived=[Derived(made.text("function"), made.text("key")) for made in stored.objects("derived", MOST_DERIVED)],
        gaps=[Gap(gap.text("job"), gap.told("reason", LONGEST_REASON)) for gap in stored.objects("gaps", MOST_DERIVED)],
        alike=stored.whole("alike", 0),
        seconds=stored.seconds("seconds"),
    )


def _cues(stored: Stored, name: str, most: int) -> Sequence[Cue]:
    return [
        Cue(cue.seconds("start") or 0.0, cue.seconds("end") or 0.0, cue.told("text", LONGEST_CUE)) for cue in stored.objects(name, most)
    ]


def _measures(stored: Stored) -> Mapping[str, float | str]:
    told: dict[str, float | str] = {}
    for name in stored.names()[:MOST_MEASURES]:
        told[name] = stored.told(name, LONGEST_TAG) if isinstance(stored.value(name), str) else stored.number(name) or 0.0
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, Value):
        return value._asdict()
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
