"""Cover, VideoClip, VideoH2V and FaceBeauty beside ready ways, at two sizes: `python -m bench.production.pictures [--minutes 10]`.

Every frame of the rendered clips is known: which shot it is from, where people stand, where a face is. Ready ways are a crop of the middle,
every so-many-th frame, and ffmpeg's own filters `thumbnail`, `scdet` and `bilateral` as PyAV carries them. With --minutes the clips are
played over and over for so long, to see what memory a long film takes.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from bench.clips import CLIP, CLIP_SECONDS
from bench.production.floor import FLOOR, copied, halved
from bench.production.meter import Measured, measured
from cli.samples.figures import Outfit
from cli.samples.render import encode, walker
from cli.samples.scenery import street
from engines.imaging import Image, frames
from engines.production.beauty import beautify
from engines.production.covers import pick_covers
from engines.production.film import FilmWriter, film_frames
from engines.production.portrait import to_portrait
from engines.production.summary import summarise
from tests.unit.engines.production.clips import psnr
from tests.unit.engines.production.shots import Reel, Shot, reel

_SHOTS = (
    Shot(2.0, "black"),
    Shot(2.4, speed=60),
    Shot(2.0, "blurred"),
    Shot(3.0, speed=0),
    Shot(2.0, speed=400),
    Shot(2.0, "black"),
    Shot(2.6, speed=120),
    Shot(2.0, "blurred"),
    Shot(2.0, speed=250),
    Shot(2.4, speed=0),
    Shot(2.0, speed=800),
)
_PHOTO = Path(__file__).parents[2] / ".cache" / "photos" / "astronaut.png"
_FACE_SECONDS = 8.0
_PAUSE = 0.2  # seconds between two rounds: the packets of the next must come after those of the last


@dataclass(frozen=True)
class Row:
    function: str
    way: str
    quality: str
    cost: Measured[Any]
    seconds: float

    def text(self, size: str) -> str:
        speed = f"{self.cost.times_real_time(self.seconds):.1f}"
        return f"| {self.function} | {size} | {self.way} | {self.quality} | {speed} | {self.cost.seconds:.1f} | {self.cost.peak:.0f} |"


def floor_row(function: str, path: Path, folder: Path, seconds: float) -> Row:
    return Row(function, FLOOR, "", measured(copied, path, folder), seconds)


def covers_rows(clip: Reel, folder: Path) -> Iterator[Row]:
    seconds = sum(shot.seconds for shot in _SHOTS)
    for animated in (False, True):
        cost = measured(_covers, clip.path, folder, animated)
        yield Row("Cover", "ours, GIF" if animated else "ours, PNG", _cover_quality(clip, cost.result), cost, seconds)
    for name, way in (("every third of the clip", _evenly), ("ffmpeg `thumbnail`", _thumbnails)):
        cost = measured(way, clip.path, seconds)
        yield Row("Cover", name, _cover_quality(clip, cost.result), cost, seconds)


def _covers(path: Path, folder: Path, animated: bool) -> list[float]:
    return [each["milliseconds"] / 1000 for each in pick_covers(path, folder, animated=animated).findings["covers"]]


def _cover_quality(clip: Reel, times: Sequence[float]) -> str:
    shots = [clip.shot_at(time) for time in times]
    good = [shot for shot in shots if _SHOTS[shot].look == "clear"]
    return f"{len(good)} of {len(shots)} can be seen, from {len(set(good))} shots"


def _evenly(path: Path, seconds: float) -> list[float]:
    wanted = [seconds * share for share in (1 / 6, 3 / 6, 5 / 6)]
    return [next(iter(frames(path, 1000, parts=((time, seconds),)))).time for time in wanted]


def _thumbnails(path: Path, seconds: float) -> list[float]:
    return [frame.time for frame in _filtered(path, "thumbnail", f"n={int(seconds * CLIP.fps) // 3}")][:3]


def _filtered(path: Path, name: str, options: str) -> Iterator[Any]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        graph: Any = av.filter.Graph()
        nodes = [graph.add_buffer(template=stream), graph.add(name, options), graph.add("buffersink")]
        nodes[0].link_to(nodes[1])
        nodes[1].link_to(nodes[2])
        graph.configure()
        for frame in container.decode(stream):
            graph.vpush(frame)
            yield from _ready(graph)


def _ready(graph: Any) -> Iterator[Any]:
    while True:
        try:
            yield graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def summary_rows(clip: Reel, folder: Path) -> Iterator[Row]:
    seconds = sum(shot.seconds for shot in _SHOTS)
    ours = measured(_summary, clip.path, folder)
    parts, cuts = ours.result
    yield Row("VideoClip", "ours", f"{_summary_quality(clip, parts, seconds)}; {_cut_quality(clip, cuts)}", ours, seconds)
    scdet = measured(_scdet, clip.path)
    yield Row("VideoClip", "ffmpeg `scdet` (cuts alone)", _cut_quality(clip, scdet.result), scdet, seconds)
    yield floor_row("VideoClip", clip.path, folder, seconds)
    every = measured(_every_fifth_second, clip.path, folder)
    yield Row("VideoClip", "every fifth second", _summary_quality(clip, every.result, seconds), every, seconds)


def _summary(path: Path, folder: Path) -> tuple[list[tuple[float, float]], list[float]]:
    findings = summarise(path, folder).findings
    return [(part["start"], part["end"]) for part in findings["parts"]], list(findings["cuts"])


def _scdet(path: Path) -> list[float]:
    return [frame.time for frame in _filtered(path, "scdet", "threshold=10") if "lavfi.scd.time" in frame.metadata]


def _every_fifth_second(path: Path, folder: Path) -> list[tuple[float, float]]:
    parts = [(float(second), second + 1.0) for second in range(2, int(sum(shot.seconds for shot in _SHOTS)), 5)]
    with FilmWriter(folder / "every.mp4", path, parts=parts) as film:
        for frame in film_frames(path, parts):
            number = next(number for number, (_, end) in enumerate(parts) if frame.time < end)
            film.write(number + frame.time - parts[number][0], frame.image)
    return parts


def _summary_quality(clip: Reel, parts: Sequence[tuple[float, float]], seconds: float) -> str:
    times = np.concatenate([np.arange(start, end, 0.02) for start, end in parts])
    shots = [clip.shot_at(float(time)) for time in times]
    clear = [shot for shot in shots if _SHOTS[shot].look == "clear"]
    seen = f"{100 * len(clear) / len(shots):.0f} % of it can be seen, {len(set(clear))} of 7 shots"
    return f"{len(times) * 2 / seconds:.0f} % of the clip, {seen}"


def _cut_quality(clip: Reel, cuts: Sequence[float]) -> str:
    met = [cut for cut in clip.cuts if any(abs(cut - found) < 0.1 for found in cuts)]
    right = [found for found in cuts if any(abs(cut - found) < 0.1 for cut in clip.cuts)]
    return f"cuts P {len(right) / max(1, len(cuts)):.2f} R {len(met) / len(clip.cuts):.2f}"


def portrait_rows(path: Path, people: Sequence[Image], folder: Path) -> Iterator[Row]:
    ours = measured(_portrait, path, folder)
    yield Row("VideoH2V", "ours", _kept(people, _lefts(path, ours.result)), ours, CLIP_SECONDS)
    middle = measured(_middle, path, folder)
    width = _window(CLIP.height)
    yield floor_row("VideoH2V", path, folder, CLIP_SECONDS)
    yield Row("VideoH2V", "the middle", _kept(people, [(CLIP.width - width) // 2] * len(people)), middle, CLIP_SECONDS)


def _walkers(folder: Path) -> tuple[Path, list[Image]]:
    """A street in which two people cross, one after the other; and of each frame how many pixels of people each column has."""
    random = np.random.default_rng(5)
    background = street(CLIP.width, CLIP.height, random)
    acts = [walker(CLIP, Outfit((40, 35, 190), (70, 50, 40)), 1, 0.5), walker(CLIP, Outfit((190, 95, 25), (55, 55, 60)), -1, 4.0)]
    people: list[Image] = []

    def pictures() -> Iterator[Image]:
        for number in range(round(CLIP_SECONDS * CLIP.fps)):
            picture = background.copy()
            for act in acts:
                act(picture, number / CLIP.fps)
            people.append((picture != background).any(axis=2).sum(axis=0))
            yield np.clip(picture + random.normal(0, 2, (CLIP.height, CLIP.width, 1)), 0, 255).astype(np.uint8)

    path = folder / "walkers.mp4"
    encode(path, pictures(), CLIP.fps)
    return path, people


def _window(height: int) -> int:
    return round(height * 9 / 16) // 2 * 2


def _portrait(path: Path, folder: Path) -> Path:
    return to_portrait(path, folder).outputs[0].path


def _middle(path: Path, folder: Path) -> Path:
    target, width = folder / "middle.mp4", _window(CLIP.height)
    with FilmWriter(target, path) as film:
        for frame in film_frames(path):
            left = (frame.image.shape[1] - width) // 2
            film.write(frame.time, frame.image[:, left : left + width])
    return target


def _lefts(source: Path, made: Path) -> list[int]:
    """Where each frame was cut out, in the whole size's pixels: by comparing pictures at a quarter of theirs, two pixels exact."""

    def small(image: Image) -> Image:
        return cv2.resize(image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)  # type: ignore[no-any-return]

    factor = CLIP.height / next(frames(source, 1)).image.shape[0]
    return [
        round(4 * factor) * int(np.argmin(cv2.matchTemplate(small(whole.image), small(part.image), cv2.TM_SQDIFF)[0]))
        for whole, part in zip(frames(source, 1000), frames(made, 1000), strict=True)
    ]


