"""What IMS says when it refuses. The codes are those of its common error page and of the gateway in front of it."""

from __future__ import annotations

from localcloud.acs import AcsError

NOT_IMPLEMENTED = "LaptopCloud.NotImplemented"
"""Our own code, found in no cloud: the operation or parameter exists there, and this laptop cloud does not do it yet."""


def invalid_parameter(name: str, reason: str) -> AcsError:
    return AcsError(400, "InvalidParameter", f'The specified parameter "{name}" is not valid: {reason}.')


def missing_parameter(name: str) -> AcsError:
    return AcsError(400, "MissingParameter", f'The parameter "{name}" is mandatory for this action.')


def not_found(kind: str, name: str) -> AcsError:
    """The cloud documents no code for an unknown job, template or library; this one is on the common error page."""
    return AcsError(404, "ResourceNotFound", f'The specified {kind} "{name}" does not exist.')


def unknown_operation(name: str, version: str) -> AcsError:
    return AcsError(
        404, "InvalidApi.NotFound", f'Specified api "{name}" of version {version} is not found; check the action and the version.'
    )


def unsupported_method(method: str) -> AcsError:
    return AcsError(400, "UnsupportedHTTPMethod", f"The method {method} is not supported; use POST.")


def not_implemented(what: str) -> AcsError:
    return AcsError(400, NOT_IMPLEMENTED, f"The laptop cloud does not do this yet: {what}.")


def operation_denied(reason: str) -> AcsError:
    return AcsError(403, "OperationDenied", f"The operation is denied: {reason}.")


def internal_error() -> AcsError:
    return AcsError(500, "InternalError", "The request failed inside the laptop cloud; its log says why.")
