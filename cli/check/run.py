"""All rules over one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from cli.check import application, code, functions, loops, rules, stack, triggers
from cli.check.declared import Sheet
from cli.check.finding import Finding, Findings, Level, error, warning
from cli.check.shape import document_findings, is_function, read
from cli.check.template import check_template
from localcloud.fc.errors import ProjectError
from localcloud.fc.project.dotenv import with_dotenv
from localcloud.fc.project.rendering import render

Rule = Callable[[Sheet], Findings]

RULES: tuple[Rule, ...] = (
    functions.contradictions,
    functions.names,
    functions.roles,
    functions.logs,
    functions.layers,
    functions.provisioning,
    functions.places,
    functions.stray,
    code.code,
    triggers.events,
    triggers.overlaps,
    triggers.counts,
    triggers.roles,
    triggers.access,
    functions.destinations,
    loops.circles,
    loops.watched,
    loops.derived,
    stack.declared,
    stack.folders,
    application.settings,
    rules.rules,
)


def check(file: Path, environment: Mapping[str, str]) -> list[tuple[Path, Finding]]:
    """Everything that is wrong with a project file and with the template beside it, errors first. `environment` answers `${env()}`."""
    template = file.parent / stack.TEMPLATE
    found = [(file, finding) for finding in check_project(file, environment)]
    if template.is_file():
        found += [(template, finding) for finding in check_template(template.read_bytes())]
    return sorted(found, key=lambda one: one[1].level is not Level.ERROR)


def check_project(file: Path, environment: Mapping[str, str]) -> list[Finding]:
    """What is wrong with the project file, by place."""
    try:
        document = render(file, environment)
    except ProjectError as failure:
        return [_unreadable(file, str(failure))]
    findings = list(document_findings(document))
    resources = []
    for name, declared in document["resources"].items():
        if not isinstance(declared, Mapping) or not isinstance(declared.get("props"), Mapping):
            continue
        if not is_function(declared):
            findings.append(warning(f"resources.{name}.component", f"{declared.get('component')!r} is not fc3", "check it otherwise"))
            continue
        resource, wrong = read(name, declared["props"])
        findings += wrong
        resources += [resource] if resource else []
    sheet = Sheet(file, document, tuple(resources), with_dotenv(environment, [file.absolute().parent]))
    findings += [finding for rule in RULES for finding in rule(sheet)]
    return sorted(dict.fromkeys(findings), key=lambda finding: finding.place)


def _unreadable(file: Path, failure: str) -> Finding:
    """What keeps the file from being read at all; its message begins with the file, and then perhaps the place."""
    text = failure.removeprefix(f"{file}: ")
    place, mark, rest = text.partition(": ")
    path = place if mark and " " not in place else ""
    problem, _, fix = (rest if path else text).rpartition("; ")
    return error(path, problem or fix, fix if problem else "correct it")
