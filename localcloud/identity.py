"""Keys of the laptop cloud: one account key made at the first start, and temporary ones (STS) for the functions.

Temporary keys are stateless: their secret is derived from the id, and the token carries its own expiry under a MAC, so they
outlive a restart without a table.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

Clock = Callable[[], float]


@dataclass(frozen=True)
class Credential:
    """An access key; `security_token` is set for a temporary one."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)


class CredentialError(Exception):
    """A key that does not count. Each service says so in its own words."""


class UnreadableKey(Exception):
    """The file that keeps the account's key holds none."""


class UnknownAccessKey(CredentialError):
    pass


class InvalidSecurityToken(CredentialError):
    pass


class ExpiredSecurityToken(CredentialError):
    pass


class NotAllowed(Exception):
    """The key is good, and its role may not do this; `explicit` where a policy denies it. Each service says so in its own words."""

    def __init__(self, role: str, action: str, resource: str, explicit: bool) -> None:
        super().__init__(f"the role {role} may not {action} on {resource}")
        self.role = role
        self.action = action
        self.resource = resource
        self.explicit = explicit


class Authority(Protocol):
    """Knows what a role may do."""

    def check(self, role: str, action: str, resource: str) -> None:
        """`action` as in `oss:GetObject`, `resource` as an ARN. Raises NotAllowed."""
        ...

    def check_service(self, service: str, role: str, action: str, resource: str) -> None:
        """As `check`, for a service of the cloud that acts with the role, which has to trust it."""
        ...


class Everything:
    """Of a cloud without roles."""

    def check(self, role: str, action: str, resource: str) -> None:
        pass

    def check_service(self, service: str, role: str, action: str, resource: str) -> None:
        pass


@dataclass(frozen=True)
class Principal:
    """Who signed a request: one of the account's roles, or the account itself, which may do everything."""

    role: str = ""
    authority: Authority = field(default=Everything(), repr=False, compare=False)

    def check(self, action: str, resource: str) -> None:
        """Raises NotAllowed."""
        if self.role:
            self.authority.check(self.role, action, resource)


class Keyring:
    """Finds the secret that belongs to an access key id, and who it is. `authority` is asked what a role may do."""

    def __init__(self, account: Credential, clock: Clock = time.time) -> None:
        self.account = account
        self.authority: Authority = Everything()
        self._clock = clock

    @classmethod
    def open(cls, path: Path, clock: Clock = time.time) -> Keyring:
        """The keyring kept at `path` (mode 0600), made there if it is missing. Raises UnreadableKey."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            made = {"access_key_id": "LTAI" + secrets.token_hex(10), "access_key_secret": secrets.token_urlsafe(24)}
            partial = path.with_suffix(".partial")
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(made, file)
            partial.replace(path)
        try:
            return cls(Credential(**json.loads(path.read_text())), clock)
        except (ValueError, TypeError):
            raise UnreadableKey(str(path)) from None  # the cause would show what is in it

    def issue(self, role: str, seconds: float) -> Credential:
        """A temporary key for a role, good for `seconds`."""
        access_key_id = "STS." + secrets.token_hex(12)
        claims = json.dumps({"id": access_key_id, "role": role, "expires": self._clock() + seconds}).encode()
        token = base64.urlsafe_b64encode(claims).decode() + "." + self._mac("token", claims)
        return Credential(access_key_id, self._mac("secret", access_key_id.encode()), token)

    def secret_for(self, access_key_id: str, security_token: str | None = None) -> str:
        """The secret that signs for this id.

        Raises UnknownAccessKey, InvalidSecurityToken or ExpiredSecurityToken.
        """
        if access_key_id == self.account.access_key_id:
            return self.account.access_key_secret
        self._role(access_key_id, security_token)
        return self._mac("secret", access_key_id.encode())

    def principal(self, access_key_id: str, security_token: str | None = None) -> Principal:
        """Whose key it is. Raises as `secret_for` does."""
        if access_key_id == self.account.access_key_id:
            return Principal()
        return Principal(self._role(access_key_id, security_token), self.authority)

    def _role(self, access_key_id: str, security_token: str | None) -> str:
        """The role that a temporary key is for."""
        if not access_key_id.startswith("STS."):
            raise UnknownAccessKey(access_key_id)
        encoded, _, mac = (security_token or "").partition(".")
        try:
            claims = base64.urlsafe_b64decode(encoded)
        except ValueError as error:
            raise InvalidSecurityToken(access_key_id) from error
        if not hmac.compare_digest(mac.encode(), self._mac("token", claims).encode()):
            raise InvalidSecurityToken(access_key_id)
        known = json.loads(claims)
        if known["id"] != access_key_id:
            raise InvalidSecurityToken(access_key_id)
        if known["expires"] < self._clock():
            raise ExpiredSecurityToken(access_key_id)
        return str(known["role"])

    def _mac(self, purpose: str, message: bytes) -> str:
        key = self.account.access_key_secret.encode()
        return hmac.new(key, purpose.encode() + b"\0" + message, hashlib.sha256).hexdigest()
