"""What moves or stands in a rendered clip: people, vans, bags. Every figure is drawn onto a BGR uint8 picture, in place.

Positions are pixels and may be fractions of one: figures move less than a pixel a frame, and rounding would make them shiver.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Point = tuple[float, float]
Colour = tuple[int, int, int]
"""Blue, green, red: OpenCV's order."""

SKIN: Colour = (130, 165, 205)
HAIR: Colour = (35, 40, 50)
SHOES: Colour = (30, 30, 35)
_SUBPIXEL_BITS = 4

STRIDE = 0.85
"""How far one cycle of both legs carries a walker, in body heights, so that the feet do not slide."""


@dataclass(frozen=True)
class Outfit:
    jacket: Colour
    trousers: Colour


@dataclass(frozen=True)
class Pose:
    """`foot` is the point on the ground below the hips, `facing` +1 to the right and -1 to the left, `phase` radians of the walk."""

    foot: Point
    height: float
    facing: int
    phase: float
    swing: float = 1.0
    """1 walks, 0 stands."""


def draw_person(picture: Picture, pose: Pose, outfit: Outfit) -> None:
    """Proportions are the artist's seven and a half heads; angles are those of an easy walk (hips 25 degrees, knees up to 40)."""
    body = _Body(picture, pose)
    draw_shadow(picture, pose.foot, 0.28 * pose.height)
    far, near = pose.phase + math.pi, pose.phase
    body.arm(near, outfit.jacket, shade=0.75)
    body.leg(far, outfit.trousers, shade=0.7)
    body.leg(near, outfit.trousers, shade=1.0)
    body.trunk(outfit.jacket)
    body.arm(far, outfit.jacket, shade=0.88)
    body.head()


class _Body:
    """The joints of one person, measured in body heights from the point on the ground."""

    def __init__(self, picture: Picture, pose: Pose) -> None:
        self._picture = picture
        self._pose = pose
        self._bob = 0.012 * pose.swing * math.cos(2 * pose.phase)

    def _place(self, forward: float, up: float) -> Point:
        x, y = self._pose.foot
        return x + self._pose.facing * forward * self._pose.height, y - (up + self._bob) * self._pose.height

    def _limb(self, joints: Sequence[Point], widths: Sequence[float], colour: Colour) -> None:
        height = self._pose.height
        for (start, end), (wide, narrow) in zip(pairwise(joints), pairwise(widths), strict=True):
            _tapered(self._picture, self._place(*start), self._place(*end), wide * height, narrow * height, colour)

    def leg(self, phase: float, colour: Colour, shade: float) -> None:
        thigh = math.radians(25) * self._pose.swing * math.sin(phase)
        bend = math.radians(40) * self._pose.swing * max(0.0, math.cos(phase)) + math.radians(4)
        hip = (0.0, 0.51)
        knee = _reach(hip, thigh, 0.245)
        ankle = _reach(knee, thigh - bend, 0.23)
        toe = (ankle[0] + 0.075, max(ankle[1] - 0.02, 0.012))
        self._limb((ankle, toe), (0.05, 0.035), SHOES)
        self._limb((hip, knee, ankle), (0.115, 0.085, 0.055), shaded(colour, shade))

    def arm(self, phase: float, colour: Colour, shade: float) -> None:
        upper = math.radians(24) * self._pose.swing * math.sin(phase)
        shoulder = (0.0, 0.79)
        elbow = _reach(shoulder, upper, 0.165)
        wrist = _reach(elbow, upper + math.radians(16), 0.14)
        self._limb((wrist, _reach(wrist, upper, 0.03)), (0.045, 0.04), SKIN)
        self._limb((shoulder, elbow, wrist), (0.075, 0.06, 0.048), shaded(colour, shade))

    def trunk(self, colour: Colour) -> None:
        outline = [
            (-0.07, 0.47),
            (-0.105, 0.66),
            (-0.11, 0.79),
            (-0.04, 0.845),
            (0.045, 0.845),
            (0.115, 0.79),
            (0.105, 0.66),
            (0.075, 0.47),
        ]
        _polygon(self._picture, [self._place(*corner) for corner in outline], colour)
        lining = [(0.02, 0.47), (0.03, 0.66), (0.03, 0.83), (0.042, 0.83), (0.045, 0.66), (0.035, 0.47)]
        _polygon(self._picture, [self._place(*corner) for corner in lining], shaded(colour, 0.7))

    def head(self) -> None:
        self._limb(((0.0, 0.83), (0.01, 0.88)), (0.06, 0.06), shaded(SKIN, 0.85))
        self._oval((0.005, 0.935), (0.052, 0.066), HAIR)
        self._oval((0.02, 0.922), (0.042, 0.055), SKIN)

    def _oval(self, centre: Point, radii: Point, colour: Colour) -> None:
        height = self._pose.height
        x, y = self._place(*centre)
        angles = np.linspace(0, 2 * math.pi, 24, endpoint=False)
        _polygon(self._picture, [(x + radii[0] * height * math.cos(a), y + radii[1] * height * math.sin(a)) for a in angles], colour)


