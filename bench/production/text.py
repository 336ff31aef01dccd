"""What takes text, logos and screens out of films, at two sizes beside ready ways: `python -m bench.production.text [--minutes 10]`.

The clips are drawn here over a picture that pans, so every frame's truth is known. Ready ways are reading every look (no skipping),
ffmpeg's `delogo` as imageio-ffmpeg carries it, and its `chromakey` as PyAV does. With --minutes each also runs on a film of that length.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import math
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from bench.production.floor import FLOOR, copied, half
from bench.production.meter import Measured, measured
from bench.production.pictures import looped
from engines.imaging import Image, frames
from engines.production.captions import extract_captions
from engines.production.film import MP4
from engines.production.green_screen import key_out
from engines.production.logo_removal import remove_logo
from engines.production.text_removal import remove_text
from engines.production.types import Box
from engines.understanding.reading import Reader
from tests.unit.engines.production import clips
from tests.unit.engines.production.clips import Caption, Plane, psnr

WIDTH, HEIGHT, FPS, PAN = 1280, 720, 25, 60.0
_TEXTS = (
    "今天的天气真不错，我们去公园吧",
    "Where did you put the keys?",
    "他在2019年去了Beijing",
    "不要着急，慢慢来",
    "It was a long time ago.",
    "你说的对",
    "我想喝一杯coffee",
    "The train leaves at nine",
    "明天上午十点开会",
    "好的，再见",
)
_LOGO = (0.78, 0.05, 0.19, 0.13)
_EVERY = 5  # of the frames, that are judged
View = Callable[[float], Image]


@dataclass(frozen=True)
class Row:
    function: str
    way: str
    quality: str
    cost: Measured[Any] | None
    seconds: float

    def text(self, size: str) -> str:
        if self.cost is None:
            return f"| {self.function} | {size} | {self.way} | not installed | | | |"
        speed = f"{self.cost.times_real_time(self.seconds):.1f}"
        peak = "not measured" if math.isnan(self.cost.peak) else f"{self.cost.peak:.0f}"
        return f"| {self.function} | {size} | {self.way} | {self.quality} | {speed} | {self.cost.seconds:.1f} | {peak} |"


@dataclass(frozen=True)
class Drawn:
    """A clip, and what it shows with and without what is to be found in it or taken out."""

    path: Path
    seconds: float
    shown: View
    clean: View


def drawn(path: Path, seconds: float, shown: View, clean: View) -> Drawn:
    clips.write_clip(path, clips.steady(seconds, FPS, shown), crf=18)
    return Drawn(path, seconds, shown, clean)


def halved(clip: Drawn) -> Drawn:
    """Drawn at half its width and height."""
    path = clip.path.with_name(f"{clip.path.stem}-half.mp4")
    return drawn(path, clip.seconds, lambda seconds: half(clip.shown(seconds)), lambda seconds: half(clip.clean(seconds)))


def _whole(clip: Drawn) -> Drawn:
    return clip


def floor_row(function: str, path: Path, folder: Path, seconds: float) -> Row:
    return Row(function, FLOOR, "", measured(copied, path, folder), seconds)


def captions(count: int) -> list[Caption]:
    """Of 1.6 to 2.3 seconds, every third followed by a pause; no multiple of a fifth of a second, at which captions are looked for."""
    made, begin = [], 0.56
    for number, text in enumerate(_TEXTS[:count]):
        end = begin + 1.64 + 0.16 * (number % 5)
        made.append(Caption(round(begin, 2), round(end, 2), text))
        begin = end + (0.6 if number % 3 == 2 else 0.0)
    return made


def captioned(path: Path, count: int) -> Drawn:
    view = clips.sliding(WIDTH, HEIGHT, PAN)
    made = captions(count)
    return drawn(path, round(made[-1].end + 0.6, 1), clips.subtitled(view, made), view)


def caption_rows(clip: Drawn, folder: Path) -> Iterator[Row]:
    ours, ready = measured(_captions, clip.path, folder), measured(_every_look, clip.path)
    yield Row("CaptionExtraction", "ours", _caption_quality(ours.result), ours, clip.seconds)
    yield Row("CaptionExtraction", "RapidOCR on every look", _caption_quality(ready.result), ready, clip.seconds)


def _captions(path: Path, folder: Path) -> list[tuple[float, float, str]]:
    return [(cue["start"], cue["end"], cue["text"]) for cue in extract_captions(path, folder).findings["cues"]]


def _every_look(path: Path) -> list[tuple[float, float, str]]:
    """Five looks a second at the bottom quarter, each read; a text lasts from the first look that has it to the first that has not."""
    reader = Reader()
    cues: list[tuple[float, float, str]] = []
    for frame in frames(path, 5.0):
        text = " ".join(line.text for line in reader.read(frame.image[frame.image.shape[0] * 3 // 4 :]))
        if cues and cues[-1][2] == text:
            cues[-1] = (cues[-1][0], frame.time + 0.2, text)
        else:
            cues.append((frame.time, frame.time + 0.2, text))
    return [cue for cue in cues if cue[2]]


def _caption_quality(cues: Sequence[tuple[float, float, str]]) -> str:
    true = captions(len(_TEXTS))
    nearest = [_nearest(cues, each) for each in true]
    rate = np.mean([clips.character_errors(cue[2], each.text) for cue, each in zip(nearest, true, strict=True)])
    off = np.mean([(abs(cue[0] - each.start) + abs(cue[1] - each.end)) / 2 for cue, each in zip(nearest, true, strict=True)])
    return f"{len(cues)} cues of {len(true)}, CER {rate:.3f}, times within {off:.3f} s"


def _nearest(cues: Sequence[tuple[float, float, str]], true: Caption) -> tuple[float, float, str]:
    return min(cues, key=lambda cue: (clips.character_errors(cue[2], true.text), abs(cue[0] - true.start)))


def removal_rows(clip: Drawn, folder: Path) -> Iterator[Row]:
    cost = measured(_without_text, clip.path, folder)
    yield Row("VideoDetext", "ours", _removal_quality(clip, Path(cost.result), reads=True), cost, clip.seconds)
    yield floor_row("VideoDetext", clip.path, folder, clip.seconds)
    yield delogo_row("VideoDetext", clip, folder, (0.15, 0.85, 0.7, 0.11), reads=True)


def _without_text(path: Path, folder: Path) -> str:
    return str(remove_text(path, folder).outputs[0].path)


def logo_rows(clip: Drawn, folder: Path) -> Iterator[Row]:
    for way, boxes in (("ours, Boxes", (_LOGO,)), ("ours, found by itself", None)):
        cost = measured(_without_logo, clip.path, folder, boxes)
        yield Row("VideoDelogo", way, _removal_quality(clip, Path(cost.result)), cost, clip.seconds)
    yield floor_row("VideoDelogo", clip.path, folder, clip.seconds)
    yield delogo_row("VideoDelogo", clip, folder, _LOGO)
    yield delogo_row("VideoDelogo", clip, folder, _LOGO, encoder=())


def _without_logo(path: Path, folder: Path, boxes: Sequence[Box] | None) -> str:
    return str(remove_logo(path, folder, boxes=boxes).outputs[0].path)


def delogo_row(function: str, clip: Drawn, folder: Path, box: Box, reads: bool = False, encoder: Sequence[str] | None = None) -> Row:
    """ffmpeg's filter over the same rectangle, encoded as we do; or as its own `encoder` options say, without any as most call it."""
    way = f"ffmpeg `delogo`, {'our encoder' if encoder is None else 'as it comes'}"
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        return Row(function, way, "", None, clip.seconds)
    ffmpeg = importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe()
    left, top, wide, high = (round(share * side) for share, side in zip(box, clip.clean(0).shape[1::-1] * 2, strict=True))
    target = folder / "delogo.mp4"
    ours = itertools.chain.from_iterable((f"-{name}", value) for name, value in MP4.options.items())
    chosen = ["-vf", f"delogo=x={left}:y={top}:w={wide}:h={high}", "-c:v", "libx264", *(ours if encoder is None else encoder)]
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([ffmpeg, "-y", "-loglevel", "error", "-i", str(clip.path), *chosen, str(target)], check=True)
    after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - begun
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Row(function, way, _removal_quality(clip, target, reads), Measured(None, seconds, used, float("nan")), clip.seconds)


