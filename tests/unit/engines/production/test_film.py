"""A clip taken apart and put together again: its frame times, colours, size and sound are what they were."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from engines.imaging import Image, UnreadableMedia
from engines.production.film import MP4, TRANSPARENT_WEBM, Encoding, FilmWriter, film_frames
from tests.unit.engines.production.clips import EXACT, Sound, heard, psnr, seen, sliding, steady, write_clip

WIDTH, HEIGHT, RATE = 320, 180, 48_000


def beeps(seconds: float, *times: float) -> npt.NDArray[np.float32]:
    """Stereo: silence with a short tone at each time."""
    sound = np.zeros((2, round(seconds * RATE)), np.float32)
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE // 20) / RATE)
    for time in times:
        sound[:, round(time * RATE) : round(time * RATE) + len(tone)] = tone
    return sound


def onsets(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Seconds at which a tone begins."""
    loudness = np.convolve(np.abs(sound), np.ones(48) / 48, "same")
    return np.flatnonzero(np.diff((loudness > 0.1).astype(int)) == 1) / RATE


def copied(source: Path, target: Path, encoding: Encoding = MP4) -> Path:
    with FilmWriter(target, source, encoding) as film:
        for frame in film_frames(source):
            opaque = np.full((*frame.image.shape[:2], 1), 255, np.uint8)
            film.write(frame.time, frame.image if encoding is MP4 else np.dstack([frame.image, opaque]))
    return target


def uneven_times() -> list[float]:
    steps = np.random.default_rng(0).choice([1 / 25, 1 / 30, 1 / 12], 60)
    return [0.0, *(float(each) for each in np.cumsum(steps))]


def test_uneven_frame_times_and_pictures_are_kept(tmp_path: Path) -> None:
    # GIVEN a clip of a variable frame rate, WHEN it is taken apart and put together
    view = sliding(WIDTH, HEIGHT, 80)
    source = write_clip(tmp_path / "uneven.mp4", ((time, view(time)) for time in uneven_times()))
    film = copied(source, tmp_path / "film.mp4")

    # THEN each frame is where it was, to a tick of MPEG's clock, and looks as it did
    before, after = seen(source), seen(film)
    assert np.abs(np.subtract([time for time, _ in after], [time for time, _ in before])).max() < 2e-5
    assert np.mean([psnr(a, b) for (_, a), (_, b) in zip(before, after, strict=True)]) > 38
    with av.open(str(film)) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt, video.width, video.height) == ("h264", "yuv420p", WIDTH, HEIGHT)
        assert not container.streams.audio


def test_the_index_stands_before_the_pictures(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "clip.mp4", steady(0.4, 25, sliding(WIDTH, HEIGHT, 80)))
    written = copied(source, tmp_path / "film.mp4").read_bytes()
    assert 0 < written.index(b"moov") < written.index(b"mdat")


@pytest.mark.parametrize(
    ("name", "codec", "begins", "carried"),
    [
        ("copied.mp4", "aac", 0.0, "aac"),
        ("late.mkv", "libmp3lame", 0.3, "mp3float"),
        ("stream.ts", "aac", 0.2, "aac"),
        ("web.mkv", "libopus", 0.0, "opus"),
        ("raw.mov", "pcm_s16le", 0.4, "aac"),
        ("lossless.mkv", "flac", 0.25, "aac"),
    ],
)
def test_sound_stays_in_step(tmp_path: Path, name: str, codec: str, begins: float, carried: str) -> None:
    # GIVEN a clip whose sound begins after its pictures, in a codec that MP4 can hold or in one that it can't
    view = sliding(WIDTH, HEIGHT, 80)
    sound = Sound(codec, beeps(3, 0.5, 1.5, 2.5), start=begins)
    source = write_clip(tmp_path / name, ((time, view(time)) for time in uneven_times()), sound)

    film = copied(source, tmp_path / "film.mp4")

    # THEN each tone is heard when it was, seen from the first picture
    assert np.abs(onsets(heard(film)) - (np.array([0.5, 1.5, 2.5]) + begins)).max() < 0.003
    with av.open(str(film)) as container:
        assert container.streams.audio[0].codec_context.name == carried
        assert container.streams.audio[0].channels == 2


def test_sound_that_can_be_copied_is_not_encoded_again(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "clip.mp4", steady(1, 25, sliding(WIDTH, HEIGHT, 80)), Sound("aac", beeps(1, 0.5)))
    film = copied(source, tmp_path / "film.mp4")

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [bytes(packet) for packet in container.demux(audio=0) if packet.size]

    assert packets(film) == packets(source)


