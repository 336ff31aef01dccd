"""A video, watched: frames go through motion, classifiers, detector and reader, each as often as it is worth; out come findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from math import inf
from pathlib import Path

import cv2

from engines.imaging import Frame, Image, Probe, UnreadableMedia, frames
from engines.imaging.pictures import shrink
from engines.understanding.colour import Look, garment, look
from engines.understanding.facts import BAGS, Findings, Left, LinesAt
from engines.understanding.geometry import inside, overlap
from engines.understanding.leftbehind import LeftObject, LeftObjectFinder
from engines.understanding.motion import ChangeMeter, Motion, MotionDetector, lower_outline, median_of
from engines.understanding.movement import Span
from engines.understanding.naming import Onlooker, named, told
from engines.understanding.reading import ChangeGate
from engines.understanding.sightings import STRONG, WEAK, Sighting, SightingCollector
from engines.understanding.standing import resumed
from engines.understanding.subjects import at_once, people_and_things
from engines.understanding.texts import TextCollector
from engines.understanding.tools import Tools
from engines.understanding.tracks import Track, Tracker
from engines.understanding.types import Limits, Wishes

_RATE, _SLOWEST_RATE = 5.0, 2.0  # frames a second
_FULL_RATE_FRAMES = 3000  # ten minutes at the full rate; a longer video is looked at less often
_VIEW = 960  # longer side of what the classifiers see; motion sees half of it
_LEAST_FOR_MOTION = 320
_WARM_FRAMES = 30
_SCENE_FRAMES = 10
_HOG_EVERY, _FACES_EVERY, _DETECTOR_EVERY, _LOOK_EVERY, _READ_EVERY = 1.0, 2.0, 0.5, 2.0, 2.0  # seconds
_GLIMPSE_EVERY = 0.4  # seconds, where somebody is known
_ONE_WHOLE = 0.75  # width / height, at most; two side by side are wider
_WHERE_NOTHING_MOVES = 4.0  # times less often
_READINGS, _ALL_READINGS = 8, 300
_READ_ALL_EVERY = 1.0  # second, where every text is asked for
_HOG_BOXES = 10
_UNSTEADY = 0.25
_PART = 0.2  # of a video, from which on another light in it is told


class _Every:
    """True at the first time, then whenever so many seconds have passed."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last = -inf

    def __call__(self, time: float, factor: float = 1.0) -> bool:
        if time + 1e-6 < self._last + self._seconds * factor:
            return False
        self._last = time
        return True


@dataclass
class _Watch:
    """What has been gathered so far. All boxes are in the pixels of the half-size picture."""

    motion: MotionDetector
    left: LeftObjectFinder
    onlooker: Onlooker
    tracker: Tracker = field(default_factory=Tracker)
    faces: Tracker = field(default_factory=lambda: Tracker(lost_after=5.0))
    sightings: SightingCollector = field(default_factory=SightingCollector)
    texts: TextCollector = field(default_factory=TextCollector)
    readings: list[LinesAt] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    change: ChangeMeter = field(default_factory=ChangeMeter)
    frames: int = 0
    flooded: int = 0
    first: float = 0.0
    last: float = 0.0


def watch(path: Path, probe: Probe, tools: Tools, limits: Limits, wishes: Wishes) -> Findings:
    """Raises UnreadableMedia."""
    if probe.seconds is not None and probe.seconds > limits.seconds:
        raise UnreadableMedia(f"too long: {probe.seconds:.0f} seconds, the limit is {limits.seconds:g}")
    rate = _rate(probe.seconds)
    stream = frames(path, rate, longest=_VIEW, pixels=limits.pixels)
    warm = list(islice(stream, _WARM_FRAMES))
    if not warm:
        raise UnreadableMedia("no frame of the video can be decoded: it is damaged or was cut short")
    half = _half(warm[0].image)
    motion = MotionDetector([shrink(frame.image, half) for frame in warm])
    # What is put down after a few seconds is in the median of many: the finder starts from the first moments, and knows by its outline
    # somebody who was there then and went.
    scene = median_of([shrink(frame.image, half) for frame in warm[:_SCENE_FRAMES]])
    gathered = _Watch(motion, LeftObjectFinder(scene), Onlooker(wishes, tools.faces), first=warm[0].time)
    _Watcher(gathered, tools, half, max(probe.width, probe.height), _reading_interval(probe.seconds, wishes)).run(
        chain(warm, stream), limits
    )
    return _findings(gathered, tools, probe, rate)


