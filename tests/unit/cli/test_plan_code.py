"""Code and layer: compared where that can be done, and else said to be unknown, with the reason."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cli.deployment.target import Target, rendered
from cli.plan.changes import Change
from cli.plan.code import checksum_of, compared, of_folder, of_zip
from cli.plan.deploy import function_changes
from cli.plan.layer import layer_changes
from sightline.credentials import Credentials
from tests.fakes.function_compute import Account, contents, zipped

ROOT = Path(__file__).parents[3]
LAYER = b"what make layer built"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with s.yaml and the functions alone, which a test may change."""
    shutil.copytree(ROOT / "functions", tmp_path / "functions", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "s.yaml", tmp_path)
    monkeypatch.setenv("SIGHTLINE_PROJECT", str(tmp_path))
    return tmp_path


@pytest.fixture
def target(folder: Path) -> Target:
    return rendered({"SIGHTLINE_ACCOUNT_ID": "1"}, Credentials("key", "secret"), is_laptop=False)


@pytest.fixture
def account(target: Target) -> Account:
    return Account(target.project)


def code_changes(target: Target, account: Account) -> dict[str, Change]:
    found = function_changes(target, account.client(), account.http())
    return {change.name: change for change in found if change.outcome != "unchanged"}


def test_the_same_files_are_the_same_code_however_they_were_packed(target: Target, account: Account, folder: Path) -> None:
    # What ran on this machine leaves caches, and the times of files are no part of them.
    (folder / "functions/submit/__pycache__").mkdir()
    (folder / "functions/submit/__pycache__/index.cpython-312.pyc").write_bytes(b"x")
    (folder / "functions/submit/.fcignore").write_text("*.md\n")
    os.utime(folder / "functions/submit/index.py", (0, 0))
    assert code_changes(target, account) == {}


def test_files_that_differ_are_named(target: Target, account: Account, folder: Path) -> None:
    (folder / "functions/submit/index.py").write_text("print()\n")
    (folder / "functions/submit/new.py").touch()
    (folder / "functions/search/page/page.css").unlink()
    found = code_changes(target, account)
    assert {name: (change.resource, change.outcome, change.note) for name, change in found.items()} == {
        "sightline-submit": ("code", "change", "differing files: index.py, new.py"),
        "sightline-search": ("code", "change", "differing files: page/page.css"),
    }


@pytest.mark.parametrize("is_laptop", [True, False])
def test_a_package_of_make_layer_that_is_deployed_is_compared_by_its_files(
    target: Target, account: Account, folder: Path, is_laptop: bool
) -> None:
    # GIVEN what `sightline up --built` runs: zip files, whose checksum is told as the cloud tells it
    (folder / "build").mkdir()
    for name, content in account.code.items():
        (folder / "build" / f"{name.removeprefix('sightline-')}.zip").write_bytes(content)
    account.denied = {"GetFunctionCode"}
    target = replace(target, is_laptop=is_laptop)
    assert code_changes(target, account) == {}
    (folder / "functions/submit/index.py").write_text("print()\n")
    [change] = code_changes(target, account).values()
    assert (change.outcome, change.note) == ("change", "differing files: index.py")


def test_a_laptop_that_runs_something_else_is_told(target: Target, account: Account) -> None:
    found = code_changes(replace(target, is_laptop=True), account).values()
    assert {change.outcome for change in found} == {"change"}
    assert all("--built" in change.note for change in found)


def test_many_files_are_counted() -> None:
    assert compared("f", {str(number): number for number in range(8)}, {}).note == "differing files: 0, 1, 2, 3, 4 and 3 more"


def test_without_the_right_to_read_code_it_is_unknown_and_the_right_is_named(target: Target, account: Account) -> None:
    account.denied = {"GetFunctionCode"}
    found = code_changes(target, account).values()
    assert {change.outcome for change in found} == {"unknown"}
    assert all("fc:GetFunctionCode" in change.note for change in found)


def test_what_is_no_zip_file_is_unknown_and_no_signed_address_is_told(target: Target, account: Account) -> None:
    account.code["sightline-submit"] = b"<html>"
    [change] = code_changes(target, account).values()
    assert (change.outcome, "no zip file" in change.note, "Signature" in change.note) == ("unknown", True, False)


def test_a_zip_and_its_folder_have_the_same_contents(folder: Path) -> None:
    code = folder / "functions" / "search"
    assert of_zip(zipped(contents(code))) == of_folder(code)
    assert "page/index.html" in of_folder(code)


@pytest.mark.contract(
    "CRC-64 of ECMA-182 as OSS and Function Compute tell it: check value of '123456789' in the catalogue of CRCs (CRC-64/XZ)"
)
def test_the_checksum_of_a_package(tmp_path: Path) -> None:
    (tmp_path / "package.zip").write_bytes(b"123456789")
    assert checksum_of(tmp_path / "package.zip") == str(0x995DC9BBDF1939FA)


@pytest.fixture
def built(folder: Path) -> Path:
    file = folder / "build" / "layer.zip"
    file.parent.mkdir()
    file.write_bytes(LAYER)
    return file


def layer(target: Target, account: Account, built: Path) -> Change:
    [change] = layer_changes(target.project, account.client(), built)
    return change


def test_the_layer_that_is_named_is_the_one_that_is_built(target: Target, account: Account, built: Path) -> None:
    account.publish_layer("sightline", 1, LAYER)
    assert layer(target, account, built).outcome == "unchanged"


def test_a_layer_that_was_never_published(target: Target, account: Account, built: Path) -> None:
    change = layer(target, account, built)
    assert (change.name, change.outcome, "make layer" in change.note) == ("sightline version 1", "create", True)


def test_a_layer_that_is_not_built_is_unknown(target: Target, account: Account, folder: Path) -> None:
    account.publish_layer("sightline", 1, LAYER)
    change = layer(target, account, folder / "build" / "layer.zip")
    assert (change.outcome, "make layer" in change.note) == ("unknown", True)


def test_another_layer_than_the_named_one_is_built(target: Target, account: Account, built: Path) -> None:
    account.publish_layer("sightline", 1, b"older")
    account.publish_layer("sightline", 2, b"newer")
    change = layer(target, account, built)
    assert (change.outcome, change.note.endswith("SIGHTLINE_LAYER_VERSION=3")) == ("stays", True), change.note


def test_the_built_layer_is_published_under_another_number(target: Target, account: Account, built: Path) -> None:
    for version, content in enumerate([b"older", LAYER, b"newest"], 1):
        account.publish_layer("sightline", version, content)
    change = layer(target, account, built)
    assert (change.outcome, change.note.endswith("SIGHTLINE_LAYER_VERSION=2")) == ("stays", True), change.note


def test_a_layer_whose_checksum_nobody_tells_is_unknown(target: Target, account: Account, built: Path) -> None:
    account.layers = {"sightline": {1: {"layerName": "sightline", "version": 1}}}
    assert layer(target, account, built).outcome == "unknown"


def test_the_rights_that_the_page_about_deploying_grants_are_all_that_is_needed(target: Target, account: Account, built: Path) -> None:
    layer(target, account, built)
    code_changes(target, account)
    granted = set(re.findall(r'"fc:(\w+)"', (ROOT / "docs" / "deploy.md").read_text()))
    assert account.asked <= granted
    assert {"GetFunction", "GetFunctionCode", "ListLayerVersions", "ListVpcBindings"} < account.asked
