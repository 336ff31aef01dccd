"""Reading the rules: JSON, each field checked, and an error that names what is wrong.

{"rules": [{"name": "door cameras",
            "match": {"prefix": ["uploads/home/"], "suffix": ".mp4", "kind": "video", "namespace": "home",
                      "size": {"at_most": 200000000}, "duration": {"at_least": 5}},
            "jobs": ["smarttag", {"job": "production:CaptionExtraction", "parameters": {"lang": "en"}, "output": "captions/"}]}]}

The first rule whose conditions all hold decides; one without `match` holds for everything. The parameters of jobs are checked by their
clients, before anything is sent, and by `sightline rules check`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sightline.errors import BadSetting
from sightline.media.types import KINDS
from sightline.rules.model import Job, Match, Range, Rule, Rules, kinds_of

_CONDITIONS = ("prefix", "suffix", "kind", "namespace", "size", "duration")


def read_rules(content: bytes) -> Rules:
    """Raises BadSetting, which names the place in the file."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _wrong("the file", f"is no JSON ({error})", "mend it; `sightline rules check` says where") from error
    _only(document, "the file", ("rules",))
    rules = [_rule(f"rules[{number}]", told) for number, told in enumerate(_list(document.get("rules"), "rules"))]
    if not rules:
        raise _wrong("rules", "is empty", "give it a rule, or no upload gets a job")
    return Rules(rules)


def _rule(place: str, told: Any) -> Rule:
    _only(told, place, ("name", "match", "jobs"))
    name = told.get("name", place)
    _text(name, f"{place}.name")
    jobs = [_job(f"{place}.jobs[{number}]", job) for number, job in enumerate(_list(told.get("jobs"), f"{place}.jobs"))]
    twice = {job.name for job in jobs if [other.name for other in jobs].count(job.name) > 1}
    if twice:
        raise _wrong(f"{place}.jobs", f"names {' and '.join(sorted(twice))} twice", "name each job once")
    return Rule(name, _match(f"{place}.match", told.get("match", {})), jobs)


def _job(place: str, told: Any) -> Job:
    if isinstance(told, str):
        told = {"job": told}
    _only(told, place, ("job", "parameters", "output"))
    name = _text(told.get("job"), f"{place}.job")
    if not kinds_of(name):
        raise _wrong(
            f"{place}.job",
            f"is {name!r}, which is no job",
            "use smarttag, production:<FunctionName> or pai:<service>; docs/rules.md lists them",
        )
    parameters = told.get("parameters", {})
    if not isinstance(parameters, dict):
        raise _wrong(f"{place}.parameters", "is no JSON object", "write the job's parameters by their names")
    return Job(name, parameters, _folder(told.get("output", ""), f"{place}.output"))


def _match(place: str, told: Any) -> Match:
    _only(told, place, _CONDITIONS)
    kinds = _choices(told, place, "kind")
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise _wrong(f"{place}.kind", f"is {unknown[0]!r}", f"use {', '.join(KINDS)}")
    prefixes, suffixes, namespaces = (_choices(told, place, name) for name in ("prefix", "suffix", "namespace"))
    return Match(prefixes, suffixes, kinds, namespaces, _range(told, place, "size"), _range(told, place, "duration"))


def _choices(told: Mapping[str, Any], place: str, name: str) -> Sequence[str]:
    value = told.get(name, [])
    return [_text(entry, f"{place}.{name}") for entry in _list([value] if isinstance(value, str) else value, f"{place}.{name}")]


def _range(told: Mapping[str, Any], place: str, name: str) -> Range:
    value = told.get(name, {})
    place = f"{place}.{name}"
    _only(value, place, ("at_least", "at_most"))
    ends = [value.get(end) for end in ("at_least", "at_most")]
    for end in ends:
        if end is not None and (isinstance(end, bool) or not isinstance(end, (int, float)) or not 0 <= end < 1e18):
            raise _wrong(place, f"has {end!r} for an end", "use numbers that are not negative: bytes of a size, seconds of a duration")
    least, most = ends
    if least is not None and most is not None and least > most:
        raise _wrong(place, f"begins at {least:g} and ends at {most:g}", "let at_least be the smaller")
    return Range(least, most)


def _folder(value: Any, place: str) -> str:
    _text(value, place, may_be_empty=True)
    parts = str(value).split("/")
    if value and (parts[-1] or not all(parts[:-1]) or {".", ".."} & set(parts) or "{" in value or not value.isprintable()):
        raise _wrong(place, f"is {value!r}", "use a folder as in captions/; it lies below that of all outputs, and may be left out")
    return str(value)


def _text(value: Any, place: str, *, may_be_empty: bool = False) -> str:
    if not isinstance(value, str) or not (value or may_be_empty):
        raise _wrong(place, "is missing or no text", "write a text")
    return value


def _list(value: Any, place: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise _wrong(place, "is missing or no list", "write a list")
    return value


def _only(value: Any, place: str, known: Sequence[str]) -> None:
    """Whether it is an object with no other fields: a condition that was misspelt would hold for everything."""
    if not isinstance(value, dict):
        raise _wrong(place, "is no JSON object", f"write {{…}} with {', '.join(known)}")
    unknown = [name for name in value if name not in known]
    if unknown:
        raise _wrong(f"{place}.{unknown[0]}", "is unknown", f"use {', '.join(known)}")


def _wrong(place: str, problem: str, fix: str) -> BadSetting:
    return BadSetting(f"RULES_FILE: {place}", problem, fix)
