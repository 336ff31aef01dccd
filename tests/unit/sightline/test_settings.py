"""Settings that do not go together stop a function at its start."""

from __future__ import annotations

import json

import pytest

from sightline.errors import (
    BadSetting,
)
from sightline.settings import from_environment
from tests.fakes.network import (
    ENVIRONMENT,
)


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
        ({"CAMERA_TIME_ZONE": "Shanghai"}, "CAMERA_TIME_ZONE"),
        ({"CAMERA_TIME_ZONES": "home=Shanghai"}, "CAMERA_TIME_ZONES"),
    ],
)
def test_settings_that_do_not_go_together_are_named(variables: dict[str, str], name: str) -> None:
    with pytest.raises(BadSetting) as raised:
        from_environment({**ENVIRONMENT, **variables})
    assert raised.value.field == name
    assert json.dumps(raised.value.fix)
