"""Text that others wrote: captions, reasons, names of objects. Here it is made safe to store, print, log and show.

A caption comes from a model that looked at whatever stood before a camera, so it may hold anything: half a surrogate that no encoder
takes, an escape sequence for a terminal, an override that turns the rest of a line around. What it says is never believed, and never
given to a model unless it is fenced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

# Controls of C0 and C1, and the separators of lines and paragraphs: what would break a log's line, or speak to a terminal.
_CONTROLS = r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"
# What nobody sees: marks, overrides and isolates of writing direction, zero-width spaces, invisible operators, tags and noncharacters.
_UNSEEN = (
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)
# The two joiners are spelling in Persian and Hindi, and hold emoji together: between two visible characters, one of them stays.
_STRAY_JOINERS = "(?<!\\S)[\u200c\u200d]+|[\u200c\u200d]+(?!\\S)|(?<=[\u200c\u200d])[\u200c\u200d]+"
_HALF_SURROGATE = "[\ud800-\udfff]"


def _is_all_visible(text: str) -> bool:
    """Of nearly every text it is true, and then no pattern has to be compiled: that takes longer than a search's whole answer.

    Python counts as printable what none of the patterns names, but for variation selectors beyond the first 16.
    """
    return text.isprintable() and (text.isascii() or max(text) < "\U000e0000")


def visible(text: str) -> str:
    """The same in one line, without what is not to be seen; half a surrogate becomes U+FFFD, so that the rest can be encoded."""
    if _is_all_visible(text):
        return text
    text = re.sub(f"{_CONTROLS}+", " ", re.sub(_UNSEEN, "", text))
    return re.sub(_HALF_SURROGATE, "\ufffd", re.sub(_STRAY_JOINERS, "", text))


def plain(text: str, most: int | None = None) -> str:
    """`visible` without space around it, from at most the first `most` characters."""
    return visible(text[:most]).strip()


def to_json(document: Any, default: Callable[[Any], Any] | None = None) -> str:
    """JSON in one line that loses nothing, encodes to UTF-8, and shows a terminal nothing but visible characters: the others are escaped.

    Raises ValueError for numbers that JSON does not have.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, default=default)
    if _is_all_visible(text):
        return text
    return re.sub(f"{_CONTROLS}|{_UNSEEN}|{_HALF_SURROGATE}", lambda found: json.dumps(found.group())[1:-1], text)
