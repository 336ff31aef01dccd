"""Who can reach a laptop cloud."""

from __future__ import annotations

import psutil
import pytest

from cli.up import is_loopback
from localcloud.cloud import LaptopCloud
from tests.safety.clients import Clients


def test_a_cloud_listens_on_loopback_unless_told_otherwise(cloud: LaptopCloud, clients: Clients) -> None:
    listening = [one.laddr for one in psutil.Process().net_connections() if one.status == psutil.CONN_LISTEN]
    assert clients.address[1] in {address.port for address in listening}
    assert {address.ip for address in listening} == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.5", False),
        ("my-laptop", False),
    ],
)
def test_the_command_warns_of_any_other_address(host: str, answer: bool) -> None:
    assert is_loopback(host) is answer
