"""Policies and templates come as JSON in a text, and each of them is written in more than one way."""

from __future__ import annotations

import json
from typing import Any

from sightline.ims.answers import Json, as_text


def json_object(text: Any) -> Json:
    """The object in a text; empty where there is none."""
    try:
        document = json.loads(as_text(text))
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def listed(value: Any) -> list[str]:
    """The texts of a list; a text by itself is a list of one."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]
