"""How inputs are fetched, and what their errors may say."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localcloud.ims.inputs import InputError, InputLimits, Inputs, OssAddress, is_signed, is_web_address, oss_address, printable
from localcloud.ims.runner import Stopped
from localcloud.network import Reach
from tests.contract.ims.cloud import FakeObjects, Website


@pytest.fixture
def website() -> Iterator[Website]:
    made = Website()
    yield made
    made.stop()


@contextmanager
def inputs(folder: Path, limits: InputLimits, stopping: threading.Event | None = None) -> Iterator[Inputs]:
    # The websites of these tests are on this machine.
    made = Inputs(FakeObjects(folder / "objects"), folder / "scratch", limits, stopping or threading.Event(), Reach(this_machine=True))
    yield made
    made.close()


def fetch(folder: Path, address: str, **limits: float) -> bytes:
    with inputs(folder, InputLimits(**limits)) as fetching, fetching.files([address]) as files:  # type: ignore[arg-type]
        return files[0].read_bytes()


def test_addresses() -> None:
    assert oss_address("oss://bucket/a folder/视频%2F+.mp4") == OssAddress("bucket", "a folder/视频%2F+.mp4")
    assert oss_address("oss://bucket/") is None
    assert oss_address("http://bucket/key") is None
    assert is_web_address("HTTPS://example.com/a")
    assert not is_web_address("ftp://example.com/a")
    assert not is_web_address("http://[")
    assert not is_web_address("http:///a")


@pytest.mark.parametrize("query", ["Expires=1&OSSAccessKeyId=a&Signature=b", "x-oss-signature=a", "X-OSS-Signature=a", "security-token=a"])
def test_a_signed_url_is_known_by_its_query(query: str) -> None:
    assert is_signed(f"https://example.com/a?{query}")
    assert not is_signed("https://example.com/a?x-oss-process=image&signatures=2")


def test_what_is_printed_of_an_address_holds_no_secret() -> None:
    assert printable("https://user:word@example.com:8/a%20b?Signature=secret#x") == "https://example.com:8/a%20b"
    assert printable("oss://bucket/key") == "oss://bucket/key"


def test_a_url_is_fetched_and_its_query_is_not_logged(tmp_path: Path, website: Website, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert fetch(tmp_path, website.put("a", b"content") + "?Signature=secret") == b"content"
    assert "secret" not in caplog.text


def test_the_files_are_gone_afterwards(tmp_path: Path, website: Website) -> None:
    fetch(tmp_path, website.put("a", b"content"))
    assert list((tmp_path / "scratch").iterdir()) == []


def test_too_many_bytes(tmp_path: Path, website: Website) -> None:
    assert fetch(tmp_path, website.put("a", b"1234"), bytes=4) == b"1234"
    with pytest.raises(InputError, match="is larger than 3 bytes"):
        fetch(tmp_path, website.put("a", b"1234"), bytes=3)


def test_too_much_time(tmp_path: Path, website: Website) -> None:
    with pytest.raises(InputError, match="took longer than 0 s"):
        fetch(tmp_path, website.put("a", b"1234"), seconds=0)


def test_an_object_keeps_the_content_that_was_found(tmp_path: Path) -> None:
    objects = FakeObjects(tmp_path / "objects")
    address = objects.add("key", b"before")
    fetching = Inputs(objects, tmp_path / "scratch", InputLimits(), threading.Event())
    stored = objects.find("media", "key")
    assert stored is not None
    with fetching.files([address]) as files:
        replacement = tmp_path / "replacement"
        replacement.write_bytes(b"after")
        replacement.replace(stored.path)
        assert files[0].read_bytes() == b"before"
    stored.path.unlink()
    with pytest.raises(InputError, match="was deleted"), fetching.files([address]):
        pass
    fetching.close()


def test_a_service_that_stops_waits_for_no_download(tmp_path: Path, website: Website) -> None:
    stopping = threading.Event()
    stopping.set()
    with inputs(tmp_path, InputLimits(), stopping) as fetching, pytest.raises(Stopped), fetching.files([website.put("a", b"1")]):
        pass


@pytest.mark.parametrize("host", ["a..b", "a" * 70])
def test_a_host_name_that_is_none(tmp_path: Path, host: str) -> None:
    with (
        inputs(tmp_path, InputLimits()) as fetching,
        pytest.raises(InputError, match="host name") as caught,
        fetching.files([f"http://{host}/x?Signature=s"]),
    ):
        pass
    assert "Signature" not in str(caught.value)


def test_a_download_that_breaks_off_during_the_stop_is_no_fault_of_the_input(tmp_path: Path) -> None:
    stopping = threading.Event()
    stopping.set()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with inputs(tmp_path, InputLimits(), stopping) as fetching, pytest.raises(Stopped), fetching.files([f"http://127.0.0.1:{port}/x"]):
        pass
