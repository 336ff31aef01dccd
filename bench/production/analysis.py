"""PAI's services beside ready ways: `python -m bench.production.analysis [--photos FOLDER]`.

Photographs are those of a folder, Debian's opencv-doc where none is named; films, marks and figures are drawn, so that the truth is known.
Milliseconds are of one processor's time for a call, after the first, which loads the models; peaks are those of a process of its own.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from bench.production.meter import measured
from engines.analysis.embedding import image_embedding, similarity, video_embedding
from engines.analysis.faces import faces
from engines.analysis.labels import labels
from engines.analysis.quality import quality_of, video_quality
from engines.analysis.reshaping import reshape_body
from engines.analysis.watermark import remove_watermark
from engines.imaging import Image, frames, read_image
from engines.imaging.pictures import shrink
from engines.understanding.tools import Tools
from tests.unit.engines.analysis import pictures as made
from tests.unit.engines.analysis.films import VIDEO_COPIES, even, ride
from tests.unit.engines.analysis.marks import CASES, Marked, with_mark
from tests.unit.engines.analysis.test_embedding import COPIES
from tests.unit.engines.analysis.test_quality import STEPS
from tests.unit.engines.analysis.test_reshaping import Knowing, figure, red_width
from tests.unit.engines.media import write_picture, write_video

T = TypeVar("T")
Hash = npt.NDArray[np.bool_]

_FOLDER = Path("/usr/share/doc/opencv-doc/examples/data")
_LEAST_SIDE = 200  # pixels
# Of opencv-doc: other pictures there are drawings, further views of the same things, or show faces, which are pasted in here.
# fmt: off
_PHOTOGRAPHS = frozenset((
    "aero1", "aero3", "aloeL", "apple", "baboon", "blox", "board",
    "box", "building", "butterfly", "chicky_512", "fruits", "graf1", "home", "leuvenA",
    "licenseplate_motion", "orange", "rubberwhale1", "squirrel_cls", "starry_night", "stuff", "sudoku",
))
# fmt: on
_FILM = "vtest.avi"
_ASTRONAUT = Path(__file__).parents[2] / ".cache" / "photos" / "astronaut.png"
_FACE = (42, 36, 146, 148)  # in a piece of it, by hand


@dataclass(frozen=True)
class Found:
    quality: str
    milliseconds: float


class Watch:
    """The processor's time of each call but the first."""

    def __init__(self) -> None:
        self._spent: list[float] = []

    def __call__(self, function: Callable[..., T], *arguments: Any) -> T:
        begun = time.process_time()
        result = function(*arguments)
        self._spent.append(1000 * (time.process_time() - begun))
        return result

    @property
    def milliseconds(self) -> float:
        return float(np.mean(self._spent[1:]))


def photographs(folder: Path) -> list[Image]:
    names = sorted(
        path for path in folder.iterdir() if path.suffix in (".jpg", ".png") and (folder != _FOLDER or path.stem in _PHOTOGRAPHS)
    )
    found = [shrink(read_image(path), 1024) for path in names]
    return [image for image in found if min(image.shape[:2]) >= _LEAST_SIDE]


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


def image_vectors(folder: Path) -> Found:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "a.png")
        return _found_again(folder, lambda image: image_embedding(write_picture(path, image)), similarity)


def perceptual_hash(folder: Path) -> Found:
    def hashed(image: Image) -> Hash:
        grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
        waves = cv2.dct(grey)[:8, :8].ravel()[1:]
        return np.asarray(waves > np.median(waves))

    return _found_again(folder, hashed, _agreeing)


def average_hash(folder: Path) -> Found:
    return _found_again(folder, _average, _agreeing)


def _average(image: Image) -> Hash:
    small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (8, 8), interpolation=cv2.INTER_AREA).ravel()
    return np.asarray(small > small.mean())


def _agreeing(one: Hash, other: Hash) -> float:
    return float((one == other).mean())


def _found_again(folder: Path, vector: Callable[[Image], Any], alike: Callable[[Any, Any], float]) -> Found:
    watch, said, images = Watch(), list[str](), photographs(folder)
    known = [watch(vector, image) for image in images]
    for name, change in COPIES.items():
        said.append(f"{name} {_share_first([vector(change(image)) for image in images], known, alike):.2f}")
    return Found(", ".join(said), watch.milliseconds)


def _share_first(copies: Sequence[Any], known: Sequence[Any], alike: Callable[[Any, Any], float]) -> float:
    """Of how many copies the original is nearest, and no other as near."""
    hits = 0
    for number, copy in enumerate(copies):
        scores = [alike(copy, other) for other in known]
        hits += scores[number] == max(scores) and scores.count(scores[number]) == 1
    return hits / len(copies)


def video_vectors(_: Path) -> Found:
    return _films_again(video_embedding, similarity)


def middle_frame_hash(_: Path) -> Found:
    def hashed(path: Path) -> Hash:
        seen = [frame.image for frame in frames(path, 2.0)]
        return _average(seen[len(seen) // 2])

    return _films_again(hashed, _agreeing)


def _films_again(vector: Callable[[Path], Any], alike: Callable[[Any, Any], float]) -> Found:
    watch, said, seeds = Watch(), list[str](), range(8)
    with tempfile.TemporaryDirectory() as scratch:

        def of(films: Iterable[Sequence[Image]]) -> list[Any]:
            return [watch(vector, write_video(Path(scratch, "a.mp4"), film)) for film in films]

        known = of(ride(seed) for seed in seeds)
        for name, change in VIDEO_COPIES.items():
            said.append(f"{name} {_share_first(of([even(change(frame)) for frame in ride(seed)] for seed in seeds), known, alike):.2f}")
        said.append(f"cut {_share_first(of(ride(seed)[4:-3] for seed in seeds), known, alike):.2f}")
    return Found(", ".join(said), watch.milliseconds)


def watermarks(_: Path) -> Found:
    def removed(mark: Marked, path: Path) -> Image:
        return made.decoded(remove_watermark(write_picture(path, mark.picture)).picture)

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
            left = watch(removed, mark, Path(scratch, "a.png"))
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
    ("copies of a picture", "ours", image_vectors),
    ("copies of a picture", "pHash, 63 bits", perceptual_hash),
    ("copies of a picture", "average hash, 64 bits", average_hash),
    ("copies of a film", "ours", video_vectors),
    ("copies of a film", "average hash of the middle", middle_frame_hash),
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
    parser.add_argument("--photos", type=Path, default=_FOLDER)
    folder = parser.parse_args().photos
    print("| service | way | quality | ms | peak MB |\n|---|---|---|---|---|")
    for service, way, row in ROWS:
        cost = measured(row, folder)
        print(f"| {service} | {way} | {cost.result.quality} | {cost.result.milliseconds:.0f} | {cost.peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