def draw_van(picture: Picture, rear: Point, length: float, colour: Colour, turned: float) -> None:
    """A delivery van driving to the right; `rear` is the ground below its rear end, `turned` the radians that its wheels have turned."""
    x, y = rear
    draw_shadow(picture, (x + length / 2, y), length * 0.52)

    def at(along: float, up: float) -> Point:
        return x + along * length, y - up * length

    glass = (70, 60, 50)
    roof = [at(0.0, 0.36), at(0.03, 0.42), at(0.66, 0.42), at(0.74, 0.39), at(0.83, 0.27), at(0.97, 0.22), at(1.0, 0.17)]
    _polygon(picture, [at(0, 0.08), *roof, at(1, 0.08)], colour)
    _polygon(picture, [at(0, 0.08), at(0, 0.13), at(1, 0.13), at(1, 0.08)], shaded(colour, 0.55))
    _polygon(picture, [at(0.02, 0.385), at(0.03, 0.42), at(0.66, 0.42), at(0.72, 0.4)], shaded(colour, 1.2))
    _polygon(picture, [at(0.7, 0.275), at(0.7, 0.385), at(0.73, 0.375), at(0.8, 0.275)], glass)
    _polygon(picture, [at(0.55, 0.275), at(0.55, 0.385), at(0.68, 0.385), at(0.68, 0.275)], glass)
    for seam in (0.3, 0.535, 0.69):
        _polygon(picture, [at(seam, 0.13), at(seam, 0.4), at(seam + 0.005, 0.4), at(seam + 0.005, 0.13)], shaded(colour, 0.65))
    _polygon(picture, [at(0.5, 0.25), at(0.5, 0.26), at(0.53, 0.26), at(0.53, 0.25)], (40, 40, 40))
    _polygon(picture, [at(0.95, 0.16), at(0.95, 0.2), at(0.985, 0.19), at(0.99, 0.16)], (190, 240, 250))
    _polygon(picture, [at(0.0, 0.2), at(0.0, 0.3), at(0.012, 0.3), at(0.012, 0.2)], (40, 40, 200))
    for end in (-0.01, 0.94):
        _polygon(picture, [at(end, 0.07), at(end, 0.11), at(end + 0.07, 0.11), at(end + 0.07, 0.07)], (45, 45, 48))
    for along in (0.2, 0.8):
        _disc(picture, at(along, 0.085), 0.098 * length, (30, 30, 32))
        _wheel(picture, at(along, 0.075), 0.08 * length, turned)


