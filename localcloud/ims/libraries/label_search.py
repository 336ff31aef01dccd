"""SearchMediaByAILabel: media by the names of people, by the lines in them, by what kind of thing or act they show, or by all of it.

Assumptions, since the documents describe them in a word each: fuzzy asks that every word of the text occurs somewhere in one name or line,
without regard to case; precise, that a name is the text, or a line contains it as it stands. FullSearch also looks into title and
description. Details of the hits (AiData) are given by the search for clips (SpecificSearch), which names one media.
"""

from __future__ import annotations

import sqlite3
from typing import Annotated, Literal

from pydantic import AfterValidator

from localcloud.database import Database
from localcloud.ims.answers import Answer
from localcloud.ims.errors import missing_parameter
from localcloud.ims.libraries.filters import CustomFilters, UtcCreate, conditions
from localcloud.ims.libraries.labels import SPEECH, WRITING
from localcloud.ims.libraries.libraries import find_library, is_active
from localcloud.ims.libraries.parameters import MediaType, OfLibrary, not_blank
from localcloud.ims.libraries.rows import asset
from localcloud.ims.operation import Operation
from localcloud.ims.parameters import PageNumber, PageSize

SearchType = Literal["PersonName", "Ocr", "AiCategory", "FullSearch"]
KINDS: dict[SearchType, tuple[str, ...]] = {
    "PersonName": ("person",),
    "Ocr": (WRITING,),
    "AiCategory": ("object", "action"),
    "FullSearch": ("person", "object", "action", SPEECH, WRITING),
}
MOST_WORDS = 50


class SearchMediaByAILabel(OfLibrary):
    text: Annotated[str, AfterValidator(not_blank)]
    multimodal_search_type: SearchType = "FullSearch"
    matching_mode: Literal["fuzzy", "precise"] = "fuzzy"
    specific_search: bool = False
    media_id: str | None = None
    media_type: MediaType | None = None
    namespace: str | None = None
    sort_by: Literal["CreationTime:Desc", "CreationTime:Asc"] = "CreationTime:Desc"
    page_no: PageNumber = 1
    page_size: PageSize = 10
    custom_filters: CustomFilters = ()
    utc_create: UtcCreate = ()


class LabelSearch:
    def __init__(self, database: Database) -> None:
        self._database = database

    def search(self, given: SearchMediaByAILabel) -> Answer:
        find_library(self._database, given.search_lib_name)
        if given.specific_search and given.media_id is None:
            raise missing_parameter("MediaId")
        if not is_active(self._database, given.search_lib_name, "aiLabel"):
            return {"MediaList": [], "Total": 0}
        where, parameters = _media_that_match(given)
        (counted,) = self._database.query(f"SELECT COUNT(*) AS n FROM media WHERE {where}", *parameters)
        direction = "ASC" if given.sort_by.endswith("Asc") else "DESC"
        rows = self._database.query(
            f"SELECT * FROM media WHERE {where} ORDER BY created {direction}, id LIMIT ? OFFSET ?",
            *(*parameters, given.page_size, (given.page_no - 1) * given.page_size),
        )
        return {"MediaList": [asset(row, self._hits(given, row)) for row in rows], "Total": counted["n"]}

    def _hits(self, given: SearchMediaByAILabel, media: sqlite3.Row) -> list[sqlite3.Row] | None:
        if not given.specific_search:
            return None
        matching, parameters = _label_that_matches(given)
        return self._database.query(
            f"SELECT * FROM label WHERE library = ? AND media = ? AND {matching} ORDER BY start, position",
            *(media["library"], media["id"], *parameters),
        )


def _media_that_match(given: SearchMediaByAILabel) -> tuple[str, list[object]]:
    label, of_label = _label_that_matches(given)
    found = f"EXISTS (SELECT 1 FROM label WHERE label.library = media.library AND label.media = media.id AND {label})"
    parameters: list[object] = [given.search_lib_name]
    for column in ("media_id", "media_type", "namespace"):
        parameters += [getattr(given, column)] * 2
    filtered, of_filters = conditions((*given.custom_filters, *given.utc_create))
    parameters += [*of_filters, *of_label]
    if given.multimodal_search_type == "FullSearch" and not given.specific_search:
        told, of_words = _words_in("title || char(10) || description", given)
        found, parameters = f"({found} OR {told})", [*parameters, *of_words]
    scope = "media.library = ? AND (? IS NULL OR media.id = ?) AND (? IS NULL OR media.type = ?) AND (? IS NULL OR media.namespace = ?)"
    return f"{scope}{filtered} AND {found}", parameters


def _label_that_matches(given: SearchMediaByAILabel) -> tuple[str, list[object]]:
    kinds = KINDS[given.multimodal_search_type]
    of_kind = f"label.kind IN ({', '.join('?' * len(kinds))})"
    if given.matching_mode == "precise":
        lines = f"label.kind IN ('{SPEECH}', '{WRITING}')"
        return f"{of_kind} AND (label.text = ? OR ({lines} AND instr(label.text, ?)))", [*kinds, given.text, given.text]
    words, parameters = _words_in("label.folded", given, folded=True)
    return f"{of_kind} AND {words}", [*kinds, *parameters]


def _words_in(column: str, given: SearchMediaByAILabel, folded: bool = False) -> tuple[str, list[object]]:
    """SQLite's lower() knows ASCII alone, so what isn't folded by us is found in other alphabets only as it was written."""
    if given.matching_mode == "precise":
        return f"instr({column}, ?)", [given.text]
    words = given.text.casefold().split()[:MOST_WORDS]
    text = column if folded else f"lower({column})"
    return "(" + " AND ".join([f"instr({text}, ?)"] * len(words)) + ")", list(words)


OPERATIONS = (Operation("SearchMediaByAILabel", SearchMediaByAILabel, LabelSearch.search, of_search=True),)
