"""Whose a face is, by the samples in recognition libraries of the algorithm face."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engines.recognition.gallery import Gallery
from engines.recognition.types import Features
from localcloud.database import Database
from localcloud.ims.errors import invalid_parameter
from localcloud.ims.recognition.samples import FEATURES, Acquaintance


@dataclass(frozen=True)
class Person:
    """`entity` is the id of a recognition entity."""

    entity: str
    name: str


class KnownFaces:
    def __init__(self, recognition: Database, acquaintance: Callable[[Sequence[str]], Acquaintance]) -> None:
        """`recognition` is where recognition libraries are kept, `acquaintance` gives the samples in some of them."""
        self._recognition = recognition
        self._acquaintance = acquaintance

    def of(self, entity: str) -> tuple[Features, ...]:
        """What the samples of an entity show. Raises AcsError, naming EntityId: there is no such entity, or it has no face to compare."""
        rows = self._recognition.query(
            "SELECT sample.features FROM sample JOIN entity ON entity.id = entity JOIN lib ON lib.id = lib"
            " WHERE entity.id = ? AND algorithm = 'face' AND features IS NOT NULL",
            entity,
        )
        if not rows:
            raise invalid_parameter("EntityId", f'there is no entity "{entity}" of the algorithm face with a sample that can be compared')
        return tuple(FEATURES.validate_json(row["features"]) for row in rows)

    def among(self, libs: Sequence[str], method: str) -> Callable[[Features], Person | None]:
        """Tells whose a face of this `method` is, of those who are in these recognition libraries; None is nobody for sure."""
        gallery = Gallery((one for one in self._acquaintance(libs).known if one.algorithm == "face"), method)

        def whose(face: Features) -> Person | None:
            likeness = gallery.same_face(face.vector())
            return self._person(likeness.group, likeness.name) if likeness else None

        return whose

    def _person(self, lib: str, name: str) -> Person | None:
        """The first of this name in the library: to the engine, all of one name are one person."""
        row = self._recognition.one("SELECT id FROM entity WHERE lib = ? AND name = ? ORDER BY position LIMIT 1", lib, name)
        return Person(row["id"], name) if row else None
