"""What jobs other than the smart tags found out about a media, in lines for people: from its record, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_MOST_TAGS = 10


def lines(found: Json) -> Iterator[tuple[str, str]]:
    """A name and what there is to say of it. Jobs that did not end well are told elsewhere, with all others."""
    if "seconds" in found:
        yield "length", f"{found['seconds']:g} s"
    if "quality" in found:
        yield "quality", f"{found['quality']:g} of 100"
    if "tags" in found:
        yield "tags", _tags(found["tags"])
    if "captions_key" in found:
        yield "captions", f"{len(found.get('captions', ())):,}; the whole is {found['captions_key']}"
    if "beats" in found:
        yield "beats", f"{len(found['beats']['beats']):,}"
    if "choruses" in found:
        yield "choruses", ", ".join(f"{part['start']:g} to {part['end']:g} s" for part in found["choruses"])
    if "sound" in found:
        yield "sound", ", ".join(f"{name} {_measure(value)}" for name, value in found["sound"].items())
    if "cover" in found:
        yield "cover", found["cover"]
    for made in found.get("derived", ()):
        yield "made", f"{made['function']}: {made['key']}"


def _measure(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _tags(tags: list[Json]) -> str:
    shown = ", ".join(f"{tag['name']} {tag['score']:.2f}" for tag in tags[:_MOST_TAGS])
    return shown if len(tags) <= _MOST_TAGS else f"{shown} and {len(tags) - _MOST_TAGS:,} more"
