"""Videos as phones and cameras record them: turned by a matrix, in ten bits, with frames that come when they come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from struct import pack

import av
import numpy as np
import pytest

from engines.imaging import Image
from engines.understanding import build
from engines.understanding.types import Description, Engine, Wishes
from tests.unit.engines.media import HEIGHT, RED, WIDTH, draw_person, yard

SECONDS, SPEED = 6.0, 150
YARD = yard()
WISHES = Wishes(places=True)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return build(read_text=False)


def scene_at(time: float, noise: np.random.Generator) -> Image:
    """Somebody comes in at the left after a second and walks to the right."""
    image = YARD.copy()
    draw_person(image, -60 + (time - 1) * SPEED, RED, time * 9)
    noisy: Image = np.clip(image + noise.normal(0, 2, image.shape), 0, 255).astype(np.uint8)
    return noisy


def record(
    path: Path, times: Sequence[float], pixel_format: str = "yuv420p", turned: Callable[[Image], Image] = lambda image: image
) -> Path:
    """A clip whose frames carry these times, in seconds."""
    noise, base = np.random.default_rng(11), Fraction(1, 90_000)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "8", "preset": "veryfast"})
        stream.height, stream.width = turned(YARD).shape[:2]
        stream.pix_fmt, stream.codec_context.time_base = pixel_format, base
        for time in times:
            image = turned(scene_at(time, noise))
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24").reformat(format=pixel_format)
            frame.pts, frame.time_base = round(time * base.denominator), base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def shown_clockwise(path: Path, width: int) -> Path:
    """Writes into the track's header (tkhd, ISO/IEC 14496-12) that a player turns the picture by 90 degrees clockwise."""
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    content[matrix : matrix + 36] = pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, width << 16, 0, 1 << 30)
    path.write_bytes(content)
    return path


def steady(seconds: float = SECONDS, rate: float = 10) -> list[float]:
    return [number / rate for number in range(round(seconds * rate))]


def walker_of(description: Description) -> None:
    """The one person of the clip, whom people, tags and moments tell of in the same way."""
    assert (description.human, description.width, description.height) == (True, WIDTH, HEIGHT)
    assert "walking" in {tag.name for tag in description.tags if tag.kind == "action"}
    (person,) = description.people
    (occurrence,) = person.occurrences
    assert occurrence.position is not None
    assert 0 <= occurrence.position.left < occurrence.position.right <= WIDTH
    # Drawn 120 pixels high with its feet at 300.
    assert occurrence.position.top == pytest.approx(180, abs=25)
    assert occurrence.position.bottom == pytest.approx(300, abs=25)
    assert occurrence.start == pytest.approx(1.2, abs=0.8)
    assert occurrence.end == pytest.approx(5.6, abs=0.8)
    (moment,) = [each for each in description.moments if "walk" in each.text]
    assert "to the right" in moment.text
    assert moment.start == pytest.approx(occurrence.start, abs=0.5)


def test_a_phone_that_was_held_upright_is_seen_upright(engine: Engine, tmp_path: Path) -> None:
    """The sensor's picture lies on its side; its matrix says how it is to be shown."""
    lying = record(tmp_path / "clip.mp4", steady(), turned=np.rot90)
    walker_of(engine.describe([shown_clockwise(lying, HEIGHT)], "video", WISHES))


def test_ten_bits(engine: Engine, tmp_path: Path) -> None:
    walker_of(engine.describe([record(tmp_path / "clip.mp4", steady(), "yuv420p10le")], "video", WISHES))


def test_times_are_those_of_the_frames_and_not_their_numbers(engine: Engine, tmp_path: Path) -> None:
    """A phone that films slower as it gets dark: twenty frames a second, then seven, with gaps of its own."""
    fast, slow = steady(2.0, 20), [2.0 + number / 7 + 0.03 * (number % 3) for number in range(28)]
    walker_of(engine.describe([record(tmp_path / "clip.mp4", fast + slow)], "video", WISHES))
