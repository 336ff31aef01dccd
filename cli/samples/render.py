"""Clips that the project draws itself: short, the same for the same seed, and each the clear case of one thing that a camera reports."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from cli.samples.figures import STRIDE, Outfit, Picture, Pose, draw_person, draw_suitcase, draw_van
from cli.samples.scenery import CHINESE_SIGN, Sensor, night, put_sign, street, weathered, yard

SIGN_TEXT = "DELIVERY AT GATE 4"
_WALKING = 0.8
"""Body heights a second: 1.4 m/s for a person of 1.75 m."""


@dataclass(frozen=True)
class Size:
    width: int
    height: int
    fps: int


SMALL = Size(640, 360, 15)
LARGE = Size(1280, 720, 15)
Act = Callable[[Picture, float], None]
"""Draws what stands in the scene at a time in seconds."""


@dataclass(frozen=True)
class Scene:
    """A still background and what happens before it. `light` is the share of daylight at each pixel, None by day."""

    size: Size
    seconds: float
    background: Picture
    act: Act
    light: NDArray[np.float32] | None = None
    noise: float = 2.0


@dataclass(frozen=True)
class Rendering:
    """`path` is a clip, or the folder of an image sequence with its manifest.json."""

    path: Path
    name: str
    device: str


def render_all(folder: Path, seed: int = 7) -> list[Rendering]:
    """Render what is not in the folder yet. A clip appears under its name only when it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    clips = [_clip(folder, file_name, device, stage, seed) for file_name, device, stage in _PROGRAMME]
    return [*clips, _sequence(folder / "entrance-visit", seed)]


def _clip(folder: Path, file_name: str, device: str, stage: Callable[[np.random.Generator], Scene], seed: int) -> Rendering:
    path = folder / file_name
    if not path.exists():
        random = np.random.default_rng([seed, *file_name.encode()])
        scene = stage(random)
        unfinished = path.with_suffix(".part.mp4")
        encode(unfinished, play(scene, random), scene.size.fps)
        unfinished.replace(path)
    return Rendering(path, file_name, device)


def play(scene: Scene, random: np.random.Generator) -> Iterator[Picture]:
    """The scene's frames, BGR."""
    sensor = Sensor(scene.size.width, scene.size.height, scene.noise, random)
    for number in range(round(scene.seconds * scene.size.fps)):
        picture = scene.background.copy()
        scene.act(picture, number / scene.size.fps)
        if scene.light is not None:
            picture = (picture * scene.light).astype(np.uint8)
        yield sensor.read(picture)


