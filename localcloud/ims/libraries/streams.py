"""Live streams as media of a search library: made, tagged by the caller while they run, closed.

This laptop cloud does not watch the stream. Assumptions: a stream is a video; once closed it takes no more tags; a tag's user data is text
of the caller's own, and is searched by nobody.
"""

from __future__ import annotations

import re
import sqlite3
import uuid
from calendar import timegm
from collections.abc import Callable
from time import strptime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Json, model_validator

from localcloud.database import Database
from localcloud.ims.answers import Answer, iso_time
from localcloud.ims.errors import invalid_parameter, not_found, operation_denied
from localcloud.ims.libraries.libraries import find_library
from localcloud.ims.libraries.parameters import Namespace, OfLibrary
from localcloud.ims.operation import Operation
from localcloud.ims.parameters import CamelCase, PageNumber, at_most_bytes

MILLISECONDS = Annotated[int, Field(strict=True, ge=0, lt=10**15)]


def _stream_address(address: str) -> str:
    if not re.fullmatch(r"(rtmps?|https?|srt|artc|rtsp)://[^\s/]+\S*", address, flags=re.IGNORECASE):
        raise ValueError("it is no URL of a live stream (rtmp, http, https, srt, rtsp or artc)")
    return address


def iso_seconds(text: str) -> str:
    try:
        strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise ValueError("it is not of the form yyyy-MM-ddTHH:mm:ssZ") from None
    return text


IsoTime = Annotated[str, AfterValidator(iso_seconds)]


class CreateStream(OfLibrary):
    input: Annotated[str, AfterValidator(_stream_address)]
    namespace: Namespace = ""


class OfStream(OfLibrary):
    media_id: str
    namespace: str | None = None


class StreamTag(CamelCase):
    """Times in milliseconds since the epoch."""

    start_time: MILLISECONDS
    end_time: MILLISECONDS
    user_data: Annotated[str, at_most_bytes(1024)] = ""

    @model_validator(mode="after")
    def _in_order(self) -> StreamTag:
        if self.end_time < self.start_time:
            raise ValueError("endTime is before startTime")
        return self


class AddStreamTag(OfStream):
    msg_body: Json[StreamTag]


class GetStreamTagList(OfStream):
    start_time: IsoTime | None = None
    end_time: IsoTime | None = None
    sort_by: Literal["StartTime:Desc", "StartTime:Asc"] = "StartTime:Desc"
    page_no: PageNumber = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 10
    next_token: str | None = Field(None, pattern=r"^[0-9a-f]{32}$")


class Streams:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def create(self, given: CreateStream) -> Answer:
        identity, now = uuid.uuid4().hex, int(self._clock() * 1000)
        with self._database.transaction() as write:
            find_library(self._database, given.search_lib_name)
            write.execute(
                "INSERT INTO media (library, id, namespace, type, input, title, description, created, modified, stream)"
                " VALUES (?, ?, ?, 'video', ?, '', '', ?, ?, 'open')",
                (given.search_lib_name, identity, given.namespace, given.input, now, now),
            )
        return {"MediaId": identity}

    def add_tag(self, given: AddStreamTag) -> Answer:
        with self._database.transaction() as write:
            row = self._row(given)
            if row["stream"] == "closed":
                raise operation_denied("the stream is closed, and takes no more tags")
            tag = given.msg_body
            write.execute(
                "INSERT INTO stream_tag (library, media, start, end, user_data) VALUES (?, ?, ?, ?, ?)",
                (row["library"], row["id"], tag.start_time, tag.end_time, tag.user_data),
            )
        return {"MediaId": row["id"]}

    def close(self, given: OfStream) -> Answer:
        with self._database.transaction() as write:
            row = self._row(given)
            write.execute(
                "UPDATE media SET stream = 'closed', modified = ? WHERE library = ? AND id = ?",
                (int(self._clock() * 1000), row["library"], row["id"]),
            )
        return {"MediaId": row["id"]}

    def tags(self, given: GetStreamTagList) -> Answer:
        row = self._row(given)
        low, high = _milliseconds(given.start_time), _milliseconds(given.end_time)
        where = "library = ? AND media = ? AND (? IS NULL OR start >= ?) AND (? IS NULL OR start <= ?)"
        parameters = (row["library"], row["id"], low, low, high, high)
        (counted,) = self._database.query(f"SELECT COUNT(*) AS n FROM stream_tag WHERE {where}", *parameters)
        offset = (given.page_no - 1) * given.page_size if given.next_token is None else int(given.next_token, 16)
        if offset > 2**62:
            raise invalid_parameter("NextToken", "it is none that was answered here")
        direction = "ASC" if given.sort_by.endswith("Asc") else "DESC"
        rows = self._database.query(
            f"SELECT * FROM stream_tag WHERE {where} ORDER BY start {direction}, position LIMIT ? OFFSET ?",
            *(*parameters, given.page_size, offset),
        )
        answer: Answer = {"StreamTagList": [_shape(each) for each in rows], "Total": counted["n"]}
        reached = offset + len(rows)
        return {**answer, "NextToken": f"{reached:032x}"} if rows and reached < counted["n"] else answer

    def _row(self, given: OfStream) -> sqlite3.Row:
        find_library(self._database, given.search_lib_name)
        row = self._database.one(
            "SELECT * FROM media WHERE library = ? AND id = ? AND stream IS NOT NULL", given.search_lib_name, given.media_id
        )
        if row is None or given.namespace not in (None, row["namespace"]):
            raise not_found("stream", given.media_id)
        return row


def _milliseconds(text: str | None) -> int | None:
    return timegm(strptime(text, "%Y-%m-%dT%H:%M:%SZ")) * 1000 if text else None


def _shape(row: sqlite3.Row) -> Answer:
    return {"StartTime": iso_time(row["start"] / 1000), "EndTime": iso_time(row["end"] / 1000), "UserData": row["user_data"]}


OPERATIONS = (
    Operation("CreateStreamToSearchLib", CreateStream, Streams.create, lacks="the stream is not watched", of_search=True),
    Operation("AddStreamTagToSearchLib", AddStreamTag, Streams.add_tag, of_search=True),
    Operation("CloseStreamToSearchLib", OfStream, Streams.close, of_search=True),
    Operation("GetStreamTagList", GetStreamTagList, Streams.tags, of_search=True),
)
