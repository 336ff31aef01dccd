"""Message properties as the text of a database column."""

from __future__ import annotations

import json
from dataclasses import astuple

from localcloud.mns.model import Property


def dump(properties: tuple[Property, ...]) -> str:
    """Empty for none, which is the rule."""
    return json.dumps([astuple(each) for each in properties]) if properties else ""


def load(text: str) -> tuple[Property, ...]:
    return tuple(Property(*each) for each in json.loads(text)) if text else ()
