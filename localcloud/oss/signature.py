"""Who signed a request: OSS signature versions 1, 2 and 4, in the Authorization header or in the query (a presigned URL).

Sources: "Include signatures in the Authorization header" and "... in URLs" of OSS (versions 1 and 4), and oss2 2.19.1 auth.py.
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from localcloud.identity import ExpiredSecurityToken, InvalidSecurityToken, Keyring, UnknownAccessKey
from localcloud.oss.documents import timestamp
from localcloud.oss.errors import OssError, access_denied, invalid_argument, refused
from localcloud.oss.numbers import whole_number
from localcloud.oss.subresources import SIGNED_BY_VERSION_1
from localcloud.oss.wire import Call

SKEW_SECONDS = 15 * 60
LONGEST_PRESIGN = 7 * 24 * 3600
_V4_NAME = "OSS4-HMAC-SHA256"
_V4_HEADER = re.compile(
    _V4_NAME
    + r"\s+Credential=([^,\s]+)\s*,(?:\s*AdditionalHeaders=([^,\s]*)\s*,)?\s*Signature=([0-9a-f]+)(?:\s*,\s*AdditionalHeaders=([^,\s]*))?"
)
_V2_HEADER = re.compile(r"OSS2 AccessKeyId:([^,]+),(?:AdditionalHeaders:([^,]*),)?Signature:(.+)")


@dataclass(frozen=True)
class Claim:
    """What a request says of itself; it holds when `expected(secret)` is `signature`."""

    access_key_id: str
    signature: str
    text: bytes
    expected: Callable[[str], str]
    token: str | None


def authenticate(call: Call, keyring: Keyring, region: str) -> bool:
    """Whether the request is signed; an anonymous one is not.

    Raises OssError for a wrong or expired signature, an unknown key, or a clock more than 15 minutes off.
    """
    claim = _claim(call, region)
    if claim is None:
        return False
    secret = _secret(keyring, claim)
    if not hmac.compare_digest(claim.expected(secret).encode(), claim.signature.encode("utf-8", "replace")):
        raise _mismatch(claim)
    return True


def _claim(call: Call, region: str) -> Claim | None:
    authorization = call.headers.get("authorization", "")
    query = call.query
    if authorization.startswith(_V4_NAME):
        return _version_4_header(call, authorization, region)
    if authorization.startswith("OSS2 "):
        return _version_2_header(call, authorization)
    if authorization:
        return _version_1_header(call, authorization)
    if query.get("x-oss-signature-version") == _V4_NAME:
        return _version_4_query(call, region)
    if query.get("x-oss-signature-version") == "OSS2":
        return _version_2_query(call)
    if "Signature" in query or "OSSAccessKeyId" in query:
        return _version_1_query(call)
    return None


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


def _check_skew(now: float, signed_at: float) -> None:
    if abs(now - signed_at) > SKEW_SECONDS:
        message = "The difference between the request time and the current time is too large."
        raise refused(
            "RequestTimeTooSkewed",
            message,
            RequestTime=timestamp(signed_at),
            ServerTime=timestamp(now),
            MaxAllowedSkewMilliseconds="900000",
        )


def _check_expiry(now: float, expires: float) -> None:
    if now > expires:
        raise access_denied("Request has expired.", Expires=timestamp(expires), ServerTime=timestamp(now))


def _http_time(text: str) -> float:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError) as error:
        raise access_denied("OSS authentication requires a valid Date.") from error


def _compact_time(text: str) -> float:
    try:
        return calendar.timegm(time.strptime(text, "%Y%m%dT%H%M%SZ"))
    except ValueError as error:
        raise access_denied("OSS authentication requires a valid x-oss-date.") from error


def _seconds(name: str, text: str) -> int:
    seconds = whole_number(text)
    if seconds is None:
        raise invalid_argument(name, text, f"{name} must be a number of seconds.")
    return seconds


def _hmac(key: bytes, message: bytes, algorithm: str) -> bytes:
    return hmac.new(key, message, algorithm).digest()


def _in_base64(text: bytes, algorithm: str) -> Callable[[str], str]:
    return lambda secret: base64.b64encode(_hmac(secret.encode(), text, algorithm)).decode()


def _signed_headers(call: Call, also: tuple[str, ...] = ()) -> bytes:
    chosen = sorted(name for name in call.headers if name.startswith("x-oss-") or name in also)
    return b"".join(name.encode() + b":" + call.headers[name].encode("latin-1") + b"\n" for name in chosen)


def _first_lines(call: Call, date: str) -> bytes:
    lines = (call.method, call.headers.get("content-md5", ""), call.headers.get("content-type", ""), date)
    return "".join(line + "\n" for line in lines).encode("latin-1")


def _resource(call: Call) -> str:
    return f"/{call.bucket}/{call.key}" if call.bucket else "/"


def _joined(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" if value else name for name, value in sorted(pairs))


# Version 1: HMAC-SHA1 over the decoded resource and a list of known sub-resources.


def _version_1_text(call: Call, date: str) -> bytes:
    chosen = _joined([(name, value) for name, value in call.query.items() if name in SIGNED_BY_VERSION_1])
    resource = _resource(call) + ("?" + chosen if chosen else "")
    return _first_lines(call, date) + _signed_headers(call) + resource.encode()


def _version_1_header(call: Call, authorization: str) -> Claim:
    scheme, _, rest = authorization.partition(" ")
    access_key_id, colon, signature = rest.strip().partition(":")
    if scheme != "OSS" or not colon:
        raise invalid_argument("Authorization", scheme, "The authorization header is invalid.")
    date = call.headers.get("x-oss-date") or call.headers.get("date", "")
    _check_skew(call.now, _http_time(date))
    text = _version_1_text(call, date)
    return Claim(access_key_id, signature, text, _in_base64(text, "sha1"), call.headers.get("x-oss-security-token"))


def _version_1_query(call: Call) -> Claim:
    query = call.query
    missing = [name for name in ("OSSAccessKeyId", "Expires", "Signature") if not query.get(name)]
    if missing:
        raise access_denied(
            f"Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters; {missing[0]} is missing."
        )
    _check_expiry(call.now, _seconds("Expires", query["Expires"]))
    text = _version_1_text(call, query["Expires"])
    return Claim(query["OSSAccessKeyId"], query["Signature"], text, _in_base64(text, "sha1"), query.get("security-token"))


# Version 2: HMAC-SHA256, every query parameter counts.


def _version_2_text(call: Call, date: str, additional: str) -> bytes:
    names = tuple(name for name in additional.lower().split(";") if name)
    pairs = [(_encoded(name), _encoded(value)) for name, value in call.query.items() if name != "x-oss-signature"]
    resource = _encoded(_resource(call)) + ("?" + _joined(pairs) if pairs else "")
    return _first_lines(call, date) + _signed_headers(call, names) + f"{';'.join(sorted(names))}\n{resource}".encode()


def _version_2_header(call: Call, authorization: str) -> Claim:
    match = _V2_HEADER.fullmatch(authorization)
    if match is None:
        raise invalid_argument("Authorization", "OSS2", "The authorization header is invalid.")
    access_key_id, additional, signature = match.groups(default="")
    date = call.headers.get("x-oss-date") or call.headers.get("date", "")
    _check_skew(call.now, _http_time(date))
    text = _version_2_text(call, date, additional)
    return Claim(access_key_id, signature, text, _in_base64(text, "sha256"), call.headers.get("x-oss-security-token"))


def _version_2_query(call: Call) -> Claim:
    query = call.query
    expires = query.get("x-oss-expires", "")
    _check_expiry(call.now, _seconds("x-oss-expires", expires))
    text = _version_2_text(call, expires, query.get("x-oss-additional-headers", ""))
    signature = query.get("x-oss-signature", "")
    return Claim(query.get("x-oss-access-key-id", ""), signature, text, _in_base64(text, "sha256"), query.get("security-token"))


# Version 4: HMAC-SHA256 with a key derived for one day, one region and one product.


@dataclass(frozen=True)
class _Credential:
    """`<key id>/<date>/<region>/oss/aliyun_v4_request`."""

    access_key_id: str
    scope: str


def _credential(text: str, date: str, region: str, place: str) -> _Credential:
    """Raises InvalidArgument, in the words that the suite of oss2 expects (test_sign.py, test_exception_ec.py)."""
    access_key_id, _, scope = text.partition("/")
    if scope.split("/")[1:2] != [region]:
        in_header = place == "header"
        message = "Invalid signing region in Authorization header." if in_header else "The signing region in credential is invalid."
        details = {"ArgumentName": "Credential", "ArgumentValue": text, **({"EC": "0002-00000226"} if in_header else {})}
        raise OssError(400, "InvalidArgument", message, details)
    if scope != f"{date[:8]}/{region}/oss/aliyun_v4_request":
        message = "Invalid credential in Authorization header." if place == "header" else "The credential is invalid."
        raise invalid_argument("Credential", text, message)
    return _Credential(access_key_id, scope)


def _version_4_header(call: Call, authorization: str, region: str) -> Claim:
    match = _V4_HEADER.fullmatch(authorization)
    if match is None:
        raise invalid_argument("Authorization", _V4_NAME, "The authorization header is invalid.")
    credential, before, signature, after = match.groups(default="")
    date = call.headers.get("x-oss-date", "")
    _check_skew(call.now, _compact_time(date))
    token = call.headers.get("x-oss-security-token")
    return _version_4(call, _credential(credential, date, region, "header"), date, before or after, signature, token)


def _version_4_query(call: Call, region: str) -> Claim:
    query = call.query
    date, lifetime = query.get("x-oss-date", ""), _seconds("x-oss-expires", query.get("x-oss-expires", ""))
    if not 1 <= lifetime <= LONGEST_PRESIGN:
        raise invalid_argument("x-oss-expires", str(lifetime), "x-oss-expires must be between 1 and 604800 seconds.")
    signed_at = _compact_time(date)
    if signed_at > call.now + SKEW_SECONDS:
        raise access_denied("Request is not valid yet.", ServerTime=timestamp(call.now))
    _check_expiry(call.now, signed_at + lifetime)
    additional, signature = query.get("x-oss-additional-headers", ""), query.get("x-oss-signature", "")
    credential = _credential(query.get("x-oss-credential", ""), date, region, "query")
    return _version_4(call, credential, date, additional, signature, query.get("x-oss-security-token"))


def _version_4(call: Call, credential: _Credential, date: str, additional: str, signature: str, token: str | None) -> Claim:
    canonical = _version_4_canonical(call, additional)
    text = "\n".join((_V4_NAME, date, credential.scope, hashlib.sha256(canonical).hexdigest())).encode()
    return Claim(credential.access_key_id, signature, text, _in_version_4(credential.scope, text), token)


def _in_version_4(scope: str, text: bytes) -> Callable[[str], str]:
    def expected(secret: str) -> str:
        key = f"aliyun_v4{secret}".encode()
        for part in scope.split("/"):
            key = _hmac(key, part.encode(), "sha256")
        return _hmac(key, text, "sha256").hex()

    return expected


def _version_4_canonical(call: Call, additional: str) -> bytes:
    names = tuple(name for name in additional.lower().split(";") if name)
    pairs = [(_encoded(name), _encoded(value)) for name, value in call.query.items() if name != "x-oss-signature"]
    first = f"{call.method}\n{quote(_resource(call), safe='/~')}\n{_joined(pairs)}\n".encode()
    headers = _signed_headers(call, ("content-type", "content-md5", *names))
    payload = call.headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD")
    return first + headers + f"\n{';'.join(sorted(names))}\n{payload}".encode()


def _encoded(text: str) -> str:
    return quote(text, safe="~")


# The form of PostObject: what is signed is its policy, in base64 as it stands there.


def check_form(fields: Mapping[str, str], keyring: Keyring, region: str, now: float) -> bool:
    """Whether a form is signed; its fields have names in lower case.

    Raises OssError for a wrong signature or an unknown key, and for a signature without a policy.
    """
    claim = _form_claim(fields, region, now)
    if claim is None:
        return False
    if not fields.get("policy"):
        message = "Bucket POST must contain a field named 'policy'. If it is specified, please check the order of the fields."
        raise invalid_argument("policy", "", message)
    if not hmac.compare_digest(claim.expected(_secret(keyring, claim)).encode(), claim.signature.encode("utf-8", "replace")):
        raise _mismatch(claim)
    return True


def _form_claim(fields: Mapping[str, str], region: str, now: float) -> Claim | None:
    policy, token = fields.get("policy", "").encode(), fields.get("x-oss-security-token")
    if fields.get("x-oss-signature-version") == _V4_NAME:
        date = fields.get("x-oss-date", "")
        signed_at = _compact_time(date)
        if not -SKEW_SECONDS <= now - signed_at <= LONGEST_PRESIGN:
            _check_skew(now, signed_at)
        credential = _credential(fields.get("x-oss-credential", ""), date, region, "form")
        expected = _in_version_4(credential.scope, policy)
        return Claim(credential.access_key_id, fields.get("x-oss-signature", ""), policy, expected, token)
    if "ossaccesskeyid" in fields or "signature" in fields:
        return Claim(fields.get("ossaccesskeyid", ""), fields.get("signature", ""), policy, _in_base64(policy, "sha1"), token)
    return None
