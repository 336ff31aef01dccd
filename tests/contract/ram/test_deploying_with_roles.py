"""A project is deployed with the template beside it: what its roles allow is what its functions may do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import oss2
import pytest

from localcloud.cloud import LaptopCloud
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.place import Place
from localcloud.ram.template import TemplateError
from tests.contract.fc.laptop import write_project
from tests.contract.ram.conftest import TEMPLATE
from tests.faults.null_engine import NullEngine

PLACE = Place()
READ = """
import os
import oss2
def handler(event, context):
    names = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN")
    auth = oss2.ProviderAuthV4(oss2.credentials.StaticCredentialsProvider(*(os.environ[name] for name in names)))
    bucket = oss2.Bucket(auth, os.environ["OSS"], "films", region="cn-shanghai")
    try:
        return bucket.get_object(event.decode()).read()
    except oss2.exceptions.ServerError as error:
        return error.code
"""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LaptopCloud]:
    made = LaptopCloud(tmp_path / "data", PLACE, EngineSettings(), understanding=NullEngine())
    made.start()
    yield made
    made.stop()


def deploy(cloud: LaptopCloud, folder: Path, template: str | None, role: str) -> None:
    key = cloud.keyring.account
    bucket = oss2.Bucket(oss2.AuthV4(key.access_key_id, key.access_key_secret), cloud.endpoint, "films", region=PLACE.region)
    bucket.create_bucket()
    for name in ("one", "secret/two"):
        bucket.put_object(name, b"content")
    if template is not None:
        (folder / "template.yaml").write_text(template)
    cloud.deploy(write_project(folder, READ, role=role, environmentVariables={"OSS": cloud.endpoint}), {}, {})


def read(cloud: LaptopCloud, key: str) -> str:
    assert cloud.fc is not None
    return cloud.fc.invoke("work", key.encode()).payload.decode()


@pytest.mark.contract("Function Compute, function roles: the temporary keys of a function may do what its role may")
def test_a_function_may_what_its_role_may(cloud: LaptopCloud, tmp_path: Path) -> None:
    deploy(cloud, tmp_path, TEMPLATE, "acs:ram::1000000000000001:role/reader-dev")
    assert [read(cloud, key) for key in ("one", "secret/two")] == ["content", "AccessDenied"]


@pytest.mark.contract("our assumption: without a template, and of a role that it does not declare, there is nothing to enforce")
@pytest.mark.parametrize(("template", "role"), [(None, "reader-dev"), (TEMPLATE, "another")])
def test_a_project_works_without_its_roles(cloud: LaptopCloud, tmp_path: Path, template: str | None, role: str) -> None:
    deploy(cloud, tmp_path, template, role)
    assert read(cloud, "secret/two") == "content"


@pytest.mark.contract("our assumption: a template that can't be read is no reason to do without it")
def test_a_template_that_can_t_be_read_is_not_passed_over(cloud: LaptopCloud, tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"template\.yaml"):
        deploy(cloud, tmp_path, json.dumps({"Resources": 7}), "reader-dev")
