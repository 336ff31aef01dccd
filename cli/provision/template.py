"""The template: what a smart tag job is asked for. It holds for whoever names it, so one that is there is never changed unasked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from cli.provision.making import PAGE_SIZE, Work, listed, over_pages, told
from cli.provision.report import Item
from sightline.ims.answers import Json, as_text, decode_data
from sightline.ims.transport import ImsTransport
from sightline.untrusted import plain

# The smallest template that describes IPC events: "IPC content understanding", create an algorithm template.
CONFIG = {"AnalyseTypes": "vlEventDesc", "Industry": "common", "Scene": "search"}
TYPE = 11
"""AISmarttagTemplate."""
# The same source's sample answers a config without the keys Industry and Scene that were sent, so their absence says nothing.
_UNTOLD = ("Industry", "Scene")
LONGEST_SHOWN = 80


def template(work: Work, groups: Mapping[str, str]) -> str:
    """Its id; empty where there is none and none may be made."""
    ims, name = work.target.ims(), work.target.names.template
    configured = work.target.settings.get("SMARTTAG_TEMPLATE_ID", "")
    config = {**CONFIG, "TemplateName": name, **groups}

    def make() -> Json:
        parameters: dict[str, str | int | None] = {"Name": name, "Type": TYPE, "TemplateConfig": _text(config)}
        answer = ims.call("CreateCustomTemplate", parameters, again=False)
        return {"TemplateId": told(answer, "CreateCustomTemplate", "CustomTemplate", "TemplateId")}

    found, item = work.ensure("template", name, lambda: _find(ims, name, configured), make)
    if found is None:
        work.tell(item)
        return ""
    identity = str(found["TemplateId"])
    item = replace(item, note=f"id {identity}")
    if item.outcome == "found":
        item = _compared(work, item, found, config)
    if configured and identity != configured:
        note = f"{item.note}; SIGHTLINE_TEMPLATE_ID names {configured}, which is not here"
        item = replace(item, note=note, fix=item.fix or "set SIGHTLINE_TEMPLATE_ID as below, and deploy again")
    work.tell(item)
    return identity


def _find(ims: ImsTransport, name: str, configured: str) -> Json | None:
    """The one that the functions are told to use; else the oldest of that name, since it is the one that may be in use."""

    def page(number: int) -> tuple[list[Json], object]:
        answer = ims.call("ListCustomTemplates", {"Type": TYPE, "PageNumber": number, "PageSize": PAGE_SIZE})
        return listed(answer, "ListCustomTemplates", "TemplateId", "CustomTemplateList"), answer.get("Total")

    named = []
    for item in over_pages(page, "TemplateId"):
        if item.get("TemplateId") == configured:
            return item
        if item.get("TemplateName") == name:
            named.append(item)
    return min(named, key=lambda item: (as_text(item.get("CreateTime")), as_text(item.get("TemplateId"))), default=None)


def _compared(work: Work, item: Item, found: Json, wanted: Mapping[str, str]) -> Item:
    held = decode_data(found.get("TemplateConfig"))
    held = held if isinstance(held, dict) else {}
    differences = [
        f"wanted {key} {value}, there is {plain(as_text(held.get(key)), LONGEST_SHOWN) or 'none'}"
        for key, value in wanted.items()
        if key != "TemplateName" and not _same(key, held.get(key), value)
    ]
    if not differences:
        return item
    parameters = {"TemplateId": str(found["TemplateId"]), "TemplateConfig": _text({**held, **wanted})}
    fix = f"{work.command('--change', 'template')} sets it; with another SIGHTLINE_TEMPLATE_NAME another is made"
    update = partial(work.target.ims().call, "UpdateCustomTemplate", parameters)
    return work.change(item, "; ".join([item.note, *differences]), fix, "template", update)


def _same(key: str, held: Any, wanted: str) -> bool:
    if held is None:
        return key in _UNTOLD
    return _as_set(as_text(held)) == _as_set(wanted)


def _as_set(text: str) -> set[str]:
    """Lists are written with commas; their order means nothing."""
    return {part.strip() for part in text.split(",") if part.strip()}


def _text(config: Mapping[str, Any]) -> str:
    return json.dumps(config, separators=(",", ":"), ensure_ascii=False)
