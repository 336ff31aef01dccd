"""RAM's API (2015-05-01), as far as a deploy is looked at with it: roles and their policies are read; the template alone changes them."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from localcloud.acs import TERMS, AcsError, acs_error_reply, acs_refusal, authenticate, json_reply, not_allowed, parameters
from localcloud.covered import Covered
from localcloud.http import Reply, Request, Terms, Trouble
from localcloud.identity import Keyring, NotAllowed
from localcloud.place import Place
from localcloud.ram.roles import Roles
from localcloud.ram.template import NamedPolicy, Role, read_roles

VERSION = "2015-05-01"
_SESSION_SECONDS = 3600
_POLICY_VERSION = "v1"


class AccessManagement:
    """A `Service`, and the keyring's `Authority`: what the roles of a template may do. Until one is read, there are no roles."""

    def __init__(self, place: Place, keyring: Keyring, clock: Callable[[], float] = time.time) -> None:
        self._place = place
        self._keyring = keyring
        self._clock = clock
        self._made = clock()
        self.roles = Roles()
        self._operations: Mapping[str, Callable[[dict[str, str]], dict[str, Any]]] = {
            "GetRole": self._get_role,
            "ListPoliciesForRole": self._list_policies_for_role,
            "GetPolicy": self._get_policy,
        }
        keyring.authority = self

    def read(self, template: Path) -> None:
        """From now on the roles of this template count. Raises TemplateError."""
        self.roles = Roles(read_roles(template, self._place))
        self._made = self._clock()

    def check(self, role: str, action: str, resource: str) -> None:
        self.roles.check(role, action, resource)

    def check_service(self, service: str, role: str, action: str, resource: str) -> None:
        self.roles.check_service(service, role, action, resource)

    def claims(self, request: Request) -> bool:
        return (request.headers.get("x-acs-version") or request.query.get("Version", "")) == VERSION

    def terms(self, request: Request) -> Terms:  # noqa: ARG002 - the port's signature
        return TERMS

    def refuse(self, request: Request, trouble: Trouble) -> Reply:
        return acs_refusal(request, trouble, str(uuid.uuid4()).upper())

    def serve(self, request: Request) -> Reply:
        request_id = str(uuid.uuid4()).upper()
        try:
            return json_reply({"RequestId": request_id, **self._answer(request)}, request_id)
        except AcsError as error:
            return acs_error_reply(error, request_id, request.headers.get("host", ""))

    def _answer(self, request: Request) -> dict[str, Any]:
        caller = authenticate(request, self._keyring, self._clock())
        given = parameters(request)
        action = request.headers.get("x-acs-action") or given.get("Action", "")
        if action not in self._operations:
            raise AcsError(404, "InvalidApi.NotFound", f'Specified api "{action}" of version {VERSION} is not found here.')
        try:
            caller.principal.check(f"ram:{action}", f"acs:ram:*:{self._place.account_id}:{_resource(given)}")
        except NotAllowed as error:
            raise not_allowed(error, self._place.account_id) from error
        return self._operations[action](given)

    def _get_role(self, given: dict[str, str]) -> dict[str, Any]:
        role = self._role(given)
        told = {
            "RoleId": str(uuid.uuid5(uuid.NAMESPACE_DNS, role.name).int)[:18],
            "RoleName": role.name,
            "Arn": f"acs:ram::{self._place.account_id}:role/{role.name.lower()}",
            "Description": role.description,
            "AssumeRolePolicyDocument": json.dumps(role.trust),
            "CreateDate": self._date(),
            "UpdateDate": self._date(),
            "MaxSessionDuration": _SESSION_SECONDS,
        }
        return {"Role": told}

    def _list_policies_for_role(self, given: dict[str, str]) -> dict[str, Any]:
        policies = [{**self._described(one), "AttachDate": self._date()} for one in self._role(given).policies]
        return {"Policies": {"Policy": policies}}

    def _get_policy(self, given: dict[str, str]) -> dict[str, Any]:
        name = _required(given, "PolicyName")
        for role in self.roles.all():
            for one in role.policies:
                if one.name == name and given.get("PolicyType") == "Custom":
                    times = {"CreateDate": self._date(), "UpdateDate": self._date()}
                    content = {"VersionId": _POLICY_VERSION, "IsDefaultVersion": True, "PolicyDocument": json.dumps(one.document)}
                    return {
                        "Policy": {**self._described(one), **times, "AttachmentCount": 1},
                        "DefaultPolicyVersion": {**content, "CreateDate": self._date()},
                    }
        raise AcsError(404, "EntityNotExist.Policy", f"The policy does not exist: {name}.")

    def _role(self, given: dict[str, str]) -> Role:
        name = _required(given, "RoleName")
        role = self.roles.find(name)
        if role is None:
            raise AcsError(404, "EntityNotExist.Role", f"The role does not exist: {name}.")
        return role

    def _described(self, policy: NamedPolicy) -> dict[str, Any]:
        # Policies that a template writes into a role are custom policies that it attaches: RAM has no others of one's own.
        return {"PolicyName": policy.name, "PolicyType": "Custom", "Description": "", "DefaultVersion": _POLICY_VERSION}

    def _date(self) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._made))


def covered() -> list[Covered]:
    return [Covered(name, f"POST / {name} {VERSION}") for name in ("GetRole", "ListPoliciesForRole", "GetPolicy")]


def _resource(given: dict[str, str]) -> str:
    return f"role/{given['RoleName']}" if "RoleName" in given else f"policy/{given.get('PolicyName', '*')}"


def _required(given: dict[str, str], name: str) -> str:
    if not given.get(name):
        raise AcsError(400, f"Missing{name}", f"{name} is mandatory for this action.")
    return given[name]
