"""The rights that docs/doctor.md names are enough to look at everything, docs/deploy.md grants them, and one that is missing is named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.deployment import target as deployment
from cli.deployment.target import Target, project_folder
from cli.doctor.checks import CHECKS
from cli.doctor.finding import Finding, State
from cli.doctor.runner import run
from cli.doctor.site import Site
from localcloud.identity import Keyring
from sightline.credentials import Credentials
from tests.laptop import Cloud

ROOT = Path(__file__).parents[2]
ACTIONS = re.findall(r"`((?:oss|mns|ice|mts|fc|ram):[A-Za-z]+)`", (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8"))
# The laptop has neither operation, and says so before it looks at rights; the pipeline is set here, so that none has to be listed.
NOT_ASKED_HERE = {"oss:GetBucketWorm", "oss:GetBucketPublicAccessBlock", "ice:ListPipelines"}


def role(name: str, actions: list[str]) -> dict[str, Any]:
    document = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": ["*"]}]}
    properties = {
        "RoleName": name,
        "AssumeRolePolicyDocument": {"Version": "1", "Statement": []},
        "Policies": [{"PolicyName": name, "PolicyDocument": document}],
    }
    return {"Type": "ALIYUN::RAM::Role", "Properties": properties}


def of(action: str) -> str:
    """The role that may do all but this."""
    return f"without-{action.replace(':', '-').lower()}"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Its template has a role with all rights, and one for each right that it lacks."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("functions", "shared", "s.yaml"):
        (folder / name).symlink_to(ROOT / name)
    template = yaml.safe_load((ROOT / "template.yaml").read_text(encoding="utf-8"))
    template["Resources"]["All"] = role("all-rights", ACTIONS)
    for number, action in enumerate(ACTIONS):
        template["Resources"][f"Without{number}"] = role(of(action), [one for one in ACTIONS if one != action])
    (folder / "template.yaml").write_text(yaml.safe_dump(template), encoding="utf-8")
    started = Cloud(tmp_path_factory.mktemp("data"), {"SIGHTLINE_PROJECT": str(folder)}).start()
    yield started
    assert started.end() == 0


def looked(cloud: Cloud, role: str) -> dict[str, Finding]:
    assert cloud.running is not None
    key = Keyring.open(cloud.data / "keys.json").issue(role, 600)
    target: Target = deployment.laptop(cloud.running, {})
    target = replace(target, credentials=Credentials(key.access_key_id, key.access_key_secret, key.security_token))
    with closing(Site.of(target, project_folder(), seconds=20)) as site:
        return {one.check.name: one.finding for one in run(CHECKS, site)}


def test_the_rights_of_the_page_are_enough(cloud: Cloud) -> None:
    unknown = {name for name, one in looked(cloud, "all-rights").items() if one.state is not State.PASS}
    assert unknown - {"sweep"} == {"state-bucket-retention", "layer-content"}


def test_who_deploys_has_them() -> None:
    text = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    found = re.search(r"test_provision_rights\.py -->\n```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found
    granted = {action for statement in json.loads(found[1])["Statement"] for action in statement["Action"]}
    assert set(ACTIONS) <= granted


@pytest.mark.parametrize("action", [one for one in ACTIONS if one not in NOT_ASKED_HERE])
def test_a_right_that_is_missing_is_named(cloud: Cloud, action: str) -> None:
    findings = looked(cloud, of(action))
    lacking = [one for one in findings.values() if action in one.fix]
    assert lacking
    assert {one.state for one in lacking} == {State.UNKNOWN}
    assert State.FAIL not in {one.state for one in findings.values()}
