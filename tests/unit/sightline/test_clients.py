"""The clients over a scripted transport: what they send, what they read, when they try again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from sightline import credentials, settings
from sightline.credentials import Credentials
from sightline.errors import BadSetting, ServiceRefused, ServiceUnreachable
from sightline.host import Host
from sightline.ims.answers import decode_data
from sightline.ims.search_library import SearchLibrary
from sightline.ims.smarttag import SmarttagClient, SmarttagInput
from sightline.ims.transport import ImsTransport
from sightline.store.oss import OssBucket
from sightline.store.types import PositionConflict
from tests.fakes.over_httpx import OverHttpx

OF_OSS = {"x-oss-request-id": "r"}
Answer = Callable[[httpx.Request], httpx.Response]


class Script:
    """Answers in turn, the last for ever; remembers the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def parameters(self) -> dict[str, str]:
        return dict(parse_qsl(self.requests[-1].url.query.decode(), keep_blank_values=True))


def keys() -> Credentials:
    return Credentials("id", "secret")


def host(script: Script) -> Host:
    return Host(OverHttpx(httpx.MockTransport(script)), sleep=lambda _: None)


def ims(script: Script) -> ImsTransport:
    return ImsTransport(host(script), keys, "http://ims.example")


def bucket(script: Script, endpoint: str = "http://127.0.0.1:1") -> OssBucket:
    return OssBucket(host(script), keys, "cn-shanghai", endpoint, "media")


def answer(document: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=document)


BUSY = answer({"Code": "ServiceUnavailable", "Message": "later"}, 503)


@pytest.mark.contract("seed: IPC content understanding, 'Submit a smart tag job'")
def test_a_submitted_video() -> None:
    script = Script(answer({"JobId": "j", "RequestId": "r"}))
    client = SmarttagClient(ims(script), "template", "", "en")
    job_id = client.submit("a title", SmarttagInput(["https://x/a b.mp4"], is_video=True), "camera_001", '{"mediaId":"m"}')
    sent = script.parameters
    media = json.loads(json.loads(sent["Input"])["Media"])
    assert job_id == "j"
    assert json.loads(sent["Input"])["Type"] == "Multi"
    assert media == {"type": "URL", "inputs": ["https://x/a b.mp4"], "extra": {"mediaType": "video", "fps": 2, "targetLanguage": "en"}}
    assert json.loads(sent["Params"]) == {"vlEventDescParams": {"deviceId": "camera_001"}}
    assert (sent["TemplateId"], sent["UserData"]) == ("template", '{"mediaId":"m"}')
    assert "ScheduleConfig" not in sent
    assert script.requests[0].headers["x-acs-action"] == "SubmitSmarttagJob"


def test_a_submit_is_never_sent_twice() -> None:
    for failure, error in ((BUSY, ServiceRefused), (httpx.ReadTimeout("slow"), ServiceUnreachable)):
        script = Script(failure)
        with pytest.raises(error):
            SmarttagClient(ims(script), "template", "", "en").submit("t", SmarttagInput(["https://x"], False), None, "")
        assert len(script.requests) == 1


def test_a_question_is_asked_again_when_the_service_was_busy() -> None:
    script = Script(BUSY, httpx.ConnectError("refused"), answer({"JobStatus": "Processing", "UserData": ""}))
    assert SmarttagClient(ims(script), "template", "", "en").query("j").state == "Processing"
    assert len(script.requests) == 3


@pytest.mark.contract("seed: IPC content understanding, response example of QuerySmarttagJob")
def test_the_description_of_the_seed() -> None:
    data = (
        '"{\\"brief\\":\\"An adult male is sitting on a chair eating.\\",\\"caption\\":\\"In a courtyard\\",'
        '\\"action\\":[\\"eating\\",\\"moving\\"],'
        '\\"label\\":{\\"package\\":false,\\"human\\":true,\\"pet\\":true,\\"vehicle\\":false},\\"title\\":\\"Man eats in courtyard\\",'
        '\\"event\\":[\\"adult male eating\\"],\\"object\\":[\\"adult male\\",\\"dog\\"]}"'
    )
    results = {"Result": [{"Type": "EventDesc", "Data": data}]}
    job = SmarttagClient(ims(Script(answer({"JobStatus": "Success", "Results": results}))), "t", "", "en").query("j")
    assert job.result is not None
    said = job.result.description
    assert (said.title, said.action, said.label.names()) == ("Man eats in courtyard", ["eating", "moving"], ["human", "pet"])


def test_what_a_description_leaves_empty_is_left_out() -> None:
    data = json.dumps({"title": "A cat", "caption": None, "event": None, "label": None})
    results = {"Result": [{"Type": "EventDesc", "Data": data}, {"Type": "Engine", "Data": '{"seconds": "soon"}'}]}
    job = SmarttagClient(ims(Script(answer({"JobStatus": "Success", "Results": results}))), "t", "", "en").query("j")
    assert job.result is not None
    assert (job.result.description.title, job.result.description.caption, job.result.engine) == ("A cat", "", None)


