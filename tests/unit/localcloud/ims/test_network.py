"""Where the URLs of inputs may lead, redirects and names included."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from localcloud.ims.inputs import InputError, InputLimits, Inputs
from localcloud.network import Forbidden, Reach, checked_client
from tests.contract.ims.cloud import FakeObjects, Website


@pytest.fixture
def website() -> Iterator[Website]:
    made = Website()
    yield made
    made.stop()


@pytest.fixture
def fetching(tmp_path: Path) -> Iterator[Inputs]:
    made = Inputs(FakeObjects(tmp_path / "objects"), tmp_path / "scratch", InputLimits(), threading.Event())
    yield made
    made.close()


def own_address() -> str:
    families = psutil.net_if_addrs().values()
    return next((each.address for one in families for each in one if each.family == 2 and not each.address.startswith("127.")), "127.0.0.2")


HOSTS = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0.0.0.0",
    "localhost",
    "a.localhost",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "100.100.100.200",
    "169.254.169.254",
    "[fe80::1]",
    "224.0.0.1",
    "255.255.255.255",
    own_address(),
]


@pytest.mark.parametrize("host", HOSTS)
def test_hosts_that_may_not_be_asked(fetching: Inputs, host: str) -> None:
    with pytest.raises(InputError, match="it leads to"):
        fetching.check(f"http://{host}:8080/a.mp4")
    with pytest.raises(InputError), fetching.files([f"http://{host}:8080/a.mp4"]):
        pass


@pytest.mark.parametrize("address", ["http://93.184.215.14/a", "https://example.com/a", "http://192.168.1.20/clip.mp4", "oss://bucket/key"])
def test_hosts_that_may(fetching: Inputs, address: str) -> None:
    fetching.check(address)


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://example.com/a", "gopher://example.com", "/etc/passwd", "http://[", "oss://bucket"]
)
def test_what_is_no_address(fetching: Inputs, address: str) -> None:
    with pytest.raises(InputError, match="begins with"):
        fetching.check(address)


def test_the_clouds_own_server_alone_may_be_asked_here(tmp_path: Path, website: Website) -> None:
    port = httpx.URL(website.address).port
    reach = Reach(own=lambda: website.address)
    made = Inputs(FakeObjects(tmp_path / "objects"), tmp_path / "scratch", InputLimits(), threading.Event(), reach)
    made.check(website.put("a", "content"))
    made.check(f"http://bucket.localhost:{port}/a")
    with made.files([f"{website.address}/a"]) as files:
        assert files[0].read_text() == "content"
    with pytest.raises(InputError, match="this machine"):
        made.check("http://127.0.0.1:1/a")
    made.close()


def test_each_redirect_is_checked(website: Website) -> None:
    port = httpx.URL(website.address).port
    assert port is not None
    with checked_client(Reach(own=lambda: website.address), httpx.Timeout(5), redirects=5) as client:
        address = website.put("a", "content")
        assert client.get(f"{website.address}/to?{address}").text == "content"
        with pytest.raises(Forbidden):
            client.get(f"{website.address}/to?http://127.0.0.1:{port + 1}/a")
        with pytest.raises(Forbidden):
            client.get(f"{website.address}/to?http://100.100.100.200/latest/meta-data")
        with pytest.raises(httpx.UnsupportedProtocol):
            client.get(f"{website.address}/to?file:///etc/passwd")


def test_a_name_is_asked_for_once(website: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    port = httpx.URL(website.address).port
    resolve, asked = socket.getaddrinfo, []

    def rebind(host: str, *rest: Any, **named: Any) -> Any:
        if host != "rebound.example":
            return resolve(host, *rest, **named)
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "100.100.100.200", port))]

    website.put("a", "content")
    with checked_client(Reach(this_machine=True), httpx.Timeout(5)) as client:
        monkeypatch.setattr("localcloud.network.socket.getaddrinfo", rebind)
        assert client.get(f"http://rebound.example:{port}/a").text == "content"
    assert len(asked) == 1
