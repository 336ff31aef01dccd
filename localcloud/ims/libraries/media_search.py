"""SearchMedia: media by the fields that they have, page by page or from token to token."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from localcloud.database import Database
from localcloud.ims.answers import Answer
from localcloud.ims.errors import invalid_parameter, not_found
from localcloud.ims.libraries import match
from localcloud.ims.libraries.filters import CustomFilters, conditions
from localcloud.ims.libraries.labels import WRITING
from localcloud.ims.libraries.libraries import find_library
from localcloud.ims.libraries.match import BadMatch, Between, Both, Exact, Expression, Fuzzy
from localcloud.ims.libraries.parameters import OfLibrary
from localcloud.ims.libraries.rows import media_info
from localcloud.ims.operation import Operation
from localcloud.ims.parameters import CommaList, PageNumber, PageSize

DEEPEST_PAGE = 200
"""Beyond it, the page goes on from a token."""
_TEXTS = {"title": "media.title", "description": "media.description"}
_IDENTITIES = {"mediaid": "media.id", "mediatype": "media.type"}
_TIMES = {"utccreate": "media.created", "utcmodified": "media.modified"}
_SORTED = {"utcCreate": "media.created", "utcModified": "media.modified", "title": "media.title"}
NORMAL = "3"
"""The number of the status Normal, which every media of a library here has. What no media here has is found by no value: 0 rows."""
_NEVER_SET = {"taglist", "cateid", "fileinfo.storagelocation"}


def _sort_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    if not keys:
        raise ValueError("it names no field")
    for key in keys:
        field, _, direction = key.partition(":")
        if field not in _SORTED or direction not in ("Asc", "Desc"):
            raise ValueError(f"{key!r} is not of the form utcCreate:Desc; the fields are {', '.join(_SORTED)}")
    return keys


class SearchMedia(OfLibrary):
    match: str = ""
    sort_by: Annotated[CommaList, AfterValidator(_sort_keys)] = ("utcCreate:Desc",)
    page_no: PageNumber = 1
    page_size: PageSize = 10
    scroll_token: str | None = Field(None, pattern=r"^[0-9A-F]{32}$")
    entity_id: str | None = None
    custom_filters: CustomFilters = ()


class MediaSearch:
    def __init__(self, database: Database, recognition: Database, region: str) -> None:
        """`recognition` is where recognition libraries are kept."""
        self._database = database
        self._recognition = recognition
        self._region = region

    def search(self, given: SearchMedia) -> Answer:
        find_library(self._database, given.search_lib_name)
        where, parameters = self._condition(given)
        (counted,) = self._database.query(f"SELECT COUNT(*) AS n FROM media WHERE {where}", *parameters)
        offset = _offset(given)
        rows = self._page(given, where, parameters, offset)
        answer: Answer = {"MediaInfoList": [media_info(self._database, row, self._region) for row in rows], "Total": counted["n"]}
        return {**answer, "ScrollToken": _token(given, offset + len(rows))} if rows else answer

    def _page(self, given: SearchMedia, where: str, parameters: list[Any], offset: int) -> list[sqlite3.Row]:
        keys = [key.partition(":") for key in given.sort_by]
        order = ", ".join(f"{_SORTED[field]} {direction.upper()}" for field, _, direction in keys)
        sql = f"SELECT * FROM media WHERE {where} ORDER BY {order}, media.id LIMIT ? OFFSET ?"
        return self._database.query(sql, *parameters, given.page_size, offset)

    def _condition(self, given: SearchMedia) -> tuple[str, list[Any]]:
        filtered, of_filters = conditions(given.custom_filters)
        where, parameters = f"media.library = ?{filtered}", [given.search_lib_name, *of_filters]
        if given.entity_id is not None:
            shown, of_entity = self._shows(given.entity_id)
            where, parameters = f"{where} AND {shown}", [*parameters, *of_entity]
        try:
            expression = match.parse(given.match) if given.match.strip() else None
            sql, values = _compile(expression) if expression else ("1", [])
        except BadMatch as reason:
            raise invalid_parameter("Match", str(reason)) from None
        if expression is None or not _names(expression, "mediatype"):
            # "You can't search for images, videos and audio at the same time; by default videos are searched."
            where = f"{where} AND media.type = 'video'"
        return f"{where} AND {sql}", [*parameters, *values]

    def _shows(self, entity: str) -> tuple[str, list[Any]]:
        """Media in which this entity was recognised: their labels have its name, and the id of its library."""
        row = self._recognition.one("SELECT name, lib FROM entity WHERE id = ?", entity)
        if row is None:
            raise not_found("entity", entity)
        return _label("kind = 'person' AND text = ? AND category = ?"), [row["name"], row["lib"]]


def _compile(expression: Expression) -> tuple[str, list[Any]]:
    """Raises BadMatch. Values are parameters; nothing that a caller wrote becomes a part of the SQL."""
    if isinstance(expression, Both):
        parts = [_compile(part) for part in expression.parts]
        return "(" + f" {expression.word.upper()} ".join(sql for sql, _ in parts) + ")", [one for _, values in parts for one in values]
    field = expression.field.lower()
    if isinstance(expression, Fuzzy):
        return _fuzzy(field, expression)
    if isinstance(expression, Exact):
        return _exact(field, expression)
    return _between(field, expression)


def _fuzzy(field: str, given: Fuzzy) -> tuple[str, list[Any]]:
    if field in _TEXTS:
        return f"instr(lower({_TEXTS[field]}), lower(?))", [given.value]
    if field == "ocrinfo.tracks.content":
        return _label(f"kind = '{WRITING}' AND instr(folded, ?)"), [given.value.casefold()]
    # Fields that are matched exactly are written with = as well.
    return _exact(field, Exact(given.field, (given.value,)))


def _exact(field: str, given: Exact) -> tuple[str, list[Any]]:
    marks = ", ".join("?" * len(given.values))
    compiled: dict[str, Callable[[], tuple[str, list[Any]]]] = {
        "status": lambda: ("1" if NORMAL in given.values else "0", []),
        "ailabelinfo.category": lambda: (_label(f"COALESCE(NULLIF(category, ''), kind) IN ({marks})"), list(given.values)),
        "ailabelinfo.label_id": lambda: (_label(f"identity IN ({marks})"), list(given.values)),
    }
    if field in _IDENTITIES:
        return f"{_IDENTITIES[field]} IN ({marks})", list(given.values)
    if field in _NEVER_SET:
        return "0", []
    if field in compiled:
        return compiled[field]()
    if field in _TEXTS or field in _TIMES or field == "ocrinfo.tracks.content":
        raise BadMatch(f"{given.field} is matched {'by a range' if field in _TIMES else 'with ='}")
    raise BadMatch(f"there is no field {given.field[:50]}")


def _between(field: str, given: Between) -> tuple[str, list[Any]]:
    if field not in _TIMES:
        raise BadMatch(f"{given.field[:50]} has no ranges")
    if not all(re.fullmatch(r"\d{1,15}", bound) for bound in (given.low, given.high)):
        raise BadMatch(f"the range of {given.field} is one of milliseconds")
    low, high = ">=" if given.low_closed else ">", "<=" if given.high_closed else "<"
    return f"({_TIMES[field]} {low} ? AND {_TIMES[field]} {high} ?)", [int(given.low), int(given.high)]


def _label(condition: str) -> str:
    return f"EXISTS (SELECT 1 FROM label WHERE label.library = media.library AND label.media = media.id AND {condition})"


def _names(expression: Expression, field: str) -> bool:
    if isinstance(expression, Both):
        return any(_names(part, field) for part in expression.parts)
    return expression.field.lower() == field


def _token(given: SearchMedia, position: int) -> str:
    """32 characters: which search it belongs to, and how far that has come."""
    asked = repr((given.search_lib_name, given.match, given.sort_by, given.custom_filters, given.entity_id))
    return hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()[:24].upper() + f"{position:08X}"


def _offset(given: SearchMedia) -> int:
    if given.scroll_token is None:
        if given.page_no > DEEPEST_PAGE:
            raise invalid_parameter("PageNo", f"beyond page {DEEPEST_PAGE}, give the ScrollToken of the page before")
        return (given.page_no - 1) * given.page_size
    position = int(given.scroll_token[24:], 16)
    if _token(given, position) != given.scroll_token:
        raise invalid_parameter("ScrollToken", "it belongs to another search")
    return position


OPERATIONS = (
    Operation("SearchMedia", SearchMedia, MediaSearch.search, lacks="tags and categories, which no media here has", of_search=True),
)