def _kept(people: Sequence[Image], lefts: Sequence[int]) -> str:
    width = _window(CLIP.height)
    kept = sum(int(columns[left : left + width].sum()) for columns, left in zip(people, lefts, strict=True))
    best = sum(int(np.convolve(columns, np.ones(width), "valid").max()) for columns in people)
    whole = sum(int(columns.sum()) for columns in people)
    return f"{kept / whole:.2f} of people's pixels kept (at best {best / whole:.2f})"


def _face_clip(folder: Path) -> Path | None:
    photo: Image | None = cv2.imread(str(_PHOTO)) if _PHOTO.is_file() else None
    if photo is None:
        print("FaceBeauty: astronaut.png of scikit-image is not here (.cache/photos)")
        return None
    path = folder / "face.mp4"
    encode(path, _face(photo), CLIP.fps)
    return path


def beauty_rows(path: Path, folder: Path) -> Iterator[Row]:
    yield floor_row("FaceBeauty", path, folder, _FACE_SECONDS)
    for name, way in (("ours, whiten=20 smooth=50", _beauty), ("ffmpeg `bilateral`, sigmaS=3 sigmaR=0.1", _bilateral)):
        cost = measured(way, path, folder)
        yield Row("FaceBeauty", name, _beauty_quality(path, cost.result), cost, _FACE_SECONDS)


