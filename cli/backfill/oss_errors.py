"""The errors of the official SDK of OSS, in our terms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import oss2
import requests

from cli.backfill.problems import ObjectChanged, ObjectRefused
from cli.errors import NOT_FOUND, CommandError
from cli.patience import Unavailable
from sightline.errors import ServiceRefused, ServiceUnreachable

# "Error responses" of OSS: what is wrong with the caller, whatever object he asks for.
CALLER = {
    "InvalidAccessKeyId": "the access key id is unknown",
    "SignatureDoesNotMatch": "the access key secret does not belong to the key id",
    "SecurityTokenExpired": "the temporary credentials have expired",
    "InvalidSecurityToken": "the security token is not valid",
    "RequestTimeTooSkewed": "this machine's clock is wrong",
}


@contextmanager
def told_by_oss(bucket: str) -> Iterator[None]:
    """Raises ObjectChanged, ObjectRefused, Unavailable or CommandError for what OSS or the way there raises inside the block."""
    try:
        yield
    except oss2.exceptions.ServerError as error:
        raise _told(bucket, error.status, error.code, error.message) from error
    except oss2.exceptions.InconsistentError as error:
        raise Unavailable(f"oss://{bucket}: content was damaged on its way") from error
    except (oss2.exceptions.RequestError, requests.RequestException) as error:
        cause = getattr(error, "exception", error)
        raise Unavailable(f"oss://{bucket} gives no answer ({type(cause).__name__})") from error
    except ServiceRefused as error:
        if error.retryable:
            raise Unavailable(str(error)) from error
        raise _told(bucket, error.status, error.code, str(error)) from error
    except ServiceUnreachable as error:
        raise Unavailable(f"oss://{bucket} gives no answer") from error


def _told(bucket: str, status: int, code: str, message: str) -> Exception:
    if code in CALLER:
        return CommandError(f"oss://{bucket} refused: {CALLER[code]} ({code})", "the keys are those of `sightline up`; start it again")
    if code == "NoSuchBucket":
        return CommandError(f"there is no bucket {bucket}", "check the address", NOT_FOUND)
    if status in (404, 412, 304) or code == "FileAlreadyExists":
        return ObjectChanged(f"{code or status}")
    if status >= 500 or status == 429:
        return Unavailable(f"oss://{bucket} answers {status} {code}")
    return ObjectRefused(f"oss://{bucket} answered {status} {code}: {message}")
