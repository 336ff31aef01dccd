"""Enrolment and likeness, in drawn pixels; faces in a real photo, where the extra for them is installed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from cli.samples.figures import Outfit, Pose, draw_person
from cli.samples.scenery import street, yard
from engines.imaging import Image, UnreadableMedia, read_image
from engines.recognition.appearance import METHOD, appearance
from engines.recognition.crowd import FaceLook, told_apart
from engines.recognition.cutout import figure
from engines.recognition.enrolment import NEEDS_DETECTOR, NEEDS_FACES, Enroller
from engines.recognition.faces import FaceReader
from engines.recognition.gallery import SAME_FACE, Gallery, face_distance
from engines.recognition.types import Algorithm, Features, Known, NothingToEnrol, pack
from engines.understanding import build
from engines.understanding.detector import Detector
from engines.understanding.geometry import Box
from engines.understanding.people import PeopleFinder
from engines.understanding.types import Wishes
from tests.unit.engines.media import detector_file, photo

RED, PINK, BLACK = Outfit((40, 35, 190), (70, 50, 40)), Outfit((180, 90, 230), (60, 60, 60)), Outfit((25, 25, 25), (40, 40, 40))
PIXELS = 50_000_000
WHERE = Box(180, 70, 120, 305)


def drawn(outfit: Outfit, phase: float = 1.1, background: Image | None = None) -> Image:
    picture = yard(480, 400, np.random.default_rng(5)) if background is None else background
    draw_person(picture, Pose((240, 370), 300, 1, phase), outfit)
    return picture


def written(folder: Path, picture: Image) -> Path:
    path = folder / "picture.png"
    cv2.imwrite(str(path), picture)
    return path


def known(name: str, features: Features | None, algorithm: Algorithm = "pedestrian") -> Known:
    assert features is not None
    return Known(name, "lib", algorithm, features)


@pytest.fixture
def enroller() -> Enroller:
    return Enroller(PeopleFinder(), None, None)


def test_the_same_clothes_are_alike_in_another_place_and_another_step(enroller: Enroller, tmp_path: Path) -> None:
    enrolled = enroller.enrol(written(tmp_path, drawn(RED)), "pedestrian", PIXELS).features
    gallery = Gallery([known("Xiaoshuai", enrolled)])
    elsewhere = drawn(RED, phase=3.0, background=street(480, 400, np.random.default_rng(9)))
    seen = figure(elsewhere, WHERE)
    assert seen is not None
    likeness = gallery.resembling("person", seen)
    assert likeness is not None
    assert (likeness.name, likeness.group, likeness.algorithm) == ("Xiaoshuai", "lib", "pedestrian")
    assert 0.86 <= likeness.score <= 1.0
    stranger = figure(drawn(PINK), WHERE)
    assert stranger is not None
    assert gallery.resembling("person", stranger) is None


def test_plain_clothes_name_nobody(enroller: Enroller, tmp_path: Path) -> None:
    enrolled = enroller.enrol(written(tmp_path, drawn(BLACK)), "pedestrian", PIXELS).features
    assert enrolled is not None
    assert enrolled.distinct < 0.05
    gallery = Gallery([known("Xiaoshuai", enrolled)])
    seen = figure(drawn(BLACK), WHERE)
    assert seen is not None
    assert not gallery.knows("person")
    assert gallery.resembling("person", seen) is None
    assert gallery.notes() == ("the samples of Xiaoshuai show clothes in colours that many wear: nobody is named by those",)


def test_who_is_like_two_is_neither_unless_both_are_one(enroller: Enroller, tmp_path: Path) -> None:
    features = enroller.enrol(written(tmp_path, drawn(RED)), "pedestrian", PIXELS).features
    seen = figure(drawn(RED, phase=2.0), WHERE)
    assert seen is not None
    assert Gallery([known("A", features), known("B", features)]).resembling("person", seen) is None
    assert Gallery([known("A", features), known("A", features)]).resembling("person", seen) is not None


def test_features_of_another_method_are_left_out_and_told() -> None:
    old = Features("stripes-0", "person", pack(np.ones(4, np.float32)))
    gallery = Gallery([Known("Xiaoshuai", "lib", "pedestrian", old)])
    assert not gallery.knows("person")
    assert "enrol them again" in gallery.notes()[0]


def test_features_survive_their_text(tmp_path: Path, enroller: Enroller) -> None:
    features = enroller.enrol(written(tmp_path, drawn(RED)), "pedestrian", PIXELS).features
    assert features is not None
    assert features.method == METHOD
    assert float(np.linalg.norm(features.vector())) == pytest.approx(1.0, abs=1e-3)


def test_what_is_too_small_has_no_appearance() -> None:
    picture = drawn(RED)
    assert appearance(picture, Box(200, 100, 8, 100)) is None
    assert appearance(picture, Box(200, 100, 50, 20)) is None
    assert appearance(picture, Box(470, 390, 100, 100)) is None


@pytest.mark.parametrize("algorithm", ["pet", "face"])
def test_what_is_missing_is_named(enroller: Enroller, tmp_path: Path, algorithm: Algorithm) -> None:
    enrolment = enroller.enrol(written(tmp_path, drawn(RED)), algorithm, PIXELS)
    assert enrolment.features is None
    assert enrolment.lacking == {"pet": NEEDS_DETECTOR, "face": NEEDS_FACES}[algorithm]


def test_a_picture_that_shows_nobody_is_refused(enroller: Enroller, tmp_path: Path) -> None:
    with pytest.raises(NothingToEnrol, match="no person"):
        enroller.enrol(written(tmp_path, yard(480, 400, np.random.default_rng(5))), "pedestrian", PIXELS)
    with pytest.raises(UnreadableMedia):
        enroller.enrol(Path(__file__), "pedestrian", PIXELS)
    for size in ((1, 1), (2000, 3), (3, 2000)):
        with pytest.raises(NothingToEnrol):
            enroller.enrol(written(tmp_path, np.full((*size, 3), 90, np.uint8)), "pedestrian", PIXELS)


def test_a_cat_is_enrolled_and_known_again(tmp_path: Path) -> None:
    enroller = Enroller(PeopleFinder(), Detector(detector_file()), None)
    features = enroller.enrol(photo("chelsea.png"), "pet", PIXELS).features
    assert features is not None
    assert features.kind == "cat"
    with pytest.raises(NothingToEnrol, match="no cat or dog"):
        enroller.enrol(photo("coffee.png"), "pet", PIXELS)
    engine = build(detector_file(), read_text=False)
    mirrored = read_image(photo("chelsea.png"))[:, ::-1]
    wishes = Wishes(known=(known("Mimi", features, "pet"),))
    described = engine.describe([written(tmp_path, np.ascontiguousarray(mirrored))], "image", wishes)
    assert described.brief == "Mimi is seen."
    assert "A cat (Mimi) is seen." in described.caption
    assert described.objects == ("cat",)
    assert any("another animal with the same coat" in note for note in described.notes)


def test_faces_of_one_frame_are_never_one_person() -> None:
    vector, box = np.zeros(128, np.float32), Box(0, 0, 50, 50)
    people = told_apart([FaceLook(0.0, box, vector), FaceLook(0.0, box, vector + 0.01), FaceLook(2.0, box, vector + 0.01)])
    assert [len(person.looks) for person in people] == [1, 2]
    assert [[look.time for look in run] for run in people[1].stretches(1.0)] == [[0.0], [2.0]]


@pytest.mark.skipif(not FaceReader.available(), reason="the extra `faces` is not installed")
def test_a_face_is_known_again_in_the_dark_and_in_the_mirror(tmp_path: Path) -> None:
    picture = read_image(photo("astronaut.png"))
    enroller = Enroller(PeopleFinder(), None, FaceReader())
    enrolled = enroller.enrol(photo("astronaut.png"), "face", PIXELS).features
    wishes = Wishes(known=(known("Eileen", enrolled, "face"),), faces=True)
    engine = build(read_text=False)
    for changed in ((picture * 0.4).astype(np.uint8), np.ascontiguousarray(picture[:, ::-1])):
        described = engine.describe([written(tmp_path, changed)], "image", wishes)
        assert described.brief == "Eileen is seen facing the camera."
        [seen] = described.faces
        assert enrolled is not None
        assert face_distance(seen.features, enrolled) < SAME_FACE / 2
