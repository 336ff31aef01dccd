"""Keys that look like paths, documents that explode, addresses that lead inside, and the secret that must not come out."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import oss2
import pytest
from alibabacloud_fc20230330 import models as fc
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi.exceptions import ClientException
from mns.mns_http import RequestInternal
from mns.mns_request import SendMessageRequest
from mns.queue import Message

from localcloud.cloud import LaptopCloud
from tests.safety.clients import BUCKET, LIBRARY, QUEUE, Clients

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
INSIDE = (
    "http://127.0.0.1:{other}/x.mp4",
    "http://localhost:{other}/x.mp4",
    "http://[::1]:{other}/x.mp4",
    "http://0.0.0.0:{other}/x.mp4",
    "http://2130706433:{other}/x.mp4",
    "http://0x7f.1:{other}/x.mp4",
    "http://100.100.100.200/latest/meta-data/ram/security-credentials/",
    "http://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
)


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


@pytest.fixture(scope="module")
def neighbour() -> Iterator[socket.socket]:
    """Another server on this machine, which must not be asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def was_asked(neighbour: socket.socket) -> bool:
    try:
        neighbour.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_leads_inside_is_not_fetched(clients: Clients, neighbour: socket.socket, address: str) -> None:
    """As input of a smart tag job and of a library: refused at once, or by a job that fails and says why."""
    media, url = clients.media(), address.format(other=neighbour.getsockname()[1])
    job_input = ice.SubmitSmarttagJobRequestInput(
        type="Multi", media=json.dumps({"type": "URL", "inputs": [url], "extra": {"mediaType": "video"}})
    )
    template = json.dumps({"AnalyseTypes": "vlEventDesc"})
    made = media.create_custom_template(ice.CreateCustomTemplateRequest(name="inside", template_config=template, type=11))
    request = ice.SubmitSmarttagJobRequest(input=job_input, template_id=made.body.custom_template.template_id)
    assert outcome(lambda: tagged(media, request)) in ("InvalidParameter", "Fail")
    insert = ice.InsertMediaToSearchLibRequest(search_lib_name=LIBRARY, input=url)
    assert outcome(lambda: indexed(media, insert)) in ("InvalidParameter", "Fail")
    assert not was_asked(neighbour)


def test_a_laptops_own_objects_may_be_inputs(clients: Clients) -> None:
    media, bucket = clients.media(), clients.bucket()
    bucket.put_object("clip.mp4", b"say a dog")
    template = json.dumps({"AnalyseTypes": "vlEventDesc"})
    made = media.create_custom_template(ice.CreateCustomTemplateRequest(name="own", template_config=template, type=11))
    url = bucket.sign_url("GET", "clip.mp4", 600, slash_safe=True)
    job_input = ice.SubmitSmarttagJobRequestInput(
        type="Multi", media=json.dumps({"type": "URL", "inputs": [url], "extra": {"mediaType": "video"}})
    )
    request = ice.SubmitSmarttagJobRequest(input=job_input, template_id=made.body.custom_template.template_id)
    assert outcome(lambda: tagged(media, request)) == "Success"
    insert = ice.InsertMediaToSearchLibRequest(search_lib_name=LIBRARY, input=f"oss://{BUCKET}/clip.mp4")
    assert outcome(lambda: indexed(media, insert)) == "Success"


def outcome(ended: Callable[[], str]) -> str:
    """How a job ended, or the code of its refusal."""
    try:
        return ended()
    except ClientException as error:
        return str(error.code)


def tagged(media: Any, request: ice.SubmitSmarttagJobRequest) -> str:
    job = media.submit_smarttag_job(request).body.job_id
    return ending(lambda: media.query_smarttag_job(ice.QuerySmarttagJobRequest(job_id=job)).body.job_status)


def indexed(media: Any, request: ice.InsertMediaToSearchLibRequest) -> str:
    found = media.insert_media_to_search_lib(request).body.media_id
    query = ice.QueryMediaIndexJobRequest(search_lib_name=LIBRARY, media_id=found)
    return ending(lambda: media.query_media_index_job(query).body.to_map()["IndexJobInfoList"][0]["Status"])


def ending(status: Callable[[], str], seconds: float = 20) -> str:
    end = time.monotonic() + seconds
    while (now := status()) not in ("Success", "Fail") and time.monotonic() < end:
        time.sleep(0.01)
    return now


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
