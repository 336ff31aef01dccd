"""httpx and pydantic alone: their import, one model, and one GET of an address that was signed before. The event names its path."""

from __future__ import annotations

import json
import os
from typing import Any

import httpx
from pydantic import BaseModel

# By default httpx trusts certifi's file, which this one stands for.
client = httpx.Client(verify=os.environ.get("REQUESTS_CA_BUNDLE") or True)


class Record(BaseModel):
    media_id: str
    key: str
    title: str
    objects: list[str]


def handler(event: bytes, _context: Any) -> dict[str, int]:
    answer = client.get(os.environ["OSS_ENDPOINT"] + json.loads(event)["address"]).raise_for_status()
    return {"requests": 1, "objects": len(Record.model_validate_json(answer.content).objects)}
