"""Which cloud a verb acts on, and where its services answer."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.deployment import target
from cli.deployment.endpoints import region_of
from cli.errors import USAGE, CommandError
from cli.running import Running
from sightline.credentials import Credentials

ROOT = Path(__file__).parents[3]
KEYS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "an-id",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "a-secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "a-token",
    "SIGHTLINE_ACCOUNT_ID": "1234567890123456",
}


def test_everything_of_an_account_follows_from_the_variables() -> None:
    chosen = {
        "SIGHTLINE_REGION": "cn-beijing",
        "SIGHTLINE_OSS_ENDPOINT": "https://oss-cn-beijing-internal.aliyuncs.com",
        "SIGHTLINE_OSS_PUBLIC_ENDPOINT": "https://oss-cn-beijing-internal.aliyuncs.com",
        "SIGHTLINE_IMS_ENDPOINT": "https://ice-vpc.cn-beijing.aliyuncs.com",
        "SIGHTLINE_IMS_SEARCH_ENDPOINT": "ice.cn-shenzhen.aliyuncs.com",
        "SIGHTLINE_SEARCH_LIBRARY": "IPCamera_mine",
        "SIGHTLINE_TEMPLATE_NAME": "mine",
    }
    found = target.cloud({**KEYS, **chosen})
    assert (found.is_laptop, found.region, found.search_region, found.account_id) == (
        False,
        "cn-beijing",
        "cn-shenzhen",
        "1234567890123456",
    )
    assert found.credentials == Credentials("an-id", "a-secret", "a-token")
    assert (found.names.library, found.names.template, found.names.topic) == ("IPCamera_mine", "mine", "sightline-jobs")
    assert set(vars(found.endpoints).values()) == {
        "https://oss-cn-beijing.aliyuncs.com",
        "https://ice.cn-beijing.aliyuncs.com",
        "https://ice.cn-shenzhen.aliyuncs.com",
        "https://mts.cn-beijing.aliyuncs.com",
        "https://1234567890123456.mns.cn-beijing.aliyuncs.com",
        "https://1234567890123456.cn-beijing.fc.aliyuncs.com",
        "https://ram.aliyuncs.com",
    }


def test_a_stage_has_names_of_its_own() -> None:
    dev, prod = (target.cloud({**KEYS, "SIGHTLINE_STAGE": stage}) for stage in ("dev", "prod"))
    assert dev.names.template == "sightline"
    assert set(vars(dev.names).values()).isdisjoint(vars(prod.names).values())


def test_variables_may_stand_in_a_file_beside_s_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "functions", tmp_path / "functions")
    shutil.copy(ROOT / "s.yaml", tmp_path / "s.yaml")
    (tmp_path / ".env").write_text("SIGHTLINE_ACCOUNT_ID=42\nSIGHTLINE_REGION=cn-beijing\nSIGHTLINE_STAGE=dev\n")
    monkeypatch.setenv("SIGHTLINE_PROJECT", str(tmp_path))
    found = target.cloud({**{name: value for name, value in KEYS.items() if name != "SIGHTLINE_ACCOUNT_ID"}, "SIGHTLINE_STAGE": "prod"})
    assert (found.account_id, found.region, found.names.topic) == ("42", "cn-beijing", "sightline-jobs-prod")


def test_no_secret_is_shown() -> None:
    shown = repr(target.cloud(KEYS))
    assert "a-secret" not in shown
    assert "a-token" not in shown


@pytest.mark.parametrize("name", ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "SIGHTLINE_ACCOUNT_ID"])
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(CommandError) as refused:
        target.cloud({key: value for key, value in KEYS.items() if key != name})
    assert name in refused.value.problem
    assert name in refused.value.fix


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIGHTLINE_MEDIA_BUCKET", "Bad_Name"),
        ("SIGHTLINE_STATE_BUCKET", "x"),
        ("SIGHTLINE_DEAD_QUEUE", "a b"),
        ("SIGHTLINE_SEARCH_LIBRARY", "cameras"),
        ("SIGHTLINE_REGION", "cn shanghai"),
        ("SIGHTLINE_OSS_PUBLIC_ENDPOINT", "http://[::1"),
        ("SIGHTLINE_IMS_ENDPOINT", "https://ice.cn-shanghai.aliyuncs.com/path"),
        ("SIGHTLINE_IMS_SEARCH_ENDPOINT", "ftp://ice.cn-shenzhen.aliyuncs.com"),
        ("SIGHTLINE_MNS_ENDPOINT", "http://host:port"),
        ("SIGHTLINE_MPS_ENDPOINT", "a host"),
        ("SIGHTLINE_FC_ENDPOINT", "https://id:a-password@host"),
        ("SIGHTLINE_RAM_ENDPOINT", "https://"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "two\nlines"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "a-password "),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "a-password\nX-Header: y"),
    ],
)
def test_a_wrong_variable_is_named_before_anything_is_asked(name: str, value: str) -> None:
    with pytest.raises(CommandError) as refused:
        target.cloud({**KEYS, name: value})
    told = f"{refused.value.problem} {refused.value.fix}"
    assert name in told
    assert refused.value.exit_code == USAGE
    assert "a-password" not in told


def test_the_laptop_is_one_door_whatever_the_environment_says() -> None:
    running = Running(1, "http://127.0.0.1:7070", "", "cn-shanghai", "1", "id", "secret", "media", "state", "library", "t-1", ".", "p-1")
    found = target.laptop(running, {"SIGHTLINE_IMS_ENDPOINT": "ice.cn-beijing.aliyuncs.com", "SIGHTLINE_CAPTION_LANGUAGE": "it"})
    assert set(vars(found.endpoints).values()) == {"http://127.0.0.1:7070"}
    assert (found.settings["SMARTTAG_TEMPLATE_ID"], found.settings["SMARTTAG_PIPELINE_ID"]) == ("t-1", "p-1")
    assert found.settings["CAPTION_LANGUAGE"] == "it"
    assert found.region == found.search_region == "cn-shanghai"


def test_functions_may_not_contradict_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "functions", tmp_path / "functions")
    text = (ROOT / "s.yaml").read_text()
    first, last = text.rsplit("environmentVariables: ${vars.environment}", 1)
    (tmp_path / "s.yaml").write_text(first + "environmentVariables: {MEDIA_BUCKET: another-bucket}" + last)
    monkeypatch.setenv("SIGHTLINE_PROJECT", str(tmp_path))
    with pytest.raises(CommandError, match="another MEDIA_BUCKET"):
        target.cloud(KEYS)


def test_a_checkout_without_s_yaml_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTLINE_PROJECT", str(tmp_path))
    with pytest.raises(CommandError, match=r"no s\.yaml in"):
        target.cloud(KEYS)


@pytest.mark.contract("Endpoints of OSS, MNS, FC, IMS and MPS in their documentation")
@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        ("https://oss-cn-shanghai-internal.aliyuncs.com", "cn-shanghai"),
        ("oss-us-west-1.aliyuncs.com", "us-west-1"),
        ("https://1.mns.cn-hangzhou.aliyuncs.com", "cn-hangzhou"),
        ("https://1.mns.cn-hangzhou-internal.aliyuncs.com", "cn-hangzhou"),
        ("https://1.ap-southeast-1.fc.aliyuncs.com", "ap-southeast-1"),
        ("ice-vpc.cn-beijing.aliyuncs.com", "cn-beijing"),
        ("mts.cn-shenzhen.aliyuncs.com", "cn-shenzhen"),
        ("https://ice.aliyuncs.com", None),
        ("http://127.0.0.1:7070", None),
        ("https://cn-shanghai.example.com", None),
    ],
)
def test_an_official_address_names_its_region(endpoint: str, region: str | None) -> None:
    assert region_of(endpoint) == region
