"""The search library and the index that makes it answer. They lie in the region that is searched in, which may be another one.

Source: "IPC event retrieval", create a search library and an index.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

from cli.provision.making import PAGE_SIZE, Work, listed, over_pages
from cli.provision.report import Item
from sightline.ims.answers import Json, as_text, objects
from sightline.ims.transport import ImsTransport

INDEX_TYPE = "mm"
"""The vision model's; the only type that finds IPC events."""


def library(work: Work) -> None:
    name, ims = work.target.names.library, work.target.ims_search()
    make = partial(ims.call, "CreateSearchLib", {"SearchLibName": name}, again=False)
    _, item = work.ensure("search library", name, lambda: _find(ims, name), make)
    if work.target.search_region != work.target.region:
        note = f"in {work.target.search_region}, and the media bucket in {work.target.region}: it takes no object of another region"
        fix = "set SIGHTLINE_REGION to the region that is searched in, with buckets of that region (docs/deploy.md, step 1)"
        item = replace(item, note=note, fix=fix)
    work.tell(item)
    work.tell(_index(work, ims, name))


def _index(work: Work, ims: ImsTransport, library: str) -> Item:
    level = work.wanted.level
    parameters = {"SearchLibName": library, "IndexType": INDEX_TYPE, "IndexStatus": "Active", "IndexConfig": _level(level)}
    make = partial(ims.call, "CreateSearchIndex", parameters, again=False)
    found, item = work.ensure("index", f"{library} {INDEX_TYPE}", lambda: _find_index(ims, library), make)
    if found is None or item.outcome == "made":
        return replace(item, note=f"level {level or 'Shared, the default'}")
    return _compared(work, ims, library, found, item)


def _compared(work: Work, ims: ImsTransport, library: str, index: Json, item: Item) -> Item:
    level, problems = work.wanted.level, []
    status, readiness = as_text(index.get("IndexStatus")), as_text(index.get("IndexReadiness")).lower()
    is_off = status.lower() not in ("active", "")
    if is_off:
        problems.append(f"it is {status}")
    if level:
        problems.append(f"no operation tells its level, so it may be another than {level}")
    if problems:
        parameters = {
            "SearchLibName": library,
            "IndexType": INDEX_TYPE,
            "IndexStatus": "Active" if is_off else None,
            "IndexConfig": _level(level),
        }
        fix = f"{work.command('--change', 'index')} sets it"
        return work.change(item, "; ".join(problems), fix, "index", partial(ims.call, "AlterSearchIndex", parameters))
    if readiness == "fail":
        fix = "ask the service's support; an index is dropped by hand, with what it holds"
        return replace(item, outcome="left", note="its IndexReadiness is Fail", fix=fix)
    if readiness == "initializing":
        return replace(item, note="it is Initializing: nothing is found until it is Normal")
    return item


def _find(ims: ImsTransport, name: str) -> Json | None:
    """Over the whole list: what QuerySearchLib says of an unknown library is documented nowhere."""

    def page(number: int) -> tuple[list[Json], object]:
        answer = ims.call("ListSearchLib", {"PageNo": number, "PageSize": PAGE_SIZE})
        return listed(answer, "ListSearchLib", "SearchLibName", "SearchLibInfoList"), answer.get("Total")

    return next((item for item in over_pages(page, "SearchLibName") if item.get("SearchLibName") == name), None)


def _find_index(ims: ImsTransport, library: str) -> Json | None:
    found = _find(ims, library)
    indexes = objects(found.get("IndexInfo")) if found else []
    return next((index for index in indexes if index.get("IndexType") == INDEX_TYPE), None)


def _level(level: str | None) -> str | None:
    return json.dumps({"level": level}, separators=(",", ":")) if level else None
