"""Our reading of a project file against Serverless Devs' own: for every file in previews/, the same document or the same refusal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from localcloud.fc.errors import ProjectError
from localcloud.fc.project.rendering import render
from tests.contract.fc.serverless_devs import CAPTURED, CASES, REFUSALS, REFUSED, Case, placed, preview, tool

OWN = Path(__file__).parents[3] / "s.yaml"
OWN_STAGES: list[dict[str, str]] = [
    {},
    {"SIGHTLINE_STAGE": "prod", "SIGHTLINE_REGION": "cn-beijing"},
    {"SIGHTLINE_SEARCH_ACCESS": "jwt", "SIGHTLINE_JWT_KEYS": '[{"kty": "RSA", "alg": "RS256", "n": "AQAB", "e": "AQAB", "use": "sig"}]'},
]
live = pytest.mark.skipif(tool() is None, reason="Serverless Devs is not installed: npm install -g @serverless-devs/s")


def ours(file: Path, environment: dict[str, str]) -> dict[str, Any]:
    # Through JSON, as the other side comes: 2.0 is 2 there.
    document: dict[str, Any] = json.loads(json.dumps(render(file, environment)))
    return document


@pytest.mark.contract(CAPTURED)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_reads_as_it_was_previewed(case: Case) -> None:
    expected = json.loads(case.captured.read_text())["document"]
    assert placed(ours(case.file, case.environment), case.file.parent) == expected


@pytest.mark.contract(CAPTURED)
@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.name)
def test_what_the_tool_refuses_is_refused(case: Case) -> None:
    assert case.name in json.loads((REFUSED / "refused.json").read_text())["refused"]
    with pytest.raises(ProjectError, match=case.file.name):
        ours(case.file, case.environment)


@live
@pytest.mark.contract("Serverless Devs, as it is installed here")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_reads_as_it_is_previewed(case: Case) -> None:
    assert ours(case.file, case.environment) == preview(case.file, case.environment)


@live
@pytest.mark.contract("Serverless Devs, as it is installed here")
@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.name)
def test_what_the_tool_still_refuses(case: Case) -> None:
    assert preview(case.file, case.environment) is None


@live
@pytest.mark.contract("Serverless Devs, as it is installed here")
@pytest.mark.parametrize("environment", OWN_STAGES, ids=["dev", "prod", "jwt"])
def test_our_own_file_reads_as_it_is_previewed(environment: dict[str, str]) -> None:
    assert ours(OWN, environment) == preview(OWN, environment)