def test_a_cut_film_has_the_sound_of_its_parts(tmp_path: Path) -> None:
    # GIVEN tones at four times, WHEN two stretches are kept that hold the second and the fourth
    view = sliding(WIDTH, HEIGHT, 80)
    source = write_clip(tmp_path / "clip.mp4", steady(4, 25, view), Sound("aac", beeps(4, 0.5, 1.5, 2.5, 3.5)))
    parts = [(1.2, 2.0), (3.2, 4.0)]
    with FilmWriter(tmp_path / "film.mp4", source, parts=parts) as film:
        for start, end, begins in ((1.2, 2.0, 0.0), (3.2, 4.0, 0.8)):
            for frame in film_frames(source):
                if start <= frame.time < end:
                    film.write(begins + frame.time - start, frame.image)

    # THEN they are heard 0.3 s into each stretch, and nothing else is
    assert onsets(heard(tmp_path / "film.mp4")) == pytest.approx([0.3, 1.1], abs=0.003)
    assert seen(tmp_path / "film.mp4")[-1][0] == pytest.approx(1.56, abs=0.01)


def test_a_turned_recording_is_upright(tmp_path: Path) -> None:
    # GIVEN a clip whose container says: turn a quarter clockwise (ISO/IEC 14496-12, the matrix of tkhd)
    upright = sliding(180, 320, 0)(0)
    turned = np.ascontiguousarray(np.rot90(upright))
    source = write_clip(tmp_path / "turned.mp4", [(0.0, turned), (0.04, turned)])
    held = bytearray(source.read_bytes())
    matrix = held.index(b"tkhd") + 44
    held[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    source.write_bytes(held)

    (_, shown), *_ = seen(copied(source, tmp_path / "film.mp4"))

    assert shown.shape == (320, 180, 3)
    assert psnr(shown, upright) > 38


def test_an_odd_size_gains_a_row_and_a_column(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "even.mp4", steady(0.2, 25, sliding(WIDTH, HEIGHT, 0)))
    with FilmWriter(tmp_path / "film.mp4", source) as film:
        for frame in film_frames(source):
            film.write(frame.time, frame.image[:179, :319])
    (_, shown), *_ = seen(tmp_path / "film.mp4")
    assert shown.shape == (180, 320, 3)


def test_colours_are_told_as_the_source_tells_them(tmp_path: Path) -> None:
    # GIVEN a clip that names BT.709 for its colours
    image = sliding(WIDTH, HEIGHT, 0)(0)
    image[:60, :60] = (40, 200, 40)
    source = tmp_path / "hd.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = context.color_range = 1
        frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p", dst_colorspace="ITU709", interpolation=EXACT)
        container.mux(stream.encode(frame))
        container.mux(stream.encode())

    film = copied(source, tmp_path / "film.mp4")

    # THEN the film names it too, and the green is the same green
    with av.open(str(film)) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
    (_, shown), *_ = seen(film)
    assert np.abs(shown[10:50, 10:50].reshape(-1, 3).mean(axis=0) - (40, 200, 40)).max() < 3


def ramp(time: float) -> Image:
    """Opaque in the middle, clear at the left, half clear at the right."""
    image = np.dstack([sliding(WIDTH, HEIGHT, 60)(time), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    image[:, :100, 3] = 0
    image[:, 220:, 3] = 128
    return image


def test_a_transparent_film_keeps_its_alpha_and_its_sound(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "clip.mp4", steady(1, 25, sliding(WIDTH, HEIGHT, 60)), Sound("aac", beeps(1, 0.5)))
    with FilmWriter(tmp_path / "film.webm", source, TRANSPARENT_WEBM) as film:
        for frame in film_frames(source):
            film.write(frame.time, ramp(frame.time))

    with av.open(str(tmp_path / "film.webm")) as container:
        assert container.streams.audio[0].codec_context.name == "opus"
        decoder = av.CodecContext.create("libvpx-vp9", "r")  # the default decoder drops the alpha plane
        shown = [frame for packet in container.demux(video=0) for frame in decoder.decode(packet)]
    assert len(shown) == 25
    alpha = shown[12].to_ndarray(format="bgra")[..., 3].astype(int)
    assert np.abs(alpha - ramp(0.48)[..., 3]).mean() < 2
    assert onsets(heard(tmp_path / "film.webm")) == pytest.approx([0.5], abs=0.003)


def test_sound_before_the_first_picture_is_left_out(tmp_path: Path) -> None:
    # GIVEN pictures that begin half a second after the sound, with tones at 0.2 s and 1 s
    view = sliding(WIDTH, HEIGHT, 80)
    source = write_clip(
        tmp_path / "clip.mkv", ((0.5 + time, view(time)) for time, _ in steady(1.5, 25, view)), Sound("flac", beeps(2, 0.2, 1))
    )
    film = copied(source, tmp_path / "film.mp4")
    assert seen(film)[0][0] == 0
    assert onsets(heard(film)) == pytest.approx([0.5], abs=0.003)


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("hello " * 200)
    with pytest.raises(UnreadableMedia, match="text"):
        FilmWriter(tmp_path / "film.mp4", text)
    with pytest.raises(UnreadableMedia, match="text"):
        next(film_frames(text))
