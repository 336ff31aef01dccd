"""Requests that no SDK sends, signed as the SDK signs its own."""

from __future__ import annotations

import hashlib
import hmac

import httpx

from localcloud.identity import Credential
from tests.contract.pai.service import KEY, Pai


def signed(method: str, path: str, body: bytes, key: Credential = KEY) -> dict[str, str]:
    """As the SDK's util.sign has it."""
    text = f"{method}\n{hashlib.md5(body).hexdigest()}\n{path}"
    sign = hmac.new(key.access_key_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return {"Authorization": f"{key.access_key_id}:{sign}", "Content-Type": "application/json"}


def raw(pai: Pai, method: str, path: str, body: bytes = b"{}", **headers: str) -> httpx.Response:
    sent = {**signed(method, path.partition("?")[0], body), **headers}
    return httpx.request(method, pai.endpoint + path, content=body, headers=sent, trust_env=False)
