"""SearchMediaByFace and SearchMediaClipByFace, and the index of faces that they search.

Both need the extra `faces`. A face in a picture is compared with all faces of the library's media; the search is remembered under the
caller's token for a day (an assumption), so that the clips of each media that was found can be asked for. What the documents leave open:
the Category of a clip is "face", its LabelName empty, since a face that is found is nobody's yet.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from engines.recognition.gallery import SAME_FACE, face_distance
from engines.recognition.types import Features
from engines.understanding.types import FaceSeen, Occurrence, UnreadableMedia, Wishes
from localcloud.database import Database
from localcloud.ims.answers import Answer
from localcloud.ims.errors import invalid_parameter, not_found, not_implemented
from localcloud.ims.libraries.analyses import KINDS
from localcloud.ims.libraries.filters import CustomFilters, UtcCreate, conditions
from localcloud.ims.libraries.indexes import NothingToIndex, Read, facts_of
from localcloud.ims.libraries.libraries import find_library, is_active
from localcloud.ims.libraries.parameters import MediaType, OfLibrary
from localcloud.ims.operation import Operation
from localcloud.ims.parameters import PageNumber, PageSize
from localcloud.ims.recognition.pictures import Pictures
from localcloud.ims.understanding.engine import AnalysisFailed, Understanding

TOKEN_SECONDS = 86_400.0

_FEATURES: TypeAdapter[Features] = TypeAdapter(Features)
_FACE: TypeAdapter[FaceSeen] = TypeAdapter(FaceSeen)
Token = Annotated[str, Field(max_length=128)]


class SearchMediaByFace(OfLibrary):
    face_search_token: Token
    person_image_url: str
    entity_id: str | None = None
    media_type: MediaType | None = None
    namespace: str | None = None
    page_no: PageNumber = 1
    page_size: PageSize = 10
    custom_filters: CustomFilters = ()
    utc_create: UtcCreate = ()


class SearchMediaClipByFace(OfLibrary):
    face_search_token: Token
    media_id: str
    entity_id: str | None = None
    page_no: PageNumber = 1
    page_size: PageSize = 10


class FaceIndex:
    """An `IndexKind`: face."""

    def __init__(self, database: Database, understanding: Understanding) -> None:
        self._database = database
        self._understanding = understanding

    def read(self, media: sqlite3.Row, files: Sequence[Path]) -> Read:
        kind = KINDS.get(media["type"])
        if kind is None:
            raise NothingToIndex(f"a media of type {media['type']} shows no faces")
        try:
            description = self._understanding.describe(files, kind, Wishes(faces=True), urgent=False)
        except (UnreadableMedia, AnalysisFailed) as reason:
            raise NothingToIndex(str(reason)) from None
        return Read(description.faces, facts_of(description))

    def put(self, write: sqlite3.Connection, media: sqlite3.Row, entry: Any) -> None:
        self.forget(write, media["library"], media["id"])
        write.executemany(
            "INSERT INTO face (library, media, seen) VALUES (?, ?, ?)",
            ((media["library"], media["id"], _FACE.dump_json(face).decode()) for face in entry),
        )

    def forget(self, write: sqlite3.Connection, library: str, media: str | None = None) -> None:
        write.execute("DELETE FROM face WHERE library = ? AND (? IS NULL OR media = ?)", (library, media, media))

    def count(self, library: str) -> int:
        row = self._database.one(
            "SELECT COUNT(DISTINCT media) AS n FROM index_job WHERE library = ? AND type = 'face' AND status = 'Success'", library
        )
        return int(row["n"]) if row else 0


@dataclass(frozen=True)
class _Found:
    media: str
    face: FaceSeen
    distance: float


class FaceSearch:
    def __init__(self, database: Database, pictures: Pictures, clock: Callable[[], float]) -> None:
        self._database = database
        self._pictures = pictures
        self._clock = clock

    def search(self, given: SearchMediaByFace) -> Answer:
        find_library(self._database, given.search_lib_name)
        _check_entity(given.entity_id)
        _, enrolment = self._pictures.enrolled("PersonImageUrl", given.person_image_url, "face")
        if enrolment.features is None:
            raise not_implemented(f"a search by face, which needs {enrolment.lacking}")
        self._remember(given, enrolment.features)
        nearest: dict[str, float] = {}
        for found in self._alike(given.search_lib_name, enrolment.features, *_where(given)):
            nearest[found.media] = min(found.distance, nearest.get(found.media, SAME_FACE))
        ordered = sorted(nearest, key=lambda media: (nearest[media], media))
        start = (given.page_no - 1) * given.page_size
        return {"MediaInfoList": [{"MediaId": media} for media in ordered[start : start + given.page_size]], "Total": len(ordered)}

    def clips(self, given: SearchMediaClipByFace) -> Answer:
        find_library(self._database, given.search_lib_name)
        _check_entity(given.entity_id)
        row = self._database.one(
            "SELECT features FROM face_search WHERE library = ? AND token = ? AND created > ?",
            *(given.search_lib_name, given.face_search_token, self._clock() - TOKEN_SECONDS),
        )
        if row is None:
            raise invalid_parameter("FaceSearchToken", "no search of this library was made with it; call SearchMediaByFace first")
        if self._database.one("SELECT 1 FROM media WHERE library = ? AND id = ?", given.search_lib_name, given.media_id) is None:
            raise not_found("media", given.media_id)
        wanted = _FEATURES.validate_json(row["features"])
        found = sorted(self._alike(given.search_lib_name, wanted, " AND media.id = ?", [given.media_id]), key=lambda each: each.distance)
        start = (given.page_no - 1) * given.page_size
        return {"MediaClipList": [_clip(each) for each in found[start : start + given.page_size]], "Total": len(found)}

    def _remember(self, given: SearchMediaByFace, features: Features) -> None:
        now = self._clock()
        with self._database.transaction() as write:
            write.execute("DELETE FROM face_search WHERE created <= ?", (now - TOKEN_SECONDS,))
            write.execute(
                "INSERT OR REPLACE INTO face_search (library, token, features, created) VALUES (?, ?, ?, ?)",
                (given.search_lib_name, given.face_search_token, _FEATURES.dump_json(features).decode(), now),
            )

    def _alike(self, library: str, wanted: Features, where: str, values: Sequence[object]) -> Iterator[_Found]:
        if not is_active(self._database, library, "face"):
            return
        rows = self._database.query(
            "SELECT face.media, face.seen FROM face JOIN media ON media.library = face.library AND media.id = face.media"
            f" WHERE face.library = ?{where} ORDER BY face.position",
            *(library, *values),
        )
        for row in rows:
            face = _FACE.validate_json(row["seen"])
            distance = face_distance(wanted, face.features)
            if distance <= SAME_FACE:
                yield _Found(row["media"], face, distance)


def _check_entity(entity: str | None) -> None:
    if entity is not None:
        raise not_implemented("EntityId in a search by face; the picture alone is compared")


def _where(given: SearchMediaByFace) -> tuple[str, list[object]]:
    sql, values = conditions((*given.custom_filters, *given.utc_create))
    for column, value in (("namespace", given.namespace), ("type", given.media_type)):
        if value is not None:
            sql += f" AND media.{column} = ?"
            values.append(value)
    return sql, [*values]


def _clip(found: _Found) -> Answer:
    return {
        "Category": "face",
        "LabelName": "",
        "Score": round(1.0 - found.distance, 4),
        "OccurrencesInfos": [_occurrence(each) for each in found.face.occurrences],
    }


def _occurrence(seen: Occurrence) -> Answer:
    answer: Answer = {"StartTime": seen.start, "EndTime": seen.end}
    if seen.position is not None:
        left, top, right, bottom = seen.position
        box = {"X": left, "Y": top, "W": right - left, "H": bottom - top}
        answer["TrackData"] = [{"Timestamp": seen.timestamp, "BoxPosition": box}]
    return answer


OPERATIONS = (
    Operation(
        "SearchMediaByFace", SearchMediaByFace, FaceSearch.search, lacks="EntityId; without the extra `faces` nothing", of_search=True
    ),
    Operation(
        "SearchMediaClipByFace",
        SearchMediaClipByFace,
        FaceSearch.clips,
        lacks="EntityId, LabelName and Expression; without the extra `faces` nothing",
        of_search=True,
    ),
)
