"""Bodies of known outline before a known ground: how wide they become, and what stays."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.analysis.reshaping import LIMIT, NobodyToReshape, reshape_body
from engines.imaging import Image, frames, read_image
from engines.understanding.geometry import Box
from engines.understanding.people import PeopleFinder
from engines.understanding.tools import Tools
from tests.unit.engines.analysis.pictures import decoded, scene
from tests.unit.engines.media import footage, photo, write_picture

BODY = Box(260, 90, 120, 340)
RED, BLUE = (30, 30, 210), (190, 70, 30)


class Knowing(PeopleFinder):
    """Tells where the drawn figure is: the classifiers were taught on photographs."""

    def upright_in_still(self, image: Image) -> list[tuple[Box, float]]:
        window = Box(BODY.x - BODY.width / 6, BODY.y - BODY.height / 6, BODY.width * 4 / 3, BODY.height * 4 / 3)
        return [(window, 2.0)]

    def faces(self, image: Image, least: float = 0.0) -> list[Box]:
        return []


def figure() -> Image:
    ground: Image = np.asarray(cv2.GaussianBlur(scene(3, 640, 480), (0, 0), 1))
    # Greens alone, so that no thing of the ground looks like clothes.
    image: Image = np.dstack([ground[..., 1] // 4, ground[..., 1] // 2 + 80, ground[..., 1] // 4])
    cv2.rectangle(image, (282, 300), (314, 428), BLUE, -1)
    cv2.rectangle(image, (326, 300), (358, 428), BLUE, -1)
    cv2.rectangle(image, (266, 150), (374, 310), RED, -1)
    cv2.circle(image, (320, 118), 27, (130, 160, 200), -1)
    return image


def red_width(image: Image) -> float:
    """In pixels, the mean over the rows of the torso's middle."""
    red = (image[..., 2] > 150) & (image[..., 1] < 90)
    return float(red[200:270].sum(axis=1).mean())


def reshaped(path: Path, degree: float, tools: Tools | None = None) -> Image:
    return decoded(reshape_body(path, degree, tools).picture)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_picture(tmp_path_factory.mktemp("figure") / "figure.png", figure())


def test_the_torso_changes_in_proportion_to_the_degree(drawn: Path) -> None:
    before = red_width(figure())
    tools = Tools(people=Knowing())
    for degree in (-2.5, -1.5, -0.5, 0.5, 1.5, 3.0):
        assert red_width(reshaped(drawn, degree, tools)) / before == pytest.approx(1 - 0.07 * degree, abs=0.02)


def test_a_degree_of_0_changes_nothing(drawn: Path) -> None:
    assert np.array_equal(reshaped(drawn, 0, Tools(people=Knowing())), figure())


@pytest.mark.contract("PAI, portrait figure modification: degree defaults to -1.5, and a negative degree enlarges")
def test_the_usual_degree_widens(drawn: Path) -> None:
    found = reshape_body(drawn, tools=Tools(people=Knowing()))
    assert red_width(decoded(found.picture)) > red_width(figure()) * 1.05
    assert (found.format, found.people, found.notes) == ("png", 1, ())


def test_what_is_away_from_the_body_and_the_head_stay(drawn: Path) -> None:
    before = figure()
    for degree in (-3.0, 3.0):
        after = reshaped(drawn, degree, Tools(people=Knowing()))
        assert np.array_equal(after[:, :150], before[:, :150])
        assert np.array_equal(after[:, 490:], before[:, 490:])
        assert np.array_equal(after[:130], before[:130])
        assert np.array_equal(after[435:], before[435:])


def test_a_degree_beyond_the_limit_is_told(drawn: Path) -> None:
    tools = Tools(people=Knowing())
    found = reshape_body(drawn, 40.0, tools)
    assert np.array_equal(decoded(found.picture), reshaped(drawn, LIMIT, tools))
    assert "40" in found.notes[0]


def test_transparency_and_format_stay(tmp_path: Path) -> None:
    alpha = np.full((480, 640, 1), 255, np.uint8)
    alpha[:, :40] = 0
    found = reshape_body(write_picture(tmp_path / "a.png", np.dstack([figure(), alpha])), 2.0, Tools(people=Knowing()))
    left = cv2.imdecode(np.frombuffer(found.picture, np.uint8), cv2.IMREAD_UNCHANGED)
    assert left is not None
    assert np.array_equal(left[..., 3:], alpha)
    assert reshape_body(write_picture(tmp_path / "a.jpg", figure()), 2.0, Tools(people=Knowing())).format == "jpg"


def test_nobody_is_told(tmp_path: Path) -> None:
    for seed in range(3):
        with pytest.raises(NobodyToReshape, match="no person was found"):
            reshape_body(write_picture(tmp_path / "a.png", scene(seed)), 1.0)
    with pytest.raises(NobodyToReshape):
        reshape_body(write_picture(tmp_path / "dot.png", np.zeros((1, 1, 3), np.uint8)))


def test_a_portrait_is_widened_below_the_chin(tmp_path: Path) -> None:
    path = photo("astronaut.png")
    before, after = read_image(path), reshaped(path, -2.0)
    assert np.array_equal(after[:155], before[:155])
    assert np.abs(after[300:480].astype(int) - before[300:480]).mean() > 5


@pytest.mark.parametrize("degree", [-2.5, 2.5])
def test_somebody_in_real_footage(tmp_path: Path, degree: float) -> None:
    """Measured against the empty place: what differs from the median of the footage is the person."""
    seen = [frame.image for frame in islice(frames(footage("vtest.avi"), 5.0), 60)]
    empty = np.median(np.stack(seen[::4]), axis=0).astype(np.uint8)
    # At 4.8 s somebody stands at 696, 262, 30 wide and 114 high (bench/recognition_people.csv).
    rows, columns = slice(235, 405), slice(626, 768)
    before, ground = (np.asarray(cv2.resize(image[rows, columns], None, fx=3, fy=3)) for image in (seen[24], empty))
    after = reshaped(write_picture(tmp_path / "a.png", before), degree)
    torso = slice(3 * 52, 3 * 80)
    widths = [float((cv2.absdiff(image, ground).max(axis=2) > 40)[torso, 180:345].sum(axis=1).mean()) for image in (before, after)]
    assert widths[1] / widths[0] == pytest.approx(1 - 0.07 * degree, abs=0.06)
