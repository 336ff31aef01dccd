"""The roles that functions and triggers take: who may take them, and what they may do. RAM tells; template.yaml says what it should."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from cli.doctor.check import check
from cli.doctor.documents import json_object, listed
from cli.doctor.finding import Finding, failed, passed, unknown
from cli.doctor.host import credentials
from cli.doctor.site import Site
from localcloud.fc.project.trigger import MnsTopicTrigger, OssTrigger
from localcloud.place import Place
from localcloud.ram.policy import Policy, Verdict, evaluate
from localcloud.ram.template import Role, TemplateError, read_roles
from sightline.errors import ServiceRefused
from sightline.ims.answers import as_text, objects

TEMPLATE = "template.yaml"
FUNCTIONS = "fc.aliyuncs.com"
_SUFFIX = re.compile(r"(-[a-z0-9]{1,16})?")


@check(credentials)
def function_roles(site: Site) -> Finding:
    """The functions' roles exist, and Function Compute may take them."""
    return _taken(site, dict.fromkeys(_function_roles(site), FUNCTIONS))


@check(credentials)
def trigger_roles(site: Site) -> Finding:
    """The triggers' roles exist, and the service that triggers may take each."""
    return _taken(site, _trigger_roles(site))


@check(function_roles)
def function_rights(site: Site) -> Finding:
    """The functions' roles may do what template.yaml grants them."""
    return _granted(site, _function_roles(site))


@check(trigger_roles)
def trigger_rights(site: Site) -> Finding:
    """The triggers' roles may invoke their functions."""
    return _granted(site, list(_trigger_roles(site)))


def _function_roles(site: Site) -> list[str]:
    return list(dict.fromkeys(_name(one.role) for one in site.functions))


def _trigger_roles(site: Site) -> dict[str, str]:
    """The service that takes each; HTTP and timer triggers are Function Compute's own, and take none."""
    services = {OssTrigger: "oss.aliyuncs.com", MnsTopicTrigger: "mns.aliyuncs.com"}
    triggers = [trigger for one in site.functions for trigger in one.triggers]
    return {_name(one.invocation_role): services[type(one)] for one in triggers if type(one) in services}


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _taken(site: Site, roles: Mapping[str, str]) -> Finding:
    if "" in roles:
        return failed("s.yaml names no role", "give each function a role, and each trigger an invocationRole")
    for name, service in roles.items():
        try:
            role = site.ram("GetRole", RoleName=name).get("Role")
        except ServiceRefused as error:
            if not error.missing and not error.code.startswith("EntityNotExist"):
                raise
            return failed(f"there is no role {name}", site.mend.roles)
        trusted = set(_trusted(json_object(role.get("AssumeRolePolicyDocument") if isinstance(role, dict) else None)))
        if service not in trusted:
            return failed(f"role {name} may be taken by {', '.join(sorted(trusted)) or 'no service'}, not by {service}", site.mend.roles)
    return passed(", ".join(roles))


def _trusted(document: Mapping[str, Any]) -> Iterator[str]:
    for statement in objects(document.get("Statement")):
        principal = statement.get("Principal")
        if statement.get("Effect") == "Allow" and isinstance(principal, dict):
            yield from listed(principal.get("Service"))


def _granted(site: Site, names: Iterable[str]) -> Finding:
    try:
        declared = _declared(site)
    except TemplateError as error:
        return unknown(str(error), f"mend {TEMPLATE}")
    count = 0
    for name in names:
        if name.lower() not in declared:
            return unknown(f"{TEMPLATE} declares no role {name}, so what it may do can't be compared")
        try:
            has = [Policy.model_validate(one) for one in _policies(site, name)]
        except ValidationError as error:
            return unknown(f"a policy of {name} can't be judged from here: {error.errors()[0]['msg']}")
        wanted = list(_rights(declared[name.lower()]))
        lacking = [f"{action} on {resource}" for action, resource in wanted if evaluate(has, action, resource) is not Verdict.ALLOWED]
        if lacking:
            return failed(f"role {name} may not {', '.join(lacking)}", site.mend.roles)
        count += len(wanted)
    return passed(f"all {count} rights of {TEMPLATE}")


def _rights(role: Role) -> Iterator[tuple[str, str]]:
    for named in role.policies:
        for statement in named.policy.statement:
            yield from ((action, resource) for action in statement.action for resource in statement.resource)


def _declared(site: Site) -> dict[str, Role]:
    """The template's roles by their names in small letters, as a stack with this deployment's names would make them."""
    target = site.target
    place = Place(target.region, target.account_id)
    parameters = {
        "MediaBucketName": target.names.media_bucket,
        "StateBucketName": target.names.state_bucket,
        "CallbackTopicName": target.names.topic,
        "DeadQueueName": target.names.dead_queue,
        "UploadPrefix": target.settings.get("UPLOAD_PREFIX", "uploads/"),
    }
    plain = read_roles(site.folder / TEMPLATE, place, {**parameters, "Suffix": ""})
    suffix = next((end for one in _function_roles(site) for name in plain if (end := _ending(one, name)) is not None), "")
    return {name.lower(): role for name, role in read_roles(site.folder / TEMPLATE, place, {**parameters, "Suffix": suffix}).items()}


def _ending(role: str, name: str) -> str | None:
    """What the stage puts behind a role's name (parameter Suffix)."""
    end = role.lower().removeprefix(name.lower())
    return end if role.lower().startswith(name.lower()) and _SUFFIX.fullmatch(end) else None


def _policies(site: Site, role: str) -> Iterator[dict[str, Any]]:
    """The documents of all policies that a role has."""
    attached = site.ram("ListPoliciesForRole", RoleName=role).get("Policies")
    for policy in objects(attached.get("Policy") if isinstance(attached, dict) else None):
        names = {"PolicyName": as_text(policy.get("PolicyName")), "PolicyType": as_text(policy.get("PolicyType"))}
        version = site.ram("GetPolicy", **names).get("DefaultPolicyVersion")
        yield json_object(version.get("PolicyDocument") if isinstance(version, dict) else None)


CHECKS = (function_roles, function_rights, trigger_roles, trigger_rights)
