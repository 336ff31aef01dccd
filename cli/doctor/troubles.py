"""What it means for a check that a service did not answer its question."""

from __future__ import annotations

from cli.doctor.finding import Finding, failed, unknown
from cli.doctor.mending import Mending
from sightline.errors import CredentialsExpired, PermissionMissing, ServiceRefused, ServiceUnreachable, SightlineError

# Of OSS, the OpenAPI gateway, Function Compute and MNS, in this order.
_BAD_KEY = (
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "SecurityTokenExpired",
    "InvalidSecurityToken",
    "IncompleteSignature",
    "InvalidAccessKeyID",
    "SignatureNotMatch",
    "AccessIDAuthError",
)
_BAD_CLOCK = ("RequestTimeTooSkewed", "InvalidTimeStamp.Expired", "TimeExpired")
_DENIED = ("AccessDenied", "Forbidden", "NoPermission")

# The part before the colon of a RAM action.
_RAM_CODES = {"OSS": "oss", "IMS": "ice", "MPS": "mts", "FC": "fc", "MNS": "mns", "RAM": "ram"}

CLOCK_FIX = "set this machine's clock: `sudo timedatectl set-ntp true`"


def is_bad_key(error: SightlineError) -> bool:
    return isinstance(error, CredentialsExpired) or (isinstance(error, ServiceRefused) and error.code.startswith(_BAD_KEY))


def is_denied(error: SightlineError) -> bool:
    """Whether the key is good and may not do this."""
    return isinstance(error, PermissionMissing) or (isinstance(error, ServiceRefused) and error.code.startswith(_DENIED))


def unanswered(error: SightlineError, mend: Mending) -> Finding:
    """A service that is not there, a key or a clock that it does not take: the deployment does not work. The rest is not known."""
    if isinstance(error, ServiceUnreachable):
        return failed(str(error), mend.endpoint(error.service))
    if is_bad_key(error):
        return failed(str(error), mend.key)
    if isinstance(error, ServiceRefused) and error.code in _BAD_CLOCK:
        return failed(str(error), CLOCK_FIX)
    if isinstance(error, ServiceRefused) and is_denied(error):
        return unknown(f"this key may not ask it ({error.operation}: {error.code})", f"grant {_action(error)} to the user of this key")
    if isinstance(error, ServiceRefused) and error.code == "NotImplemented":
        return unknown(f"{error.service} has no {error.operation} here, so it can't be asked")
    return unknown(str(error), "run `sightline doctor` again; if it stays, ask the service's support with the request id")


def _action(error: ServiceRefused) -> str:
    """The RAM action that was missing. It is called as the operation is, here, unless the service says another."""
    if isinstance(error, PermissionMissing):
        return error.permission.action
    return f"{_RAM_CODES.get(error.service, error.service)}:{error.operation}"
