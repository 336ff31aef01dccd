"""Upload callbacks: oss2 uploads, and a small server of this test is called."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import oss2
import pytest
import requests

from tests.contract.oss.server import LocalOss
from tests.contract.oss.test_oss_forms import code, policy, post, signed
from tests.contract.oss.test_oss_pictures import halves, saved


class Application:
    """Answers with `answer`, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, str], str]] = []
        self.answer = (200, b'{"seen": true}')
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.asked.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(outer.answer[0])
                self.send_header("Content-Length", str(len(outer.answer[1])))
                self.end_headers()
                self.wfile.write(outer.answer[1])

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"


@pytest.fixture
def application() -> Iterator[Application]:
    running = Application()
    thread = threading.Thread(target=running.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield running
    running.server.shutdown()
    thread.join()
    running.server.server_close()


def callback(variables: dict[str, str] | None = None, **wanted: str) -> dict[str, str]:
    headers = {"x-oss-callback": base64.b64encode(json.dumps(wanted).encode()).decode()}
    if variables:
        headers["x-oss-callback-var"] = base64.b64encode(json.dumps(variables).encode()).decode()
    return headers


@pytest.mark.contract(
    '"Callback" of OSS: variables in a form body are percent-encoded; the answer of the server is the answer to the client'
)
def test_the_application_is_asked_and_its_answer_returned(bucket: Any, application: Application) -> None:
    body = "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&type=${mimeType}&who=${x:who}&none=${x:none}"
    headers = callback({"x:who": "a b"}, callbackUrl=application.url, callbackBody=body)
    result = bucket.put_object("小.txt", b"hello", headers={**headers, "Content-Type": "text/plain"})
    assert json.loads(result.resp.read()) == {"seen": True}
    sent_headers, sent = application.asked[0]
    assert sent == (
        f"bucket={bucket.bucket_name}&object=%E5%B0%8F.txt&etag=5D41402ABC4B2A76B9719D911017C592&size=5&type=text%2Fplain&who=a%20b&none="
    )
    assert (sent_headers["x-oss-bucket"], sent_headers["content-type"]) == (bucket.bucket_name, "application/x-www-form-urlencoded")


@pytest.mark.contract(
    '"Callback" of OSS: in a JSON body variables are JSON values; CompleteMultipartUpload and PostObject call back as well'
)
def test_json_and_multipart(bucket: Any, application: Application) -> None:
    wanted: dict[str, Any] = {
        "callbackUrl": application.url,
        "callbackBody": '{"k":${object},"s":${size}}',
        "callbackBodyType": "application/json",
    }
    upload = bucket.init_multipart_upload('a"b').upload_id
    part = bucket.upload_part('a"b', upload, 1, b"hello")
    bucket.complete_multipart_upload('a"b', upload, [oss2.models.PartInfo(1, part.etag)], headers=callback(**wanted))
    assert json.loads(application.asked[0][1]) == {"k": 'a"b', "s": 5}


@pytest.mark.contract('"Callback" of OSS: 203 CallbackFailed where the server fails, is away or answers no JSON; the object is kept')
def test_a_callback_that_fails(bucket: Any, application: Application) -> None:
    for answer in ((500, b"{}"), (302, b"{}"), (200, b"no json"), (200, b""), (200, b"[" * 100_000), (200, b"1" * 2_000_000)):
        application.answer = answer
        headers = callback(callbackUrl=application.url, callbackBody="a=1")
        result = bucket.put_object("k", str(answer).encode(), headers=headers)
        assert result.status == 203
        assert b"<Code>CallbackFailed</Code>" in result.resp.read()
        assert bucket.get_object("k").read() == str(answer).encode()
    away = callback(callbackUrl="http://127.0.0.1:1/", callbackBody="a=1")
    assert bucket.put_object("k", b"x", headers=away).status == 203


@pytest.mark.contract(
    '"Callback" of OSS: several servers are asked in turn; an address of the metadata service is never asked (assumption: as if away)'
)
def test_which_servers_are_asked(bucket: Any, application: Application) -> None:
    first_away = callback(callbackUrl=f"http://127.0.0.1:1/;{application.url}", callbackBody="a=1")
    assert bucket.put_object("k", b"x", headers=first_away).status == 200
    for forbidden in (
        "http://100.100.100.200/latest",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "http://[",
        "http://a:99999/",
        "http://é\n/",
        "http://" + "a" * 300,
        "http://[::ffff:100.100.100.200]/",
    ):
        assert bucket.put_object("k", b"x", headers=callback(callbackUrl=forbidden, callbackBody="a=1")).status == 203


@pytest.mark.contract('"Callback" of OSS: 400 InvalidArgument for a malformed one, and nothing is uploaded; a URL signs its callback')
def test_malformed_callbacks(bucket: Any, application: Application) -> None:
    for headers in (
        {"x-oss-callback": "!"},
        {"x-oss-callback": base64.b64encode(b"[]").decode()},
        callback(callbackUrl=application.url),
        callback(callbackBody="a"),
        callback(callbackUrl=";".join([application.url] * 6), callbackBody="a"),
        callback(callbackUrl=application.url, callbackBody="a", callbackBodyType="text/html"),
        callback(callbackUrl=application.url, callbackBody="a", callbackHost="a\r\nb: c"),
        callback(callbackUrl=application.url, callbackBody="\ud800"),
    ):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            bucket.put_object("k", b"x", headers=headers)
    assert not bucket.object_exists("k")
    encoded = callback(callbackUrl=application.url, callbackBody="a=1")["x-oss-callback"]
    url = bucket.sign_url("PUT", "k", 60, params={"callback": encoded})
    assert requests.put(url, data=b"x", timeout=20).json() == {"seen": True}
    assert requests.put(url.replace("callback=", "callback=e"), data=b"y", timeout=20).status_code == 403
    assert bucket.get_object("k").read() == b"x"


@pytest.mark.contract('"Callback" of OSS: imageInfo.height, imageInfo.width and imageInfo.format, empty for what is no picture')
def test_the_facts_of_a_picture_are_variables(bucket: Any, application: Application) -> None:
    headers = callback(callbackUrl=application.url, callbackBody="${imageInfo.width}x${imageInfo.height} ${imageInfo.format}")
    bucket.put_object("a.png", saved(halves(), "PNG"), headers=headers)
    bucket.put_object("a.txt", b"text", headers=headers)
    assert [body for _, body in application.asked] == ["200x100 png", "x "]


@pytest.mark.contract("our assumption: nobody who did not sign has the cloud ask another server; a signed form has")
def test_callbacks_need_a_signature(cloud: LocalOss, bucket: Any, application: Application) -> None:
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
    wanted = callback(callbackUrl=application.url, callbackBody="a=1")
    with pytest.raises(oss2.exceptions.AccessDenied):
        cloud.bucket(oss2.AnonymousAuth()).put_object("k", b"x", headers=wanted)
    encoded = wanted["x-oss-callback"]
    assert code(post(cloud, {"key": "k", "callback": encoded})) == (403, "AccessDenied")
    assert not bucket.object_exists("k")
    assert post(cloud, {"key": "k", "callback": encoded, **signed(policy())}).json() == {"seen": True}
    assert len(application.asked) == 1
