"""Who signed a request: OSS signature versions 1, 2 and 4, in the Authorization header or in the query (a presigned URL).

Sources: "Include signatures in the Authorization header" and "... in URLs" of OSS (versions 1 and 4), and oss2 2.19.1 auth.py.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

from localcloud.identity import Keyring, Principal
from localcloud.oss.documents import timestamp
from localcloud.oss.errors import access_denied, invalid_argument
from localcloud.oss.signing.claims import (
    LONGEST_PRESIGN,
    SKEW_SECONDS,
    V4_NAME,
    Claim,
    Credential,
    check,
    check_expiry,
    check_skew,
    compact_time,
    credential_of,
    http_time,
    in_base64,
    in_version_4,
    seconds,
)
from localcloud.oss.subresources import SIGNED_BY_VERSION_1
from localcloud.oss.wire import Call

_V4_HEADER = re.compile(
    V4_NAME
    + r"\s+Credential=([^,\s]+)\s*,(?:\s*AdditionalHeaders=([^,\s]*)\s*,)?\s*Signature=([0-9a-f]+)(?:\s*,\s*AdditionalHeaders=([^,\s]*))?"
)
_V2_HEADER = re.compile(r"OSS2 AccessKeyId:([^,]+),(?:AdditionalHeaders:([^,]*),)?Signature:(.+)")


def authenticate(call: Call, keyring: Keyring, region: str) -> Principal | None:
    """Who signed the request; nobody an anonymous one.

    Raises OssError for a wrong or expired signature, an unknown key, or a clock more than 15 minutes off.
    """
    claim = _claim(call, region)
    return None if claim is None else check(claim, keyring)


def _claim(call: Call, region: str) -> Claim | None:
    authorization = call.headers.get("authorization", "")
    query = call.query
    if authorization.startswith(V4_NAME):
        return _version_4_header(call, authorization, region)
    if authorization.startswith("OSS2 "):
        return _version_2_header(call, authorization)
    if authorization:
        return _version_1_header(call, authorization)
    if query.get("x-oss-signature-version") == V4_NAME:
        return _version_4_query(call, region)
    if query.get("x-oss-signature-version") == "OSS2":
        return _version_2_query(call)
    if "Signature" in query or "OSSAccessKeyId" in query:
        return _version_1_query(call)
    return None


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
    check_skew(call.now, http_time(date))
    text = _version_1_text(call, date)
    return Claim(access_key_id, signature, text, in_base64(text, "sha1"), call.headers.get("x-oss-security-token"))


def _version_1_query(call: Call) -> Claim:
    query = call.query
    missing = [name for name in ("OSSAccessKeyId", "Expires", "Signature") if not query.get(name)]
    if missing:
        raise access_denied(
            f"Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters; {missing[0]} is missing."
        )
    check_expiry(call.now, seconds("Expires", query["Expires"]))
    text = _version_1_text(call, query["Expires"])
    return Claim(query["OSSAccessKeyId"], query["Signature"], text, in_base64(text, "sha1"), query.get("security-token"))


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
    check_skew(call.now, http_time(date))
    text = _version_2_text(call, date, additional)
    return Claim(access_key_id, signature, text, in_base64(text, "sha256"), call.headers.get("x-oss-security-token"))


def _version_2_query(call: Call) -> Claim:
    query = call.query
    expires = query.get("x-oss-expires", "")
    check_expiry(call.now, seconds("x-oss-expires", expires))
    text = _version_2_text(call, expires, query.get("x-oss-additional-headers", ""))
    signature = query.get("x-oss-signature", "")
    return Claim(query.get("x-oss-access-key-id", ""), signature, text, in_base64(text, "sha256"), query.get("security-token"))


# Version 4: HMAC-SHA256 with a key derived for one day, one region and one product.


def _version_4_header(call: Call, authorization: str, region: str) -> Claim:
    match = _V4_HEADER.fullmatch(authorization)
    if match is None:
        raise invalid_argument("Authorization", V4_NAME, "The authorization header is invalid.")
    credential, before, signature, after = match.groups(default="")
    date = call.headers.get("x-oss-date", "")
    check_skew(call.now, compact_time(date))
    token = call.headers.get("x-oss-security-token")
    return _version_4(call, credential_of(credential, date, region, "header"), date, before or after, signature, token)


def _version_4_query(call: Call, region: str) -> Claim:
    query = call.query
    date, lifetime = query.get("x-oss-date", ""), seconds("x-oss-expires", query.get("x-oss-expires", ""))
    if not 1 <= lifetime <= LONGEST_PRESIGN:
        raise invalid_argument("x-oss-expires", str(lifetime), "x-oss-expires must be between 1 and 604800 seconds.")
    signed_at = compact_time(date)
    if signed_at > call.now + SKEW_SECONDS:
        raise access_denied("Request is not valid yet.", ServerTime=timestamp(call.now))
    check_expiry(call.now, signed_at + lifetime)
    additional, signature = query.get("x-oss-additional-headers", ""), query.get("x-oss-signature", "")
    credential = credential_of(query.get("x-oss-credential", ""), date, region, "query")
    return _version_4(call, credential, date, additional, signature, query.get("x-oss-security-token"))


def _version_4(call: Call, credential: Credential, date: str, additional: str, signature: str, token: str | None) -> Claim:
    canonical = _version_4_canonical(call, additional)
    text = "\n".join((V4_NAME, date, credential.scope, hashlib.sha256(canonical).hexdigest())).encode()
    return Claim(credential.access_key_id, signature, text, in_version_4(credential.scope, text), token)


def _version_4_canonical(call: Call, additional: str) -> bytes:
    names = tuple(name for name in additional.lower().split(";") if name)
    pairs = [(_encoded(name), _encoded(value)) for name, value in call.query.items() if name != "x-oss-signature"]
    first = f"{call.method}\n{quote(_resource(call), safe='/~')}\n{_joined(pairs)}\n".encode()
    headers = _signed_headers(call, ("content-type", "content-md5", *names))
    payload = call.headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD")
    return first + headers + f"\n{';'.join(sorted(names))}\n{payload}".encode()


def _encoded(text: str) -> str:
    return quote(text, safe="~")
