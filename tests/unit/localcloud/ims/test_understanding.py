"""The memory of what was understood."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engines.understanding.types import Moment
from localcloud.database import Database
from localcloud.ims import EngineSettings
from localcloud.ims.store import open_store
from localcloud.ims.understanding import engine as understanding
from localcloud.ims.understanding.engine import Memory
from tests.contract.ims.scripted_engine import NOTHING


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = open_store(tmp_path / "ims.sqlite")
    yield made
    made.close()


def test_the_same_bytes_are_the_same_content(tmp_path: Path, database: Database) -> None:
    first, twin, other = (tmp_path / name for name in ("first", "twin", "other"))
    first.write_bytes(b"1")
    twin.write_bytes(b"1")
    other.write_bytes(b"2")
    memory = Memory(database, "engine")
    assert memory.content([first], "image") == memory.content([twin], "image")
    different = [
        memory.content([first], "image"),
        memory.content([other], "image"),
        memory.content([first], "video"),
        memory.content([first, other], "sequence"),
        memory.content([other, first], "sequence"),
        Memory(database, "another engine").content([first], "image"),
    ]
    assert len(set(different)) == len(different)


def test_a_description_is_remembered_whole(database: Database) -> None:
    memory = Memory(database, "engine")
    described = replace(NOTHING, caption="一只狗", seconds=1.5, moments=(Moment(0.5, 1.5, "狗", 0.25),))
    assert memory.recall("content") is None
    memory.remember("content", NOTHING)
    memory.remember("content", described)
    assert memory.recall("content") == described


def test_the_oldest_are_forgotten(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(understanding, "KEPT", 2)
    memory = Memory(database, "engine")
    for content in ("1", "2", "3"):
        memory.remember(content, NOTHING)
    assert [memory.recall(content) is not None for content in ("1", "2", "3")] == [False, True, True]


def test_the_key_of_an_endpoint_is_no_part_of_the_engine_and_is_not_printed() -> None:
    settings = EngineSettings(vision_base_url="http://127.0.0.1/v1", vision_api_key="secret", vision_model="m")
    assert settings.fingerprint == replace(settings, vision_api_key="another").fingerprint
    assert settings.fingerprint != replace(settings, vision_model="n").fingerprint
    assert "secret" not in repr(settings)
