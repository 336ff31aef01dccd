"""Roles out of a ROS template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from localcloud.identity import NotAllowed
from localcloud.place import Place
from localcloud.ram.roles import Roles
from localcloud.ram.template import TemplateError, read_roles

TRUST = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["fc.aliyuncs.com"]}}]}


def write(folder: Path, resource: Any = "*", name: Any = "reader", **statement: Any) -> Path:
    """A template with one role; JSON is YAML too."""
    allowed = {"Effect": "Allow", "Action": ["oss:GetObject"], "Resource": [resource], **statement}
    policy = {"PolicyName": "reading", "PolicyDocument": {"Version": "1", "Statement": [allowed]}}
    properties = {"RoleName": name, "AssumeRolePolicyDocument": TRUST, "Policies": [policy]}
    document = {
        "Parameters": {"Bucket": {"Type": "String", "Default": "films"}, "Stage": {"Type": "String"}},
        "Resources": {"Reader": {"Type": "ALIYUN::RAM::Role", "Properties": properties}, "Topic": {"Type": "ALIYUN::MNS::Topic"}},
    }
    file = folder / "template.yaml"
    file.write_text(json.dumps(document))
    return file


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("acs:oss:*:*:films/*", "acs:oss:*:*:films/*"),
        ({"Ref": "Bucket"}, "films"),
        ({"Fn::Sub": "acs:oss:*:${ALIYUN::TenantId}:${Bucket}/*"}, "acs:oss:*:1000000000000001:films/*"),
        ({"Fn::Sub": "acs:oss:${ALIYUN::Region}:*:${!Bucket}"}, "acs:oss:cn-shanghai:*:${Bucket}"),
        ({"Fn::Sub": ["${Bucket}/${Key}", {"Key": {"Ref": "Bucket"}}]}, "films/films"),
        ({"Fn::Join": ["", ["acs:oss:*:*:", {"Ref": "Bucket"}]]}, "acs:oss:*:*:films"),
    ],
)
def test_functions_are_resolved(tmp_path: Path, written: Any, read: str) -> None:
    (role,) = read_roles(write(tmp_path, written), Place()).values()
    assert role.policies[0].policy.statement[0].resource == (read,)
    assert role.services == {"fc.aliyuncs.com"}


def test_a_parameter_counts_before_its_default(tmp_path: Path) -> None:
    file = write(tmp_path, {"Ref": "Bucket"}, {"Fn::Sub": "reader-${Stage}"})
    (role,) = read_roles(file, Place(), {"Bucket": "books", "Stage": "dev"}).values()
    assert (role.name, role.policies[0].policy.statement[0].resource) == ("reader-dev", ("books",))


@pytest.mark.parametrize(
    ("resource", "statement", "message"),
    [
        ({"Ref": "Stage"}, {}, "Reader: .*Stage is no parameter with a value"),
        ({"Fn::GetAtt": ["Topic", "TopicName"]}, {}, "Reader: .*Fn::GetAtt can't be resolved here"),
        ("*", {"Condition": {}}, "Reader: .*Condition is not evaluated by the laptop cloud"),
        ("*", {"Effect": "Perhaps"}, "Reader: Statement.0.Effect"),
    ],
)
def test_what_can_t_be_read_names_the_role(tmp_path: Path, resource: Any, statement: dict[str, Any], message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        read_roles(write(tmp_path, resource, **statement), Place())


@pytest.mark.parametrize("text", ["", "- a list", "Resources: {A: 1}", "a: ["])
def test_what_is_no_template_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(text)
    with pytest.raises(TemplateError, match="this is no ROS template"):
        read_roles(file, Place())


def test_a_role_is_known_by_its_name_and_its_arn_in_any_case(tmp_path: Path) -> None:
    roles = Roles(read_roles(write(tmp_path, name="Reader"), Place()))
    for name in ("Reader", "reader", "acs:ram::1:role/reader"):
        roles.check(name, "oss:GetObject", "acs:oss:cn-shanghai:1:films/one")
        with pytest.raises(NotAllowed):
            roles.check(name, "oss:PutObject", "acs:oss:cn-shanghai:1:films/one")


def test_a_service_has_to_be_trusted(tmp_path: Path) -> None:
    roles = Roles(read_roles(write(tmp_path), Place()))
    roles.check_service("fc.aliyuncs.com", "reader", "oss:GetObject", "*")
    with pytest.raises(NotAllowed, match=r"may not sts:AssumeRole on mns\.aliyuncs\.com"):
        roles.check_service("mns.aliyuncs.com", "reader", "oss:GetObject", "*")


def test_policies_that_stand_elsewhere_are_refused(tmp_path: Path) -> None:
    """They would be passed over, and the role would lack them here and have them in the cloud."""
    file = write(tmp_path)
    document = json.loads(file.read_text())
    for name, change in (
        ("Reader", {"Reader": {"Type": "ALIYUN::RAM::Role", "Properties": {"PolicyAttachments": {"System": ["AliyunOSSFullAccess"]}}}}),
        ("More", {"More": {"Type": "ALIYUN::RAM::ManagedPolicy", "Properties": {}}}),
    ):
        file.write_text(json.dumps({**document, "Resources": {**document["Resources"], **change}}))
        with pytest.raises(TemplateError, match=f"{name}: .*evaluated here; write"):
            read_roles(file, Place())