def test_control_characters_of_a_caption_are_taken_out() -> None:
    data = json.dumps({"title": "a\x1b[31m red\u2028 title\x00", "event": ["x\ny"]})
    results = {"Result": [{"Type": "EventDesc", "Data": data}]}
    job = SmarttagClient(ims(Script(answer({"JobStatus": "Success", "Results": results}))), "t", "", "en").query("j")
    assert job.result is not None
    assert job.result.description.title == "a [31m red  title"
    assert job.result.description.event == ["x y"]


@pytest.mark.parametrize("data", ["", "{", '"text"', "[1]", "null", '{"title": {"text": 5}}'])
def test_data_without_a_description_is_no_result(data: str) -> None:
    results = {"Result": [{"Type": "EventDesc", "Data": data}]}
    job = SmarttagClient(ims(Script(answer({"JobStatus": "Success", "Results": results}))), "t", "", "en").query("j")
    assert job.result is None


@pytest.mark.contract("seed: QuerySmarttagJob, success response: Meta ends in white space")
def test_data_with_white_space_after_it() -> None:
    assert decode_data('{"title":"example-title-****"}\t\n') == {"title": "example-title-****"}


def test_a_failed_job_has_a_reason() -> None:
    results = {"Result": [{"Type": "EventDesc", "Data": "the video is truncated"}]}
    job = SmarttagClient(ims(Script(answer({"JobStatus": "Fail", "Results": results}))), "t", "", "en").query("j")
    assert (job.state, job.reason) == ("Fail", "the video is truncated")


@pytest.mark.parametrize("success", [False, "false", "False"])
def test_a_failure_with_status_200_is_an_error(success: object) -> None:
    script = Script(answer({"Success": success, "Code": "ResourceNotFound", "Message": "no such library"}))
    with pytest.raises(ServiceRefused, match="no such library"):
        SearchLibrary(ims(script), "IPCamera_x").search("a person", "home", 1, 10)


def test_hits_with_numbers_of_any_kind() -> None:
    media = [{"MediaId": "m", "ClipInfo": [{"From": 2, "To": "4", "Score": 0.5}, {"From": 7, "To": 9, "Score": 1.2}]}, {"MediaId": "n"}]
    page = SearchLibrary(ims(Script(answer({"Success": "true", "Code": "200", "MediaList": media, "Total": 2}))), "IPCamera_x").search(
        "a", "n", 1, 10
    )
    assert [(hit.media_id, hit.score) for hit in page.hits] == [("m", 1.2), ("n", 0.0)]
    assert page.hits[0].clips[0].start == 7.0


def test_an_insert_of_a_known_id_replaces_it_where_the_service_will_not() -> None:
    refused = answer({"Code": "InvalidParameter.MediaAlreadyExist", "Message": "exists"}, 400)
    script = Script(refused, answer({"Success": "true"}))
    SearchLibrary(ims(script), "IPCamera_x").insert("m", "oss://b/k", "video", "t", "d", "home")
    actions = [request.headers["x-acs-action"] for request in script.requests]
    assert actions == ["InsertMediaToSearchLib", "DeleteMediaFromSearchLib", "InsertMediaToSearchLib"]


@pytest.mark.parametrize(("status", "code", "exists"), [(200, "", True), (404, "ResourceNotFound", False)])
def test_whether_a_library_exists(status: int, code: str, exists: bool) -> None:
    script = Script(answer({"Code": code} if code else {"SearchLibName": "IPCamera_x"}, status))
    assert SearchLibrary(ims(script), "IPCamera_x").exists() is exists


def test_a_library_that_may_not_be_asked_for_is_not_missing() -> None:
    script = Script(answer({"Code": "InvalidAccessKeyId.NotFound"}, 404))
    with pytest.raises(ServiceRefused):
        SearchLibrary(ims(script), "IPCamera_x").exists()


def test_a_missing_object_is_none_and_a_missing_bucket_an_error() -> None:
    def error(code: str) -> httpx.Response:
        return httpx.Response(404, text=f"<Error><Code>{code}</Code><Message>no</Message></Error>", headers=OF_OSS)

    assert bucket(Script(error("NoSuchKey"))).get("k") is None
    with pytest.raises(ServiceRefused, match="NoSuchBucket"):
        bucket(Script(error("NoSuchBucket"))).get("k")


def test_an_append_is_sent_once_and_tells_a_conflict() -> None:
    conflict = httpx.Response(409, text="<Error><Code>PositionNotEqualToLength</Code></Error>")
    with pytest.raises(PositionConflict):
        bucket(Script(conflict)).append("k", 5, b"x")
    script = Script(httpx.Response(500, text=""))
    with pytest.raises(ServiceRefused):
        bucket(script).append("k", 0, b"x")
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("endpoint", "start"),
    [
        ("http://127.0.0.1:1", "http://127.0.0.1:1/media/a%20b"),
        ("http://localhost:1", "http://localhost:1/media/a%20b"),
        ("https://oss-cn-shanghai.aliyuncs.com", "https://media.oss-cn-shanghai.aliyuncs.com/a%20b"),
        ("oss-cn-shanghai.aliyuncs.com", "https://media.oss-cn-shanghai.aliyuncs.com/a%20b"),
    ],
)
def test_a_bucket_is_in_the_path_of_an_address_and_in_the_name_of_a_host(endpoint: str, start: str) -> None:
    assert bucket(Script(BUSY), endpoint).presign("a b", 60).startswith(start + "?x-oss-")


