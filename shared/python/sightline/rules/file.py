"""Where the rules are."""

from __future__ import annotations

import os

from sightline.errors import BadSetting
from sightline.rules.model import Rules
from sightline.rules.reading import read_rules

SHIPPED = os.path.join(os.path.dirname(__file__), "rules.json")  # noqa: PTH118, PTH120 - as in search/web.py


def load_rules(path: str = "") -> Rules:
    """Those of a file, of the layer's own where none is named. Raises BadSetting."""
    try:
        with open(path or SHIPPED, "rb") as file:  # noqa: PTH123
            content = file.read()
    except OSError as error:
        raise BadSetting("RULES_FILE", f"can't be read ({error.strerror})", "name a file that is in the layer or the code") from error
    return read_rules(content)
