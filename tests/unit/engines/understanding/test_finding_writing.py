"""Whether there is writing is told without reading it all."""

from __future__ import annotations

import pytest

from engines.imaging import read_image
from engines.understanding.geometry import overlap
from engines.understanding.reading import Reader, WritingFinder
from tests.unit.engines.media import photo, text_page

pytestmark = pytest.mark.skipif(not Reader.available(), reason="the extra `ocr` is not installed")


def test_the_largest_lines_are_read_and_the_others_are_known_by_their_places() -> None:
    reader = Reader()
    found = WritingFinder(reader, enough=2).read(text_page())
    whole = reader.read(text_page())

    assert [line.text for line in whole] == [
        "The delivery arrives on Monday",
        "Please ring at the side door",
        "and leave the parcel inside",
        "Thank you very much",
        "Room 42",
    ]
    assert len(found) == 5
    first, second, *unread = found
    assert {first.text, second.text} <= {"The delivery arrives on Monday", "Please ring at the side door", "and leave the parcel inside"}
    assert min(first.score, second.score) >= 0.9
    assert {(line.text, line.score) for line in unread} == {("", 0.0)}
    for line in found:
        assert max(overlap(line.box, other.box) for other in whole) > 0.9


def test_a_photo_without_writing_has_none() -> None:
    picture = read_image(photo("astronaut.png"), 100_000_000)
    assert WritingFinder(Reader()).read(picture) == []