def listing(*keys: str, token: str = "") -> httpx.Response:
    """In the form of ListObjectsV2's documentation, with `encoding-type=url`."""
    entries = "".join(
        f'<Contents><Key>{key}</Key><LastModified>2026-11-21T08:15:30.000Z</LastModified><ETag>"5b3c1a2e"</ETag><Type>Normal</Type>'
        f"<Size>344606</Size><StorageClass>Standard</StorageClass><Owner><ID>1</ID><DisplayName>u</DisplayName></Owner></Contents>"
        for key in keys
    )
    more = f"<IsTruncated>{str(bool(token)).lower()}</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>"
    folders = "<CommonPrefixes><Prefix>f%2Fa%26b%2F</Prefix></CommonPrefixes>"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult>\n<Name>n</Name>\n{entries}{folders}{more}</ListBucketResult>'
    return httpx.Response(200, text=text, headers=OF_OSS)


def test_all_pages_of_a_listing_are_read() -> None:
    script = Script(listing("a%20b", "%E9%97%A8", token="t"), listing("c"))
    assert list(bucket(script).keys("")) == ["a b", "门", "c"]
    assert script.parameters["continuation-token"] == "t"


def test_a_listing_tells_of_objects_and_folders() -> None:
    (listed,) = bucket(Script(listing("c"))).objects("")
    assert (listed.key, listed.info.etag, listed.info.size) == ("c", "5B3C1A2E", 344606)
    assert listed.info.modified.isoformat() == "2026-11-21T08:15:30+00:00"
    assert list(bucket(Script(listing("c"))).folders("f/")) == ["a&b"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "<html></html>",
        "<ListBucketResult><Contents><Key>a</Key>",
        "<ListBucketResult><Contents><Size>x</Size></Contents></ListBucketResult>",
    ],
)
def test_what_is_no_listing_is_not_an_empty_one(text: str) -> None:
    with pytest.raises(ServiceUnreachable, match="can't be read"):
        list(bucket(Script(httpx.Response(200, text=text, headers=OF_OSS))).keys(""))


def test_a_secret_is_in_no_text() -> None:
    error = ServiceRefused("IMS", "Query", 400, "InvalidAccessKeyId", "no")
    assert "secret" not in f"{keys()!r} {error}"


@pytest.mark.parametrize(
    ("variables", "name"),
    [({}, "OSS_ENDPOINT"), ({"SEARCH_LIBRARY": "wrong"}, "SEARCH_LIBRARY"), ({"CLAIM_SECONDS": "soon"}, "CLAIM_SECONDS")],
)
def test_a_missing_or_wrong_setting_is_named(variables: dict[str, str], name: str) -> None:
    good = {
        "OSS_ENDPOINT": "o",
        "MEDIA_BUCKET": "media",
        "STATE_BUCKET": "state",
        "IMS_ENDPOINT": "i",
        "SMARTTAG_TEMPLATE_ID": "t",
        "SEARCH_LIBRARY": "IPCamera_x",
    }
    with pytest.raises(BadSetting) as raised:
        settings.from_environment({**good, **variables} if variables else {})
    assert raised.value.field == name


def test_credentials_are_read_at_each_call() -> None:
    environment = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "a", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s", "ALIBABA_CLOUD_SECURITY_TOKEN": "t1"}
    provide = credentials.from_environment(environment)
    assert provide().security_token == "t1"
    environment["ALIBABA_CLOUD_SECURITY_TOKEN"] = "t2"
    assert provide().security_token == "t2"
    del environment["ALIBABA_CLOUD_ACCESS_KEY_ID"]
    with pytest.raises(BadSetting):
        provide()


@pytest.mark.contract("OSS GetObject: Range, and x-oss-range-behavior, without which a range beyond the object brings the whole")
def test_a_part_of_an_object() -> None:
    script = Script(httpx.Response(206, content=b"345", headers=OF_OSS))
    assert bucket(script).part("k", 3, 3) == b"345"
    sent = script.requests[0].headers
    assert (sent["range"], sent["x-oss-range-behavior"]) == ("bytes=3-5", "standard")
    whole = Script(httpx.Response(200, content=b"0123456789", headers=OF_OSS))
    assert bucket(whole).part("k", 3, 3) == b"345"
    beyond = Script(httpx.Response(416, content=b"<Error><Code>InvalidRange</Code></Error>", headers=OF_OSS))
    assert bucket(beyond).part("k", 99, 3) == b""
