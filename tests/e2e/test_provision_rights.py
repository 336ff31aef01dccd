"""The rights that docs/deploy.md has a user be given are enough to provision, and none of them is too much."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import yaml

from cli.errors import CommandError
from cli.provision.run import provision
from cli.provision.wanted import CHANGEABLE, Wanted
from tests.fakes.account import Account, account

PAGE = Path(__file__).parents[2] / "docs" / "deploy.md"
# Of what the page grants for plan and doctor besides.
NOT_FOR_PROVISION = re.compile(r"fc:|ram:|oss:(?!GetBucketInfo)|ice:(GetCustomTemplate|QuerySearchLib)$")


def policy() -> dict[str, Any]:
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(r"test_provision_rights\.py -->\n```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found
    document: dict[str, Any] = json.loads(found[1])
    return document


ACTIONS = [action for statement in policy()["Statement"] for action in statement["Action"] if not NOT_FOR_PROVISION.match(action)]


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with account(tmp_path_factory.mktemp("account")) as made:
        yield made


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"t{crc32(request.node.nodeid.encode()):x}"


def deployer(there: Account, name: str, folder: Path, without: str = "") -> dict[str, str]:
    """The variables of a user who has the page's rights, but for one."""
    document = policy()
    for statement in document["Statement"]:
        statement["Action"] = [action for action in statement["Action"] if action != without]
        ours = {"example-cameras-media": f"{name}-media", "example-cameras-state": f"{name}-state"}
        ours |= {"sightline-jobs-prod": f"{name}-jobs", "sightline-dead-prod": f"{name}-dead"}
        for theirs, mine in ours.items():
            statement["Resource"] = [resource.replace(theirs, mine) for resource in statement["Resource"]]
    properties = {
        "RoleName": "deployer",
        "AssumeRolePolicyDocument": {"Version": "1", "Statement": []},
        "Policies": [{"PolicyName": "page", "PolicyDocument": document}],
    }
    file = folder / "template.yaml"
    file.write_text(yaml.safe_dump({"Resources": {"Deployer": {"Type": "ALIYUN::RAM::Role", "Properties": properties}}}))
    for cloud in (there.home, there.search):
        cloud.ram.read(file)
    key = there.home.keyring.issue("deployer", 600)
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token or "",
    }


def all_that_it_does(there: Account, name: str, keys: dict[str, str]) -> None:
    there.stack(name)
    target = there.target(name, **keys)
    provision(target, Wanted("S.large", f"{name} people", f"{name} pets", name))
    provision(target, Wanted("S.2xlarge", f"{name} others", f"{name} pets", name, frozenset(CHANGEABLE)))


def test_the_rights_of_the_page_are_enough(there: Account, name: str, tmp_path: Path) -> None:
    all_that_it_does(there, name, deployer(there, name, tmp_path))


@pytest.mark.parametrize("action", ACTIONS)
def test_a_right_that_is_missing_is_named(there: Account, name: str, tmp_path: Path, action: str) -> None:
    keys = deployer(there, name, tmp_path, without=action)
    with pytest.raises(CommandError) as refused:
        all_that_it_does(there, name, keys)
    assert action in refused.value.fix
    assert keys["ALIBABA_CLOUD_SECURITY_TOKEN"] not in f"{refused.value.problem} {refused.value.fix}"
