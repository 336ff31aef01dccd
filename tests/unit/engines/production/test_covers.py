"""Covers: sharp, of different shots, never from what is black or blurred, whatever the clip is like."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from engines.imaging import Image, UnreadableMedia
from engines.production.covers import pick_covers
from engines.production.types import Produced, Unfit
from tests.unit.engines import media
from tests.unit.engines.production.clips import landscape, psnr, seen, sliding, steady, turned_clip, write_clip
from tests.unit.engines.production.shots import Reel, Shot, reel

_SHOTS = (
    Shot(2.0, "black"),
    Shot(2.0),
    Shot(2.5, "blurred"),
    Shot(2.0),
    Shot(1.5),
    Shot(2.0, "black"),
    Shot(2.0),
    Shot(2.0, "blurred"),
    Shot(2.5),
    Shot(2.0, "black"),
)
_UNUSABLE = [number for number, shot in enumerate(_SHOTS) if shot.look != "clear"]


@dataclass(frozen=True)
class Covers:
    made: Produced
    pictures: list[Image]


@pytest.fixture(scope="module")
def ten_shots(tmp_path_factory: pytest.TempPathFactory) -> Reel:
    return reel(tmp_path_factory.mktemp("reel") / "ten.mp4", _SHOTS)


def covers(source: Path, folder: Path) -> Covers:
    folder.mkdir(exist_ok=True)
    made = pick_covers(source, folder)
    return Covers(made, [_read(output.path) for output in made.outputs])


def _read(path: Path) -> Image:
    picture: Image | None = cv2.imread(str(path))
    assert picture is not None
    return picture


def laplacian(picture: Image) -> float:
    edges: Image = cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.CV_64F)
    return float(edges.var())


def test_three_pictures_of_three_shots_none_black_none_blurred(ten_shots: Reel, tmp_path: Path) -> None:
    picked = covers(ten_shots.path, tmp_path)

    assert [output.path.suffix for output in picked.made.outputs] == [".png"] * 3
    assert [picture.shape for picture in picked.pictures] == [(180, 320, 3)] * 3
    by_picture = [ten_shots.shot_of(picture) for picture in picked.pictures]
    assert len(set(by_picture)) == 3
    # The time that is told is that of the picture, and lies in a shot that can be seen.
    by_time = [ten_shots.shot_at(each["milliseconds"] / 1000) for each in picked.made.findings["covers"]]
    assert by_time == by_picture
    assert not set(by_time) & set(_UNUSABLE)
    sharp = np.median([laplacian(view) for view, shot in zip(ten_shots.views, _SHOTS, strict=True) if shot.look == "clear"])
    assert all(laplacian(picture) > 0.4 * sharp for picture in picked.pictures)
    assert picked.made.notes == ()


def test_the_best_comes_first(ten_shots: Reel, tmp_path: Path) -> None:
    scores = [each["score"] for each in pick_covers(ten_shots.path, tmp_path).findings["covers"]]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[-1] <= scores[0] <= 10


def test_a_cover_is_the_very_frame_of_its_time(ten_shots: Reel, tmp_path: Path) -> None:
    picked = covers(ten_shots.path, tmp_path)
    shown = seen(ten_shots.path)
    for picture, told in zip(picked.pictures, picked.made.findings["covers"], strict=True):
        likest = max(shown, key=lambda each: psnr(each[1], picture))
        assert likest[0] == pytest.approx(told["milliseconds"] / 1000, abs=0.001)
        assert psnr(likest[1], picture) > 40


def test_a_frame_that_there_was_no_room_for_is_decoded_again(ten_shots: Reel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = covers(ten_shots.path, tmp_path / "held")
    monkeypatch.setattr("engines.production.covers._ROOM", 0)
    again = covers(ten_shots.path, tmp_path / "again")
    assert again.made.findings == held.made.findings
    assert all(np.array_equal(one, other) for one, other in zip(again.pictures, held.pictures, strict=True))


def test_moving_covers_loop_within_one_shot(ten_shots: Reel, tmp_path: Path) -> None:
    made = pick_covers(ten_shots.path, tmp_path, animated=True)

    assert [output.path.suffix for output in made.outputs] == [".gif"] * 3
    for output, told in zip(made.outputs, made.findings["covers"], strict=True):
        shot = ten_shots.shot_at(told["milliseconds"] / 1000)
        with Pillow.open(output.path) as loop:
            assert (loop.format, loop.info["loop"], loop.size) == ("GIF", 0, (320, 180))
        shown = seen(output.path)
        assert len(shown) >= 8
        assert {ten_shots.shot_of(picture) for _, picture in shown} == {shot}
        assert 0.7 < shown[-1][0] < 2.1
        # 256 colours of its own are near to what they stand for.
        frames = [picture for time, picture in seen(ten_shots.path) if ten_shots.shot_at(time) == shot]
        assert max(psnr(frame, shown[len(shown) // 2][1]) for frame in frames) > 28


def test_a_face_is_preferred(tmp_path: Path) -> None:
    # GIVEN shots of the same light and colours, one of them of somebody's face
    face = cv2.resize(_read(media.photo("astronaut.png")), (320, 320))[20:200]
    other = cv2.resize(_read(media.photo("astronaut.png")), (320, 320))[140:320]
    views = [other, face, other[::-1], other[:, ::-1]]
    source = write_clip(tmp_path / "face.mp4", steady(6, 10, lambda time: views[int(time / 1.5)]))

    picked = covers(source, tmp_path / "covers")

    assert 1.5 <= picked.made.findings["covers"][0]["milliseconds"] / 1000 < 3


def test_real_footage(tmp_path: Path) -> None:
    picked = covers(media.footage("Megamind.avi"), tmp_path)
    assert len(picked.pictures) == 3
    assert picked.made.findings["covers"][0]["score"] > 5
    # Its first frames are black.
    assert all(picture.mean() > 30 for picture in picked.pictures)


def test_one_frame_gives_one_cover_and_says_so(tmp_path: Path) -> None:
    view = landscape(160, 90)
    source = write_clip(tmp_path / "one.mp4", [(0.0, view)])
    picked = covers(source, tmp_path / "covers")
    assert len(picked.pictures) == 1
    assert psnr(picked.pictures[0], view) > 30
    assert "1 distinct picture" in picked.made.notes[0]
    assert len(seen(pick_covers(source, tmp_path, animated=True).outputs[0].path)) == 1


def test_a_still_scene_gives_one_cover(tmp_path: Path) -> None:
    view = landscape(160, 90)
    source = write_clip(tmp_path / "still.mp4", steady(4, 10, lambda _: view))
    assert len(covers(source, tmp_path / "covers").pictures) == 1


def test_a_black_clip_says_that_it_is_black(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "black.mp4", steady(3, 10, lambda _: np.zeros((90, 160, 3), np.uint8)))
    made = covers(source, tmp_path / "covers").made
    assert len(made.outputs) == 1
    assert any("black" in note for note in made.notes)


@pytest.mark.parametrize(("width", "height"), [(96, 320), (321, 181), (64, 64)])
def test_tall_odd_and_small_clips(tmp_path: Path, width: int, height: int) -> None:
    source = write_clip(tmp_path / "clip.mkv", steady(4, 10, sliding(width + width % 2, height + height % 2, 60)))
    assert [picture.shape[:2] for picture in covers(source, tmp_path / "c").pictures] == [(height + height % 2, width + width % 2)] * 3


def test_a_turned_recording_gives_upright_covers(tmp_path: Path) -> None:
    view = sliding(180, 320, 60)
    picked = covers(turned_clip(tmp_path / "phone.mp4", view, 3, 10), tmp_path / "c")
    for picture, told in zip(picked.pictures, picked.made.findings["covers"], strict=True):
        assert psnr(picture, view(told["milliseconds"] / 1000)) > 30
    (_, moving), *_ = seen(pick_covers(tmp_path / "phone.mp4", tmp_path, animated=True).outputs[0].path)
    assert moving.shape == (320, 180, 3)


def test_greyscale(tmp_path: Path) -> None:
    view = sliding(320, 180, 60)

    def grey(time: float) -> Image:
        return cv2.cvtColor(cv2.cvtColor(view(time), cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)  # type: ignore[no-any-return]

    assert len(covers(write_clip(tmp_path / "grey.mp4", steady(4, 10, grey)), tmp_path / "c").pictures) == 3


def test_uneven_frame_times(tmp_path: Path) -> None:
    view = sliding(320, 180, 60)
    times = np.cumsum(np.random.default_rng(0).choice([1 / 30, 1 / 12, 0.4], 60))
    source = write_clip(tmp_path / "uneven.mp4", ((float(time), view(float(time))) for time in times))
    picked = covers(source, tmp_path / "c")
    for picture, told in zip(picked.pictures, picked.made.findings["covers"], strict=True):
        assert psnr(picture, view(float(times[0]) + told["milliseconds"] / 1000)) > 30


def test_a_long_clip_is_judged_by_its_key_frames(tmp_path: Path) -> None:
    # GIVEN 70 seconds with a key frame each second, all black but for three moments
    views = {20: landscape(160, 90, 1), 40: landscape(160, 90, 2), 60: landscape(160, 90, 3)}
    black = np.zeros((90, 160, 3), np.uint8)
    source = tmp_path / "long.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=5, options={"g": "5", "crf": "20", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in range(350):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(views.get(number // 5, black), format="bgr24")))
        container.mux(stream.encode())

    told = pick_covers(source, tmp_path).findings["covers"]

    assert sorted(int(each["milliseconds"] / 1000) for each in told) == [20, 40, 60]


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no film")
    with pytest.raises(UnreadableMedia):
        pick_covers(text, tmp_path)
    picture = media.write_picture(tmp_path / "picture.png", landscape(64, 64))
    with pytest.raises(Unfit, match="picture") as refused:
        pick_covers(picture, tmp_path)
    assert refused.value.field == "Input.Media"
