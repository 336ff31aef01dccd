"""Probing, reading and cutting of media, on real files."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engines.imaging import Image, UnreadableMedia, frames, probe, read_image, resize, snapshot
from engines.imaging.video import shown
from engines.understanding import types
from tests.unit.engines.media import bomb, write_picture, write_video


def decoded(data: bytes) -> Image:
    image: Image | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image


def quarters() -> Image:
    """Wider than high, red at the upper left."""
    image = np.full((60, 100, 3), 255, np.uint8)
    image[:30, :50] = (0, 0, 255)
    return image


def numbered_clip(path: Path, seconds: int = 4, fps: int = 10) -> Path:
    """Frame n is as bright as n allows, so that a frame tells its own number."""
    return write_video(path, [np.full((48, 64, 3), 5 * index, np.uint8) for index in range(seconds * fps)], fps)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "gif"])
def test_a_picture_is_known_by_its_content(tmp_path: Path, suffix: str) -> None:
    path = write_picture(tmp_path / f"picture.{suffix}", quarters())
    renamed = path.rename(tmp_path / "picture.mp4")

    found = probe(renamed)

    assert (found.kind, found.width, found.height) == ("image", 100, 60)
    assert read_image(renamed).shape == (60, 100, 3)


def test_lossless_webp_names_its_size(tmp_path: Path) -> None:
    ok, data = cv2.imencode(".webp", quarters(), [cv2.IMWRITE_WEBP_QUALITY, 101])
    assert ok
    (tmp_path / "a.webp").write_bytes(bytes(data))
    assert (probe(tmp_path / "a.webp").width, probe(tmp_path / "a.webp").height) == (100, 60)


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_rotation_is_honoured(tmp_path: Path, order: str) -> None:
    # GIVEN a JPEG whose EXIF says "turn me a quarter clockwise" (orientation 6)
    tiff = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    segment = b"\xff\xe1" + struct.pack(">H", 8 + len(tiff)) + b"Exif\0\0" + tiff
    ok, jpeg = cv2.imencode(".jpg", quarters())
    assert ok
    path = tmp_path / "turned.jpg"
    path.write_bytes(bytes(jpeg)[:2] + segment + bytes(jpeg)[2:])

    # THEN the picture is higher than wide, and the red quarter is at the upper right
    assert (probe(path).width, probe(path).height) == (60, 100)
    image = read_image(path)
    assert image.shape == (100, 60, 3)
    assert image[20, 50, 2] > 200
    assert image[20, 50, 1] < 60
    assert image[20, 10, 1] > 200


def test_a_bomb_is_refused_from_its_header(tmp_path: Path) -> None:
    path = bomb(tmp_path / "bomb.png")
    assert path.stat().st_size < 100_000

    started = time.perf_counter()
    with pytest.raises(UnreadableMedia, match="too many pixels: 10001x10001"):
        read_image(path)
    with pytest.raises(UnreadableMedia, match="too many pixels"):
        probe(path)
    # Decoding it takes half a second and 300 MB; its header takes microseconds.
    assert time.perf_counter() - started < 0.1


def test_a_video_has_a_pixel_limit_too(tmp_path: Path) -> None:
    path = numbered_clip(tmp_path / "clip.mp4")
    with pytest.raises(UnreadableMedia, match="too many pixels: 64x48"):
        probe(path, pixels=1000)


def test_zero_bytes(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(UnreadableMedia, match="zero bytes"):
        probe(tmp_path / "empty.mp4")


def test_a_text_file_called_jpg(tmp_path: Path) -> None:
    (tmp_path / "note.jpg").write_text("This is no picture.\n")
    with pytest.raises(UnreadableMedia, match="holds text"):
        probe(tmp_path / "note.jpg")
    with pytest.raises(UnreadableMedia, match="holds text"):
        read_image(tmp_path / "note.jpg")


def test_a_playlist_never_opens_other_files(tmp_path: Path) -> None:
    # GIVEN a playlist, here of a readable clip, under a video's name
    clip = numbered_clip(tmp_path / "clip.mp4")
    for text in (f"#EXTM3U\n#EXTINF:4,\n{clip}\n#EXT-X-ENDLIST\n", f"ffconcat version 1.0\nfile '{clip}'\n"):
        (tmp_path / "list.mp4").write_text(text)
        with pytest.raises(UnreadableMedia, match="holds text"):
            probe(tmp_path / "list.mp4")
        with pytest.raises(UnreadableMedia):
            list(frames(tmp_path / "list.mp4", 5))


def test_a_truncated_mp4_names_the_missing_index(tmp_path: Path) -> None:
    path = numbered_clip(tmp_path / "clip.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnreadableMedia, match=r"no index \(moov\)"):
        probe(path)


def test_a_picture_cut_inside_its_header(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.jpg", quarters())
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(UnreadableMedia, match="cut short"):
        probe(path)


def test_a_damaged_picture(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png", quarters())
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(UnreadableMedia, match="can't be decoded"):
        read_image(path)


def test_sound_without_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 44100
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    with pytest.raises(UnreadableMedia, match="no video stream, only sound"):
        probe(path)


def test_a_video_names_its_size_length_and_rate(tmp_path: Path) -> None:
    found = probe(numbered_clip(tmp_path / "clip.jpg.mp4"))
    assert (found.kind, found.width, found.height, found.fps) == ("video", 64, 48, 10.0)
    assert found.seconds == pytest.approx(4.0, abs=0.01)


def test_frames_come_at_the_rate_that_was_asked_for(tmp_path: Path) -> None:
    seen = list(frames(numbered_clip(tmp_path / "clip.mp4"), 5, longest=32))
    assert [frame.time for frame in seen] == pytest.approx([0.2 * index for index in range(20)], abs=1e-3)
    assert seen[0].image.shape == (24, 32, 3)
    assert [float(frame.image.mean()) for frame in seen] == pytest.approx([10 * index for index in range(20)], abs=4)


def test_frames_of_some_parts(tmp_path: Path) -> None:
    seen = list(frames(numbered_clip(tmp_path / "clip.mp4"), 10, parts=((0.5, 0.7), (1.5, 2.0))))
    assert [frame.time for frame in seen] == pytest.approx([0.5, 0.6, 1.5, 1.6, 1.7, 1.8, 1.9], abs=1e-3)
    assert [float(frame.image.mean()) for frame in seen] == pytest.approx([5 * index for index in (5, 6, *range(15, 20))], abs=4)


@pytest.mark.parametrize("name", ["clip.ts", "clip.h264"])
def test_a_part_and_a_snapshot_of_what_has_no_index(tmp_path: Path, name: str) -> None:
    # The only key frame is the first one: a container that seeks by its bytes passes over it.
    path = numbered_clip(tmp_path / name)
    every = list(frames(path, 1000))
    part = list(frames(path, 1000, parts=((every[20].time, every[24].time),)))
    assert [float(frame.image.mean()) for frame in part] == [float(frame.image.mean()) for frame in every[20:24]]
    image = decoded(snapshot(path, round(every[30].time * 1000), output="png"))
    assert float(image.mean()) == pytest.approx(float(every[30].image.mean()), abs=1)


def test_key_frames_alone(tmp_path: Path) -> None:
    clip = numbered_clip(tmp_path / "clip.mp4")
    with av.open(str(clip)) as container:
        key_packets = [
            float(packet.pts * packet.time_base) for packet in container.demux(video=0) if packet.pts is not None and packet.is_keyframe
        ]
    assert [time for time, _ in shown(clip, 10, skipped="NONKEY")] == pytest.approx(key_packets, abs=1e-3)


def test_names_with_odd_characters(tmp_path: Path) -> None:
    path = numbered_clip(tmp_path / "海 %2F+100%d:é 🎥.mp4")
    assert probe(path).kind == "video"
    assert len(list(frames(path, 1))) == 4


@pytest.mark.parametrize(("milliseconds", "number"), [(0, 0), (1000, 10), (1950, 19), (3900, 39), (3_600_000, 39)])
def test_a_snapshot_is_the_frame_shown_at_that_time(tmp_path: Path, milliseconds: int, number: int) -> None:
    clip = numbered_clip(tmp_path / "clip.mp4")
    brightness = [float(frame.image.mean()) for frame in frames(clip, 10)]

    image = decoded(snapshot(clip, milliseconds, output="png"))

    assert image.shape == (48, 64, 3)
    # One frame is five brighter than the one before.
    assert float(image.mean()) == pytest.approx(brightness[number], abs=1)


@pytest.mark.parametrize(
    ("width", "height", "shape"), [(0, 0, (48, 64)), (32, 0, (24, 32)), (0, 24, (24, 32)), (20, 20, (20, 20)), (None, 96, (96, 128))]
)
def test_a_snapshot_in_another_size(tmp_path: Path, width: int | None, height: int | None, shape: tuple[int, int]) -> None:
    data = snapshot(numbered_clip(tmp_path / "clip.mp4"), 500, width, height, exact=False)
    assert data.startswith(b"\xff\xd8\xff")
    assert decoded(data).shape[:2] == shape


def test_resize_keeps_the_ratio_when_one_side_is_given(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png", quarters())
    assert decoded(resize(path, 50, None, "jpg")).shape[:2] == (30, 50)
    assert decoded(resize(path, None, 120, "png")).shape[:2] == (120, 200)
    assert decoded(resize(path, 10, 10, "webp")).shape[:2] == (10, 10)


def test_the_port_raises_the_same_error() -> None:
    assert types.UnreadableMedia is UnreadableMedia
