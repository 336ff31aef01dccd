"""What a smart tag job says of a media: its EventDesc, within limits and fit to be stored and shown.

The texts come from a model, so any of them may be missing, of another type, absurdly long, or full of what nobody should see. Whatever
can be used is kept; what could not be is told in notes, which go into the record. Only a description that says nothing at all is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sightline.ims.answers import Json, decode_data, flag, kind_of, shown
from sightline.stored import Stored, Unreadable
from sightline.untrusted import plain
from sightline.value import Value

# In characters. Longest of all documented titles of IMS, SubmitSmarttagJob's, in bytes.
LONGEST_TITLE = 256
# The sample's brief has 80 characters and its caption 300; a page of 50 hits, of which everything is as long as it may be, has 5 MB.
LONGEST_BRIEF = 1_000
LONGEST_CAPTION = 4_000
# Of events, objects and actions each: more than a camera's clip shows, and a phrase is a few words.
MOST_PHRASES = 50
LONGEST_PHRASE = 200
MOST_NOTES = 20
LONGEST_NOTE = 300
_TEXTS = {"title": LONGEST_TITLE, "brief": LONGEST_BRIEF, "caption": LONGEST_CAPTION}
_LISTS = ("event", "object", "action")
_LABELS = ("human", "package", "pet", "vehicle")


class Labels(Value):
    human: bool = False
    package: bool = False
    pet: bool = False
    vehicle: bool = False

    def names(self) -> list[str]:
        return [name for name, present in self._asdict().items() if present]


class EventDescription(Value):
    """The decoded `EventDesc` of a job; its texts come from a model and are not to be trusted."""

    title: str = ""
    brief: str = ""
    caption: str = ""
    event: Sequence[str] = ()
    object: Sequence[str] = ()
    action: Sequence[str] = ()
    label: Labels = Labels()

    @property
    def says_something(self) -> bool:
        return bool(self.title or self.brief or self.caption or self.event or self.object or self.action or self.label.names())


class EngineNote(Value):
    """What the laptop cloud says of the engine that answered; the cloud sends nothing of the kind."""

    name: str
    seconds: float | None = None
    cannot_see: Sequence[str] = ()
    notes: Sequence[str] = ()

    @classmethod
    def read(cls, stored: Stored, cannot_see: str) -> EngineNote:
        """`cannot_see` is what that field is called there. Raises Unreadable."""
        if stored.value("name") is None:
            raise Unreadable("name: missing")
        return cls(
            stored.told("name", LONGEST_TITLE),
            stored.seconds("seconds"),
            stored.all_told(cannot_see, MOST_PHRASES, LONGEST_PHRASE),
            stored.all_told("notes", MOST_NOTES, LONGEST_NOTE),
        )


class SmarttagResult(Value):
    """`notes` say what of the answer could not be used, or not whole."""

    description: EventDescription
    engine: EngineNote | None
    notes: Sequence[str] = ()


def read_results(items: Sequence[Json]) -> SmarttagResult | str:
    """From the `Result` list of a job that succeeded; a text says why it has no description that can be used.

    A job that was asked to split its input may describe several events: they are told as one.
    """
    found = [decode_data(item.get("Data")) for item in items if item.get("Type") == "EventDesc"]
    said = [data for data in found if isinstance(data, dict)]
    if not said:
        return f"its EventDesc is {_unreadable(found[0])}" if found else "it has no EventDesc; does its template ask for vlEventDesc?"
    reader = _Reader(said, unreadable=len(found) - len(said))
    description = reader.description()
    if not description.says_something:
        return "; ".join(["its EventDesc says nothing", *reader.notes])
    engines = [decode_data(item.get("Data")) for item in items if item.get("Type") == "Engine"]
    return SmarttagResult(description, _engine_note(engines[0]) if engines else None, reader.notes)


def _unreadable(data: Any) -> str:
    return f"no JSON: {shown(data)}" if isinstance(data, str) else f"{kind_of(data)}, no object"


def _engine_note(data: Any) -> EngineNote | None:
    try:
        return EngineNote.read(Stored(data), "cannotSee")
    except Unreadable:
        return None


class _Reader:
    """Reads one description from one or several, field by field, and notes what it had to leave out."""

    def __init__(self, said: Sequence[Json], unreadable: int) -> None:
        self._said = said
        self._notes = [] if len(said) == 1 else [f"{len(said):,} descriptions, told as one"]
        if unreadable:
            self._notes.append(f"{unreadable:,} descriptions that can't be read, left out")

    @property
    def notes(self) -> list[str]:
        return list(dict.fromkeys(self._notes))[:MOST_NOTES]

    def description(self) -> EventDescription:
        return EventDescription(
            title=self._text("title"),
            brief=self._text("brief"),
            caption=self._text("caption"),
            event=self._phrases("event"),
            object=self._phrases("object"),
            action=self._phrases("action"),
            label=self._labels(),
        )

    def _text(self, name: str) -> str:
        most = _TEXTS[name]
        texts = [text.strip() for text in self._strings(name) if text.strip()]
        whole = texts[0] if name == "title" and texts else " ".join(dict.fromkeys(texts))
        if len(whole) > most:
            self._notes.append(f"{name}: {len(whole):,} characters, cut to {most:,}")
        return plain(whole, most)

    def _phrases(self, name: str) -> list[str]:
        """Each once, however often it was said."""
        texts = self._strings(name)
        if any(len(text) > LONGEST_PHRASE for text in texts):
            self._notes.append(f"{name}: entries longer than {LONGEST_PHRASE} characters, cut")
        phrases = [phrase for phrase in dict.fromkeys(plain(text, LONGEST_PHRASE) for text in texts) if phrase]
        if len(phrases) > MOST_PHRASES:
            self._notes.append(f"{name}: {len(phrases):,} entries, cut to {MOST_PHRASES}")
        return phrases[:MOST_PHRASES]

    def _labels(self) -> Labels:
        seen = dict.fromkeys(_LABELS, False)
        for said in self._objects("label"):
            for name in _LABELS:
                value = said.get(name)
                truth = flag(value)
                if truth is None and value is not None:
                    self._notes.append(f"label.{name}: {kind_of(value)}, left out")
                seen[name] = seen[name] or bool(truth)
        return Labels(**seen)

    def _strings(self, name: str) -> list[str]:
        """A text counts as a list of one, and the other way round."""
        strings: list[str] = []
        for value in self._values(name):
            parts = value if isinstance(value, list) else [value]
            strings += [part for part in parts if isinstance(part, str)]
            odd = next((part for part in parts if not isinstance(part, str) and part is not None), None)
            if odd is not None:
                self._notes.append(f"{name}: {kind_of(odd)} where a text should be, left out")
        return strings

    def _objects(self, name: str) -> list[Json]:
        values = self._values(name)
        self._notes += [f"{name}: {kind_of(value)}, left out" for value in values if not isinstance(value, dict)]
        return [value for value in values if isinstance(value, dict)]

    def _values(self, name: str) -> list[Any]:
        return [said[name] for said in self._said if said.get(name) is not None]
