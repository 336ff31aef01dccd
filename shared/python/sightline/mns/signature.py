"""MNS's own signature, version 2015-06-06.

Source: "Sign requests" in the Simple Message Queue API reference, and `mns_client.get_signature` of the official SDK, beside which the
tests put ours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import format_datetime

from sightline.credentials import Credentials

VERSION = "2015-06-06"


def sign(credentials: Credentials, now: datetime, method: str, target: str, body: bytes = b"") -> Mapping[str, str]:
    """The headers of a signed request; `target` is path and query as they will be sent."""
    headers = {"date": format_datetime(now.astimezone(timezone.utc), usegmt=True), "x-mns-version": VERSION}
    if body:
        # The digest in hex is what is encoded, not the digest itself: so the SDK does it.
        digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
        headers |= {"content-md5": base64.b64encode(digest.encode()).decode(), "content-type": "text/xml;charset=UTF-8"}
    signed = [method, headers.get("content-md5", ""), headers.get("content-type", ""), headers["date"], f"x-mns-version:{VERSION}", target]
    code = hmac.new(credentials.access_key_secret.encode(), "\n".join(signed).encode(), hashlib.sha1).digest()
    headers["authorization"] = f"MNS {credentials.access_key_id}:{base64.b64encode(code).decode()}"
    if credentials.security_token:
        headers["security-token"] = credentials.security_token
    return headers
