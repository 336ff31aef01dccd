"""oss2 alone: its import, and one object read with a signed GET. The event names the object."""

from __future__ import annotations

import json
import os
from typing import Any

import oss2

auth = oss2.AuthV4(os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])
bucket = oss2.Bucket(auth, os.environ["OSS_ENDPOINT"], os.environ["STATE_BUCKET"], region=os.environ["REGION"])


def handler(event: bytes, _context: Any) -> dict[str, int]:
    document = json.loads(bucket.get_object(json.loads(event)["key"]).read())
    return {"requests": 1, "fields": len(document)}
