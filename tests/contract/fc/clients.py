"""The official SDKs, pointed at a port of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import fc2
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions

from localcloud.door import Door
from localcloud.fc.service import FunctionCompute
from tests.contract.fc.laptop import KEYRING, Laptop

NEWER = "SDK alibabacloud_fc20230330 4.8.3"
OLDER = "SDK aliyun-fc2 2.5.2"


@contextmanager
def served(laptop: Laptop, fc: FunctionCompute) -> Iterator[int]:
    """The port on which the API of `fc` is spoken."""
    door = Door([fc], scratch=laptop.folder / "scratch")
    door.start()
    try:
        yield door.port
    finally:
        door.stop()


def newer(port: int, secret: str = KEYRING.account.access_key_secret, token: str | None = None, key: str = "") -> Client:
    key = key or KEYRING.account.access_key_id
    config = Config(access_key_id=key, access_key_secret=secret, security_token=token, endpoint=f"127.0.0.1:{port}", protocol="HTTP")
    return Client(config)


def older(port: int, secret: str = KEYRING.account.access_key_secret) -> fc2.Client:
    return fc2.Client(endpoint=f"http://127.0.0.1:{port}", accessKeyID=KEYRING.account.access_key_id, accessKeySecret=secret)


def invoke(client: Client, body: bytes, function: str = "work", **headers: str) -> models.InvokeFunctionResponse:
    return client.invoke_function_with_options(
        function, models.InvokeFunctionRequest(body=body), models.InvokeFunctionHeaders(**headers), RuntimeOptions()
    )
