"""Intelligent Media Services: the template that describes events, and the library that is searched."""

from __future__ import annotations

from cli.doctor.check import check
from cli.doctor.documents import json_object
from cli.doctor.finding import Finding, failed, passed, warned
from cli.doctor.host import credentials
from cli.doctor.site import Site
from cli.doctor.troubles import is_bad_key, is_denied
from sightline.errors import ServiceRefused
from sightline.ims.answers import Json, as_text, objects

SMARTTAG = 11
EVENTS = "vlEventDesc"
INDEX = "mm"


@check(credentials)
def template(site: Site) -> Finding:
    """The template of the analyses exists, is of type 11, and describes events."""
    identity = site.target.settings.get("SMARTTAG_TEMPLATE_ID", "")
    fix = site.mend.provision_and_set("SIGHTLINE_TEMPLATE_ID")
    if not identity:
        return failed("SMARTTAG_TEMPLATE_ID is not set", fix)
    try:
        found = site.ims("GetCustomTemplate", TemplateId=identity).get("CustomTemplate")
    except ServiceRefused as error:
        if not error.missing:
            raise
        return failed(f"there is no template {identity}", fix)
    described = found if isinstance(found, dict) else {}
    if as_text(described.get("Type")) != str(SMARTTAG):
        return failed(f"template {identity} is of type {as_text(described.get('Type')) or 'unknown'}, not {SMARTTAG}", fix)
    types = _analyse_types(described)
    if EVENTS not in types:
        return failed(f"template {identity} asks for {', '.join(types) or 'nothing'}, and not for {EVENTS}", site.mend.change("template"))
    return passed(f"{as_text(described.get('TemplateName'))} ({identity}): {', '.join(types)}")


def _analyse_types(template: Json) -> list[str]:
    types = as_text(json_object(template.get("TemplateConfig")).get("AnalyseTypes"))
    return [one.strip() for one in types.split(",") if one.strip()]


@check(credentials)
def search_library(site: Site) -> Finding:
    """The search library exists."""
    library = _library(site)
    if library is None:
        return failed(f"there is no search library {site.target.names.library}", site.mend.provision)
    return passed(f"{site.target.names.library} in {site.target.search_region}")


@check(search_library)
def search_index(site: Site) -> Finding:
    """The library's index of what was seen is active and ready."""
    indexes = objects((_library(site) or {}).get("IndexInfo"))
    index = next((one for one in indexes if as_text(one.get("IndexType")) == INDEX), None)
    if index is None:
        return failed(f"{site.target.names.library} has no index of type {INDEX}", site.mend.provision)
    status, readiness = as_text(index.get("IndexStatus")), as_text(index.get("IndexReadiness"))
    # The documents spell the states in several ways: Active, active; Deactive, Deactivated.
    if status.lower() != "active":
        return failed(
            f"the index is {status or 'without a status'}; what it held is gone",
            f"{site.mend.change('index')}, then {site.mend.reindex}",
        )
    if readiness.lower() == "initializing":
        return warned("the index is being made: nothing is found until it is ready", "wait some minutes, then `sightline doctor` again")
    if readiness.lower() != "normal":
        return failed(f"the index is {readiness or 'in no known state'}", "ask the support of Intelligent Media Services")
    return passed(f"{INDEX}: {status}, {readiness}")


def _library(site: Site) -> Json | None:
    try:
        return site.ims_search("QuerySearchLib", SearchLibName=site.target.names.library)
    except ServiceRefused as error:
        # What is said of an unknown library is documented nowhere.
        if error.retryable or error.status not in (400, 404) or is_bad_key(error) or is_denied(error):
            raise
        return None


CHECKS = (template, search_library, search_index)