def _half(view: Image) -> int:
    """The longer side of what motion is looked for in; a small picture is left as it is."""
    longest = int(max(view.shape[:2]))
    return max(longest // 2, min(longest, _LEAST_FOR_MOTION))


def _rate(seconds: float | None) -> float:
    return _RATE if not seconds else min(_RATE, max(_SLOWEST_RATE, _FULL_RATE_FRAMES / seconds))


def _reading_interval(seconds: float | None, wishes: Wishes) -> float:
    """Seconds from one reading to the next: reading is the dearest of all looks."""
    if wishes.every_text:
        return max(_READ_ALL_EVERY, (seconds or 60.0) / _ALL_READINGS)
    return max(_READ_EVERY, (seconds or 60.0) / _READINGS)


class _Watcher:
    def __init__(self, gathered: _Watch, tools: Tools, half: int, size: int, reading_interval: float) -> None:
        """`half` and `size` are the longer sides of what motion is looked for in, and of the video itself."""
        self._gathered, self._tools, self._half, self._size = gathered, tools, half, size
        self._hog_due, self._faces_due, self._detector_due, self._look_due = map(
            _Every, (_HOG_EVERY, _FACES_EVERY, _DETECTOR_EVERY, _LOOK_EVERY)
        )
        self._glimpse_due = _Every(_GLIMPSE_EVERY)
        self._reading_due = _Every(reading_interval)
        self._changed = ChangeGate()

    def run(self, stream: Iterator[Frame], limits: Limits) -> None:
        for frame in stream:
            if frame.time > limits.seconds:
                raise UnreadableMedia(f"too long: more than the limit of {limits.seconds:g} seconds")
            self._see(frame.time, frame.image)

    def _see(self, time: float, view: Image) -> None:
        gathered = self._gathered
        gathered.frames, gathered.last = gathered.frames + 1, time
        small = shrink(view, self._half)
        gathered.change.apply(small)
        motion = gathered.motion.apply(small)
        if motion.flooded:
            gathered.flooded += 1
            gathered.tracker.interrupt()
            gathered.left.restart(small)
        tracks = gathered.tracker.update(time, motion.boxes, motion.solidity)
        self._examine(time, view, small, tracks, motion)
        factor = view.shape[1] / small.shape[1]
        gathered.left.apply(time, small, gathered.tracker.tracks, lambda box: self._tools.people.count_in(view, box.scaled(factor)) > 0)
        self._glimpse(time, view, tracks, motion)
        self._recognise(time, view, small, tracks)
        if self._look_due(time):
            gathered.looks.append(look(small))

    def _examine(self, time: float, view: Image, small: Image, tracks: list[Track], motion: Motion) -> None:
        factor = view.shape[1] / small.shape[1]
        for track in tracks:
            track.note_outline(lower_outline(motion.mask, track.boxes[-1]))
            colour = garment(small, track.boxes[-1], motion.mask)
            if colour is not None:
                track.colours[colour] += 1
        if tracks and self._hog_due(time):
            for track in sorted(tracks, key=lambda each: each.checks)[:_HOG_BOXES]:
                people = self._tools.people.count_in(view, track.boxes[-1].scaled(factor))
                track.checks += 1
                track.upright_hits += people > 0
                track.together[round(time * 2) / 2] = max(1, people)

    def _glimpse(self, time: float, view: Image, tracks: list[Track], motion: Motion) -> None:
        """Compare the clothes of whoever may be one whole person."""
        onlooker = self._gathered.onlooker
        if not (onlooker.knows("person") and self._glimpse_due(time)):
            return
        height, width = motion.mask.shape[:2]
        factor = view.shape[1] / width
        mask = cv2.resize(motion.mask, (view.shape[1], view.shape[0]))
        for track in tracks:
            box = track.boxes[-1]
            if box.width <= _ONE_WHOLE * box.height and box.is_within(width, height):
                onlooker.body("person", view, box.scaled(factor), time, 1 / factor, mask)

    def _recognise(self, time: float, view: Image, small: Image, tracks: list[Track]) -> None:
        gathered, tools, factor = self._gathered, self._tools, small.shape[1] / view.shape[1]
        if self._faces_due(time):
            seen = tools.people.faces(view)
            for face in seen:
                gathered.onlooker.face(view, face, time, factor)
            faces = [box.scaled(factor) for box in seen]
            gathered.faces.update(time, faces)
            for track in tracks:
                track.face_hits += any(inside(face, track.boxes[-1]) > 0.7 for face in faces)
        if tools.detector is not None and self._detector_due(time, 1.0 if tracks else _WHERE_NOTHING_MOVES):
            detections = tools.detector.detect(view, WEAK)
            for each in detections:
                if each.score >= STRONG:
                    gathered.onlooker.body(each.label, view, each.box, time, factor)
            gathered.sightings.update(time, [replace(each, box=each.box.scaled(factor)) for each in detections])
        if tools.reader is not None and self._reading_due(time) and self._changed.changed(view):
            lines = tools.reader.read(view)
            gathered.texts.add(time, lines)
            gathered.readings.append(LinesAt(time, tuple(lines), self._size / max(view.shape[:2])))


def _findings(gathered: _Watch, tools: Tools, probe: Probe, rate: float) -> Findings:
    height, width = gathered.motion.background.shape[:2]
    span = Span(width, height, gathered.first, gathered.last)
    overall = _overall(gathered.looks)
    sightings = gathered.sightings.agreed()
    nameless = people_and_things(
        resumed(gathered.tracker.tracks),
        gathered.faces.tracks,
        sightings,
        span,
        tools.detector is not None,
        overall.monochrome,
        [each.box for each in gathered.left.objects],
    )
    subjects = named(nameless, gathered.onlooker)
    left = tuple(_left(each, sightings, overall.monochrome) for each in gathered.left.objects)
    return Findings(
        look=overall,
        subjects=subjects,
        at_once=at_once(subjects),
        left=left,
        texts=gathered.texts.agreed(gathered.last),
        changes=gathered.change.frames > 1 if gathered.frames > 1 else None,
        notes=(*_notes(gathered, probe, rate), *gathered.onlooker.notes, *told(subjects)),
        scale=max(probe.width, probe.height) / max(width, height),
        faces=tuple(gathered.faces.tracks),
        face_looks=tuple(gathered.onlooker.face_looks),
        readings=tuple(gathered.readings),
    )


def _overall(looks: list[Look]) -> Look:
    """The middle one by brightness of the pictures that were not blank, or the blank one where all were."""
    seen = [each for each in looks if each.blank is None] or looks
    order = ("dark", "dim", "bright")
    middle = sorted(seen, key=lambda each: order.index(each.light))[len(seen) // 2]
    lights = Counter(each.light for each in seen)
    return replace(middle, light="changing") if min(lights["dark"], lights["bright"]) >= _PART * len(seen) else middle


def _left(found: LeftObject, sightings: list[Sighting], monochrome: bool) -> Left:
    bag = next((each for each in sightings if each.label in BAGS and any(overlap(box, found.box) > 0.3 for box in each.track.boxes)), None)
    return Left(
        start=found.since,
        end=found.last,
        word=bag.label if bag else "object",
        colour=None if monochrome else found.colour,
        confidence=min(0.9, 0.6 + 0.05 * found.alone),
    )


def _notes(gathered: _Watch, probe: Probe, rate: float) -> tuple[str, ...]:
    notes = []
    if gathered.flooded > _UNSTEADY * gathered.frames:
        notes.append("the camera moves or the picture is cut often: movement could not be followed")
    if rate < _RATE:
        notes.append(f"a long video: looked at {rate:.1f} times a second instead of {_RATE:g}")
    if probe.seconds is not None and gathered.last < probe.seconds - max(2.0, 0.1 * probe.seconds):
        notes.append(
            f"only the first {gathered.last:.0f} of {probe.seconds:.0f} seconds can be decoded: the file is damaged or was cut short"
        )
    return tuple(notes)
