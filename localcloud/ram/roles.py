"""What the roles may do: asked by every service for a request that a temporary key has signed."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from localcloud.identity import NotAllowed
from localcloud.ram.policy import Verdict, evaluate
from localcloud.ram.template import Role

log = logging.getLogger("localcloud.ram")


class Roles:
    """An `Authority`. A role that no template declares may do everything, as if there were no RAM; the log says so, once for each."""

    def __init__(self, roles: Mapping[str, Role] | None = None) -> None:
        self._roles = {name.lower(): role for name, role in (roles or {}).items()}
        self._told: set[str] = set()

    def find(self, role: str) -> Role | None:
        """By its name or its ARN, in any case: names of roles differ by more than that, and fc3 lowers them."""
        return self._roles.get(role.rpartition("/")[2].lower())

    def all(self) -> Iterable[Role]:
        return self._roles.values()

    def check(self, role: str, action: str, resource: str) -> None:
        found = self.find(role)
        if found is None:
            self._tell(role)
            return
        verdict = evaluate([named.policy for named in found.policies], action, resource)
        if verdict is not Verdict.ALLOWED:
            log.warning("the role %s may not %s on %s (%s)", found.name, action, resource, verdict.value)
            raise NotAllowed(found.name, action, resource, verdict is Verdict.DENIED)

    def check_service(self, service: str, role: str, action: str, resource: str) -> None:
        """As `check`, for a service of the cloud that acts with the role, which has to trust it."""
        found = self.find(role)
        if found is not None and service not in found.services:
            log.warning("the role %s does not trust %s", found.name, service)
            raise NotAllowed(found.name, "sts:AssumeRole", service, explicit=False)
        self.check(role, action, resource)

    def _tell(self, role: str) -> None:
        if role not in self._told:
            self._told.add(role)
            log.warning("no template declares the role %s, so it may do everything here", role or "(none)")
