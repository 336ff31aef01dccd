"""What a deploy needs beside the functions, and does not make: buckets, topic and queue, and the roles that `s.yaml` names.

In the cloud template.yaml makes them; on a laptop, `sightline up`.
"""

from __future__ import annotations

from collections.abc import Iterator

from cli.deployment.target import RAM_VERSION, Target
from cli.errors import CommandError
from cli.plan.changes import Change
from cli.provision.making import Work
from cli.provision.storage import storage
from cli.provision.wanted import Wanted
from localcloud.fc.project.project import Project
from sightline.errors import ServiceRefused, ServiceUnreachable

MISSING = "missing; a deploy does not make it: template.yaml does"


def surroundings(target: Target) -> list[Change]:
    """What can't be asked about is unknown; the rest of the plan stands without it."""
    return [*_storage(target), *(_role(target, name) for name in role_names(target.project))]


def _storage(target: Target) -> Iterator[Change]:
    work = Work(target, Wanted(), acts=False)
    try:
        storage(work)
    except CommandError as error:
        yield Change("storage", "buckets, topic, queue", "unknown", note=f"{error.problem}: {error.fix}")
    for item in work.items:
        yield _told(item.kind, item.name, item.outcome == "found", item.note)


def _role(target: Target, name: str) -> Change:
    try:
        target.ram().call("GetRole", {"RoleName": name}, version=RAM_VERSION)
    except ServiceUnreachable as error:
        return Change("role", name, "unknown", note=str(error))
    except ServiceRefused as error:
        return (
            _told("role", name, is_there=False) if error.missing else Change("role", name, "unknown", note=f"{error}; right: ram:GetRole")
        )
    return _told("role", name, is_there=True)


def _told(kind: str, name: str, is_there: bool, note: str = "") -> Change:
    return Change(kind, name, "unchanged") if is_there else Change(kind, name, "stays", note=f"{MISSING}{f' ({note})' if note else ''}")


def role_names(project: Project) -> list[str]:
    """Those that functions have, and those that triggers invoke them with."""
    arns = {function.role for function in project.functions.values()}
    arns |= {trigger.invocation_role for function in project.functions.values() for trigger in function.triggers}
    return sorted({arn.rpartition("role/")[2] for arn in arns if arn})
