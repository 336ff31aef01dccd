"""SearchMediaByFace and SearchMediaClipByFace, which search the face index.

Both need the extra `faces`. A face in a picture is compared with all faces of the library's media; the search is remembered under the
caller's token for a day (an assumption), so that the clips of each media that was found can be asked for.

A clip's Category is custom, with EntityId and LabelName, where its face is known to a recognition library that the search library names
(faceGroupIds), else unknown. The documents say no more of the EntityId of a request than that it is one: here it narrows the search to
faces that are the entity's as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from engines.recognition.gallery import SAME_FACE, face_distance
from engines.recognition.types import Features
from engines.understanding.types import FaceSeen, Occurrence
from localcloud.database import Database
from localcloud.ims.answers import Answer
from localcloud.ims.errors import invalid_parameter, not_found, not_implemented
from localcloud.ims.libraries.filters import CustomFilters, UtcCreate, conditions
from localcloud.ims.libraries.libraries import face_groups, find_library, is_active
from localcloud.ims.libraries.parameters import MediaType, OfLibrary
from localcloud.ims.operation import Operation
from localcloud.ims.parameters import PageNumber, PageSize
from localcloud.ims.recognition.face_index import FACE_SEEN
from localcloud.ims.recognition.known_faces import KnownFaces, Person
from localcloud.ims.recognition.pictures import Pictures
from localcloud.ims.recognition.samples import FEATURES

TOKEN_SECONDS = 86_400.0
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


@dataclass(frozen=True)
class _Found:
    media: str
    face: FaceSeen
    distance: float


class FaceSearch:
    def __init__(self, database: Database, pictures: Pictures, known: KnownFaces, clock: Callable[[], float]) -> None:
        self._database = database
        self._pictures = pictures
        self._known = known
        self._clock = clock

    def search(self, given: SearchMediaByFace) -> Answer:
        find_library(self._database, given.search_lib_name)
        is_wanted = self._of_entity(given.entity_id)
        _, enrolment = self._pictures.enrolled("PersonImageUrl", given.person_image_url, "face")
        if enrolment.features is None:
            raise not_implemented(f"a search by face, which needs {enrolment.lacking}")
        self._remember(given, enrolment.features)
        nearest: dict[str, float] = {}
        for found in self._alike(given.search_lib_name, enrolment.features, *_where(given)):
            if is_wanted(found.face.features):
                nearest[found.media] = min(found.distance, nearest.get(found.media, SAME_FACE))
        ordered = sorted(nearest, key=lambda media: (nearest[media], media))
        start = (given.page_no - 1) * given.page_size
        return {"MediaInfoList": [{"MediaId": media} for media in ordered[start : start + given.page_size]], "Total": len(ordered)}

    def clips(self, given: SearchMediaClipByFace) -> Answer:
        library = given.search_lib_name
        find_library(self._database, library)
        is_wanted, wanted = self._of_entity(given.entity_id), self._remembered(given)
        if self._database.one("SELECT 1 FROM media WHERE library = ? AND id = ?", library, given.media_id) is None:
            raise not_found("media", given.media_id)
        alike = self._alike(library, wanted, " AND media.id = ?", [given.media_id])
        found = sorted((each for each in alike if is_wanted(each.face.features)), key=lambda each: each.distance)
        whose = self._known.among(face_groups(self._database, library), wanted.method)
        start = (given.page_no - 1) * given.page_size
        shown = [_clip(each, whose(each.face.features)) for each in found[start : start + given.page_size]]
        return {"MediaClipList": shown, "Total": len(found)}

    def _of_entity(self, entity: str | None) -> Callable[[Features], bool]:
        if entity is None:
            return lambda _face: True
        samples = self._known.of(entity)
        return lambda face: min(face_distance(sample, face) for sample in samples) <= SAME_FACE

    def _remembered(self, given: SearchMediaClipByFace) -> Features:
        row = self._database.one(
            "SELECT features FROM face_search WHERE library = ? AND token = ? AND created > ?",
            *(given.search_lib_name, given.face_search_token, self._clock() - TOKEN_SECONDS),
        )
        if row is None:
            raise invalid_parameter("FaceSearchToken", "no search of this library was made with it; call SearchMediaByFace first")
        return FEATURES.validate_json(row["features"])

    def _remember(self, given: SearchMediaByFace, features: Features) -> None:
        now = self._clock()
        with self._database.transaction() as write:
            write.execute("DELETE FROM face_search WHERE created <= ?", (now - TOKEN_SECONDS,))
            write.execute(
                "INSERT OR REPLACE INTO face_search (library, token, features, created) VALUES (?, ?, ?, ?)",
                (given.search_lib_name, given.face_search_token, FEATURES.dump_json(features).decode(), now),
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
            face = FACE_SEEN.validate_json(row["seen"])
            distance = face_distance(wanted, face.features)
            if distance <= SAME_FACE:
                yield _Found(row["media"], face, distance)


def _where(given: SearchMediaByFace) -> tuple[str, list[object]]:
    sql, values = conditions((*given.custom_filters, *given.utc_create))
    for column, value in (("namespace", given.namespace), ("type", given.media_type)):
        if value is not None:
            sql += f" AND media.{column} = ?"
            values.append(value)
    return sql, [*values]


def _clip(found: _Found, person: Person | None) -> Answer:
    who = {"Category": "custom", "EntityId": person.entity, "LabelName": person.name} if person else {"Category": "unknown"}
    score = round(1.0 - found.distance, 4)
    return {**who, "Score": score, "OccurrencesInfos": [_occurrence(each) for each in found.face.occurrences]}


def _occurrence(seen: Occurrence) -> Answer:
    answer: Answer = {"StartTime": seen.start, "EndTime": seen.end}
    if seen.position is not None:
        left, top, right, bottom = seen.position
        box = {"X": left, "Y": top, "W": right - left, "H": bottom - top}
        answer["TrackData"] = [{"Timestamp": seen.timestamp, "BoxPosition": box}]
    return answer


OPERATIONS = (
    Operation("SearchMediaByFace", SearchMediaByFace, FaceSearch.search, lacks="without the extra `faces` nothing", of_search=True),
    Operation(
        "SearchMediaClipByFace",
        SearchMediaClipByFace,
        FaceSearch.clips,
        lacks="Expression; without the extra `faces` nothing",
        of_search=True,
    ),
)
