"""The search library and the index that makes it answer. They lie in the region that is searched in, which may be another one.

Source: "IPC event retrieval", create a search library and an index.
"""

from __future__ import annotations

import json
import re

from cli.errors import USAGE, CommandError
from cli.provision.making import PAGE_SIZE, Work, over_pages
from sightline.ims.answers import Json, as_text, objects
from sightline.ims.transport import ImsTransport

INDEX_TYPE = "mm"
"""The vision model's; the only type that finds IPC events."""


def library(work: Work) -> None:
    name = work.target.names.library
    if not re.fullmatch(r"IPCamera_[A-Za-z0-9]+", name):
        raise CommandError(f"SIGHTLINE_SEARCH_LIBRARY is {name!r}", "use IPCamera_ with letters and digits after it", USAGE)
    ims = work.target.ims_search()
    work.ensure("search library", name, lambda: _find(ims, name), lambda: ims.call("CreateSearchLib", {"SearchLibName": name}, again=False))
    if work.target.search_region != work.target.region:
        note = f"in {work.target.search_region}, and the media bucket in {work.target.region}: it takes no object of another region"
        work.note(note, "set SIGHTLINE_REGION to the region that is searched in, with buckets of that region (docs/deploy.md, step 1)")
    _index(work, ims, name)


def _index(work: Work, ims: ImsTransport, library: str) -> None:
    level = work.wanted.level
    parameters = {"SearchLibName": library, "IndexType": INDEX_TYPE, "IndexStatus": "Active", "IndexConfig": _level(level)}
    found = work.ensure(
        "index",
        f"{library} {INDEX_TYPE}",
        lambda: _find_index(ims, library),
        lambda: ims.call("CreateSearchIndex", parameters, again=False),
    )
    if found is None or work.items[-1].outcome == "made":
        work.note(f"level {level or 'Shared, the default'}")
    else:
        _compare(work, ims, library, found)


def _compare(work: Work, ims: ImsTransport, library: str, index: Json) -> None:
    level, problems = work.wanted.level, []
    is_off = as_text(index.get("IndexStatus")).lower() not in ("active", "")
    if is_off:
        problems.append(f"it is {as_text(index.get('IndexStatus'))}")
    if level:
        problems.append(f"no operation tells its level, so it may be another than {level}")
    if problems:
        parameters = {
            "SearchLibName": library,
            "IndexType": INDEX_TYPE,
            "IndexStatus": "Active" if is_off else None,
            "IndexConfig": _level(level),
        }
        work.change(
            "; ".join(problems),
            f"{work.command('--change', 'index')} sets it",
            "index" in work.wanted.change,
            lambda: ims.call("AlterSearchIndex", parameters),
        )
    elif as_text(index.get("IndexReadiness")).lower() == "fail":
        work.note("its IndexReadiness is Fail", "ask the service's support; an index is dropped by hand, with what it holds", "left")
    elif as_text(index.get("IndexReadiness")).lower() == "initializing":
        work.note("it is Initializing: nothing is found until it is Normal")


def _find(ims: ImsTransport, name: str) -> Json | None:
    """Over the whole list: what QuerySearchLib says of an unknown library is documented nowhere."""

    def page(number: int) -> tuple[list[Json], object]:
        answer = ims.call("ListSearchLib", {"PageNo": number, "PageSize": PAGE_SIZE})
        return objects(answer.get("SearchLibInfoList")), answer.get("Total")

    return next((item for item in over_pages(page, "SearchLibName") if item.get("SearchLibName") == name), None)


def _find_index(ims: ImsTransport, library: str) -> Json | None:
    found = _find(ims, library)
    indexes = objects(found.get("IndexInfo")) if found else []
    return next((index for index in indexes if index.get("IndexType") == INDEX_TYPE), None)


def _level(level: str | None) -> str | None:
    return json.dumps({"level": level}, separators=(",", ":")) if level else None
