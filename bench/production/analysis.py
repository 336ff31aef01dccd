"""PAI's services beside ready ways: `python -m bench.production.analysis [--photos FOLDER]`.

Photographs are those of a folder, Debian's opencv-doc where none is named; films, marks and figures are drawn, so that the truth is known.
Milliseconds are of one processor's time for a call, after the first, which loads the models: of a file, but for image quality, which is
measured on decoded pictures. Peaks are those of a process of its own.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from bench.production import copies
from bench.production.calls import FOLDER, Found, Watch, photographs
from bench.production.meter import measured
from engines.analysis.faces import faces
from engines.analysis.labels import labels
from engines.analysis.quality import quality_of, video_quality
from engines.analysis.reshaping import reshape_body
from engines.analysis.watermark import remove_watermark
from engines.imaging import Image, read_image
from engines.understanding.tools import Tools
from tests.unit.engines.analysis import pictures as made
from tests.unit.engines.analysis.marks import CASES, Marked, with_mark
from tests.unit.engines.analysis.test_quality import STEPS
from tests.unit.engines.analysis.test_reshaping import Knowing, figure, red_width
from tests.unit.engines.media import write_picture

_FILM = "vtest.avi"
_ASTRONAUT = Path(__file__).parents[2] / ".cache" / "photos" / "astronaut.png"
_FACE = (42, 36, 146, 148)  # in a piece of it, by hand


def quality(folder: Path) -> Found:
    return _falls(folder, lambda image: quality_of(image).score)


def laplacian(folder: Path) -> Found:
    return _falls(folder, lambda image: float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var()))


def _falls(folder: Path, score: Callable[[Image], float]) -> Found:
    watch, said = Watch(), list[str]()
    for name, (steps, _) in STEPS.items():
        ranks = [made.falls([watch(score, image), *(score(step(image)) for step in steps)]) for image in photographs(folder)]
        said.append(f"{name} {np.mean(ranks):.2f}")
    return Found(", ".join(said), watch.milliseconds)


def watermarks(_: Path) -> Found:
    def removed(_: Marked, path: Path) -> Image:
        return made.decoded(remove_watermark(path).picture)

    return _marks(removed)


def box_inpainted(_: Path) -> Found:
    def removed(mark: Marked, _: Path) -> Image:
        rows, columns = np.nonzero(mark.letters)
        box = np.zeros(mark.letters.shape, np.uint8)
        box[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = 255
        return np.asarray(cv2.inpaint(mark.picture, box, 5, cv2.INPAINT_TELEA))

    return _marks(removed)


def _marks(removed: Callable[[Marked, Path], Image]) -> Found:
    """The box's place is given to the ready way, which can't find it."""
    watch, before, after, gone = Watch(), list[float](), list[float](), 0
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(12):
            mark = with_mark(seed, *CASES[seed % len(CASES)])
            left = watch(removed, mark, write_picture(Path(scratch, "a.png"), mark.picture))
            before.append(made.psnr(mark.picture, mark.truth, mark.letters))
            after.append(made.psnr(left, mark.truth, mark.letters))
            gone += after[-1] > before[-1] + 6
    return Found(f"strokes {np.mean(before):.1f} -> {np.mean(after):.1f} dB, {gone} of 12 gone", watch.milliseconds)


def faces_found(folder: Path) -> Found:
    return _pasted(folder, lambda path: [face.box for face in faces(path)])


def haar_alone(folder: Path) -> Found:
    cascade = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"))

    def found(path: Path) -> list[tuple[int, int, int, int]]:
        boxes = cascade.detectMultiScale(cv2.cvtColor(read_image(path), cv2.COLOR_BGR2GRAY), 1.1, 5, minSize=(80, 80))
        return [(x, y, x + width, y + height) for x, y, width, height in boxes]

    return _pasted(folder, found)


def _pasted(folder: Path, find: Callable[[Path], Sequence[tuple[int, int, int, int]]]) -> Found:
    """A face laid into each photograph, larger or smaller, turned a little and darker; then the photographs without it."""
    if not _ASTRONAUT.is_file():
        return Found("the photograph astronaut.png is not here: run `sightline demo` once", float("nan"))
    watch, hits, false, random = Watch(), 0, 0, np.random.default_rng(1)
    patch, grounds = read_image(_ASTRONAUT)[30:200, 130:320], photographs(folder)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "a.jpg")
        for number, ground in enumerate(grounds):
            factor = (1.2, 1.8, 2.6)[number % 3]
            face = cv2.resize(made.turned(float(random.uniform(-8, 8)))(patch), None, fx=factor, fy=factor)
            wide = cv2.resize(ground, (1200, 900))
            top, left = int(random.integers(0, 900 - face.shape[0])), int(random.integers(0, 1200 - face.shape[1]))
            wide[top : top + face.shape[0], left : left + face.shape[1]] = face
            truth = tuple(value * factor + offset for value, offset in zip(_FACE, (left, top, left, top), strict=True))
            seen = watch(find, write_picture(path, made.dimmed(float(random.uniform(0.5, 1)))(wide)))
            right = [_overlap(box, truth) > 0.4 for box in seen]
            hits, false = hits + any(right), false + len(right) - sum(right)
    return Found(f"recall {hits / len(grounds):.2f}, {false} false in {len(grounds)} pictures", watch.milliseconds)


def _overlap(one: Sequence[float], other: Sequence[float]) -> float:
    width, height = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return float(shared / (sum(areas) - shared))


def bodies(_: Path) -> Found:
    watch, said, picture, tools = Watch(), list[str](), figure(), Tools(people=Knowing())
    with tempfile.TemporaryDirectory() as scratch:
        path = write_picture(Path(scratch, "a.png"), picture)
        for degree in (-2.5, -1.5, 1.5, 3.0):
            changed = made.decoded(watch(reshape_body, path, degree, tools).picture)
            said.append(f"{degree:+g} -> {100 * (red_width(changed) / red_width(picture) - 1):+.1f} %")
    return Found("torso " + ", ".join(said) + "; wanted 7 % a degree", watch.milliseconds)


def tagged(folder: Path) -> Found:
    watch, names = Watch(), set[str]()
    with tempfile.TemporaryDirectory() as scratch:
        for image in photographs(folder)[:16]:
            names |= {label.name for label in watch(labels, write_picture(Path(scratch, "a.png"), image), "image").labels}
    return Found(f"{len(names)} different tags on 16 photographs", watch.milliseconds)


def film_quality(folder: Path) -> Found:
    if not (folder / _FILM).is_file():
        return Found(f"{_FILM} is not here", float("nan"))
    begun = time.process_time()
    found = video_quality(folder / _FILM)
    spent = time.process_time() - begun
    return Found(f"{found.seconds / spent:.0f} times real time, motion {found.motion:.2f}", 1000 * spent)


ROWS: tuple[tuple[str, str, Callable[[Path], Found]], ...] = (
    ("image quality", "ours", quality),
    ("image quality", "variance of the Laplacian", laplacian),
    ("copies of a picture", "ours", copies.image_vectors),
    ("copies of a picture", "pHash, 63 bits", copies.perceptual_hash),
    ("copies of a picture", "average hash, 64 bits", copies.average_hash),
    ("copies of a film", "ours", copies.video_vectors),
    ("copies of a film", "average hash of the middle", copies.middle_frame_hash),
    ("watermark", "ours", watermarks),
    ("watermark", "cv2.inpaint of the given box", box_inpainted),
    ("faces", "ours", faces_found),
    ("faces", "one Haar cascade", haar_alone),
    ("body reshaping", "ours", bodies),
    ("image labels", "ours", tagged),
    ("video quality", "ours", film_quality),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, default=FOLDER)
    folder = parser.parse_args().photos
    print("| service | way | quality | ms | peak MB |\n|---|---|---|---|---|")
    for service, way, row in ROWS:
        cost = measured(row, folder)
        print(f"| {service} | {way} | {cost.result.quality} | {cost.result.milliseconds:.0f} | {cost.peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
