"""Every error that leaves this package.

    SightlineError
    ├── BadInput           what somebody gave us is wrong: names the field and the fix
    │   └── BadSetting     an environment variable is missing or wrong
    ├── LedgerConflict     another writer was faster: read again (retryable)
    │   └── LedgerLocked   the ledger is about to be deleted: later (retryable)
    ├── ServiceUnreachable no answer, or none of the service's, so whether the call took effect is unknown (retryable)
    └── ServiceRefused     the service answered with an error (retryable when it was busy or broken)
        ├── CredentialsExpired  the temporary key has ended, and the instance has no newer one (retryable, in another instance)
        ├── PermissionMissing   the role may not do this: names the RAM action to grant
        ├── KeyRefused          the service does not know the key, or it is not the right one: names neither
        ├── ModelNotFound       PAI has no such model for this AppId: ask for it, or leave the job out
        └── UnusableAnswer      what it answered is no answer: names the field (retryable where it was a question)

`retryable` says whether the same call may succeed later without anybody changing anything.
"""

from __future__ import annotations

from sightline.untrusted import plain
from sightline.value import Value

# Of a code and of a message; a service's own are a word and a sentence or two, and both end in ledgers, logs and terminals.
LONGEST_CODE = 100
LONGEST_MESSAGE = 1_000

# Of an error answer that names none: a proxy's page, for one.
UNKNOWN_CODE = "Unknown"

# IMS and its gateway (its documents spell ServiceUnavailable in two ways); OSS; MNS.
_BUSY = (
    "Throttling",
    "RequestsTooFrequent",
    "ServiceUnavailable",
    "ServiceUnAvailable",
    "TotalQpsLimitExceeded",
    "MetaOperationQpsLimitExceeded",
    "QpsLimitExceeded",
)


class SightlineError(Exception):
    """Base of all; `retryable` as the module says."""

    retryable = False


class BadInput(SightlineError):
    """Input that can't be used. `field` names the part, `fix` says what would be right."""

    def __init__(self, field: str, problem: str, fix: str) -> None:
        self.field = plain(field, LONGEST_CODE)
        self.problem = plain(problem, LONGEST_MESSAGE)
        super().__init__(f"{self.field}: {self.problem}; {fix}")
        self.fix = fix


class BadSetting(BadInput):
    """A setting that stops a function at its start."""


class LedgerConflict(SightlineError):
    """The ledger grew between our reading and our append."""

    retryable = True


class LedgerLocked(LedgerConflict):
    """Nobody may write to the ledger before it is gone."""


class ServiceUnreachable(SightlineError):
    """A request got no answer: refused, reset, timed out, cut short. Unless it was never sent, it may have taken effect."""

    retryable = True

    def __init__(self, service: str, operation: str, cause: str, *, sent: bool = True) -> None:
        super().__init__(f"{service} {operation}: no answer ({cause})")
        self.service = service
        self.operation = operation
        self.took_no_effect = not sent


class ServiceRefused(SightlineError):
    """A request got an error for an answer.

    `busy` says that it was turned away before anything was done; a broken service may have done it all the same. Codes of IMS are not
    documented per operation, so callers branch on these two, the status class and a code's prefix only. `retry_after` is how many
    seconds the service asked to be left alone, where it said so.
    """

    def __init__(
        self, service: str, operation: str, status: int, code: str, message: str, request_id: str = "", *, retry_after: float | None = None
    ) -> None:
        code, request_id = plain(code, LONGEST_CODE), plain(request_id, LONGEST_CODE)
        super().__init__(f"{service} {operation}: {status} {code}: {plain(message, LONGEST_MESSAGE)} (request {request_id or 'unknown'})")
        self.service = service
        self.operation = operation
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.busy = status == 429 or code.startswith(_BUSY)
        self.retryable = self.busy or status >= 500
        self.took_no_effect = self.busy or status < 500

    @property
    def missing(self) -> bool:
        """Whether the thing that was asked for does not exist; no code for it is documented, so the status and the code's ending count.

        A page of somebody between says nothing of it, whatever its status.
        """
        is_other = self.code.startswith(("InvalidAccessKeyId", "InvalidApi", UNKNOWN_CODE))
        return not is_other and (self.status == 404 or self.code.endswith(("NotExist", "NotFound")))


class CredentialsExpired(ServiceRefused):
    """The service no longer takes the temporary key, and nothing in this instance has a newer one: another instance will.

    Nothing was done by the call.
    """

    def __init__(self, service: str, operation: str, status: int, code: str, message: str, request_id: str = "") -> None:
        advice = "the temporary key of the role has ended and this instance has no newer one, but a new instance will"
        super().__init__(service, operation, status, code, f"{advice}; it says: {message}", request_id)
        self.retryable = True


class Permission(Value):
    """A RAM action, and the resource to grant it on, as they stand in a policy."""

    action: str
    resource: str


class PermissionMissing(ServiceRefused):
    """The key is good, and its role may not do this. `permission` is what to grant."""

    def __init__(self, service: str, operation: str, status: int, code: str, message: str, request_id: str, permission: Permission) -> None:
        advice = f"grant {permission.action} on {permission.resource} to the function's role"
        super().__init__(service, operation, status, code, f"{advice}; it says: {message}", request_id)
        self.permission = permission


class KeyRefused(ServiceRefused):
    """The service does not take the key: its id is unknown, or its secret another."""

    def __init__(self, service: str, operation: str, status: int, code: str, message: str, request_id: str = "") -> None:
        advice = "it does not take the AppId or its token: compare both with the Multimedia Analysis page of the PAI console"
        super().__init__(service, operation, status, code, f"{advice}; it says: {message}", request_id)


class ModelNotFound(ServiceRefused):
    """The model is not deployed for this AppId: nothing is wrong with what was sent, and nothing but a contract mends it."""

    missing = False

    def __init__(self, service: str, operation: str, status: int, code: str, message: str, request_id: str = "") -> None:
        advice = "the model is not deployed for this AppId: ask the account manager for it, or do without"
        super().__init__(service, operation, status, code, f"{advice}; it says: {message}", request_id)


class UnusableAnswer(ServiceRefused):
    """An answer that was told as a success lacks what its documentation promises, so that nothing can be done with it.

    It is a refusal to whoever asked: the same callers know what to do. A question may be asked again, since its next answer may be
    whole; the deadline of what waits for it ends that. A call that changes something may have done so: it is not repeated, since the
    next answer would lack the same, at the price of another job.
    """

    def __init__(self, service: str, operation: str, field: str, problem: str, *, retryable: bool) -> None:
        super().__init__(service, operation, 200, "UnusableAnswer", f"{field} {problem}")
        self.field = field
        self.retryable = retryable
        self.took_no_effect = retryable
