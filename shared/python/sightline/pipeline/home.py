"""The way home of a job: what `submit` writes into its UserData, and whoever hears of the job reads there."""

from __future__ import annotations

import json
from typing import Any

from sightline.ims.answers import decode_data
from sightline.media.types import Media
from sightline.value import Value


class Home(Value):
    """Whose job it is: a media, its content, and the name of the job."""

    media_id: str
    generation: str
    job: str


def way_home(media: Media, job: str) -> str:
    """Some 130 characters; IProduction takes 256."""
    return json.dumps({"mediaId": media.id, "generation": media.etag, "kind": job}, separators=(",", ":"))


def read_home(user_data: str) -> Home | None:
    """None for a job that is none of ours."""
    data: Any = decode_data(user_data)
    told = [data.get(name) for name in ("mediaId", "generation", "kind")] if isinstance(data, dict) else []
    texts = [one for one in told if isinstance(one, str)]
    return Home(*texts) if len(texts) == 3 else None