def _removal_quality(clip: Drawn, made: Path, reads: bool = False) -> str:
    reader, left = Reader(), 0
    figures = []
    for number, (source, result) in enumerate(zip(_pictures(clip.path), _pictures(made), strict=True)):
        if number % _EVERY:
            continue
        clean = clip.clean(number / FPS)
        strokes = np.abs(clip.shown(number / FPS).astype(int) - clean).max(axis=2) > 8
        if not strokes.any():
            continue
        beyond = cv2.dilate(strokes.astype(np.uint8), np.ones((41, 41))) == 0
        figures.append((psnr(source, clean, strokes), psnr(result, clean, strokes), psnr(result, source, beyond)))
        left += sum(len(line.text) for line in reader.read(result[result.shape[0] * 7 // 10 :])) if reads else 0
    before, after, rest = np.mean(figures, axis=0)
    size = made.stat().st_size / clip.path.stat().st_size
    told = f"strokes {before:.1f} to {after:.1f} dB, the rest {rest:.1f} dB, {size:.2f} of the source's size"
    return told + (f", {left} characters left" if reads else "")


def _pictures(path: Path) -> Iterator[Image]:
    return (frame.image for frame in frames(path, 1000.0, exact_colours=True))


def green_rows(clip: Drawn, folder: Path) -> Iterator[Row]:
    seconds, path = clip.seconds, clip.path
    picture = folder / "beach.png"
    cv2.imwrite(str(picture), clips.landscape(WIDTH, HEIGHT, 21))
    webm = measured(_keyed, path, folder, None)
    yield Row("VideoGreenScreenMatting", "ours, WebM", _alpha_quality(list(_alphas(Path(webm.result)))), webm, seconds)
    mp4 = measured(_keyed, path, folder, picture)
    yield Row("VideoGreenScreenMatting", "ours, MP4 before a picture", "", mp4, seconds)
    yield floor_row("VideoGreenScreenMatting", path, folder, seconds)
    ready = measured(_chromakey, path)
    yield Row("VideoGreenScreenMatting", "ffmpeg `chromakey` (alpha alone, no file)", ready.result, ready, seconds)


def _keyed(path: Path, folder: Path, background: Path | None) -> str:
    return str(key_out(path, folder, background=background).outputs[0].path)


def _alpha_at(seconds: float) -> Plane:
    """Somebody who sways, 0 to 1."""
    shape = np.zeros((HEIGHT, WIDTH), np.uint8)
    x = round(WIDTH / 2 + 120 * np.sin(2 * seconds))
    cv2.ellipse(shape, (x, 660), (190, 300), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.circle(shape, (x, 260), 110, 255, -1, cv2.LINE_AA)
    soft: Plane = cv2.GaussianBlur(shape, (0, 0), 1.5).astype(np.float32)[..., None] / 255
    return soft


def _filmed(seconds: float) -> Image:
    """Before green cloth that is a third darker towards the corners."""
    subject = clips.landscape(WIDTH, HEIGHT, 8)
    subject[..., 1] = np.minimum(subject[..., 1], np.maximum(subject[..., 0], subject[..., 2]))
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    light = 1 - 0.33 * np.hypot(columns / WIDTH * 2 - 1, rows / HEIGHT * 2 - 1)[..., None] / np.sqrt(2)
    cloth = np.array([60, 200, 50]) * light + np.random.default_rng(5).normal(0, 2, (HEIGHT, WIDTH, 1))
    share = _alpha_at(seconds)
    composed: Image = np.clip(np.rint(subject * share + cloth * (1 - share)), 0, 255).astype(np.uint8)
    return composed


def _alphas(path: Path) -> Iterator[Plane]:
    decoder = av.CodecContext.create("libvpx-vp9", "r")
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            for frame in decoder.decode(packet):
                yield frame.to_ndarray(format="bgra")[..., 3]


def _chromakey(path: Path) -> str:
    """With the true colour of the screen, and the filter's own limits."""
    found = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        graph: Any = av.filter.Graph()
        nodes = [graph.add_buffer(template=stream), graph.add("chromakey", "0x32C83C:0.1:0.05"), graph.add("format", "rgba")]
        nodes.append(graph.add("buffersink"))
        for one, other in itertools.pairwise(nodes):
            one.link_to(other)
        graph.configure()
        for frame in container.decode(stream):
            graph.vpush(frame)
            found.append(graph.vpull().to_ndarray()[..., 3])
    return _alpha_quality(found)


def _alpha_quality(alphas: Sequence[Plane]) -> str:
    errors, overlaps = [], []
    for number, alpha in enumerate(alphas):
        whole = _alpha_at(number / FPS)[..., 0]
        true = whole if whole.shape == alpha.shape else half(whole)
        errors.append(np.abs(alpha / 255 - true).mean())
        overlaps.append(((alpha > 127) & (true > 0.5)).sum() / ((alpha > 127) | (true > 0.5)).sum())
    return f"alpha's error {np.mean(errors):.4f}, IoU {np.mean(overlaps):.3f}"


def _with_logo(image: Image) -> Image:
    marked: Image = image.copy()
    for colour, thick in (((30, 30, 30), 8), ((250, 250, 250), 4)):
        cv2.circle(marked, (1030, 84), 30, colour, thick, cv2.LINE_AA)
        cv2.putText(marked, "NEWS", (1072, 100), cv2.FONT_HERSHEY_DUPLEX, 1.5, colour, thick, cv2.LINE_AA)
    return marked


def long_rows(clip: Drawn, logo: Drawn, folder: Path, minutes: float) -> Iterator[Row]:
    ways: tuple[tuple[str, Callable[..., Any], Drawn, tuple[Any, ...]], ...] = (
        ("CaptionExtraction", _captions, clip, (folder,)),
        ("VideoDetext", _without_text, clip, (folder,)),
        ("VideoDelogo", _without_logo, logo, (folder, (_LOGO,))),
    )
    for function, way, source, arguments in ways:
        path = looped(source.path, folder / f"{source.path.stem}-long.mp4", minutes)
        yield Row(function, f"ours, {minutes:g} minutes", "", measured(way, path, *arguments), minutes * 60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=0, help="also run each on a film of this length")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        many, few = captioned(folder / "many.mp4", len(_TEXTS)), captioned(folder / "few.mp4", 4)
        view = clips.sliding(WIDTH, HEIGHT, 2 * PAN)
        logo = drawn(folder / "logo.mp4", 6.0, lambda seconds: _with_logo(view(seconds)), view)
        green = drawn(folder / "green.mp4", 4.0, _filmed, _filmed)
        print("| function | size | way | quality | times real time (of a processor) | seconds | peak MB |\n|---|---|---|---|---|---|---|")
        for size, of_size in ((f"{WIDTH}x{HEIGHT}", _whole), (f"{WIDTH // 2}x{HEIGHT // 2}", halved)):
            captions_at, text_at, logo_at, green_at = (of_size(clip) for clip in (many, few, logo, green))
            rows = (caption_rows(captions_at, folder), removal_rows(text_at, folder), logo_rows(logo_at, folder))
            for row in itertools.chain(*rows, green_rows(green_at, folder)):
                print(row.text(size), flush=True)
        if options.minutes:
            for row in long_rows(few, logo, folder, options.minutes):
                print(row.text(f"{WIDTH}x{HEIGHT}"), flush=True)


if __name__ == "__main__":
    main()