def encode(path: Path, frames: Iterable[Picture], fps: int) -> None:
    """H.264 in mp4, playable by browsers: 4:2:0, with the index at the front. One thread, as more would change the bytes by machine."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = None
        for picture in frames:
            if stream is None:
                stream = container.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": "23", "threads": "1"})
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        if stream is not None:
            container.mux(stream.encode())


def walker(size: Size, outfit: Outfit, facing: int, start: float = 1.0, tall: float = 0.5) -> Act:
    """Somebody who crosses the whole picture from `start` seconds on; `tall` in picture heights."""
    height = tall * size.height
    speed = _WALKING * height

    def act(picture: Picture, time: float) -> None:
        walked = (time - start) * speed
        x = walked - 0.3 * height
        if walked > 0 and x < size.width + 0.4 * height:
            foot = (x if facing > 0 else size.width - x, size.height * 0.82)
            draw_person(picture, Pose(foot, height, facing, 2 * math.pi * walked / (STRIDE * height)), outfit)

    return act


def _nothing(_picture: Picture, _time: float) -> None:
    """The act of a scene in which nothing happens."""


def _crossing_seconds(size: Size, tall: float = 0.5) -> float:
    return (size.width + 0.7 * tall * size.height) / (_WALKING * tall * size.height)


def street_by_day(random: np.random.Generator) -> Scene:
    act = walker(LARGE, Outfit(jacket=(40, 35, 190), trousers=(70, 50, 40)), facing=1)
    return Scene(LARGE, 1.6 + _crossing_seconds(LARGE), street(LARGE.width, LARGE.height, random), act)


def street_at_night(random: np.random.Generator) -> Scene:
    background = street(SMALL.width, SMALL.height, random)
    act = walker(SMALL, Outfit(jacket=(215, 95, 25), trousers=(55, 55, 60)), facing=-1)
    return Scene(SMALL, 1.6 + _crossing_seconds(SMALL), background, act, night(background, (0.5, 0.55)), noise=3.0)


def van_passing(random: np.random.Generator) -> Scene:
    length, speed = 0.42 * SMALL.width, 0.38 * SMALL.width

    def act(picture: Picture, time: float) -> None:
        driven = (time - 1.0) * speed
        if 0 < driven < SMALL.width + length:
            draw_van(picture, (driven - length, SMALL.height * 0.88), length, (60, 190, 225), driven / (0.078 * length))

    return Scene(SMALL, 1.6 + (SMALL.width + length) / speed, street(SMALL.width, SMALL.height, random), act)


def suitcase_left_behind(random: np.random.Generator) -> Scene:
    """In from the right with a suitcase, a stop, and out again without it. The yard is empty for long enough before to be known as such."""
    height = 0.5 * SMALL.height
    speed, ground, way = _WALKING * height, SMALL.height * 0.85, SMALL.width * 0.45
    entered = 1.8
    turned = entered + way / speed + 0.5
    edge, trailing = SMALL.width + 0.3 * height, 0.32 * height
    outfit = Outfit(jacket=(70, 130, 45), trousers=(60, 60, 70))

    def act(picture: Picture, time: float) -> None:
        approached = min(way, max(0.0, time - entered) * speed)
        walked = approached - max(0.0, time - turned) * speed
        facing, swing = (-1, 1.0 if approached < way else 0.0) if time < turned else (1, 1.0)
        draw_suitcase(picture, (edge - approached + trailing, ground - 0.01 * height), 0.3 * height)
        if walked > -0.1 * height:
            draw_person(picture, Pose((edge - walked, ground), height, facing, 2 * math.pi * walked / (STRIDE * height), swing), outfit)

    return Scene(SMALL, 10.0, yard(SMALL.width, SMALL.height, random), act)


def empty_yard(random: np.random.Generator) -> Scene:
    return Scene(SMALL, 5.0, yard(SMALL.width, SMALL.height, random), _nothing)


def gate_sign(random: np.random.Generator) -> Scene:
    picture = np.full((LARGE.height, LARGE.width, 3), (120, 125, 118), np.uint8)
    picture = weathered(picture, random)
    put_sign(picture, (SIGN_TEXT, CHINESE_SIGN), (240, 170, 800, 340))
    return Scene(LARGE, 5.0, picture, _nothing)


_PROGRAMME: tuple[tuple[str, str, Callable[[np.random.Generator], Scene]], ...] = (
    ("street-by-day.mp4", "street-cam", street_by_day),
    ("street-at-night.mp4", "street-cam", street_at_night),
    ("van-passing.mp4", "street-cam", van_passing),
    ("suitcase-left-behind.mp4", "yard-cam", suitcase_left_behind),
    ("empty-yard.mp4", "yard-cam", empty_yard),
    ("gate-sign.mp4", "gate-cam", gate_sign),
)


def _sequence(folder: Path, seed: int) -> Rendering:
    """One event as a camera sends it that takes stills: four pictures, a second apart, and the manifest that binds them."""
    manifest = folder / "manifest.json"
    if not manifest.exists():
        folder.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng([seed, *folder.name.encode()])
        act = walker(SMALL, Outfit(jacket=(50, 190, 220), trousers=(90, 60, 50)), facing=1, start=0.0)
        scene = Scene(SMALL, 6.0, yard(SMALL.width, SMALL.height, random), act)
        pictures = list(play(scene, random))[SMALL.fps :: SMALL.fps][:4]
        names = [f"{number}.jpg" for number in range(1, len(pictures) + 1)]
        for name, picture in zip(names, pictures, strict=True):
            cv2.imwrite(str(folder / name), picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
        manifest.write_text(json.dumps({"images": names, "time": "2026-11-20T08:30:00Z"}, indent=2) + "\n", encoding="utf-8")
    return Rendering(folder, folder.name, "entrance-cam")
