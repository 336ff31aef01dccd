"""HLS playlists (RFC 8216) as inputs: a list of segments that, one after the other, are the video."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

MARK = b"#EXTM3U"
LONGEST_PLAYLIST = 1 << 20
MOST_SEGMENTS = 5_000
_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)')


class UnusablePlaylist(Exception):
    """Its text says what in it can't be followed."""


@dataclass(frozen=True)
class Playlist:
    """The references as they are written: other playlists of a master playlist, best first, or the segments of a media playlist."""

    variants: tuple[str, ...]
    segments: tuple[str, ...]


def parse(text: str) -> Playlist:
    """Raises UnusablePlaylist for what can't be joined by putting files one behind the other."""
    variants: list[tuple[int, str]] = []
    segments: list[str] = []
    bandwidth: int | None = None
    for line in map(str.strip, text.splitlines()):
        tag, _, value = line.partition(":")
        _refuse_unjoinable(tag, value)
        if tag == "#EXT-X-STREAM-INF":
            digits = _attributes(value).get("BANDWIDTH", "0")
            bandwidth = int(digits) if digits.isdigit() else 0
        elif tag == "#EXT-X-MAP":
            if segments:
                raise UnusablePlaylist("its initialisation section changes on the way")
            segments.append(_attributes(value).get("URI", ""))
        elif line and not line.startswith("#"):
            if bandwidth is None:
                segments.append(line)
            else:
                variants.append((bandwidth, line))
            bandwidth = None
    if len(segments) > MOST_SEGMENTS:
        raise UnusablePlaylist(f"it has more than {MOST_SEGMENTS} segments")
    if not segments and not variants:
        raise UnusablePlaylist("it names no segments")
    return Playlist(tuple(line for _, line in sorted(variants, key=lambda each: -each[0])), tuple(segments))


def address_of(playlist: str, reference: str) -> str:
    """The address that a reference in the playlist at this address means.

    Raises UnusablePlaylist where a playlist of the web refers to something else: whoever wrote it has no say over this cloud's buckets.
    """
    scheme = urlsplit(playlist).scheme.lower()
    if scheme != "oss":
        joined = urljoin(playlist, reference)
        if urlsplit(joined).scheme not in ("http", "https"):
            raise UnusablePlaylist("it refers to an address that is neither http nor https")
        return joined
    if urlsplit(reference).scheme:
        return reference
    bucket, _, key = playlist[len("oss://") :].partition("/")
    joined = posixpath.normpath(posixpath.join("/", posixpath.dirname(key), reference))
    return f"oss://{bucket}{joined}"


def _refuse_unjoinable(tag: str, value: str) -> None:
    if tag == "#EXT-X-KEY" and _attributes(value).get("METHOD") != "NONE":
        raise UnusablePlaylist("its segments are encrypted")
    if tag == "#EXT-X-BYTERANGE" or (tag == "#EXT-X-MAP" and "BYTERANGE" in _attributes(value)):
        raise UnusablePlaylist("its segments are parts of files")


def _attributes(text: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(text)}
