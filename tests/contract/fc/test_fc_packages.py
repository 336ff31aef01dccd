"""Functions and layers from zip files, on a Python with nothing installed."""

from __future__ import annotations

import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

from localcloud.checksum import crc64
from localcloud.fc.api.descriptions import NEWER
from localcloud.fc.errors import ProjectError
from tests.contract.fc.laptop import Laptop, answer

LAYER = "acs:fc:cn-shanghai:1000000000000001:layers/common/versions/1"
SOURCE = """
    import importlib.util, os, sys, shared_code
    def handler(event, context):
        installed = [name for name in ("httpx", "pydantic", "yaml") if importlib.util.find_spec(name)]
        return {
            "path": sys.path, "layer": shared_code.NAME, "installed": installed, "file": __file__, "root": os.environ["FC_FUNC_CODE_PATH"]
        }
"""


def zip_of(path: Path, name: str, content: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, textwrap.dedent(content))
    return path


@pytest.mark.contract(
    "fc3 v0.1.22, schema and deploy/impl/function.ts: `code` is a folder or a zip file; the layer's zip file becomes /opt"
)
def test_a_function_and_its_layer_run_from_zip_files(laptop: Laptop) -> None:
    package = zip_of(laptop.folder / "work.zip", "index.py", SOURCE)
    layer = zip_of(laptop.folder / "layer.zip", "python/shared_code.py", "NAME = 'from the layer'")
    fc = laptop.start("nothing = 'of this'", layer_folders={"common": layer}, layers=[LAYER], code="./work.zip", bare=True)
    seen = answer(fc)
    code, site_packages, python = map(Path, seen["path"][:3])
    unpacked = laptop.folder / "data/fc/unpacked"
    assert {code.parent, python.parent.parent} == {unpacked.resolve()}
    assert site_packages == python / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    assert (seen["file"], seen["root"], seen["layer"]) == (str(code / "index.py"), f"{code}/", "from the layer")
    assert seen["installed"] == []
    described = fc.descriptions.function(fc.project.functions["work"], NEWER)
    assert (described["codeSize"], described["codeChecksum"]) == (package.stat().st_size, str(crc64(package.read_bytes())))


@pytest.mark.contract("our assumption: a layer has to be there before anything starts")
def test_a_layer_that_is_no_zip_file_is_refused(laptop: Laptop) -> None:
    (laptop.folder / "layer.zip").write_text("no zip file")
    with pytest.raises(ProjectError, match="the layer 'common' has neither folder nor zip file here"):
        laptop.start("handler = None", layer_folders={"common": laptop.folder / "layer.zip"}, layers=[LAYER])