def _face(photo: Image) -> Iterator[Image]:
    """Somebody who sways a little, before a wall."""
    random = np.random.default_rng(6)
    person = cv2.resize(photo, (CLIP.height, CLIP.height), interpolation=cv2.INTER_CUBIC)
    wall = cv2.GaussianBlur(cv2.resize(photo, (CLIP.width, CLIP.height)), (0, 0), 40)
    for number in range(round(_FACE_SECONDS * CLIP.fps)):
        picture = wall.copy()
        left = _face_left(number)
        picture[:, left : left + CLIP.height] = person
        yield np.clip(picture + random.normal(0, 2, (CLIP.height, CLIP.width, 1)), 0, 255).astype(np.uint8)


def _face_left(number: int) -> int:
    return 280 + round(40 * math.sin(number / CLIP.fps))


def _beauty(path: Path, folder: Path) -> Path:
    return beautify(path, folder, whiten=20, smooth=50).outputs[0].path


def _bilateral(path: Path, folder: Path) -> Path:
    target = folder / "bilateral.mp4"
    with FilmWriter(target, path) as film:
        for frame in _filtered(path, "bilateral", "sigmaS=3:sigmaR=0.1"):
            film.write(frame.time, frame.to_ndarray(format="bgr24"))
    return target


def _beauty_quality(before: Path, after: Path) -> str:
    """On the cheeks, marked by hand in the photograph; the PSNR is that of the wall beside the person."""
    measures = []
    for number, (one, other) in enumerate(zip(frames(before, 1000), frames(after, 1000), strict=True)):
        height = one.image.shape[0]
        scale, left = height / 512, round(_face_left(number) * height / CLIP.height)
        area = (slice(round(114 * scale), round(146 * scale)), slice(left + round(198 * scale), left + round(250 * scale)))
        old, new = one.image[area].mean(axis=2), other.image[area].mean(axis=2)
        measures.append(
            (_fine(new) / _fine(old) - 1, new.mean() - old.mean(), psnr(one.image[:, : height // 4], other.image[:, : height // 4]))
        )
    detail, light, elsewhere = np.mean(measures, axis=0)
    return f"skin's detail {100 * detail:+.0f} %, brightness {light:+.1f}, beside it {elsewhere:.1f} dB"


def _fine(plain: Any) -> float:
    return float(np.abs(plain - cv2.GaussianBlur(plain, (0, 0), 3))[4:-4, 4:-4].mean())


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


def long_rows(clips: dict[str, Path], folder: Path, minutes: float) -> Iterator[Row]:
    ways: tuple[tuple[str, Callable[..., Any], str, tuple[Any, ...]], ...] = (
        ("Cover", _covers, "reel", (folder, False)),
        ("VideoClip", _summary, "reel", (folder,)),
        ("VideoH2V", _portrait, "walkers", (folder,)),
        ("FaceBeauty", _beauty, "face", (folder,)),
    )
    for function, way, clip, arguments in ways:
        if clips[clip].is_file():
            path = looped(clips[clip], folder / f"{clip}-long.mp4", minutes)
            yield Row(function, f"ours, {minutes:g} minutes", "", measured(way, path, *arguments), minutes * 60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=0, help="also run each on a film of this length")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = reel(folder / "reel.mp4", _SHOTS, (CLIP.width, CLIP.height), CLIP.fps)
        people_at, people = _walkers(folder)
        face = _face_clip(folder)
        print("| function | size | way | quality | times real time (of a processor) | seconds | peak MB |\n|---|---|---|---|---|---|---|")
        for size, of_size in (("1280x720", Path), ("640x360", halved)):
            reel_of_size = replace(clip, path=of_size(clip.path))
            rows = [
                covers_rows(reel_of_size, folder),
                summary_rows(reel_of_size, folder),
                portrait_rows(of_size(people_at), people, folder),
            ]
            for row in chain(*rows, beauty_rows(of_size(face), folder) if face else ()):
                print(row.text(size), flush=True)
        if options.minutes:
            clips = {"reel": clip.path, "walkers": folder / "walkers.mp4", "face": folder / "face.mp4"}
            for row in long_rows(clips, folder, options.minutes):
                print(row.text("1280x720"), flush=True)


if __name__ == "__main__":
    main()
