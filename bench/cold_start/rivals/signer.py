"""The bare standard library: one signed SearchMediaByHybrid, with nothing that a program for more than this one request would need.

ACS3-HMAC-SHA256, as "Request structure and signature (V3)" of the OpenAPI documentation has it. The event names the question.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

ALGORITHM = "ACS3-HMAC-SHA256"
EMPTY = hashlib.sha256(b"").hexdigest()


endpoint = urlsplit(os.environ["IMS_ENDPOINT"])
host = endpoint.netloc
connection = (HTTPSConnection if endpoint.scheme == "https" else HTTPConnection)(host)


def handler(event: bytes, _context: Any) -> dict[str, int]:
    asked = json.loads(event)
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(asked["parameters"].items()))
    connection.request("POST", f"/?{query}", headers=signed(asked["action"], query))
    answer = connection.getresponse()
    document = json.loads(answer.read())
    if answer.status != 200:
        raise RuntimeError(document)
    return {"requests": 1, "hits": len(document["MediaList"])}


def signed(action: str, query: str) -> dict[str, str]:
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": EMPTY,
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "x-acs-signature-nonce": os.urandom(16).hex(),
        "x-acs-version": "2020-11-09",
    }
    lines, names = "".join(f"{name}:{value}\n" for name, value in headers.items()), ";".join(headers)
    canonical = f"POST\n/\n{query}\n{lines}\n{names}\n{EMPTY}"
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"].encode(), text.encode(), hashlib.sha256).hexdigest()
    key = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
    return {**headers, "Authorization": f"{ALGORITHM} Credential={key},SignedHeaders={names},Signature={signature}"}
