"""Real photographs out of the scikit-image wheel, which carries them as its sample data. Nothing of the package is installed or run."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

LOCK = Path(__file__).resolve().parents[2] / "requirements" / "samples.lock"
_INSIDE = "skimage/data/"
_PATIENCE = 180


class PhotosUnavailable(Exception):
    """The wheel can't be had, or does not hold what it should."""


@dataclass(frozen=True)
class Photo:
    """`credit` is what skimage.data's docstrings say of author and licence."""

    name: str
    credit: str


PHOTOS = (
    Photo("astronaut.png", "Eileen Collins, NASA Great Images database; no known copyright restrictions, public domain"),
    Photo("chelsea.png", "Chelsea the cat, by Stefan van der Walt; CC0"),
    Photo("coffee.png", "A coffee cup, by Rachel Michetti, courtesy of Pikolo Espresso Bar; CC0"),
    Photo("page.png", "A scanned page of text, from scikit-image's sample data (BSD-3-Clause); no author is named"),
    Photo(
        "motorcycle_left.png",
        "Middlebury 2014 stereo benchmark, by Nera Nesic, Porter Westling, Xi Wang, York Kitajima, Greg Krathwohl and Daniel Scharstein; "
        "from scikit-image's sample data, no licence is named",
    ),
    Photo("rocket.jpg", "Launch of DSCOVR on a Falcon 9, by SpaceX; released into the public domain"),
    Photo("brick.png", "A brick wall, from CC0Textures; CC0"),
)


def fetch(folder: Path, lock: Path = LOCK) -> list[tuple[Path, Photo]]:
    """The photographs in `folder`, downloaded once. pip checks the wheel against the hashes in `lock`. Raises PhotosUnavailable."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            unpacked = Path(scratch) / "photos"
            _unpack(_download(Path(scratch) / "wheel", lock), unpacked)
            unpacked.rename(folder)
    return [(folder / photo.name, photo) for photo in PHOTOS]


def _download(folder: Path, lock: Path) -> Path:
    if not lock.is_file():
        raise PhotosUnavailable(f"{lock.name} is not here: the photographs can be had from a checkout of the project only")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:", "--dest", str(folder), "--requirement", str(lock)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise PhotosUnavailable(f"the download of scikit-image took more than {_PATIENCE} s") from None
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        last = (done.stderr.strip() or "pip gave no reason").splitlines()[-1]
        raise PhotosUnavailable(f"scikit-image could not be downloaded: {last}")
    return wheels[0]


def _unpack(wheel: Path, folder: Path) -> None:
    """Only the named files, under names of our own choosing: a path inside the archive is never followed."""
    folder.mkdir()
    try:
        with zipfile.ZipFile(wheel) as archive:
            for photo in PHOTOS:
                (folder / photo.name).write_bytes(archive.read(_INSIDE + photo.name))
    except KeyError as error:
        raise PhotosUnavailable(f"{wheel.name} does not hold {error.args[0]}") from None
    except zipfile.BadZipFile:
        raise PhotosUnavailable(f"{wheel.name} is not a readable archive") from None
