"""A still picture, or the pictures of one event in order, looked at: out come findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engines.imaging import Image, UnreadableMedia, read_image
from engines.imaging.pictures import checked_header, shrink
from engines.understanding.colour import garment, garment_below_face, look
from engines.understanding.detector import Detection
from engines.understanding.facts import Findings, LinesAt, Subject, TextSeen
from engines.understanding.geometry import Box, inside, intersection, overlap
from engines.understanding.naming import Onlooker, named, told
from engines.understanding.people import body
from engines.understanding.reading import ChangeGate, TextLine
from engines.understanding.sightings import WEAK, agreed_in_still
from engines.understanding.tools import Tools
from engines.understanding.types import USUAL, Limits, Wishes

_VIEW = 1280
_SMALLEST = 16  # pixels; in a narrower strip there is nothing to recognise, and the classifiers fail
_FACE_CONFIDENCE, _UPRIGHT_CONFIDENCE = 0.9, 0.6
_PAGE_LINES, _PAGE_SHARE = 4, 0.12


def look_at_picture(path: Path, tools: Tools, limits: Limits, wishes: Wishes = USUAL) -> Findings:
    """Raises UnreadableMedia."""
    found = _seen(path, tools, limits, wishes)[0]
    return replace(found, notes=(*found.notes, *told(found.subjects)))


def _seen(path: Path, tools: Tools, limits: Limits, wishes: Wishes) -> tuple[Findings, Image]:
    image = shrink(read_image(path, limits.pixels, longest=_VIEW), _VIEW)
    header = checked_header(path, limits.pixels)
    found = _recognised(_look(image, tools), image, Onlooker(wishes, tools.faces))
    return _enlarged(found, max(header.width, header.height) / max(image.shape[:2])), image


def _recognised(found: Findings, image: Image, onlooker: Onlooker) -> Findings:
    """With the names of those who are known; the nameless alone are counted."""
    for subject in found.subjects:
        if subject.face is not None:
            onlooker.face(image, subject.face)
        if subject.box is not None and subject.box != subject.face:
            onlooker.body(subject.word, image, subject.box)
    subjects = named(found.subjects, onlooker)
    known = Counter(subject.word for subject in subjects if subject.likeness)
    nameless = {word: count - known[word] for word, count in found.at_once.items()}
    notes = (*found.notes, *onlooker.notes)
    return replace(found, subjects=subjects, at_once=nameless, notes=notes, face_looks=tuple(onlooker.face_looks))


def _enlarged(found: Findings, scale: float) -> Findings:
    """With boxes in the pixels of the picture itself: those of a sequence may differ in size."""
    subjects = tuple(
        replace(each, box=each.box and each.box.scaled(scale), face=each.face and each.face.scaled(scale)) for each in found.subjects
    )
    looks = tuple(replace(look, box=look.box.scaled(scale)) for look in found.face_looks)
    return replace(found, subjects=subjects, readings=tuple(replace(each, scale=scale) for each in found.readings), face_looks=looks)


def look_at_sequence(paths: Sequence[Path], tools: Tools, limits: Limits, wishes: Wishes = USUAL) -> Findings:
    """The pictures of one event: of each noun as many as any one shows, every text once. Raises UnreadableMedia, naming the picture."""
    if not paths or len(paths) > limits.images:
        raise UnreadableMedia(f"a sequence of {len(paths)} pictures; 1 to {limits.images} are understood")
    gate, changed, each = ChangeGate(), 0, []
    for number, path in enumerate(paths, start=1):
        try:
            found, image = _seen(path, tools, limits, wishes)
        except UnreadableMedia as error:
            raise UnreadableMedia(f"picture {number} of {len(paths)}: {error}") from None
        changed += gate.changed(image)
        each.append(found)
    return _merged(each, changes=changed > 1)


def _look(image: Image, tools: Tools) -> Findings:
    seen = look(image)
    if seen.blank is not None or min(image.shape[:2]) < _SMALLEST:
        return Findings(look=seen)
    detections = agreed_in_still(tools.detector.detect(image, WEAK)) if tools.detector is not None else []
    lines = tools.reader.read(image) if tools.reader is not None else []
    people = _people(image, tools, [each for each in detections if each.label == "person"], lines)
    if seen.monochrome:
        people = [replace(each, colour=None) for each in people]
    things = [Subject(each.label, each.score, box=each.box) for each in detections if each.label != "person"]
    subjects = (*people, *things)
    return Findings(
        look=seen,
        subjects=subjects,
        at_once=Counter(subject.word for subject in subjects),
        texts=tuple(TextSeen(line.text, 0.0, 0.0, line.score) for line in lines),
        page_of_text=_is_page(image, lines),
        readings=(LinesAt(0.0, tuple(lines), 1.0),) if tools.reader is not None else (),
    )


def _people(image: Image, tools: Tools, detected: Sequence[Detection], lines: Sequence[TextLine]) -> list[Subject]:
    """Detected people, then faces and upright bodies that belong to nobody found before."""
    faces = tools.people.faces(image)
    people: list[tuple[Box, Subject]] = []
    for each in detected:
        face = next((box for box in faces if inside(box, each.box) > 0.6), None)
        colour = garment_below_face(image, face) if face else garment(image, each.box)
        people.append((each.box, Subject("person", each.score, colour, facing=face is not None, box=each.box, face=face)))
    for face in faces:
        if not any(inside(face, box) > 0.6 for box, _ in people):
            colour = garment_below_face(image, face)
            people.append((face, Subject("person", _FACE_CONFIDENCE, colour, facing=True, box=face, face=face)))
    if tools.detector is None:
        for box in _upright_bodies(image, tools, lines):
            if not any(overlap(box, other) > 0.3 or intersection(box, other) > 0.5 * other.area for other, _ in people):
                people.append((box, Subject("person", _UPRIGHT_CONFIDENCE, garment(image, body(box)), box=body(box))))
    return [each for _, each in people]


def _upright_bodies(image: Image, tools: Tools, lines: Sequence[TextLine]) -> list[Box]:
    """The strokes of large letters look like limbs to the classifier: no body where there is writing."""
    found = [box for box, _ in tools.people.upright_in_still(image)]
    return [box for box in found if not any(intersection(line.box, box) > 0.02 * box.area for line in lines)]


def _is_page(image: Image, lines: Sequence[TextLine]) -> bool:
    return len(lines) >= _PAGE_LINES and sum(line.box.area for line in lines) >= _PAGE_SHARE * image.shape[0] * image.shape[1]


def _merged(each: Sequence[Findings], changes: bool) -> Findings:
    seen = [findings for findings in each if findings.look.blank is None] or list(each)
    best: dict[str, list[Subject]] = {}
    for findings in seen:
        for word in findings.at_once:
            same = [subject for subject in findings.subjects if subject.word == word]
            if _worth(same) > _worth(best.get(word, [])):
                best[word] = same
    subjects = [subject for same in best.values() for subject in same]
    texts = {text.text.casefold(): text for findings in seen for text in findings.texts}
    return Findings(
        look=seen[len(seen) // 2].look,
        subjects=tuple(subjects),
        at_once=Counter(subject.word for subject in subjects if not subject.likeness),
        texts=tuple(texts.values()),
        page_of_text=all(findings.page_of_text for findings in seen),
        changes=changes,
        face_looks=tuple(replace(look, time=float(number)) for number, findings in enumerate(each) for look in findings.face_looks),
        notes=(*dict.fromkeys(note for findings in seen for note in findings.notes), *told(subjects)),
        readings=tuple(replace(lines, time=float(number)) for number, findings in enumerate(each) for lines in findings.readings),
    )


def _worth(subjects: Sequence[Subject]) -> tuple[int, int]:
    """Of several pictures the one counts that shows the most, and of those the one in which the most were recognised."""
    return len(subjects), sum(subject.likeness is not None for subject in subjects)
