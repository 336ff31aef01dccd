"""The settings of our own functions: every variable is one of `sightline.settings`, and its value is accepted there."""

from __future__ import annotations

import re

from cli.check.declared import Resource, Sheet, uses_sightline
from cli.check.finding import Findings, error, nearest, warning
from sightline.errors import BadSetting
from sightline.settings import FIELDS, from_environment

# What Python and the C library read themselves.
_OF_THE_SYSTEM = ("PYTHON", "LC_", "LANG", "TZ", "PATH", "LD_LIBRARY_PATH")
_OF_PROVISION = ("SMARTTAG_TEMPLATE_ID", "SMARTTAG_PIPELINE_ID")
_SETTINGS = {name.upper(): name for name in FIELDS if name != "fc_account_id"}


def settings(sheet: Sheet) -> Findings:
    for resource in sheet.resources:
        if uses_sightline(resource.function):
            yield from _unknown(resource)
            yield from _values(resource, sheet)
            yield from _timeout(resource)


def _unknown(resource: Resource) -> Findings:
    for name in resource.function.environment_variables:
        if name not in _SETTINGS and not name.startswith(_OF_THE_SYSTEM):
            path = resource.path("environmentVariables", name)
            yield error(path, f"'{name}' is no setting of sightline", f"did you mean {nearest(name, _SETTINGS)}?")


def _values(resource: Resource, sheet: Sheet) -> Findings:
    given = dict(resource.function.environment_variables)
    is_whole = True
    for variable, name in _SETTINGS.items():
        path = resource.path("environmentVariables", variable)
        value = given.get(variable, FIELDS[name].default)
        try:
            FIELDS[name].read(name, value)
        except BadSetting as bad:
            if value == "":
                # It is what an operator has to give: nobody can write it into the file.
                yield warning(
                    path,
                    f"is empty, and the function stops at its start without it ({FIELDS[name].meaning})",
                    _given_by(variable, sheet),
                )
                given[variable] = "unknown"
            else:
                is_whole = False
                yield error(path, bad.problem, bad.fix)
    if is_whole:
        yield from _together(resource, given)


def _given_by(variable: str, sheet: Sheet) -> str:
    """The variable of the environment that the file takes a setting from."""
    source = re.search(rf"^ *{variable}: .*?env\('(\w+)'", sheet.file.read_text(encoding="utf-8"), re.MULTILINE)
    fix = f"export {source[1]}, or write it into .env" if source else "write it there"
    return f"{fix}: `sightline provision` prints it" if variable in _OF_PROVISION else fix


def _together(resource: Resource, given: dict[str, str]) -> Findings:
    try:
        from_environment(given)
    except BadSetting as bad:
        yield error(resource.path("environmentVariables", bad.field), bad.problem, bad.fix)


def _timeout(resource: Resource) -> Findings:
    longest = resource.function.environment_variables.get("LONGEST_INVOCATION_SECONDS", str(FIELDS["longest_invocation_seconds"].default))
    if longest.isdigit() and resource.function.timeout > int(longest):
        problem = f"is {resource.function.timeout}, and LONGEST_INVOCATION_SECONDS is {longest}: what runs so long may be done twice"
        yield error(resource.path("timeout"), problem, "lower it, or raise that setting for all functions")
