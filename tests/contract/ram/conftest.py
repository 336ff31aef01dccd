from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.door import Door
from localcloud.identity import Credential, Keyring
from localcloud.place import Place
from localcloud.ram.service import AccessManagement

TEMPLATE = """
ROSTemplateFormatVersion: "2015-09-01"
Parameters:
  Suffix: {Type: String, Default: -dev}
  Bucket: {Type: String, Default: films}
Resources:
  Reader:
    Type: ALIYUN::RAM::Role
    Properties:
      RoleName: {"Fn::Sub": "reader${Suffix}"}
      Description: Reads.
      AssumeRolePolicyDocument:
        Version: "1"
        Statement:
          - {Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: [fc.aliyuncs.com]}}
      Policies:
        - PolicyName: reading
          PolicyDocument:
            Version: "1"
            Statement:
              - {Effect: Allow, Action: ["oss:Get*"], Resource: [{"Fn::Sub": "acs:oss:*:${ALIYUN::TenantId}:${Bucket}/*"}]}
              - {Effect: Deny, Action: "oss:*", Resource: "acs:oss:*:*:films/secret/*"}
              - {Effect: Allow, Action: ["ram:GetRole"], Resource: "*"}
"""


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(Credential("LTAIaccount", "secret"))


@pytest.fixture
def ram(keyring: Keyring, tmp_path: Path) -> AccessManagement:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    service = AccessManagement(Place(), keyring)
    service.read(file)
    return service


@pytest.fixture
def endpoint(ram: AccessManagement, tmp_path: Path) -> Iterator[str]:
    door = Door([ram], scratch=tmp_path / "scratch")
    door.start()
    yield f"127.0.0.1:{door.port}"
    door.stop()
