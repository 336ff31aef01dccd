"""Media for the tests of the engines: clips drawn here, and real footage and photos where the machine has them."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engines.imaging import Image

WIDTH, HEIGHT, FPS = 640, 360, 10
GROUND = 300
RED, BLUE, GREEN = (40, 40, 200), (190, 70, 30), (60, 150, 60)

_OPENCV_DOC = Path("/usr/share/doc/opencv-doc/examples/data")
_REPOSITORY = Path(__file__).parents[3]


def footage(name: str) -> Path:
    path = _OPENCV_DOC / name
    if not path.is_file():
        pytest.skip(f"{name} is not here: install Debian's opencv-doc")
    return path


def photo(name: str) -> Path:
    """One of scikit-image's sample photos, from a folder named by SIGHTLINE_TEST_PHOTOS or from the demo's."""
    for folder in filter(None, (os.environ.get("SIGHTLINE_TEST_PHOTOS"), str(_REPOSITORY / ".cache" / "photos"))):
        if (path := Path(folder) / name).is_file():
            return path
    pytest.skip(f"{name} is not here: unpack skimage/data of the scikit-image wheel and name it in SIGHTLINE_TEST_PHOTOS")


def detector_file() -> Path:
    folder = Path(os.environ.get("SIGHTLINE_TEST_MODELS", _REPOSITORY.parent / "shared" / "models"))
    path = folder / "yolox_nano.onnx"
    if not path.is_file():
        pytest.skip("yolox_nano.onnx is not here: name its folder in SIGHTLINE_TEST_MODELS")
    return path


def write_video(path: Path, frames: Sequence[Image], fps: int = FPS) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "8", "preset": "veryfast"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def write_picture(path: Path, image: Image) -> Path:
    assert cv2.imwrite(str(path), image)
    return path


def yard() -> Image:
    """A wall above a floor, with the grain that a camera's picture has."""
    scene = np.full((HEIGHT, WIDTH, 3), (150, 160, 165), np.uint8)
    scene[HEIGHT // 2 :] = (110, 120, 125)
    for x in range(0, WIDTH, 80):
        cv2.line(scene, (x, 0), (x, HEIGHT // 2), (135, 145, 150), 2)
    grain = np.random.default_rng(7).normal(0, 3, scene.shape)
    return np.clip(scene + grain, 0, 255).astype(np.uint8)


def draw_person(image: Image, x: float, colour: tuple[int, int, int], step: float, feet: float = GROUND, height: float = 120) -> None:
    """A figure with its middle at x: head, trunk in a colour, swinging legs and arms."""

    def point(across: float, up: float) -> tuple[int, int]:
        return round(x + across * height), round(feet - up * height)

    swing = 0.16 * np.sin(step)
    thick = max(2, round(0.075 * height))
    for sign in (1, -1):
        cv2.line(image, point(0, 0.48), point(sign * swing, 0.02), (60, 45, 40), thick, cv2.LINE_AA)
        cv2.line(image, point(0, 0.78), point(-sign * swing * 0.9, 0.46), colour, max(2, thick * 2 // 3), cv2.LINE_AA)
    cv2.ellipse(image, point(0, 0.64), (round(0.11 * height), round(0.2 * height)), 0, 0, 360, colour, -1, cv2.LINE_AA)
    cv2.circle(image, point(0, 0.92), round(0.075 * height), (130, 160, 200), -1, cv2.LINE_AA)


def film(path: Path, seconds: float, draw: Callable[[Image, float], None]) -> Path:
    """A clip of the yard; `draw` adds what is there at a time, in seconds. Each frame has its own sensor noise."""
    scene, random, frames = yard(), np.random.default_rng(11), []
    for index in range(round(seconds * FPS)):
        image = scene.copy()
        draw(image, index / FPS)
        frames.append(np.clip(image + random.normal(0, 2, image.shape), 0, 255).astype(np.uint8))
    return write_video(path, frames)


def walker(path: Path, to_the_right: bool = True, colour: tuple[int, int, int] = RED, seconds: float = 9.5, speed: float = 100) -> Path:
    """Somebody comes in at one side after a second, crosses the picture and leaves at the other; speed in pixels a second."""

    def draw(image: Image, time: float) -> None:
        way = -60 + (time - 1) * speed
        draw_person(image, way if to_the_right else WIDTH - way, colour, time * 7)

    return film(path, seconds, draw)


def left_behind(path: Path, taken_away: bool = False) -> Path:
    """Somebody carries a blue box to the middle, puts it down and goes on without it; or, played backwards, takes away what stood there."""

    def draw(image: Image, time: float) -> None:
        if taken_away:
            time = 10 - time
        x = -60 + (time - 0.5) * 110
        box_x = min(x + 30, 320)
        cv2.rectangle(image, (round(box_x) - 18, GROUND - 34), (round(box_x) + 18, GROUND), BLUE, -1)
        draw_person(image, x, RED, time * 7)

    return film(path, 10, draw)


def van(path: Path) -> Path:
    def draw(image: Image, time: float) -> None:
        x = round(WIDTH + 150 - (time - 0.5) * 160)
        cv2.rectangle(image, (x - 130, GROUND - 110), (x + 130, GROUND - 20), (70, 120, 70), -1)
        cv2.rectangle(image, (x - 120, GROUND - 100), (x - 60, GROUND - 60), (200, 190, 170), -1)
        for wheel in (-80, 80):
            cv2.circle(image, (x + wheel, GROUND - 18), 22, (30, 30, 30), -1)

    return film(path, 7, draw)


def text_page() -> Image:
    page = np.full((500, 700, 3), 245, np.uint8)
    lines = (
        "The delivery arrives on Monday",
        "Please ring at the side door",
        "and leave the parcel inside",
        "Thank you very much",
        "Room 42",
    )
    for number, line in enumerate(lines):
        cv2.putText(page, line, (40, 90 + 85 * number), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (20, 20, 20), 3, cv2.LINE_AA)
    return page


def bomb(path: Path, side: int = 10_001) -> Path:
    """A real one-bit PNG of a hundred million pixels in a dozen kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes(1 + (side + 7) // 8) * side, 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    return path


def rolling_box(path: Path, width: int, height: int) -> Path:
    """A plain box that comes in at the left after a second and glides along."""

    def draw(image: Image, time: float) -> None:
        x = -60 + (time - 1) * 100
        cv2.rectangle(image, (round(x - width / 2), GROUND - height), (round(x + width / 2), GROUND), BLUE, -1)

    return film(path, 7, draw)


def put_down(path: Path, at: float, height: int) -> Path:
    """Somebody comes in at the left with a blue box, puts it down in the middle at a time in seconds and goes on without it."""

    def draw(image: Image, time: float) -> None:
        x = 300 + (time - at) * 110
        box_x = min(x + 34, 334)
        cv2.rectangle(image, (round(box_x) - 14, GROUND - height), (round(box_x) + 14, GROUND), BLUE, -1)
        draw_person(image, x, RED, time * 7)

    return film(path, 11, draw)
