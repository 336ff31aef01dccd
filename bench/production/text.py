"""What works on text, logos and screens in films, beside ready ways at two sizes: `python -m bench.production.text [--minutes 10]`.

The clips are drawn here over a picture that pans, so every frame's truth is known. Ready ways are reading every look (no skipping),
ffmpeg's `delogo` as imageio-ffmpeg carries it, and its `chromakey` as PyAV does. With --minutes each also runs on a film of that length.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.production.drawn import FPS, HEIGHT, WIDTH, Drawn, drawn, halved, whole
from bench.production.green import green, green_rows
from bench.production.meter import Measured, measured
from bench.production.pictures import looped
from bench.production.rows import HEADER, Row, floor_row, print_rows
from engines.imaging import Image, frames
from engines.production.captions import extract_captions
from engines.production.film import MP4
from engines.production.logo_removal import remove_logo
from engines.production.text_removal import remove_text
from engines.production.types import Box
from engines.understanding.reading import Reader
from tests.unit.engines.production import clips
from tests.unit.engines.production.clips import Caption, psnr

PAN = 60.0
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
        screen = green(folder / "green.mp4")
        print(HEADER)
        for size, of_size in ((f"{WIDTH}x{HEIGHT}", whole), (f"{WIDTH // 2}x{HEIGHT // 2}", halved)):
            captions_at, text_at, logo_at, screen_at = (of_size(clip) for clip in (many, few, logo, screen))
            rows = (caption_rows(captions_at, folder), removal_rows(text_at, folder), logo_rows(logo_at, folder))
            print_rows(size, itertools.chain(*rows, green_rows(screen_at, folder)))
        if options.minutes:
            print_rows(f"{WIDTH}x{HEIGHT}", long_rows(few, logo, folder, options.minutes))


if __name__ == "__main__":
    main()
