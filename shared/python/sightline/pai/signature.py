"""The signature of PAI's multimedia analysis.

No document describes it: it is what ai-service-python-sdk 1.1.5 sends. It holds no time and no nonce, so whoever has seen a request can
send it again; the documented host speaks plain HTTP.
"""

from __future__ import annotations

import hashlib
import hmac

from sightline.credentials import Credentials


def authorization(key: Credentials, method: str, path: str, body: bytes) -> str:
    """The value of the header. `key` holds the AppId and its token.

    `path` is that of the API, without what a host's address has before it, which the SDK sends and does not sign.
    """
    text = f"{method}\n{hashlib.md5(body).hexdigest()}\n{path}"
    return f"{key.access_key_id}:{hmac.new(key.access_key_secret.encode(), text.encode(), hashlib.sha256).hexdigest()}"
