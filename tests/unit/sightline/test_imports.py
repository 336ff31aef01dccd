"""Each module of the layer may be the first that is imported: what is imported where it is needed hides no circle."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LAYER = Path(__file__).parents[3] / "shared" / "python"

# One process for all: what a module has imported of ours is forgotten before the next.
ALONE = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
failed = {}
for name in sys.argv[2:]:
    for known in [known for known in sys.modules if known.partition(".")[0] == "sightline"]:
        del sys.modules[known]
    try:
        importlib.import_module(name)
    except Exception as error:
        failed[name] = repr(error)
print(json.dumps(failed))
"""


def modules() -> list[str]:
    files = sorted((LAYER / "sightline").rglob("*.py"))
    return [".".join(file.relative_to(LAYER).with_suffix("").parts).removesuffix(".__init__") for file in files]


def failures(folder: Path, names: list[str]) -> dict[str, str]:
    done = subprocess.run([sys.executable, "-I", "-S", "-c", ALONE, str(folder), *names], capture_output=True, check=True)
    failed: dict[str, str] = json.loads(done.stdout)
    return failed


def test_any_module_of_the_layer_may_be_the_first() -> None:
    """Without site packages, too: the layer needs nothing but the standard library before it speaks TLS."""
    names = modules()
    assert len(names) > 70
    assert failures(LAYER, names) == {}


def test_a_circle_is_seen(tmp_path: Path) -> None:
    package = tmp_path / "sightline"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "a.py").write_text("from sightline.b import y\nx = 1\n")
    (package / "b.py").write_text("from sightline import a\ny = 2\n\n\ndef use():\n    return a.x\n")
    (package / "c.py").write_text("from sightline.a import x\n")
    assert failures(tmp_path, ["sightline.a", "sightline.b", "sightline.c"]).keys() == {"sightline.b"}
