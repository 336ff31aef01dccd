"""The published guides, read for their code blocks and sample answers.

They are Alibaba Cloud's and no part of this project: SIGHTLINE_GUIDES names a folder with the pages saved as text, one file each.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = "SIGHTLINE_GUIDES"
# A page ends its blocks in the middle of a line where the next paragraph begins.
_BLOCK = re.compile(r"^# -\*- coding: utf-8 -\*-\n.*?^(?:print\(response\)|    Sample\.main\(sys\.argv\[1:\]\))", re.MULTILINE | re.DOTALL)
_ANSWER = re.compile(r"^\{$", re.MULTILINE)


@dataclass(frozen=True)
class Published:
    """`codes` as printed, in their order, and the sample `answers`, in theirs."""

    codes: tuple[str, ...]
    answers: tuple[Any, ...]


def published(title: str) -> Published:
    """The guide in whose beginning this stands; raises KeyError where the folder has none."""
    for page in sorted(Path(os.environ[FOLDER]).glob("*.txt")):
        text = page.read_text(encoding="utf-8")
        if title in text[:2000]:
            return Published(tuple(found.group() + "\n" for found in _BLOCK.finditer(text)), tuple(_answers(text)))
    raise KeyError(f"no page in {FOLDER} has {title!r} in its beginning")


def _answers(text: str) -> Iterator[Any]:
    """The JSON documents of a page that are answers of an operation."""
    for found in _ANSWER.finditer(text):
        try:
            document, _ = json.JSONDecoder().raw_decode(text, found.start())
        except ValueError:
            continue
        if "RequestId" in document:
            yield document
