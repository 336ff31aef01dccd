"""What a query says of a production job: its state, its outputs and its result.

Nothing here raises because of what an answer holds. Samples of the results are those of the same functions in ApsaraVideo Media Processing
("query intelligent production job"); for five functions there is none, so what they find is taken as it comes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from sightline.ims.answers import Json, as_text, decode_data, objects
from sightline.ims.production.addresses import parse
from sightline.untrusted import plain
from sightline.value import Value

JobState = Literal["Queuing", "Analysing", "Success", "Fail"]

# Older pages and a script of Alibaba's have the one spelling, a newer translation the other.
_STATES: dict[str, JobState] = {
    "queuing": "Queuing",
    "analysing": "Analysing",
    "analyzing": "Analysing",
    "success": "Success",
    "fail": "Fail",
}
MOST_OUTPUTS = 100
MOST_NOTES = 20
_LONGEST_NOTE = 300
_LONGEST_REASON = 1_000
_LONGEST_KEY_BYTES = 1023
_MOST_GLUED = 5


def read_job_state(told: Any) -> JobState | None:
    """None for a state that is missing or not documented."""
    return _STATES.get(told.strip().lower()) if isinstance(told, str) else None


class Result(Value):
    """`details` is the innermost Data; `failure` what a failed job says of itself, in words."""

    details: Any
    failure: str
    notes: Sequence[str]

    def keys(self) -> Sequence[str]:
        """Of the files that the result itself names, where the answer lists none."""
        listed = self.details.get("result") if isinstance(self.details, dict) else self.details
        named = (entry.get("file", entry.get("Url")) for entry in objects(listed))
        return _keys(named)


def read_result(told: Any) -> Result:
    """From `Result`: a code, a message, and Data, which is JSON in JSON. Without these it is the details itself."""
    document = _decoded(told)
    if not isinstance(document, dict):
        return Result(document or None, plain(as_text(document), _LONGEST_REASON) or "the service gave no reason", ())
    frame = document.keys() & {"Code", "Message", "Data", "Details"}
    details = _decoded(document.get("Data")) if frame else document
    said = [plain(as_text(document.get(name)), _LONGEST_REASON) for name in ("Code", "Message")]
    failure = ": ".join(filter(None, said)) or plain(as_text(details), _LONGEST_REASON) or "the service gave no reason"
    return Result(details, failure, _notes(document.get("Notes")))


def read_keys(answer: Json) -> Sequence[str]:
    """Of all outputs: from the list of files, else from that of addresses, which name the same objects."""
    return next(filter(None, map(_keys, _outputs(answer))), ())


def read_bucket(answer: Json) -> str:
    """Of all outputs; empty where none has an address."""
    addresses = (parse(told) for listed in _outputs(answer) for told in listed if isinstance(told, str))
    return next((address.bucket for address in addresses if address is not None), "")


def object_key(told: Any) -> str | None:
    """The key in an address of either form, or a key by itself; None for what can be none."""
    if not isinstance(told, str):
        return None
    address = parse(told)
    if address is None and "://" in told:
        return None
    key = (address.key if address else told).removeprefix("/")
    is_key = key.isprintable() and 0 < len(key.encode(errors="replace")) <= _LONGEST_KEY_BYTES
    return key if is_key and key == key.encode(errors="replace").decode() else None


def _outputs(answer: Json) -> Iterator[Sequence[Any]]:
    for name in ("OutputFiles", "OutputUrls"):
        told = decode_data(answer.get(name))
        yield told if isinstance(told, list) else [told]


def _keys(told: Iterable[Any]) -> Sequence[str]:
    """Each once, in the order of the answer."""
    keys = dict.fromkeys(key for key in map(object_key, told) if key is not None)
    return list(keys)[:MOST_OUTPUTS]


def _notes(told: Any) -> Sequence[str]:
    return [plain(note, _LONGEST_NOTE) for note in told if isinstance(note, str)][:MOST_NOTES] if isinstance(told, list) else []


def _decoded(told: Any) -> Any:
    """JSON in JSON. Two samples are none: one has a full-width colon, and one a second object glued in front of it."""
    value = decode_data(told)
    if isinstance(value, str) and value.strip()[:1] in ("{", "["):
        mended = decode_data(value.replace("：", ":"))
        return mended if not isinstance(mended, str) else _last_of_glued(value)
    return value


def _last_of_glued(text: str) -> Any:
    decoder, rest, found = json.JSONDecoder(), text.strip(), None
    for _ in range(_MOST_GLUED):
        try:
            found, end = decoder.raw_decode(rest)
        except (ValueError, RecursionError):
            break
        rest = rest[end:].strip(" \t\r\n,")
    return text if found is None else found
