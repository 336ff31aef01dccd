"""FaceBeauty: the faces of a film with smoother and lighter skin, and slimmer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from engines.production.face_following import FaceFollower, Faces, with_faces
from engines.production.film import FilmWriter, probe_film
from engines.production.planes import Planes, even, film_planes
from engines.production.retouching import Retouching
from engines.production.types import Output, Produced
from engines.understanding.geometry import Box
from engines.understanding.people import PeopleFinder

_USUAL = Retouching(whiten=20, smooth=50, face_thin=50)
"""What the service's own example asks for: done where nothing is asked for."""
_SMALLEST = 30.0  # pixels of a face's width; in a smaller one there is nothing to smooth


def beautify(
    source: Path,
    folder: Path,
    *,
    whiten: int | None = None,
    smooth: int | None = None,
    face_thin: int | None = None,
    others: Mapping[str, str] | None = None,
) -> Produced:
    """One MP4. Strengths are 0 to 100; None of all three stands for the usual ones, of one of them for 0.

    `others` are parameters that are not known here, each reported as not done. The findings are the numbers of `frames`, and of those
    `frames_with_faces`. Raises UnreadableMedia and Unfit.
    """
    probe_film(source)
    named = (whiten, smooth, face_thin)
    retouching = _USUAL if named == (None, None, None) and not others else Retouching(*(strength or 0 for strength in named))
    path = folder / "beauty.mp4"
    frames = with_face = 0
    with FilmWriter(path, source) as film:
        for frame, faces in with_faces(film_planes(source), FaceFollower(PeopleFinder())):
            _retouch(frame, faces, retouching)
            film.write_planes(frame.time, frame)
            frames, with_face = frames + 1, with_face + bool(faces)
    findings = {"frames": frames, "frames_with_faces": with_face}
    return Produced([Output(path)], findings, tuple(_notes(retouching, others or {}, with_face, named == (None, None, None))))


def _retouch(frame: Planes, faces: Faces, retouching: Retouching) -> None:
    """In place; what is beside the faces stays as it was decoded."""
    for box, weight in faces:
        if box.width >= _SMALLEST:
            rows, columns = _around(retouching.reach(box), *frame.size)
            image = frame.image(rows, columns)
            retouching.apply(image, box.moved(-columns.start, -rows.start), weight)
            frame.put(image, rows.start, columns.start)


def _around(box: Box, width: int, height: int) -> tuple[slice, slice]:
    """The rows and columns that hold it, from even places to even places, as far as the frame goes."""
    rows, columns = slice(math.floor(box.y), math.ceil(box.bottom)), slice(math.floor(box.x), math.ceil(box.right))
    return even(rows, height), even(columns, width)


def _notes(retouching: Retouching, others: Mapping[str, str], with_face: int, unasked: bool) -> Iterable[str]:
    for name, value in others.items():
        yield f"beauty_params: {name}={value} was not done; whiten, smooth and face_thin are all that is known here"
    if unasked and not others:
        usual = f"whiten={retouching.whiten}, smooth={retouching.smooth}, face_thin={retouching.face_thin}"
        yield f"beauty_params name nothing: the usual {usual} were taken"
    if not with_face:
        yield "no frontal face was found: the pictures are as they were"
