"""ACS3-HMAC-SHA256, the signature of Alibaba Cloud's OpenAPI gateways.

Source: "Request structure and signature (V3)" in the OpenAPI documentation; the test vector in the tests is a request of the official SDK.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timezone
from urllib.parse import quote

from sightline.credentials import Credentials

_ALGORITHM = "ACS3-HMAC-SHA256"


def sign(
    credentials: Credentials,
    now: datetime,
    nonce: str,
    method: str,
    host: str,
    action: str,
    version: str,
    query: str,
    body: bytes = b"",
    path: str = "/",
) -> dict[str, str]:
    """The headers of a signed request.

    `host` as it will be sent, with the port; `path` too, percent-encoded, `/` for an RPC call; `query` as `canonical_query` writes it.
    """
    payload = hashlib.sha256(body).hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-version": version,
        "x-acs-date": now.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-content-sha256": payload,
    }
    if credentials.security_token:
        headers["x-acs-accesskey-id"] = credentials.access_key_id
        headers["x-acs-security-token"] = credentials.security_token
    names = ";".join(sorted(headers))
    canonical = "\n".join([method, path, query, "".join(f"{name}:{headers[name]}\n" for name in sorted(headers)), names, payload])
    text = f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(credentials.access_key_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return {**headers, "Authorization": f"{_ALGORITHM} Credential={credentials.access_key_id},SignedHeaders={names},Signature={signature}"}


def canonical_query(query: Mapping[str, str]) -> str:
    """Sorted and percent-encoded as RFC 3986 says: what is signed, and what is sent."""
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query.items()))
