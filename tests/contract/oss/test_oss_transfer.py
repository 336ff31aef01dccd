"""How content travels: limited, compressed, and bodies that are announced and never come."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import oss2
import pytest
import requests

from tests.contract.oss.server import LocalOss

SLOWEST = {"x-oss-traffic-limit": "819200"}
CONTENT = b"x" * 150 * 1024
LEAST_SECONDS = 1.0
"""150 KB at 100 KB a second."""


@pytest.mark.contract(
    '"Single-connection bandwidth throttling" of OSS: x-oss-traffic-limit in bit/s, as a header or in a signed URL, both ways'
)
def test_a_limit_slows_both_ways(bucket: Any) -> None:
    url = bucket.sign_url("GET", "k", 60, params=SLOWEST)
    ways: list[Callable[[], Any]] = [
        lambda: bucket.put_object("k", CONTENT, headers=SLOWEST),
        lambda: bucket.get_object("k", headers=SLOWEST).read(),
        lambda: requests.get(url, timeout=30).content,
    ]
    for way in ways:
        began = time.monotonic()
        way()
        assert time.monotonic() - began > LEAST_SECONDS
    assert bucket.get_object("k").read() == CONTENT


@pytest.mark.contract('"Single-connection bandwidth throttling" of OSS: from 819200 to 838860800 bit/s, otherwise 400 InvalidArgument')
@pytest.mark.parametrize("limit", ["819199", "838860801", "0", "-1", "fast", "9" * 50])
def test_limits_have_limits(bucket: Any, limit: str) -> None:
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_object("k", b"x", headers={"x-oss-traffic-limit": limit})
    assert not bucket.object_exists("k")


@pytest.mark.contract(
    '"GetObject" of OSS: text of 1 KB or more is gzipped where the client accepts it, without length and ETag; ranges never are'
)
def test_text_is_compressed_on_the_way(bucket: Any) -> None:
    text = b"hello " * 1000
    bucket.put_object("a.txt", text)
    bucket.put_object("a.bin", text)
    bucket.put_object("b.txt", b"short")
    gzip = {"Accept-Encoding": "gzip"}
    answer = bucket.get_object("a.txt", headers=gzip)
    assert (answer.headers["Content-Encoding"], answer.content_length, answer.headers.get("ETag")) == ("gzip", None, None)
    assert answer.read() == text
    for key, headers in (("a.bin", gzip), ("b.txt", gzip), ("a.txt", {}), ("a.txt", {**gzip, "Range": "bytes=0-2000"})):
        plain = bucket.get_object(key, headers=headers)
        assert "Content-Encoding" not in plain.headers
        assert plain.content_length is not None
        plain.read()


@pytest.mark.contract("test_sign.py of oss2, test_sign_v4_additional_headers: a GET that announces a body and never sends it is answered")
def test_the_body_of_a_get_is_not_waited_for(cloud: LocalOss, bucket: Any) -> None:
    bucket.put_object("k", b"hello", headers={"x-oss-object-acl": "public-read"})
    with socket.create_connection(("127.0.0.1", cloud.door.port), timeout=10) as client:
        client.sendall(f"GET /{bucket.bucket_name}/k HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n".encode())
        received = b""
        while piece := client.recv(4096):
            received += piece
    assert received.startswith(b"HTTP/1.1 200")
    assert received.endswith(b"hello")


@pytest.mark.contract(
    "oss2's tests/test_exception_ec.py: EC in the document and in x-oss-ec, for GET and HEAD; HostId is the host that was asked"
)
def test_an_error_gives_its_finer_reason(cloud: LocalOss, bucket: Any) -> None:
    for call in (bucket.get_object, bucket.head_object, bucket.get_object_meta):
        with pytest.raises(oss2.exceptions.NoSuchKey) as refusal:
            call("none")
        assert refusal.value.ec == refusal.value.headers["x-oss-ec"] == "0026-00000001"
        assert refusal.value.details["HostId"] == f"127.0.0.1:{cloud.door.port}"
