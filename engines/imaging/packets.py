"""Parts of a stream decoded without the rest: the groups of pictures that they lie in, and of those what others need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import av

Parts = Sequence[tuple[float, float]]
"""Stretches in seconds, one after the other; what is at a part's end is not in it."""
Skipped = Literal["DEFAULT", "NONREF", "NONKEY"]
"""What is not decoded, by FFmpeg's names (AVDiscard): nothing that shows, frames that no other refers to, all but key frames."""

_INSTANT = 1e-6
_MOST_WAITING = 1000
"""Packets: where key frames are further apart, what lies between is decoded, as it would fill the memory."""
_TELL_WHAT_IS_NEEDED = frozenset(("h264", "mpeg4", "mpeg2video"))
"""Codecs whose frames say whether any other refers to them; HEVC's say it of their own temporal layer alone."""


def decodable(packets: Iterable[Any]) -> Iterator[Any]:
    """The frames of PyAV's packets, passing over those that can't be decoded: a clip cut short still shows its beginning."""
    try:
        for packet in packets:
            yield from _frames_of(packet)
    except av.FFmpegError:
        return


def decoded_parts(packets: Iterable[Any], context: Any, parts: Parts) -> Iterator[Any]:
    """As `decodable`, of one stream and its codec's context, those frames alone that lie in `parts` and a few beside them.

    Times are the stream's own, in seconds; after the last part all follow.
    """
    try:
        for packet, follows in _of_groups(packets, parts):
            if not follows:
                yield from _held(packet)
                context.flush_buffers()
            pass_over(context, "DEFAULT" if _is_met(packet, parts) else "NONREF")
            yield from _frames_of(packet)
    except av.FFmpegError:
        return


def pass_over(context: Any, skipped: Skipped) -> None:
    """From now on; NONREF only where that can't spoil another frame."""
    context.skip_frame = "DEFAULT" if skipped == "NONREF" and context.name not in _TELL_WHAT_IS_NEEDED else skipped


def _held(coming: Any) -> Sequence[Any]:
    """What the decoder holds still, as an empty packet has it hand out."""
    end = av.Packet()
    end.stream, end.time_base = coming.stream, coming.time_base
    return _frames_of(end)


def _frames_of(packet: Any) -> Sequence[Any]:
    try:
        frames: Sequence[Any] = packet.decode()
    except av.FFmpegError:
        return ()
    return frames


def _of_groups(packets: Iterable[Any], parts: Parts) -> Iterator[tuple[Any, bool]]:
    """A group of pictures, a key frame and what follows it, waits until a part is met in it, and goes if none is.

    Of each packet also whether the one before it came, too.
    """
    waiting: list[Any] = []
    group = 0  # where in what waits the last key frame is; the group before may be needed with it
    follows = True
    for packet in packets:
        met = _is_met(packet, parts)
        if packet.is_keyframe and not met:
            follows = follows and not group
            waiting = [*waiting[group:], packet]
            group = len(waiting) - 1
        elif waiting and packet.size and not met and len(waiting) < _MOST_WAITING:
            waiting.append(packet)
        else:
            # The last packet, an empty one, has the decoder hand out what it holds.
            first = _first_needed(waiting, group, packet, parts) if packet.size else len(waiting)
            for each in (*waiting[first:], packet):
                yield each, follows and not first
                follows, first = True, 0
            waiting, group = [], 0


def _first_needed(waiting: Sequence[Any], group: int, packet: Any, parts: Parts) -> int:
    """Of what waited. Frames that are shown before a key frame may come after it, and then refer to the group before, too."""
    time = _time(packet)
    if time is None or not waiting:
        return 0
    begun = _time(waiting[group]) or 0.0
    if packet.is_keyframe:
        return group if any(start + _INSTANT < time and begun < end for start, end in parts) else len(waiting)
    return 0 if time < begun else group


def _is_met(packet: Any, parts: Parts) -> bool:
    """Also of a packet that doesn't tell its time, and beyond the last part: who takes the frames has to see that there are no more."""
    time = _time(packet)
    return time is None or time + _INSTANT >= parts[-1][1] or any(start <= time + _INSTANT < end for start, end in parts)


def _time(packet: Any) -> float | None:
    return None if packet.pts is None else float(packet.pts * packet.time_base)
