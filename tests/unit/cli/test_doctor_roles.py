"""Roles beside template.yaml: RAM of the laptop cloud with another template than this checkout's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from cli.deployment import target as deployment
from cli.doctor import roles
from cli.doctor.check import Check
from cli.doctor.finding import Finding, State
from cli.doctor.site import Site
from localcloud.door import Door
from localcloud.identity import Credential, Keyring
from localcloud.place import Place
from localcloud.ram.service import AccessManagement
from sightline.credentials import Credentials

ROOT = Path(__file__).parents[3]
KEY = Credential("LTAItest", "secret")
Look = Callable[..., Finding]
Change = Callable[[deployment.Target], deployment.Target]


@pytest.fixture
def look(tmp_path: Path) -> Iterator[Look]:
    """What a check finds where RAM has the roles of template.yaml with a text replaced by another."""
    service = AccessManagement(Place(), Keyring(KEY))
    door = Door([service], scratch=tmp_path / "scratch")
    door.start()

    def find(check: Check, old: str = "", new: str = "", count: int = 1, change: Change = lambda target: target) -> Finding:
        text = (ROOT / "template.yaml").read_text(encoding="utf-8")
        assert old in text
        (tmp_path / "template.yaml").write_text(text.replace(old, new, count), encoding="utf-8")
        service.read(tmp_path / "template.yaml")
        endpoint = f"http://127.0.0.1:{door.port}"
        variables = deployment.laptop_variables(endpoint, Place(), deployment.LAPTOP_NAMES, {}, "template", "pipeline")
        key = Credentials(KEY.access_key_id, KEY.access_key_secret)
        with closing(Site.of(change(deployment.rendered(variables, key, is_laptop=False)), ROOT)) as site:
            return check.examine(site)

    yield find
    door.stop()


def test_roles_as_the_template_makes_them(look: Look) -> None:
    for check in roles.CHECKS:
        assert look(check).state is State.PASS


def test_a_role_that_is_not_there(look: Look) -> None:
    for check, name in ((roles.function_roles, "sightline-sweep"), (roles.trigger_roles, "sightline-oss-trigger")):
        finding = look(check, f"{name}${{Suffix}}", "another${Suffix}")
        assert (finding.state, finding.found) == (State.FAIL, f"there is no role {name}")
        assert "ROS" in finding.fix


def test_a_role_that_trusts_somebody_else(look: Look) -> None:
    finding = look(roles.trigger_roles, "oss.aliyuncs.com", "fc.aliyuncs.com")
    assert finding.state is State.FAIL
    assert finding.found == "role sightline-oss-trigger may be taken by fc.aliyuncs.com, not by oss.aliyuncs.com"
    assert look(roles.function_roles, "fc.aliyuncs.com", "ecs.aliyuncs.com").state is State.FAIL


@pytest.mark.parametrize(
    ("check", "action"),
    [
        (roles.function_rights, "ice:SubmitSmarttagJob"),
        (roles.function_rights, "ice:SearchMediaByHybrid"),
        (roles.function_rights, "ice:SubmitIProductionJob"),
        (roles.function_rights, "ice:QueryIProductionJob"),
        (roles.function_rights, "mns:BatchReceiveMessage"),
        (roles.trigger_rights, "fc:InvokeFunction"),
    ],
)
def test_a_right_that_is_missing(look: Look, check: Check, action: str) -> None:
    finding = look(check, f"- {action}\n", "- sts:GetCallerIdentity\n")
    assert finding.state is State.FAIL
    assert action in finding.found


def test_a_right_on_something_else(look: Look) -> None:
    finding = look(roles.function_rights, "${MediaBucketName}/${UploadPrefix}*", "${MediaBucketName}/elsewhere/*")
    assert (finding.state, finding.found) == (
        State.FAIL,
        "role sightline-submit may not oss:GetObject on acs:oss:*:*:sightline-media/uploads/*",
    )


def test_a_right_on_what_jobs_make(look: Look) -> None:
    finding = look(roles.function_rights, "${MediaBucketName}/${DerivedPrefix}*", "${MediaBucketName}/elsewhere/*")
    assert finding.state is State.FAIL
    assert finding.found.startswith("role sightline-submit may not oss:")
    assert finding.found.endswith(" on acs:oss:*:*:sightline-media/derived/*")


def test_more_rights_than_needed_are_rights(look: Look) -> None:
    assert look(roles.function_rights, "- oss:GetObject\n", "- oss:*\n", -1).state is State.PASS


def of_stage(target: deployment.Target) -> deployment.Target:
    functions = {name: one.model_copy(update={"role": f"{one.role}-dev"}) for name, one in target.project.functions.items()}
    return replace(target, project=target.project.model_copy(update={"functions": functions}))


def test_roles_of_another_stage(look: Look) -> None:
    """The template's Suffix ends their names, and is read from them."""
    suffix = ('  Suffix:\n    Type: String\n    Default: ""', '  Suffix:\n    Type: String\n    Default: "-dev"')
    assert look(roles.function_roles, *suffix, change=of_stage).state is State.PASS
    assert look(roles.function_rights, *suffix, change=of_stage).state is State.PASS
    assert look(roles.function_roles, *suffix).found == "there is no role sightline-submit"
