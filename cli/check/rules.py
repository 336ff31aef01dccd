"""The rules that say which uploads get which jobs: those of the layer, or the file that RULES_FILE names."""

from __future__ import annotations

from cli.check.declared import Resource, Sheet, uses_sightline
from cli.check.finding import Findings, error, severe
from cli.errors import CommandError
from cli.rules import source
from cli.rules.check import check


def rules(sheet: Sheet) -> Findings:
    """They can be read, and each job would be taken by its service."""
    for resource in sheet.resources:
        if uses_sightline(resource.function):
            yield from _rules(resource, sheet)


def _rules(resource: Resource, sheet: Sheet) -> Findings:
    place = resource.path("environmentVariables", "RULES_FILE")
    named = resource.function.environment_variables.get("RULES_FILE", "")
    try:
        found = source.read(None, named, sheet.file.absolute().parent)
    except CommandError as wrong:
        yield error(place, wrong.problem, wrong.fix)
        return
    for finding in check(found.rules):
        yield severe(finding.is_wrong)(place, f"{found.file.name}: {finding.place}: {finding.problem}", finding.fix)
