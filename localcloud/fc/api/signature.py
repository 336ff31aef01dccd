"""The signature of the older API (2016-08-15), verified: `Authorization: FC <access key id>:<signature>`.

What is signed: https://www.alibabacloud.com/help/en/functioncompute/fc-2-0/developer-reference/signature-authentication, and the code
of the SDK aliyun-fc2, `fc2/auth.py`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timezone
from email.utils import parsedate_to_datetime

from localcloud.acs import Caller
from localcloud.fc.errors import AccessDenied, InvalidAccessKey, InvalidArgument, SignatureNotMatch
from localcloud.http import Request
from localcloud.identity import CredentialError, Keyring, UnknownAccessKey

WINDOW_SECONDS = 15 * 60


def verify(request: Request, keyring: Keyring, now: float) -> Caller:
    """Who sent the request. Raises a Refused if the request is not signed by a key of ours, or more than 15 minutes ago or ahead."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    access_key_id, _, signature = credential.partition(":")
    if scheme != "FC" or not signature:
        raise AccessDenied("the header Authorization has to be 'FC <access key id>:<signature>'")
    _check_time(request.headers.get("date", ""), now)
    expected = _sign(request, _secret(keyring, access_key_id, request.headers.get("x-fc-security-token")))
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise SignatureNotMatch
    return Caller(access_key_id, keyring.principal(access_key_id, request.headers.get("x-fc-security-token")))


def _sign(request: Request, secret: str) -> str:
    headers = request.headers
    signed_headers = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-fc-"))
    parts = [headers.get(name, "") for name in ("content-md5", "content-type", "date")]
    text = "\n".join([request.method, *parts, signed_headers + request.path])
    digest = hmac.new(secret.encode(), text.encode(errors="surrogateescape"), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _check_time(date: str, now: float) -> None:
    try:
        signed_at = parsedate_to_datetime(date).replace(tzinfo=timezone.utc).timestamp()
    except (TypeError, ValueError):
        raise InvalidArgument("the header Date has to be an HTTP date, such as 'Tue, 15 Nov 1994 08:12:31 GMT'") from None
    if abs(now - signed_at) > WINDOW_SECONDS:
        raise AccessDenied("the time of the request differs from the time of the server by more than 15 minutes")


def _secret(keyring: Keyring, access_key_id: str, token: str | None) -> str:
    try:
        return keyring.secret_for(access_key_id, token)
    except UnknownAccessKey:
        raise InvalidAccessKey(access_key_id) from None
    except CredentialError:
        raise AccessDenied("the security token is invalid or expired") from None
