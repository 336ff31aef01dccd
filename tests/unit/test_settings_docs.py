"""The page of the settings says what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.settings_readers import Readers
from cli.settings_table import PAGE, PROJECT, page
from sightline.settings import FIELDS

ENTRY = """
from sightline.handlers import handle
from sightline.wiring import wiring

def handler(event, context):
    handle(wiring().pipeline())
"""
WIRING = """
from typing import TYPE_CHECKING
from sightline.settings import Settings
if TYPE_CHECKING:
    from sightline.types_only import never

class Wiring:
    def __init__(self):
        self.settings = Settings()

    def pipeline(self):
        from sightline.clients import Client
        never()
        chosen = self.settings
        return Client(chosen.wanted)

    def queue(self):
        return self.settings.of_the_queue
"""
HANDLERS = """
from sightline.work import work

def handle(pipeline):
    work(pipeline)

def other(pipeline):
    return pipeline.settings.of_another
"""
SETTINGS = """
class Settings:
    @property
    def together(self):
        return self.one + self.two
"""
SOURCES = {
    "wiring": WIRING,
    "handlers": HANDLERS,
    "settings": SETTINGS,
    "work": "def work(pipeline):\n    settings = pipeline.settings\n    return settings.together\n",
    "clients": "class Client:\n    def call(self, settings):\n        return settings.of_a_method\n",
    "types_only": "def never(settings):\n    return settings.of_a_type\n",
}


def test_the_page_is_what_the_settings_and_their_readers_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it again: python -m cli.settings_table"


@pytest.fixture(scope="module")
def ours() -> Readers:
    return Readers(PROJECT)


@pytest.mark.parametrize("setting", FIELDS)
def test_every_setting_is_read_by_some_function(ours: Readers, setting: str) -> None:
    assert ours.of(setting)


@pytest.mark.parametrize(
    ("setting", "functions"),
    [
        ("page_url_seconds", {"search"}),
        ("dead_queue", {"sweep"}),
        ("letter_seconds", {"sweep"}),
        ("media_bucket", {"collect", "search", "submit", "sweep"}),
    ],
)
def test_readers_that_are_known_by_hand_are_found(ours: Readers, setting: str, functions: set[str]) -> None:
    assert set(ours.of(setting)) == functions


@pytest.mark.parametrize(
    ("setting", "modules"),
    [
        ("wanted", ["wiring"]),
        ("one", ["work"]),
        ("two", ["work"]),
        ("of_a_method", ["clients"]),
    ],
)
def test_a_setting_is_followed_to_where_it_is_read(tmp_path: Path, setting: str, modules: list[str]) -> None:
    assert _readers(tmp_path).of(setting) == {"some": modules}


@pytest.mark.parametrize("setting", ["of_the_queue", "of_another", "of_a_type"])
def test_what_a_function_does_not_reach_is_not_its(tmp_path: Path, setting: str) -> None:
    assert _readers(tmp_path).of(setting) == {}


def _readers(project: Path) -> Readers:
    layer, function = project / "shared/python/sightline", project / "functions/some"
    layer.mkdir(parents=True)
    function.mkdir(parents=True)
    for name, text in SOURCES.items():
        (layer / f"{name}.py").write_text(text)
    (function / "index.py").write_text(ENTRY)
    return Readers(project)
