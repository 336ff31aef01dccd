"""Cover, VideoClip, VideoH2V and FaceBeauty beside ready ways, at two sizes: `python -m bench.production.pictures [--minutes 10]`.

Every frame of the rendered clips is known: which shot it is from, where people stand, where a face is. Ready ways are a crop of the middle,
every so-many-th frame, and ffmpeg's own filters `thumbnail`, `scdet` and `bilateral` as PyAV carries them. With --minutes the clips are
played over and over for so long, to see what memory a long film takes.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av

from bench.clips import CLIP
from bench.production import faces, reels, upright
from bench.production.floor import halved
from bench.production.meter import measured
from bench.production.rows import HEADER, Row, print_rows
from tests.unit.engines.production.shots import Reel

_PAUSE = 0.2  # seconds between two rounds: the packets of the next must come after those of the last


@dataclass(frozen=True)
class Clips:
    """All at 1280x720; `people` are those of the walkers' clip."""

    reel: Reel
    walkers: Path
    people: upright.People
    face: faces.Face | None


def looped(path: Path, target: Path, minutes: float) -> Path:
    """The same packets over and over."""
    with av.open(str(target), "w") as out:
        streams: dict[int, Any] = {}
        begun = 0.0
        while begun < minutes * 60:
            with av.open(str(path)) as container:
                length = container.duration / av.time_base
                for stream in container.streams if not streams else ():
                    streams[stream.index] = out.add_stream_from_template(stream)
                for packet in container.demux():
                    if packet.dts is None:
                        continue
                    shift = round(begun / float(packet.time_base))
                    packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, streams[packet.stream.index]
                    out.mux(packet)
            begun += length + _PAUSE
    return target


def long_rows(clips: Clips, folder: Path, minutes: float) -> Iterator[Row]:
    ways: tuple[tuple[str, Callable[..., Any], Path | None], ...] = (
        ("Cover", reels.covers, clips.reel.path),
        ("VideoClip", reels.summary, clips.reel.path),
        ("VideoH2V", upright.portrait, clips.walkers),
        ("FaceBeauty", faces.beauty, clips.face.path if clips.face else None),
    )
    for function, way, clip in ways:
        if clip is not None:
            path = looped(clip, folder / f"{clip.stem}-long.mp4", minutes)
            yield Row(function, f"ours, {minutes:g} minutes", "", measured(way, path, folder), minutes * 60)


def rows_of_size(clips: Clips, of_size: Callable[[Path], Path], folder: Path) -> Iterator[Row]:
    reel = replace(clips.reel, path=of_size(clips.reel.path))
    yield from reels.covers_rows(reel, folder)
    yield from reels.summary_rows(reel, folder)
    yield from upright.portrait_rows(of_size(clips.walkers), clips.people, (CLIP.width, CLIP.height), folder)
    if clips.face is not None:
        yield from faces.beauty_rows(clips.face, of_size(clips.face.path), folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=0, help="also run each on a film of this length")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = Clips(reels.rendered(folder / "reel.mp4"), *upright.walkers(folder), faces.swaying(folder))
        print(HEADER)
        print_rows("1280x720", rows_of_size(clips, Path, folder))
        print_rows("640x360", rows_of_size(clips, halved, folder))
        print_rows("768x576, vtest.avi", upright.campus_rows(folder))
        close = faces.close(folder)
        print_rows("480x560", faces.beauty_rows(close, close.path, folder) if close else ())
        print_rows("1280x720", long_rows(clips, folder, options.minutes) if options.minutes else ())


if __name__ == "__main__":
    main()
