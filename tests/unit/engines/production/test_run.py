"""The functions by their names: imported when they are called, with the keywords that they have."""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path

import pytest

from engines.production.run import FUNCTIONS, HEARS, produce
from engines.production.types import Unfit
from localcloud.ims.production.functions import FUNCTIONS as KNOWN

NEEDED = {"inputs": {"file": "oss://b/k"}}


def test_they_are_those_of_the_service() -> None:
    assert set(FUNCTIONS) == set(KNOWN)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_takes_what_the_service_gives(function: str) -> None:
    module, _, name = FUNCTIONS[function].partition(":")
    signature = inspect.signature(getattr(importlib.import_module(module), name))
    params = KNOWN[function].params.model_validate(NEEDED if function == "AudioMixing" else {})
    keywords = {**params.options(), **params.inputs(), **({"transcribe": None} if function == HEARS else {})}
    signature.bind(Path("source"), Path("folder"), **keywords)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in sys.modules if name.startswith("engines.production.sound")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "scipy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(Unfit, match=r"sightline\[sound\]") as caught:
        produce("AudioBeatDetection", tmp_path, tmp_path, {})
    assert caught.value.field == "FunctionName"