def draw_suitcase(picture: Picture, foot: Point, height: float) -> None:
    """A wheeled suitcase, standing on `foot`; `height` to the top of its handle."""
    x, y = foot
    shell, metal = (95, 60, 35), (95, 95, 100)

    def at(across: float, up: float) -> Point:
        return x + across * height, y - up * height

    draw_shadow(picture, foot, 0.75 * height)
    for side in (-1, 1):
        _tapered(picture, at(side * 0.16, 0.85), at(side * 0.16, 0.97), 0.05 * height, 0.05 * height, metal)
        _disc(picture, at(side * 0.38, 0.05), 0.06 * height, (30, 30, 30))
    _tapered(picture, at(-0.17, 0.98), at(0.17, 0.98), 0.07 * height, 0.07 * height, (30, 30, 30))
    _tapered(picture, at(-0.34, 0.28), at(-0.34, 0.7), 0.34 * height, 0.34 * height, shell)
    _tapered(picture, at(0.34, 0.28), at(0.34, 0.7), 0.34 * height, 0.34 * height, shell)
    _polygon(picture, [at(-0.36, 0.11), at(-0.36, 0.87), at(0.36, 0.87), at(0.36, 0.11)], shell)
    for rib in (-0.32, -0.16, 0.0, 0.16, 0.32):
        _tapered(picture, at(rib, 0.2), at(rib, 0.78), 0.03 * height, 0.03 * height, shaded(shell, 1.5))


def draw_shadow(picture: Picture, foot: Point, reach: float) -> None:
    """A soft dark oval on the ground: half of the light is left at its middle."""
    left, top = max(0, int(foot[0] - reach)), max(0, int(foot[1] - reach * 0.16))
    right, bottom = min(picture.shape[1], int(foot[0] + reach)), min(picture.shape[0], int(foot[1] + reach * 0.16))
    if left >= right or top >= bottom:
        return
    rows, columns = np.mgrid[top:bottom, left:right]
    distance = np.hypot((columns - foot[0]) / reach, (rows - foot[1]) / (reach * 0.16))
    light = 1 - 0.5 * np.clip(1 - distance, 0, 1)
    patch = picture[top:bottom, left:right]
    patch[:] = (patch * light[..., None]).astype(np.uint8)


def shaded(colour: Colour, light: float) -> Colour:
    blue, green, red = (max(0, min(255, round(part * light))) for part in colour)
    return blue, green, red


def _reach(joint: Point, angle: float, length: float) -> Point:
    return joint[0] + length * math.sin(angle), joint[1] - length * math.cos(angle)


def _wheel(picture: Picture, centre: Point, radius: float, turned: float) -> None:
    _disc(picture, centre, radius, (28, 28, 30))
    _disc(picture, centre, radius * 0.6, (175, 175, 175))
    for spoke in range(5):
        angle = turned + spoke * 2 * math.pi / 5
        rim = centre[0] + radius * 0.5 * math.cos(angle), centre[1] + radius * 0.5 * math.sin(angle)
        _tapered(picture, centre, rim, radius * 0.12, radius * 0.12, (70, 70, 75))


def _tapered(picture: Picture, start: Point, end: Point, start_width: float, end_width: float, colour: Colour) -> None:
    """A round-ended stroke from one width to another: the shape of a limb."""
    along = math.atan2(end[1] - start[1], end[0] - start[0])
    across = (-math.sin(along), math.cos(along))
    corners = [
        (joint[0] + side * across[0] * width / 2, joint[1] + side * across[1] * width / 2)
        for joint, width, side in ((start, start_width, 1), (end, end_width, 1), (end, end_width, -1), (start, start_width, -1))
    ]
    _polygon(picture, corners, colour)
    _disc(picture, start, start_width / 2, colour)
    _disc(picture, end, end_width / 2, colour)


def _polygon(picture: Picture, corners: Sequence[Point], colour: Colour) -> None:
    points = np.round(np.array(corners) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(picture, [points], colour, cv2.LINE_AA, _SUBPIXEL_BITS)


def _disc(picture: Picture, centre: Point, radius: float, colour: Colour) -> None:
    scale = 1 << _SUBPIXEL_BITS
    cv2.circle(
        picture, (round(centre[0] * scale), round(centre[1] * scale)), round(radius * scale), colour, -1, cv2.LINE_AA, _SUBPIXEL_BITS
    )
