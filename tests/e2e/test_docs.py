"""The code in docs/laptop-cloud.md runs as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from tests.contract.pai.service import loggers_kept
from tests.laptop import Cloud

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "laptop-cloud.md"


def test_the_code_for_each_sdk_runs(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    running = cloud.running
    assert running is not None
    for name, value in (("ENDPOINT", running.endpoint), ("KEY_ID", running.access_key_id), ("KEY_SECRET", running.access_key_secret)):
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    world: dict[str, object] = {}
    with loggers_kept():
        for block in blocks:
            exec(compile(block, str(PAGE), "exec"), world)
    assert len(blocks) == 6
    assert httpx.get(str(world["link"]), trust_env=False).text == "Hello, laptop."
    assert world["template_id"]
