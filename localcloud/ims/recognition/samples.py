"""The samples of recognition libraries: pictures, fetched and enrolled when they are created, and handed to the jobs that look for them.

A picture in which the one who is to be enrolled can't be found is refused (InvalidParameter, ImageUrl). Where this machine has no engine
for an algorithm the sample is kept, and each job that would need it says that it was not compared.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from engines.recognition.types import Enrolment, Features, Known
from localcloud.database import Database
from localcloud.ims.answers import Answer
from localcloud.ims.errors import invalid_parameter, missing_parameter
from localcloud.ims.operation import Operation
from localcloud.ims.recognition import parameters as p
from localcloud.ims.recognition.libraries import find_entity, page, paged
from localcloud.ims.recognition.pictures import Pictures

FEATURES: TypeAdapter[Features] = TypeAdapter(Features)
_BUILT_IN_FACES = frozenset({"celebrity", "politician", "sensitive"})
"""Libraries of the cloud's own, which FaceCategoryIds may name."""


@dataclass(frozen=True)
class Acquaintance:
    """Who is known to a job, and what it must say of those who can't be."""

    known: tuple[Known, ...]
    notes: tuple[str, ...]


class RecognitionSamples:
    def __init__(self, database: Database, pictures: Pictures, clock: Callable[[], float]) -> None:
        self._database = database
        self._pictures = pictures
        self._clock = clock

    def create_sample(self, given: p.CreateRecognitionSample) -> Answer:
        with self._database.transaction() as write:
            find_entity(write, given)
        if given.image_url is None and not (given.algorithm == "label" and given.label_prompt):
            raise missing_parameter("ImageUrl")
        content, enrolment = self._enrolled(given.image_url, given.algorithm) if given.image_url else ("", Enrolment(None))
        identity = uuid.uuid4().hex
        features = FEATURES.dump_json(enrolment.features).decode() if enrolment.features else None
        with self._database.transaction() as write:
            # Again: it may have been deleted while the picture was looked at.
            find_entity(write, given)
            write.execute(
                "INSERT INTO sample (id, entity, image_url, label_prompt, content, engine, features, lacking, created)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(identity, given.entity_id, given.image_url or "", given.label_prompt or "", content),
                    *(self._pictures.engine, features, enrolment.lacking, self._clock()),
                ),
            )
        return {"SampleId": identity}

    def delete_sample(self, given: p.OfSample) -> Answer:
        with self._database.transaction() as write:
            find_entity(write, given)
            deleted = write.execute("DELETE FROM sample WHERE id = ? AND entity = ?", (given.sample_id, given.entity_id))
            if not deleted.rowcount:
                raise invalid_parameter("SampleId", f'there is no sample "{given.sample_id}" of the entity "{given.entity_id}"')
        return {}

    def list_samples(self, given: p.ListRecognitionSamples) -> Answer:
        """EntityName counts only where EntityId is ANY; without it, ANY is every entity."""
        rows = self._database.query(
            "SELECT sample.*, entity.lib, entity.name FROM sample JOIN entity ON entity.id = entity JOIN lib ON lib.id = lib"
            " WHERE algorithm = ? ORDER BY sample.position",
            given.algorithm,
        )
        wanted = [row for row in rows if row["lib"] in given.lib_id and _is_of_entity(row, given)]
        shown = [
            {"SampleId": row["id"], "EntityId": row["entity"], "LibId": row["lib"], "ImageUrl": row["image_url"]}
            for row in paged(wanted, given)
        ]
        return {"Samples": {"Sample": shown}, **page(wanted, given)}

    def acquaintance(self, libs: Sequence[str]) -> Acquaintance:
        """Those whose samples are in these libraries at this moment. A library that is gone fails no job."""
        known: list[Known] = []
        notes: list[str] = []
        for lib in dict.fromkeys(libs):
            if lib in _BUILT_IN_FACES:
                notes.append(f"not done by this laptop cloud: the faces of {lib}")
                continue
            row = self._database.one("SELECT * FROM lib WHERE id = ?", lib)
            if row is None:
                notes.append(f"the recognition library {lib} does not exist: nobody of it was looked for")
                continue
            samples = self._samples(row)
            known += [_known(row, sample) for sample in samples if sample["features"]]
            notes += _lacks(row, samples)
        return Acquaintance(tuple(known), tuple(notes))

    def _samples(self, lib: sqlite3.Row) -> list[sqlite3.Row]:
        return self._database.query(
            "SELECT sample.*, entity.name FROM sample JOIN entity ON entity.id = entity WHERE lib = ? ORDER BY sample.position", lib["id"]
        )

    def _enrolled(self, address: str, algorithm: str) -> tuple[str, Enrolment]:
        return self._pictures.enrolled("ImageUrl", address, algorithm, lambda content: self._remembered(content, algorithm))

    def _remembered(self, content: str, algorithm: str) -> Enrolment | None:
        """What the same engine found in the same picture before."""
        row = self._database.one(
            "SELECT features FROM sample JOIN entity ON entity.id = entity JOIN lib ON lib.id = lib"
            " WHERE content = ? AND engine = ? AND algorithm = ? AND features IS NOT NULL",
            content,
            self._pictures.engine,
            algorithm,
        )
        return Enrolment(FEATURES.validate_json(row["features"])) if row else None


def _is_of_entity(row: sqlite3.Row, given: p.ListRecognitionSamples) -> bool:
    if given.entity_id == p.ANY:
        return given.entity_name in (None, row["name"])
    return bool(row["entity"] == given.entity_id)


def _known(lib: sqlite3.Row, sample: sqlite3.Row) -> Known:
    return Known(sample["name"], lib["id"], lib["algorithm"], FEATURES.validate_json(sample["features"]))


def _lacks(lib: sqlite3.Row, samples: Sequence[sqlite3.Row]) -> list[str]:
    called = f'the recognition library {lib["id"]} ("{lib["name"]}")'
    if not samples:
        return [f"{called} has no samples: nobody of it was looked for"]
    lacking = dict.fromkeys(sample["lacking"] for sample in samples if not sample["features"])
    return [
        f"not done by this laptop cloud: samples of {called} were not compared, which needs {what} when they are created"
        for what in lacking
    ]


OPERATIONS = (
    Operation(
        "CreateRecognitionSample",
        p.CreateRecognitionSample,
        RecognitionSamples.create_sample,
        lacks="samples of landmark, object, logo and label are kept, not recognised; pet needs a detector file, face the extra `faces`",
    ),
    Operation("DeleteRecognitionSample", p.OfSample, RecognitionSamples.delete_sample),
    Operation("ListRecognitionSamples", p.ListRecognitionSamples, RecognitionSamples.list_samples),
)
