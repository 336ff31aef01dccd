"""Whatever is uploaded either works or is refused with UnreadableMedia, and never takes memory without bound."""

from __future__ import annotations

import struct
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from engines.analysis.embedding import image_embedding, post_embedding, video_embedding
from engines.analysis.faces import faces
from engines.analysis.labels import labels
from engines.analysis.quality import image_quality, video_quality
from engines.analysis.reshaping import NobodyToReshape, reshape_body
from engines.analysis.watermark import remove_watermark
from engines.imaging import UnreadableMedia
from tests.unit.engines.analysis.pictures import scene
from tests.unit.engines.media import bomb, write_picture, write_video

Service = Callable[[Path], Any]

OF_PICTURES: dict[str, Service] = {
    "quality": image_quality,
    "faces": faces,
    "labels": lambda path: labels(path, "image"),
    "embedding": image_embedding,
    "post": lambda path: post_embedding([path]),
    "watermark": remove_watermark,
    "reshaping": reshape_body,
}
OF_VIDEOS: dict[str, Service] = {
    "quality": video_quality,
    "labels": lambda path: labels(path, "video"),
    "embedding": video_embedding,
    "post": lambda path: post_embedding(video=path),
}


SMALL = scene(0, 240, 180)


def grey(path: Path) -> Path:
    return write_picture(path.with_suffix(".png"), np.asarray(cv2.cvtColor(SMALL, cv2.COLOR_BGR2GRAY)))


def deep(path: Path) -> Path:
    return write_picture(path.with_suffix(".png"), SMALL.astype(np.uint16) * 257)


def transparent(path: Path) -> Path:
    return write_picture(path.with_suffix(".png"), np.dstack([SMALL, np.full(SMALL.shape[:2], 90, np.uint8)]))


def turned(path: Path) -> Path:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.fromarray(SMALL).save(path.with_suffix(".jpg"), exif=exif)
    return path.with_suffix(".jpg")


def animated(path: Path) -> Path:
    frames = [Pillow.fromarray(scene(seed, 200, 150)) for seed in range(3)]
    frames[0].save(path.with_suffix(".gif"), save_all=True, append_images=frames[1:], duration=100)
    return path.with_suffix(".gif")


def printed(path: Path) -> Path:
    Pillow.fromarray(SMALL).convert("CMYK").save(path.with_suffix(".jpg"))
    return path.with_suffix(".jpg")


def dot(path: Path) -> Path:
    return write_picture(path.with_suffix(".png"), np.full((1, 1, 3), 77, np.uint8))


def ribbon(path: Path) -> Path:
    return write_picture(path.with_suffix(".png"), np.asarray(cv2.resize(SMALL, (3000, 3))))


def pole(path: Path) -> Path:
    return write_picture(path.with_suffix(".png"), np.asarray(cv2.resize(SMALL, (2, 2000))))


ODD = (grey, deep, transparent, turned, animated, printed, dot, ribbon, pole)


@pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)
def test_an_odd_picture_works(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path / "odd")
    for service in OF_PICTURES.values():
        try:
            assert service(path) is not None
        except NobodyToReshape:
            assert service is reshape_body


def cut_png(path: Path) -> Path:
    whole = write_picture(path.with_suffix(".png"), scene(0)).read_bytes()
    path.write_bytes(whole[:20])
    return path


def empty(path: Path) -> Path:
    path.touch()
    return path


def text(path: Path) -> Path:
    path.write_text("not a picture")
    return path


def noise(path: Path) -> Path:
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    return path


def broken_jpeg(path: Path) -> Path:
    path.write_bytes(b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 11, 8, 100, 100, 1) + b"\x01\x11\x00")
    return path


UNREADABLE = (cut_png, empty, text, noise, broken_jpeg, bomb)


@pytest.mark.parametrize("service", OF_PICTURES)
@pytest.mark.parametrize("make", UNREADABLE, ids=lambda make: make.__name__)
def test_what_is_no_picture_is_refused(tmp_path: Path, make: Callable[[Path], Path], service: str) -> None:
    with pytest.raises(UnreadableMedia):
        OF_PICTURES[service](make(tmp_path / "odd"))


@pytest.mark.parametrize("service", OF_VIDEOS)
@pytest.mark.parametrize("make", [empty, text, noise, cut_png], ids=lambda make: make.__name__)
def test_what_is_no_video_is_refused(tmp_path: Path, make: Callable[[Path], Path], service: str) -> None:
    with pytest.raises(UnreadableMedia):
        OF_VIDEOS[service](make(tmp_path / "odd"))


@pytest.mark.parametrize("service", OF_VIDEOS)
def test_a_video_of_one_frame_works(tmp_path: Path, service: str) -> None:
    assert OF_VIDEOS[service](write_video(tmp_path / "one.mp4", [scene(0, 320, 240)])) is not None


def test_a_large_picture_stays_within_bounds(tmp_path: Path) -> None:
    """Of 24 million pixels, 72 MB: a few copies of it, and not a few dozen."""
    path = tmp_path / "large.jpg"
    write_picture(path, np.asarray(cv2.resize(scene(1), (6000, 4000))))
    program = """
        import re, sys
        from pathlib import Path
        from engines.analysis.embedding import image_embedding
        from engines.analysis.faces import faces
        from engines.analysis.quality import image_quality
        for service in (image_quality, image_embedding, faces):
            service(Path(sys.argv[1]))
        # Its own peak: ru_maxrss would also know that of whoever started it.
        print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) < 450
