"""Who sent a request, by MNS's signature.

Source: "Sign requests" in the API reference, and mns_client.get_signature of the official SDK:
base64(HMAC-SHA1(secret, VERB + content-md5 + content-type + date, each with a line feed, + sorted x-mns-* headers + request target)).
Version 4 is in signature_v4.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from localcloud.http import Request
from localcloud.identity import CredentialError, Keyring, Principal, UnknownAccessKey
from localcloud.mns import signature_v4
from localcloud.mns.errors import MnsError, Refused, TimeExpired

VERSION = "2015-06-06"
SKEW_SECONDS = 15 * 60
_AUTHORIZATION = re.compile(r"MNS (?P<id>[^:\s]+):(?P<signature>\S+)")


def authenticate(request: Request, keyring: Keyring, now: float) -> Principal:
    """Who sent the request, if it is genuine, whole and fresh; raises what MNS would answer otherwise."""
    header = request.headers.get("authorization", "").strip()
    if not header:
        raise MnsError("MissingAuthorizationHeader", "Authorization header is required.")
    credentials = _AUTHORIZATION.fullmatch(header) or signature_v4.AUTHORIZATION.fullmatch(header)
    if not credentials:
        raise MnsError(
            "InvalidAuthorizationHeader", "The Authorization header format is invalid; it should be MNS <AccessKeyId>:<signature>."
        )
    date = _date(request.headers.get("date"), now)
    secret = _secret(request, keyring, credentials["id"])
    region = credentials.groupdict().get("region")
    expected = signature_v4.signature(request, secret, region, date) if region else signature(request, secret)
    if not hmac.compare_digest(expected.encode(), credentials["signature"].encode()):
        raise Refused("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
    _check_digest(request)
    _check_version(request)
    return keyring.principal(credentials["id"], request.headers.get("security-token"))


def signature(request: Request, secret: str) -> str:
    headers = request.headers
    first = [request.method, headers.get("content-md5", ""), headers.get("content-type", ""), headers.get("date", "")]
    own = [f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-mns-")]
    text = "\n".join(first) + "\n" + "".join(own) + request.target
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _secret(request: Request, keyring: Keyring, access_key_id: str) -> str:
    try:
        return keyring.secret_for(access_key_id, request.headers.get("security-token"))
    except UnknownAccessKey as error:
        raise Refused("InvalidAccessKeyId", "The AccessKey Id you provided is not exist.") from error
    except CredentialError as error:
        raise Refused("AccessDenied", "The security token you provided is invalid or has expired.") from error


def _date(text: str | None, now: float) -> datetime:
    if not text:
        raise MnsError("MissingDateHeader", "Date header is required.")
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError) as error:
        raise MnsError(
            "InvalidDateHeader", "The Date header format is invalid; it should be like Thu, 07 Mar 2012 18:49:58 GMT."
        ) from error
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    if abs(date.timestamp() - now) > SKEW_SECONDS:
        raise TimeExpired
    return date


def _check_version(request: Request) -> None:
    """The codes are those of the official .NET SDK's ErrorCode."""
    version = request.headers.get("x-mns-version")
    if not version:
        raise MnsError("MissingVersionHeader", f"x-mns-version is required; it should be {VERSION}.")
    if version != VERSION:
        raise MnsError("InvalidVersionHeader", f"The value of x-mns-version should be {VERSION}.")


def _check_digest(request: Request) -> None:
    """The SDK sends base64 of the hex digest, the document's samples base64 of the digest itself; both are taken."""
    claimed = request.headers.get("content-md5")
    if not claimed:
        return
    digest = hashlib.md5(request.body.read(), usedforsecurity=False)
    if claimed not in (base64.b64encode(digest.hexdigest().encode()).decode(), base64.b64encode(digest.digest()).decode()):
        raise MnsError("InvalidDegist", "The Content-MD5 you specified is invalid.")
