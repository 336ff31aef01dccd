"""OSS's V4 signature, in the header and in the query.

Source: "Signature version 4" in the OSS documentation, and `oss2/auth.py` (ProviderAuthV4) of oss2 2.19.1. The resource always names the
bucket, whether or not the address does.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache
from urllib.parse import quote

from sightline.credentials import Credentials

_ALGORITHM = "OSS4-HMAC-SHA256"
_PAYLOAD = "UNSIGNED-PAYLOAD"


def sign_headers(
    credentials: Credentials, region: str, now: datetime, method: str, resource: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> dict[str, str]:
    """The headers to send: those given and the ones that sign them. `resource` is `/bucket/key`, not encoded."""
    signed = {**headers, "x-oss-date": _stamp(now), "x-oss-content-sha256": _PAYLOAD}
    if credentials.security_token:
        signed["x-oss-security-token"] = credentials.security_token
    scope = _scope(now, region)
    signature = _signature(credentials, now, scope, _canonical(method, resource, query, signed))
    signed["Authorization"] = f"{_ALGORITHM} Credential={credentials.access_key_id}/{scope}, Signature={signature}"
    return signed


def sign_query(
    credentials: Credentials, region: str, now: datetime, method: str, resource: str, query: Mapping[str, str], seconds: int
) -> dict[str, str]:
    """The query parameters of a presigned address: those given and the ones that sign them."""
    scope = _scope(now, region)
    signed = {
        **query,
        "x-oss-date": _stamp(now),
        "x-oss-expires": str(seconds),
        "x-oss-signature-version": _ALGORITHM,
        "x-oss-credential": f"{credentials.access_key_id}/{scope}",
    }
    if credentials.security_token:
        signed["x-oss-security-token"] = credentials.security_token
    signed["x-oss-signature"] = _signature(credentials, now, scope, _canonical(method, resource, signed, {}))
    return signed


def encode(text: str, safe: str = "") -> str:
    """RFC 3986, as every signature here wants it."""
    return quote(text, safe=safe + "-_.~")


def _stamp(now: datetime) -> str:
    return now.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def _scope(now: datetime, region: str) -> str:
    return f"{_stamp(now)[:8]}/{region}/oss/aliyun_v4_request"


def _canonical(method: str, resource: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    pairs = sorted((encode(name), encode(value)) for name, value in query.items())
    lowered = {name.lower(): value.strip() for name, value in headers.items()}
    counted = sorted(
        (name, value) for name, value in lowered.items() if name.startswith("x-oss-") or name in ("content-type", "content-md5")
    )
    parts = [
        method,
        encode(resource, safe="/"),
        "&".join(f"{name}={value}" if value else name for name, value in pairs),
        "".join(f"{name}:{value}\n" for name, value in counted),
        "",
        _PAYLOAD,
    ]
    return "\n".join(parts)


def _signature(credentials: Credentials, now: datetime, scope: str, canonical: str) -> str:
    text = "\n".join([_ALGORITHM, _stamp(now), scope, hashlib.sha256(canonical.encode()).hexdigest()])
    return hmac.new(_key(credentials.access_key_secret, scope), text.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=4)  # it changes with the day, and with the key
def _key(secret: str, scope: str) -> bytes:
    key = f"aliyun_v4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
