"""What a deploy needs beside the functions, and does not make: buckets, topic and queue, and the roles that `s.yaml` names.

In the cloud template.yaml makes them; on a laptop, `sightline up`.
"""

from __future__ import annotations

from collections.abc import Iterator

from cli.deployment.target import Target
from cli.plan.changes import Change
from cli.provision.making import Work
from cli.provision.storage import storage
from cli.provision.wanted import Wanted
from localcloud.fc.project.project import Project
from sightline.errors import ServiceRefused

RAM_VERSION = "2015-05-01"
MISSING = "missing; a deploy does not make it: template.yaml does"


def surroundings(target: Target) -> list[Change]:
    """Raises CommandError, ServiceRefused and ServiceUnreachable."""
    work = Work(target, Wanted(), acts=False)
    storage(work)
    found = [(item.kind, item.name, item.outcome == "found", item.note) for item in work.items]
    return [_told(kind, name, is_there, note) for kind, name, is_there, note in [*found, *_roles(target)]]


def _told(kind: str, name: str, is_there: bool, note: str) -> Change:
    return Change(kind, name, "unchanged") if is_there else Change(kind, name, "stays", note=f"{MISSING}{f' ({note})' if note else ''}")


def _roles(target: Target) -> Iterator[tuple[str, str, bool, str]]:
    for name in role_names(target.project):
        try:
            target.ram().call("GetRole", {"RoleName": name}, version=RAM_VERSION)
        except ServiceRefused as error:
            if not error.missing:
                raise
            yield "role", name, False, ""
        else:
            yield "role", name, True, ""


def role_names(project: Project) -> list[str]:
    """Those that functions have, and those that triggers invoke them with."""
    arns = {function.role for function in project.functions.values()}
    arns |= {trigger.invocation_role for function in project.functions.values() for trigger in function.triggers}
    return sorted({arn.rpartition("role/")[2] for arn in arns if arn})
