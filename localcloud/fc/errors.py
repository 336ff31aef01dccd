"""What can go wrong in Function Compute, as one small tree."""

from __future__ import annotations


class FunctionComputeError(Exception):
    """The root: everything that this package raises on purpose."""


class ProjectError(FunctionComputeError):
    """The project file can't be used; the message names the file, the place in it, and the fix."""


class Refused(FunctionComputeError):
    """A call that Function Compute answers with an error of its own: an HTTP status, a code and a message.

    Codes and messages: https://www.alibabacloud.com/help/en/functioncompute/error-codes
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class UnknownFunction(Refused):
    def __init__(self, function: str) -> None:
        super().__init__(404, "FunctionNotFound", f"function '{function}' does not exist")


class UnknownTrigger(Refused):
    def __init__(self, trigger: str, function: str) -> None:
        super().__init__(404, "TriggerNotFound", f"trigger '{trigger}' does not exist in function '{function}'")


class UnknownService(Refused):
    def __init__(self, service: str) -> None:
        super().__init__(404, "ServiceNotFound", f"service '{service}' does not exist")


class UnknownLayer(Refused):
    def __init__(self, layer: str) -> None:
        super().__init__(404, "LayerVersionNotFound", f"layer '{layer}' does not exist among those that the functions use")


class UnknownAlias(Refused):
    def __init__(self, alias: str) -> None:
        super().__init__(404, "AliasNotFound", f"alias '{alias}' does not exist")


class UnknownDomain(Refused):
    def __init__(self, domain: str) -> None:
        super().__init__(404, "DomainNameNotFound", f"domain name '{domain}' does not exist")


class UnknownTask(Refused):
    def __init__(self, task: str) -> None:
        super().__init__(404, "AsyncTaskNotFound", f"async task '{task}' does not exist")


class KnownTask(Refused):
    def __init__(self, task: str) -> None:
        super().__init__(400, "AsyncTaskAlreadyExists", f"async task '{task}' already exists; use another id")


class NotAuthorized(Refused):
    """The caller's role may not do this. The sentence is the one that funcraft looks for (github.com/alibaba/funcraft/pull/243)."""

    def __init__(self, action: str, resource: str) -> None:
        super().__init__(403, "AccessDenied", f"the caller is not authorized to perform '{action}' on resource '{resource}'")


class NotChanged(Refused):
    """Nothing is changed through the API, since the project file says what there is."""

    def __init__(self, operation: str) -> None:
        message = (
            f"the caller is not authorized to perform 'fc:{operation}': functions, triggers and their configurations are declared in "
            "s.yaml here; change it there and start the laptop cloud again"
        )
        super().__init__(403, "AccessDenied", message)


class UnsupportedPath(Refused):
    def __init__(self, method: str, path: str) -> None:
        super().__init__(400, "PathNotSupported", f"'{method}' against '{path}' is not supported")


class PayloadTooLarge(Refused):
    def __init__(self, limit: int) -> None:
        super().__init__(400, "EntityTooLarge", f"payload size exceeds maximum allowed size ({limit} bytes)")


class InvalidArgument(Refused):
    def __init__(self, message: str) -> None:
        super().__init__(400, "InvalidArgument", message)


class TooManyInstances(Refused):
    def __init__(self, limit: int) -> None:
        super().__init__(429, "ResourceExhausted", f"your concurrency limit of {limit} instances is reached; try again later")


class UnknownVersion(Refused):
    def __init__(self, qualifier: str) -> None:
        super().__init__(404, "VersionNotFound", f"version or alias '{qualifier}' does not exist; only LATEST does")


class SignatureNotMatch(Refused):
    def __init__(self) -> None:
        message = "The request signature we calculated does not match the signature you provided. Check your access key and signing method"
        super().__init__(403, "SignatureNotMatch", message)


class InvalidAccessKey(Refused):
    def __init__(self, access_key_id: str) -> None:
        super().__init__(403, "InvalidAccessKeyID", f"invalid access key ID '{access_key_id}'")


class AccessDenied(Refused):
    def __init__(self, message: str) -> None:
        super().__init__(403, "AccessDenied", message)


class Stopped(Refused):
    """The laptop cloud is going down: whatever ran has no outcome."""

    def __init__(self) -> None:
        super().__init__(503, "ServiceUnavailable", "Function Compute is stopping; call again after the restart")
