"""Keys that look like paths, documents that explode, and the secret that must not come out."""

from __future__ import annotations

import base64
import hashlib
import logging
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import oss2
import pytest
from alibabacloud_fc20230330 import models as fc
from alibabacloud_ice20201109 import models as ice
from mns.mns_http import RequestInternal
from mns.mns_request import SendMessageRequest
from mns.queue import Message

from localcloud.cloud import LaptopCloud
from tests.safety.clients import BUCKET, QUEUE, Clients

PATHS = (
    "../../../etc/passwd",
    "a/../../b",
    "/etc/passwd",
    "a//b",
    "./x",
    "..%2f..%2fx",
    "%2e%2e/x",
    "C:\\x",
    "a\\..\\..\\b",
    "…/😀/ ",
)
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, (b"&%c;" % (97 + n)) * 20) for n in range(8))
    + b"]><%s>&i;</%s>"
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><%s>&a;</%s>'


@pytest.mark.parametrize("key", PATHS)
def test_a_key_that_looks_like_a_path_is_a_name(clients: Clients, data: Path, key: str) -> None:
    bucket = clients.bucket("v1")
    try:
        bucket.put_object(key, b"mine")
    except oss2.exceptions.ServerError as error:
        answer = f"{error.status} {error.code}"
    else:
        answer = bucket.get_object(key).read().decode()
        assert key in [one.key for one in oss2.ObjectIteratorV2(bucket)]
        bucket.delete_object(key)
    assert answer in ("mine", "400 InvalidObjectName")
    blobs = data / "oss" / "blobs"
    assert all(path.parent.parent == blobs for path in blobs.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "target",
    [
        "/../../etc/passwd",
        f"/{BUCKET}/../../../etc/passwd",
        f"/{BUCKET}/%2e%2e/%2e%2e/etc/passwd",
        "http://h/../etc/passwd",
        f"/{BUCKET}/a%00b",
    ],
)
def test_a_raw_target_reads_no_file(clients: Clients, target: str) -> None:
    with socket.create_connection(clients.address, timeout=10) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert received.split()[1] in (b"400", b"403", b"404")
    assert b"root:" not in received


@pytest.mark.parametrize("document", [BOMB, OUTSIDE], ids=["entities", "a file"])
@pytest.mark.parametrize(("query", "root"), [("delete", b"Delete"), ("uploadId", b"CompleteMultipartUpload"), ("tagging", b"Tagging")])
def test_documents_of_oss_expand_nothing(clients: Clients, query: str, root: bytes, document: bytes) -> None:
    bucket = clients.bucket()
    value = bucket.init_multipart_upload("bomb").upload_id if query == "uploadId" else ""
    method, key = {"delete": ("POST", ""), "uploadId": ("POST", "bomb"), "tagging": ("PUT", "k")}[query]
    body = document % (root, root)
    digest = base64.b64encode(hashlib.md5(body).digest()).decode()
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        bucket._do(method, BUCKET, key, params={query: value}, headers={"Content-MD5": digest}, data=body)
    assert (refused.value.status, refused.value.code) == (400, "MalformedXML")


@pytest.mark.parametrize("document", [BOMB, OUTSIDE], ids=["entities", "a file"])
def test_documents_of_mns_expand_nothing(clients: Clients, document: bytes) -> None:
    """Signed the way the SDK signs, by the SDK's own code."""
    sdk = clients.account().mns_client
    target = f"/queues/{QUEUE}/messages"
    request = RequestInternal("POST", target)
    request.data = document % (b"Message", b"Message")
    sdk.build_header(SendMessageRequest(QUEUE, "x"), request)
    answer = httpx.post(clients.endpoint + target, headers=request.header, content=request.data, trust_env=False)
    assert (answer.status_code, "<Code>MalformedXML</Code>" in answer.text) == (400, True), answer.text


def test_the_secret_comes_out_nowhere(clients: Clients, cloud: LaptopCloud, data: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After a run of errors in each service: not in answers, not in the log, not in what is kept but the key file itself."""
    wrong = replace(clients, key=replace(clients.key, access_key_secret="wrong"))
    temporary = cloud.keyring.issue("role", -1)
    answers: list[str] = []
    with caplog.at_level(logging.DEBUG, "localcloud"):
        for call in failures(wrong) + failures(clients) + failures(replace(clients, key=temporary)):
            with pytest.raises(Exception) as error:  # noqa: PT011 - whatever each SDK raises
                call()
            answers.append(f"{error.value!r} {error.value} {vars(error.value)}")
    secrets = (clients.key.access_key_secret, temporary.access_key_secret, temporary.security_token or "?")
    said = "\n".join([*answers, caplog.text])
    kept = [path for path in data.rglob("*") if path.is_file() and path.name != "keys.json"]
    for secret in secrets:
        assert secret not in said
        assert [path for path in kept if secret.encode() in path.read_bytes()] == []
    assert (data / "keys.json").stat().st_mode & 0o077 == 0


def failures(clients: Clients) -> list[Callable[[], object]]:
    bucket, media, account, functions = clients.bucket("v1"), clients.media(), clients.account(), clients.functions()
    return [
        lambda: bucket.get_object("missing"),
        lambda: clients.bucket("v4").put_object("k", b"x", headers={"Content-MD5": "wrong"}),
        lambda: bucket.get_object_with_url(clients.endpoint + f"/{BUCKET}/k?OSSAccessKeyId=x&Expires=1&Signature=y"),
        lambda: account.get_queue("missing").send_message(Message("x")),
        lambda: media.submit_smarttag_job(ice.SubmitSmarttagJobRequest(template_id="missing")),
        lambda: functions.get_function("missing", fc.GetFunctionRequest()),
    ]
