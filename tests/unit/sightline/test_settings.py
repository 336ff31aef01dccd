"""Settings that do not go together stop a function at its start."""

from __future__ import annotations

import pytest

from sightline import credentials
from sightline.errors import BadSetting
from sightline.settings import FIELDS, Settings, from_environment
from tests.fakes.network import ENVIRONMENT


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"CLAIM_SECONDS": "59"}, "CLAIM_SECONDS"),
        ({"REQUEST_SECONDS": "60"}, "CLAIM_SECONDS"),
        ({"INPUT_URL_SECONDS": "3600"}, "INPUT_URL_SECONDS"),
        ({"INPUT_URL_SECONDS": "604801"}, "INPUT_URL_SECONDS"),
        ({"PAGE_URL_SECONDS": "604801"}, "PAGE_URL_SECONDS"),
        ({"STATE_BUCKET": "media"}, "STATE_BUCKET"),
        ({"OSS_ENDPOINT": ""}, "OSS_ENDPOINT"),
        ({"OSS_ENDPOINT": "https://oss.example/bucket"}, "OSS_ENDPOINT"),
        ({"OSS_PUBLIC_ENDPOINT": "ftp://oss.example"}, "OSS_PUBLIC_ENDPOINT"),
        ({"IMS_ENDPOINT": "https://ice.example:port"}, "IMS_ENDPOINT"),
        ({"IMS_ENDPOINT": "https://[::1"}, "IMS_ENDPOINT"),
        ({"IMS_SEARCH_ENDPOINT": "ice.example "}, "IMS_SEARCH_ENDPOINT"),
        ({"DEFAULT_NAMESPACE": "x" * 65}, "DEFAULT_NAMESPACE"),
        ({"OSS_ENDPOINT": "https://oss.example?x=y"}, "OSS_ENDPOINT"),
        ({"MNS_ENDPOINT": "https://mns.example#x"}, "MNS_ENDPOINT"),
        ({"OSS_ENDPOINT": "https://user@oss.example"}, "OSS_ENDPOINT"),
        ({"CAMERA_TIME_ZONE": "Shanghai"}, "CAMERA_TIME_ZONE"),
        ({"CAMERA_TIME_ZONES": "home=Shanghai"}, "CAMERA_TIME_ZONES"),
    ],
)
def test_settings_that_do_not_go_together_are_named(variables: dict[str, str], name: str) -> None:
    with pytest.raises(BadSetting) as raised:
        from_environment({**ENVIRONMENT, **variables})
    assert raised.value.field == name
    assert name in str(raised.value)
    assert raised.value.fix


def values(**variables: str) -> Settings:
    return from_environment({**ENVIRONMENT, **variables})


WHOLE = [name for name, field in FIELDS.items() if field.kind is int]
NUMBERS = [name for name, field in FIELDS.items() if field.kind is not str]


@pytest.mark.parametrize("name", NUMBERS)
def test_each_number_has_its_limits(name: str) -> None:
    field = FIELDS[name]
    limits = [str(int(limit)) for limit in (field.least, field.most) if limit != float("inf")]
    for text in limits:
        assert field.read(name, text) == int(text)
        assert field.read(name, f" {text}\n") == int(text)
    beyond = [str(int(field.least) - 1), *([str(int(field.most) + 1)] if len(limits) > 1 else [])]
    for text in [*beyond, "", " ", "nan", "inf", "-inf", "1e400", "9" * 5000, "ten", "0x10", "true", "1,0"]:
        with pytest.raises(BadSetting) as raised:
            field.read(name, text)
        assert raised.value.field == name.upper()
        assert field.rule in raised.value.fix


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_number_is_none_with_a_point(name: str) -> None:
    with pytest.raises(BadSetting, match=r"is '100000\.0'; set it to a whole number"):
        FIELDS[name].read(name, "100000.0")


def test_a_number_is_told_as_it_was_set() -> None:
    with pytest.raises(BadSetting, match=r"PAGE_URL_SECONDS: is 1234567; set it to a whole number from 60 to 604800\. "):
        values(PAGE_URL_SECONDS="1234567")


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.default is None])
def test_what_must_be_set_is_named(name: str) -> None:
    environment = {variable: value for variable, value in ENVIRONMENT.items() if variable != name.upper()}
    with pytest.raises(BadSetting, match=f"{name.upper()}: is not set; set it in s.yaml"):
        from_environment(environment)


def test_a_password_in_an_address_is_not_told() -> None:
    with pytest.raises(BadSetting) as raised:
        values(OSS_ENDPOINT="https://user:pass-word@oss.example")
    assert "pass-word" not in str(raised.value)
    assert "oss.example" in str(raised.value)


@pytest.mark.parametrize("name", ["ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN"])
@pytest.mark.parametrize("value", ["hush\n", " hush", "hush\r\nx-oss-acl: public-read", "hüsh"])
def test_a_key_that_could_not_be_sent_is_named_and_not_told(name: str, value: str) -> None:
    provide = credentials.from_environment({**ENVIRONMENT, f"ALIBABA_CLOUD_{name}": value})
    with pytest.raises(BadSetting) as raised:
        provide()
    assert raised.value.field == f"ALIBABA_CLOUD_{name}"
    assert value.strip() not in str(raised.value)


def test_settings_stay_as_they_are() -> None:
    with pytest.raises(AttributeError, match="region"):
        values().region = "elsewhere"
    with pytest.raises(TypeError, match="no such setting: regoin"):
        Settings(regoin="x")
