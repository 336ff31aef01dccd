"""The bare standard library making the same requests as our function, on one connection: the floor for what the function does.

It signs as the documents say (ACS3-HMAC-SHA256 of the OpenAPI gateway, V4 of OSS, MNS' own), and does nothing else: no retries, no models,
no clock, no settings. The event is the list of the requests.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import time
from base64 import b64encode
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

Step = dict[str, Any]

ACS3, OSS4 = "ACS3-HMAC-SHA256", "OSS4-HMAC-SHA256"
KEY, SECRET, REGION = (os.environ[name] for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "REGION"))
EMPTY = hashlib.sha256(b"").hexdigest()
# The laptop cloud has one address for all services.
endpoint = urlsplit(os.environ["IMS_ENDPOINT"])
host = endpoint.netloc
connection = (HTTPSConnection if endpoint.scheme == "https" else HTTPConnection)(host)
jobs: dict[str, str] = {}


def handler(event: bytes, _context: Any) -> dict[str, int]:
    steps = json.loads(event)
    for step in steps:
        {"IMS": ask_ims, "OSS": ask_oss, "MNS": ask_mns}[step["service"]](step)
    return {"requests": len(steps)}


def ask(step: Step, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    connection.request(method, target, body or None, headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != step["status"]:
        raise RuntimeError(f"{method} {target}: {answer.status} {content!r}")
    return content


def ask_ims(step: Step) -> None:
    query = encoded({name: re.sub("@signed (.*?)@", presigned, value) for name, value in step["parameters"].items()})
    headers = {
        "host": host,
        "x-acs-action": step["action"],
        "x-acs-content-sha256": EMPTY,
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "x-acs-signature-nonce": os.urandom(16).hex(),
        "x-acs-version": "2020-11-09",
    }
    lines, names = "".join(f"{name}:{value}\n" for name, value in headers.items()), ";".join(headers)
    canonical = f"POST\n/\n{query}\n{lines}\n{names}\n{EMPTY}"
    text = f"{ACS3}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = f"{ACS3} Credential={KEY},SignedHeaders={names},Signature={signature}"
    answer = json.loads(ask(step, "POST", f"/?{query}", headers))
    if "job" in step:
        jobs["@job@"] = answer["JobId"]


def ask_oss(step: Step) -> None:
    bucket, key, query = step["bucket"], step["key"], encoded(step["query"])
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {**step["headers"], "x-oss-content-sha256": "UNSIGNED-PAYLOAD", "x-oss-date": stamp}
    counted = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-oss-") or name == "content-type")
    signature = oss_signature(stamp, f"{step['method']}\n/{bucket}/{quote(key)}\n{query}\n{counted}\n\nUNSIGNED-PAYLOAD")
    headers["Authorization"] = f"{OSS4} Credential={KEY}/{scope(stamp)}, Signature={signature}"
    target = f"/{bucket}/{quote(key, safe='')}" + (f"?{query}" if query else "")
    ask(step, step["method"], target, headers, step["body"].replace("@job@", jobs.get("@job@", "")).encode())


def presigned(found: re.Match[str]) -> str:
    """An address under which the service may fetch a media."""
    path, stamp = f"/{os.environ['MEDIA_BUCKET']}/{quote(found.group(1))}", time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    query = {
        "x-oss-credential": f"{KEY}/{scope(stamp)}",
        "x-oss-date": stamp,
        "x-oss-expires": "21600",
        "x-oss-signature-version": OSS4,
    }
    signature = oss_signature(stamp, f"GET\n{path}\n{encoded(query)}\n\n\nUNSIGNED-PAYLOAD")
    return f"{os.environ['OSS_PUBLIC_ENDPOINT']}{path}?{encoded(query)}&x-oss-signature={signature}"


def oss_signature(stamp: str, canonical: str) -> str:
    text = f"{OSS4}\n{stamp}\n{scope(stamp)}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"aliyun_v4{SECRET}".encode()
    for part in scope(stamp).split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def scope(stamp: str) -> str:
    return f"{stamp[:8]}/{REGION}/oss/aliyun_v4_request"


def ask_mns(step: Step) -> None:
    target = f"{step['path']}?{encoded(step['query'])}"
    headers = {"date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()), "x-mns-version": "2015-06-06"}
    text = f"{step['method']}\n\n\n{headers['date']}\nx-mns-version:2015-06-06\n{target}"
    headers["Authorization"] = f"MNS {KEY}:{b64encode(hmac.digest(SECRET.encode(), text.encode(), 'sha1')).decode()}"
    ask(step, step["method"], target, headers)


def encoded(query: dict[str, str]) -> str:
    """Sorted and percent-encoded: what is signed, and what is sent. OSS signs a name without a value without the sign between."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" if value else quote(name) for name, value in sorted(query.items()))
