"""What a request says of who signed it, and the tools with which every version of the signature is checked."""

from __future__ import annotations

import base64
import calendar
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from localcloud.identity import ExpiredSecurityToken, InvalidSecurityToken, Keyring, Principal, UnknownAccessKey
from localcloud.oss.documents import timestamp
from localcloud.oss.errors import OssError, access_denied, invalid_argument, refused
from localcloud.oss.numbers import whole_number

SKEW_SECONDS = 15 * 60
LONGEST_PRESIGN = 7 * 24 * 3600
V4_NAME = "OSS4-HMAC-SHA256"


@dataclass(frozen=True)
class Claim:
    """What a request says of itself; it holds when `expected(secret)` is `signature`."""

    access_key_id: str
    signature: str
    text: bytes
    expected: Callable[[str], str]
    token: str | None


def check(claim: Claim, keyring: Keyring) -> Principal:
    """Who it is. Raises SignatureDoesNotMatch, InvalidAccessKeyId, SecurityTokenExpired and InvalidSecurityToken."""
    if not hmac.compare_digest(claim.expected(_secret(keyring, claim)).encode(), claim.signature.encode("utf-8", "replace")):
        raise _mismatch(claim)
    return keyring.principal(claim.access_key_id, claim.token)


def _secret(keyring: Keyring, claim: Claim) -> str:
    try:
        return keyring.secret_for(claim.access_key_id, claim.token)
    except UnknownAccessKey as error:
        message = "The OSS Access Key Id you provided does not exist in our records."
        raise refused("InvalidAccessKeyId", message, OSSAccessKeyId=claim.access_key_id) from error
    except ExpiredSecurityToken as error:
        raise refused("SecurityTokenExpired", "The security token you provided has expired.") from error
    except InvalidSecurityToken as error:
        raise refused("InvalidSecurityToken", "The security token you provided is invalid.") from error


def _mismatch(claim: Claim) -> OssError:
    details = {"OSSAccessKeyId": claim.access_key_id, "SignatureProvided": claim.signature}
    if claim.token is None:  # The string to sign would repeat the token.
        details["StringToSign"] = claim.text.decode("utf-8", "replace")[:2048]
    message = "The request signature we calculated does not match the signature you provided. Check your key and signing method."
    return OssError(403, "SignatureDoesNotMatch", message, details)


def check_skew(now: float, signed_at: float) -> None:
    """Raises RequestTimeTooSkewed; both are seconds since 1970."""
    if abs(now - signed_at) > SKEW_SECONDS:
        message = "The difference between the request time and the current time is too large."
        raise refused(
            "RequestTimeTooSkewed",
            message,
            RequestTime=timestamp(signed_at),
            ServerTime=timestamp(now),
            MaxAllowedSkewMilliseconds="900000",
        )


def check_expiry(now: float, expires: float) -> None:
    """Raises AccessDenied; both are seconds since 1970."""
    if now > expires:
        raise access_denied("Request has expired.", Expires=timestamp(expires), ServerTime=timestamp(now))


def http_time(text: str) -> float:
    """Seconds since 1970. Raises AccessDenied for what is no HTTP date."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError) as error:
        raise access_denied("OSS authentication requires a valid Date.") from error


def compact_time(text: str) -> float:
    """Seconds since 1970, from `20221231T235959Z`. Raises AccessDenied."""
    try:
        return calendar.timegm(time.strptime(text, "%Y%m%dT%H%M%SZ"))
    except ValueError as error:
        raise access_denied("OSS authentication requires a valid x-oss-date.") from error


def seconds(name: str, text: str) -> int:
    """A number of the query. Raises InvalidArgument."""
    number = whole_number(text)
    if number is None:
        raise invalid_argument(name, text, f"{name} must be a number of seconds.")
    return number


def _hmac(key: bytes, message: bytes, algorithm: str) -> bytes:
    return hmac.new(key, message, algorithm).digest()


def in_base64(text: bytes, algorithm: str) -> Callable[[str], str]:
    """The signature of versions 1 and 2: an HMAC in base64."""
    return lambda secret: base64.b64encode(_hmac(secret.encode(), text, algorithm)).decode()


@dataclass(frozen=True)
class Credential:
    """`<key id>/<date>/<region>/oss/aliyun_v4_request`."""

    access_key_id: str
    scope: str


def credential_of(text: str, date: str, region: str, place: str) -> Credential:
    """`place` is header, query or form. Raises InvalidArgument, in the words that the suite of oss2 expects (test_sign.py,
    test_exception_ec.py).
    """
    access_key_id, _, scope = text.partition("/")
    if scope.split("/")[1:2] != [region]:
        in_header = place == "header"
        message = "Invalid signing region in Authorization header." if in_header else "The signing region in credential is invalid."
        details = {"ArgumentName": "Credential", "ArgumentValue": text, **({"EC": "0002-00000226"} if in_header else {})}
        raise OssError(400, "InvalidArgument", message, details)
    if scope != f"{date[:8]}/{region}/oss/aliyun_v4_request":
        message = "Invalid credential in Authorization header." if place == "header" else "The credential is invalid."
        raise invalid_argument("Credential", text, message)
    return Credential(access_key_id, scope)


def in_version_4(scope: str, text: bytes) -> Callable[[str], str]:
    """The signature of version 4: an HMAC in hexadecimal digits, by a key that is derived for one scope."""

    def expected(secret: str) -> str:
        key = f"aliyun_v4{secret}".encode()
        for part in scope.split("/"):
            key = _hmac(key, part.encode(), "sha256")
        return _hmac(key, text, "sha256").hex()

    return expected
