"""Clips drawn for the production functions, and how their results are looked at: by PyAV and numpy alone."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from av.video.reformatter import Interpolation
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from engines.imaging import Image
from engines.understanding.reading import Reader

EXACT = Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP | Interpolation.ACCURATE_RND
Plane = npt.NDArray[Any]


@dataclass(frozen=True)
class Sound:
    codec: str
    samples: npt.NDArray[np.float32]  # channels x samples
    rate: int = 48_000
    start: float = 0.0


def write_clip(
    path: Path, frames: Iterable[tuple[float, Image]], sound: Sound | None = None, codec: str = "libx264", crf: int = 8, rate: int = 25
) -> Path:
    """Frames with their times in seconds, of whatever rate; the container follows from the name."""
    with av.open(str(path), "w") as container:
        video: Any = None
        heard = (
            container.add_stream(sound.codec, rate=sound.rate, layout="stereo" if len(sound.samples) == 2 else "mono") if sound else None
        )
        for time, image in frames:
            if video is None:
                video = container.add_stream(codec, rate=rate, options={"crf": str(crf), "preset": "veryfast"})
                video.height, video.width = image.shape[:2]
                video.pix_fmt = "yuv420p"
                video.codec_context.time_base = Fraction(1, 90_000)
                _put_sound(container, heard, sound)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = round(time * 90_000), Fraction(1, 90_000)
            container.mux(video.encode(frame))
        container.mux(video.encode())
    return path


def _put_sound(container: Any, stream: Any, sound: Sound | None) -> None:
    if sound is None:
        return
    step = 1024
    for begin in range(0, sound.samples.shape[1], step):
        piece = np.ascontiguousarray(sound.samples[:, begin : begin + step])
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=stream.layout.name)
        frame.sample_rate, frame.time_base = sound.rate, Fraction(1, sound.rate)
        frame.pts = round(sound.start * sound.rate) + begin
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def steady(seconds: float, fps: float, draw: Callable[[float], Image]) -> Iterable[tuple[float, Image]]:
    return ((number / fps, draw(number / fps)) for number in range(round(seconds * fps)))


def seen(path: Path) -> list[tuple[float, Image]]:
    """Every frame as it is shown: its time in the container, in seconds, and its picture in BGR."""
    with av.open(str(path)) as container:
        return [(float(frame.time), frame.to_ndarray(format="bgr24", interpolation=EXACT)) for frame in container.decode(video=0)]


def heard(path: Path, rate: int = 48_000) -> npt.NDArray[np.float32]:
    """Mono samples from the container's time 0 on."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
        pieces = [(frame.time, frame.to_ndarray()[0]) for each in container.decode(audio=0) for frame in resampler.resample(each)]
    whole = np.zeros(max(round(time * rate) + len(piece) for time, piece in pieces), np.float32)
    for time, piece in pieces:
        start = round(time * rate)
        whole[max(0, start) : start + len(piece)] = piece[max(0, -start) :]
    return whole


def psnr(one: Plane, other: Plane, mask: Plane | None = None) -> float:
    """In dB; `mask` is where to look, height x width."""
    error = np.square(one.astype(np.float64) - other.astype(np.float64))
    mean = float(error.mean() if mask is None else error[mask.astype(bool)].mean())
    return 99.0 if mean == 0 else 10 * float(np.log10(255**2 / mean))


def landscape(width: int, height: int, seed: int = 3) -> Image:
    """Soft colours with edges in them and a little grain, as a photo has."""
    random = np.random.default_rng(seed)
    scene = cv2.resize(random.integers(40, 190, (5, 8, 3), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(12):
        corner = (int(random.integers(0, width)), int(random.integers(0, height)))
        size = (int(random.integers(width // 20, width // 5)), int(random.integers(height // 20, height // 4)))
        colour = tuple(int(each) for each in random.integers(40, 190, 3))
        cv2.rectangle(scene, corner, (corner[0] + size[0], corner[1] + size[1]), colour, -1)
    soft = cv2.GaussianBlur(scene, (0, 0), 1.2)
    grainy: Image = np.clip(soft + random.normal(0, 2, soft.shape), 0, 255).astype(np.uint8)
    return grainy


def sliding(width: int, height: int, speed: float, seed: int = 3) -> Callable[[float], Image]:
    """A camera that pans over a landscape, `speed` pixels a second."""
    wide = landscape(width * 3, height, seed)

    def at(time: float) -> Image:
        left = round(time * speed) % (width * 2)
        view: Image = wide[:, left : left + width].copy()
        return view

    return at


@dataclass(frozen=True)
class Caption:
    start: float
    end: float
    text: str


_FONTS = ("NotoSansCJK-Bold.ttc", "NotoSansCJK-Regular.ttc", "wqy-zenhei.ttc", "wqy-microhei.ttc")


def chinese_font(size: int) -> ImageFont.FreeTypeFont:
    for name in _FONTS:
        for path in sorted(Path("/usr/share/fonts").glob(f"**/{name}")):
            return ImageFont.truetype(str(path), size)
    pytest.skip("no Chinese font is here: install fonts-noto-cjk or fonts-wqy-zenhei")


def lettered(image: Image, text: str, place: tuple[float, float], size: int, colour: tuple[int, int, int] = (255, 255, 255)) -> Image:
    """White letters with a dark rim, as subtitles have; their middle is at `place`, shares of the picture."""
    picture = Pillow.fromarray(image[..., ::-1])
    height, width = image.shape[:2]
    ImageDraw.Draw(picture).multiline_text(
        (place[0] * width, place[1] * height),
        text,
        font=chinese_font(size),
        anchor="mm",
        align="center",
        fill=colour,
        stroke_width=max(1, size // 18),
        stroke_fill=(0, 0, 0),
    )
    return np.ascontiguousarray(np.asarray(picture)[..., ::-1])


def subtitled(
    view: Callable[[float], Image], captions: Iterable[Caption], place: tuple[float, float] = (0.5, 0.9)
) -> Callable[[float], Image]:
    """The view with a caption while it is due."""
    due = tuple(captions)

    def at(time: float) -> Image:
        image = view(time)
        for caption in due:
            if caption.start - 1e-6 <= time < caption.end - 1e-6:
                image = lettered(image, caption.text, place, round(image.shape[0] / 16))
        return image

    return at


def needs_ocr() -> None:
    if not Reader.available():
        pytest.skip("OCR is not installed: `pip install 'sightline[ocr]'`")


def character_errors(told: str, true: str) -> float:
    """The character error rate: edits (Levenshtein) that make one of the other, of the true one's length."""
    row = list(range(len(true) + 1))
    for number, letter in enumerate(told, 1):
        above, row[0] = row[0], number
        for place, other in enumerate(true, 1):
            above, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, above + (letter != other))
    return row[-1] / max(1, len(true))


def turned_clip(path: Path, upright: Callable[[float], Image], seconds: float, fps: float) -> Path:
    """A clip that lies on its side, and whose container says: turn a quarter clockwise (ISO/IEC 14496-12, the matrix of tkhd)."""
    write_clip(path, steady(seconds, fps, lambda time: np.ascontiguousarray(np.rot90(upright(time)))))
    held = bytearray(path.read_bytes())
    matrix = held.index(b"tkhd") + 44
    held[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(held)
    return path
