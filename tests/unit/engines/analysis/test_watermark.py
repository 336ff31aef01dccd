"""Marks laid over a scene that is known: what is left of them, by a reader and in dB, and what else was changed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from engines.analysis.watermark import remove_watermark
from engines.understanding.reading import Reader
from tests.unit.engines.analysis.marks import CASES, with_mark
from tests.unit.engines.analysis.pictures import decoded, psnr, scene
from tests.unit.engines.media import text_page, write_picture

pytestmark = pytest.mark.skipif(not Reader.available(), reason="the extra `ocr` is not installed")


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.parametrize(("seed", "case"), list(enumerate(CASES)))
def test_a_mark_is_found_and_no_longer_read(tmp_path: Path, reader: Reader, seed: int, case: tuple[str, str, int]) -> None:
    made = with_mark(seed, *case)
    found = remove_watermark(write_picture(tmp_path / "a.png", made.picture), reader)
    left = decoded(found.picture)

    assert "".join(found.marks).replace(" ", "") == case[0].replace(" ", "")
    assert found.format == "png"
    assert found.notes == ()
    assert psnr(left, made.truth, made.letters) > psnr(made.picture, made.truth, made.letters) + 8
    away = cv2.dilate(made.letters.astype(np.uint8), np.ones((61, 61), np.uint8)) == 0
    assert np.array_equal(left[away], made.truth[away])
    assert not any(case[0].lower()[:5] in line.text.lower() for line in reader.read(left))


def test_it_is_nearer_to_the_truth_than_the_whole_box_inpainted(tmp_path: Path, reader: Reader) -> None:
    made = with_mark(7, "PhotoBank", "se", 100)
    ours = decoded(remove_watermark(write_picture(tmp_path / "a.png", made.picture), reader).picture)
    rows, columns = np.nonzero(made.letters)
    box = np.zeros(made.letters.shape, np.uint8)
    box[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = 255
    theirs = cv2.inpaint(made.picture, box, 5, cv2.INPAINT_TELEA)
    assert psnr(ours, made.truth, box > 0) > psnr(theirs, made.truth, box > 0) + 1


def test_without_a_mark_the_file_is_given_back(tmp_path: Path, reader: Reader) -> None:
    path = write_picture(tmp_path / "a.jpg", scene(3))
    found = remove_watermark(path, reader)
    assert found.picture == path.read_bytes()
    assert found.format == "jpg"
    assert found.marks == ()
    assert "no words were found" in found.notes[0]


def test_words_in_the_middle_and_pages_are_left_alone(tmp_path: Path, reader: Reader) -> None:
    middle = cv2.GaussianBlur(scene(4, 800, 600), (0, 0), 2)
    cv2.putText(middle, "EXIT", (300, 320), cv2.FONT_HERSHEY_SIMPLEX, 2, (255, 255, 255), 5, cv2.LINE_AA)
    assert remove_watermark(write_picture(tmp_path / "middle.png", middle), reader).marks == ()
    lines = np.full((900, 700, 3), 245, np.uint8)
    for number in range(20):
        cv2.putText(lines, f"line number {number} of a letter", (20, 40 + 43 * number), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 20, 20), 2)
    page = write_picture(tmp_path / "page.png", lines)
    assert remove_watermark(page, reader).picture == page.read_bytes()


def test_formats_and_transparency_stay(tmp_path: Path, reader: Reader) -> None:
    made = with_mark(2, "example.org", "ne", 100)
    for name, kind in (("a.jpg", "jpg"), ("a.webp", "webp"), ("a.bmp", "bmp")):
        found = remove_watermark(write_picture(tmp_path / name, made.picture), reader)
        assert found.format == kind
        assert found.marks
        assert decoded(found.picture).shape == made.picture.shape
    alpha = np.full((*made.picture.shape[:2], 1), 255, np.uint8)
    alpha[500:] = 90
    found = remove_watermark(write_picture(tmp_path / "a.png", np.dstack([made.picture, alpha])), reader)
    left = cv2.imdecode(np.frombuffer(found.picture, np.uint8), cv2.IMREAD_UNCHANGED)
    assert left is not None
    assert found.marks
    assert np.array_equal(left[..., 3:], alpha)


def test_every_frame_of_an_animation_loses_the_mark(tmp_path: Path, reader: Reader) -> None:
    frames = [Pillow.fromarray(with_mark(seed, "example.org", "ne", 100).picture[..., ::-1]) for seed in (2, 5)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=200, loop=0)
    found = remove_watermark(tmp_path / "a.gif", reader)
    (tmp_path / "b.gif").write_bytes(found.picture)
    assert found.marks
    with Pillow.open(tmp_path / "b.gif") as left:
        assert left.n_frames == 2
        for number in range(2):
            left.seek(number)
            assert not any("example" in line.text for line in reader.read(np.asarray(left.convert("RGB"))[..., ::-1]))


def test_text_page_of_few_lines_is_no_mark(tmp_path: Path, reader: Reader) -> None:
    path = write_picture(tmp_path / "page.png", text_page())
    assert remove_watermark(path, reader).picture == path.read_bytes()
