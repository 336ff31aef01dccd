"""Who signed a request: `Authorization: <AppId>:<hex of HMAC-SHA256>`, with the token as the key.

Signed are the method, the MD5 of the body as it was sent, and the path, each on a line (ai_service_python_sdk.util.sign; there is neither a
time nor a nonce in it, so a request may be repeated). The SDK sends and signs `{}` where a POST has nothing to say.
"""

from __future__ import annotations

import hashlib
import hmac

from localcloud.http import Request
from localcloud.identity import Keyring
from localcloud.pai.errors import parameter_error, sign_error


def app_id(request: Request) -> str:
    """Who says that he sent it. An AppId may hold a colon."""
    return request.headers.get("authorization", "").rpartition(":")[0]


def verify(request: Request, keyring: Keyring, unknown: str) -> str:
    """The AppId, which on a laptop is the account's access key id, and its token that key's secret.

    Raises PaiError: `unknown` is what is said of an AppId that nobody has.
    """
    if app_id(request) != keyring.account.access_key_id:
        raise parameter_error(unknown)
    signed = f"{request.method}\n{hashlib.md5(request.body.read()).hexdigest()}\n{request.raw_path}"
    expected = hmac.new(keyring.account.access_key_secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    given = request.headers["authorization"].rpartition(":")[2]
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise sign_error()
    return keyring.account.access_key_id
