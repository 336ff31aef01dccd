"""Access keys, asked for anew at every attempt of a call: in a warm instance the temporary ones change.

How a newer key reaches a warm instance of Function Compute: the runtimes up to python3.10 fill `context.credentials` from each
invocation's own headers, while their environment is written when the process starts (and once more after a snapshot is restored), so the
context is the newer of the two. The context of python3.12 has no credentials ("Context", Function Compute's help), so its environment is
all there is. The keys are good for 36 hours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sightline.errors import BadSetting
from sightline.value import Value

_TOKEN = "ALIBABA_CLOUD_SECURITY_TOKEN"
_VARIABLES = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", _TOKEN)


class Credentials(Value):
    """An access key; `security_token` is set for a temporary one (STS)."""

    access_key_id: str
    access_key_secret: str
    security_token: str | None = None

    def __repr__(self) -> str:
        return f"Credentials({self.access_key_id!r})"


CredentialsProvider = Callable[[], Credentials]


def from_environment(environment: Mapping[str, str]) -> CredentialsProvider:
    """Reads the variables that Function Compute sets (python3.12 has no `context.credentials`: FC's environment variable page)."""

    def provide() -> Credentials:
        values = {name: environment.get(name, "") for name in _VARIABLES}
        for name, value in values.items():
            if not value and name != _TOKEN:
                raise BadSetting(name, "is not set", "give the function a role, or set it by hand")
            if not (value.isascii() and value.isprintable() and " " not in value):
                raise BadSetting(name, "holds what no key does: a space, a line's end or the like", "set it to the key alone")
        key_id, secret, token = values.values()
        return Credentials(key_id, secret, token or None)

    return provide


def from_context(context: Any) -> Credentials | None:
    """What an invocation brings; None for a runtime whose context has no key, and for a function without a role."""
    found = getattr(context, "credentials", None)
    names = ("access_key_id", "access_key_secret", "security_token")
    key_id, secret, token = (getattr(found, name, None) or "" for name in names)
    return Credentials(key_id, secret, token or None) if key_id and secret else None
