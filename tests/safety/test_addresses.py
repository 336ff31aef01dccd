"""Each address that a caller can have this machine ask, in each way to write one that must not be asked.

Inputs come from the network, or from the laptop cloud's own OSS. Callbacks and pushes may lead to this machine besides: on a laptop the
receiver runs on the laptop. Nothing leads to the metadata service of a cloud server, or to another address of the local link.
"""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from ai_service_python_sdk.client.rest import ApiException
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi.exceptions import ClientException
from mns.mns_exception import MNSServerException
from mns.subscription import SubscriptionMeta, SubscriptionNotifyStrategy
from mns.topic import TopicMessage

from tests.contract.pai.service import sdk_of
from tests.safety.clients import BUCKET, LIBRARY, TOPIC, Clients

ASSUMED = "our assumption: the cloud's servers can't be led to a metadata service; "
INPUTS = ASSUMED + "an input comes from the network or the cloud's own OSS, so not from another server of this machine"
RECEIVERS = ASSUMED + "a receiver of callbacks or pushes may be on this machine, where those of a laptop are"

NAMES = {
    "metadata.example": ["100.100.100.200"],
    "mixed.example": ["127.0.0.1", "100.100.100.200"],
    "mapped.example": ["::ffff:169.254.169.254"],
    "home.example": ["127.0.0.1"],
    "both.example": ["::1", "127.0.0.1"],
}
METADATA = (
    "100.100.100.200",
    "1684301000",
    "0x646464c8",
    "0144.0144.0144.0310",
    "100.100.25800",
    "100\u3002100\u3002100\u3002200",
    "169.254.169.254",
    "0xa9fea9fe",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[::ffff:100.100.100.200]",
    "[::ffff:a9fe:a9fe]",
    "[64:ff9b::6464:64c8]",
    "[2002:6464:64c8::1]",
    "metadata.example",
    "mixed.example",
    "mapped.example",
)
HERE = ("127.0.0.1", "localhost", "0.0.0.0", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "[2002:7f00:1::]", "home.example")


class Network:
    """What this process asks name servers for, and where it connects to: nowhere but to this machine."""

    def __init__(self) -> None:
        self.asked_for: list[str] = []
        self.dialled: list[str] = []
        self._resolve, self._dial = socket.getaddrinfo, socket.create_connection

    def getaddrinfo(self, host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        self.asked_for.append(host)
        if host not in NAMES:
            return self._resolve(host, port, *rest, **named)
        return [self._resolve(address, port, *rest, **named)[0] for address in NAMES[host]]

    def create_connection(self, address: tuple[str, int], *rest: Any, **named: Any) -> socket.socket:
        self.dialled.append(address[0])
        if address[0] not in ("127.0.0.1", "::1"):
            raise ConnectionRefusedError(f"the test does not go to {address[0]}")
        return self._dial(address, *rest, **named)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    made = Network()
    monkeypatch.setattr(socket, "getaddrinfo", made.getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", made.create_connection)
    return made


class Receiver:
    """A server of this machine: answers each POST with 200, but sends what comes to `/away` to a metadata service."""

    def __init__(self, address: str, family: socket.AddressFamily = socket.AF_INET) -> None:
        self.posted: list[str] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posted.append(self.path)
                self.send_response(307 if self.path == "/away" else 200)
                self.send_header("Location", "http://100.100.100.200/latest")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(HTTPServer):
            address_family = family

        self._server = Server((address, 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver("127.0.0.1")
    yield made
    made.stop()


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def refusal(call: Callable[[], object]) -> str:
    """The code of an SDK's error, and the parameter that it names."""
    with pytest.raises(ClientException) as refused:
        call()
    return f"{refused.value.code} {refused.value.message}"


# Inputs: each takes an address and says how it ended.


def smart_tag_job(clients: Clients, url: str, **more: Any) -> str:
    media = clients.media()
    template = ice.CreateCustomTemplateRequest(name="addresses", template_config=json.dumps({"AnalyseTypes": "vlEventDesc"}), type=11)
    given = json.dumps({"type": "URL", "inputs": [url], "extra": {"mediaType": "video"}})
    request = ice.SubmitSmarttagJobRequest(
        input=ice.SubmitSmarttagJobRequestInput(type="Multi", media=given),
        template_id=media.create_custom_template(template).body.custom_template.template_id,
        **more,
    )
    try:
        job = media.submit_smarttag_job(request).body.job_id
    except ClientException as error:
        return str(error.code)
    query = ice.QuerySmarttagJobRequest(job_id=job)
    until(lambda: media.query_smarttag_job(query).body.job_status in ("Success", "Fail"))
    return str(media.query_smarttag_job(query).body.job_status)


def media_of_a_library(clients: Clients, url: str) -> str:
    media = clients.media()
    try:
        made = media.insert_media_to_search_lib(ice.InsertMediaToSearchLibRequest(search_lib_name=LIBRARY, input=url)).body.media_id
    except ClientException as error:
        return str(error.code)
    query = ice.QueryMediaIndexJobRequest(search_lib_name=LIBRARY, media_id=made)

    def status() -> str:
        return str(media.query_media_index_job(query).body.to_map()["IndexJobInfoList"][0]["Status"])

    until(lambda: status() != "Running")
    return status()


def recognition_sample(clients: Clients, url: str) -> str:
    media, kind = clients.media(), "pedestrian"
    lib = media.create_recognition_lib(ice.CreateRecognitionLibRequest(algorithm=kind, lib_name="addresses")).body.lib_id
    entity = media.create_recognition_entity(
        ice.CreateRecognitionEntityRequest(algorithm=kind, lib_id=lib, entity_name="one")
    ).body.entity_id
    request = ice.CreateRecognitionSampleRequest(algorithm=kind, lib_id=lib, entity_id=entity, image_url=url)
    answer = refusal(lambda: media.create_recognition_sample(request))
    assert '"ImageUrl"' in answer
    return answer.split()[0]


def picture_of_a_face(clients: Clients, url: str) -> str:
    request = ice.SearchMediaByFaceRequest(search_lib_name=LIBRARY, person_image_url=url, face_search_token="addresses")
    answer = refusal(lambda: clients.media().search_media_by_face(request))
    assert '"PersonImageUrl"' in answer
    return answer.split()[0]


def segment_of_a_playlist(clients: Clients, url: str) -> str:
    clients.bucket().put_object("list.m3u8", f"#EXTM3U\n#EXTINF:2,\n{url}\n".encode())
    return smart_tag_job(clients, f"oss://{BUCKET}/list.m3u8")


def playlist_of_a_playlist(clients: Clients, url: str) -> str:
    clients.bucket().put_object("master.m3u8", f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{url}\n".encode())
    return smart_tag_job(clients, f"oss://{BUCKET}/master.m3u8")


def picture_of_pai(clients: Clients, url: str) -> str:
    with sdk_of(clients.endpoint, clients.key) as sdk, pytest.raises(ApiException) as refused:
        sdk.images.image_qa(url, "", {})
    assert (refused.value.status, b"failed to download" in refused.value.body) == (422, True)
    return "InvalidParameter"


def video_of_pai(clients: Clients, url: str) -> str:
    with sdk_of(clients.endpoint, clients.key) as sdk:
        job = sdk.ended(sdk.videos.video_qa(url, "", "", {}).data["job_id"])
    assert "failed to download" in job["message"]
    return "Fail" if job["state"] == 3 else str(job["state"])


INPUT_KINDS = (
    smart_tag_job,
    media_of_a_library,
    recognition_sample,
    picture_of_a_face,
    segment_of_a_playlist,
    playlist_of_a_playlist,
    picture_of_pai,
    video_of_pai,
)


@pytest.mark.contract(INPUTS)
@pytest.mark.parametrize("given", INPUT_KINDS)
def test_no_input_leads_to_a_metadata_service(clients: Clients, network: Network, given: Callable[[Clients, str], str]) -> None:
    for host in METADATA:
        assert given(clients, f"http://{host}/latest/meta-data") in ("InvalidParameter", "Fail"), host
    assert set(network.dialled) <= {"127.0.0.1"}


@pytest.mark.contract(INPUTS)
@pytest.mark.parametrize("given", INPUT_KINDS)
def test_no_input_leads_to_another_server_of_this_machine(clients: Clients, network: Network, given: Callable[[Clients, str], str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as neighbour:
        neighbour.setblocking(False)
        for host in HERE:
            assert given(clients, f"http://{host}:{neighbour.getsockname()[1]}/a") in ("InvalidParameter", "Fail"), host
        with pytest.raises(BlockingIOError):
            neighbour.accept()


@pytest.mark.contract(INPUTS + "; PutBucketWebsite of OSS: routing rules redirect to hosts of the owner's choice")
@pytest.mark.parametrize("host", ["100.100.100.200", "169.254.169.254", "metadata.example"])
def test_no_input_is_redirected_inside(clients: Clients, network: Network, host: str) -> None:
    bucket = clients.bucket()
    bucket.put_bucket_acl("public-read")
    redirect = f"<Redirect><RedirectType>External</RedirectType><Protocol>http</Protocol><HostName>{host}</HostName></Redirect>"
    rule = "<RuleNumber>1</RuleNumber><Condition><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition>"
    bucket.put_bucket_website(
        f"<WebsiteConfiguration><RoutingRules><RoutingRule>{rule}{redirect}</RoutingRule></RoutingRules></WebsiteConfiguration>"
    )
    assert smart_tag_job(clients, f"{clients.endpoint}/{BUCKET}/away.mp4") == "Fail"
    assert host in network.asked_for  # so the redirect was followed, up to where it must not be
    assert set(network.dialled) <= {"127.0.0.1"}
    bucket.delete_bucket_website()
    bucket.put_bucket_acl("private")


@pytest.mark.contract(INPUTS)
@pytest.mark.parametrize("given", INPUT_KINDS)
def test_no_input_is_a_file_of_this_machine(clients: Clients, given: Callable[[Clients, str], str]) -> None:
    assert given(clients, "file:///etc/passwd") in ("InvalidParameter", "Fail")


@pytest.mark.contract(INPUTS)
def test_a_laptops_own_objects_may_be_inputs(clients: Clients) -> None:
    bucket = clients.bucket()
    bucket.put_object("clip.mp4", b"say a dog")
    assert smart_tag_job(clients, bucket.sign_url("GET", "clip.mp4", 600, slash_safe=True)) == "Success"
    assert media_of_a_library(clients, f"oss://{BUCKET}/clip.mp4") == "Success"


# Receivers


def upload_callback(clients: Clients, url: str) -> int:
    document = base64.b64encode(json.dumps({"callbackUrl": url, "callbackBody": "a=1"}).encode()).decode()
    return int(clients.bucket().put_object("called", b"x", headers={"x-oss-callback": document}).status)


@pytest.mark.contract(RECEIVERS + '; "Callback" of OSS: one that fails is a 203')
def test_no_upload_callback_leads_to_a_metadata_service(clients: Clients, network: Network, receiver: Receiver) -> None:
    for host in METADATA:
        assert upload_callback(clients, f"http://{host}/latest") == 203, host
    assert upload_callback(clients, f"http://127.0.0.1:{receiver.port}/away") == 203
    assert receiver.posted == ["/away"]
    assert set(network.dialled) <= {"127.0.0.1"}


@pytest.mark.contract(RECEIVERS + "; SubmitSmarttagJob: NotifyUrl")
def test_no_notify_url_leads_to_a_metadata_service(clients: Clients, network: Network, receiver: Receiver) -> None:
    clients.bucket().put_object("clip.mp4", b"say a dog")
    for host in METADATA:
        smart_tag_job(clients, f"oss://{BUCKET}/clip.mp4", notify_url=f"http://{host}/latest")
    smart_tag_job(clients, f"oss://{BUCKET}/clip.mp4", notify_url=f"http://127.0.0.1:{receiver.port}/away")
    # Asked for again, each has come to the end of an attempt.
    until(lambda: network.asked_for.count("mapped.example") > 1 and receiver.posted.count("/away") > 1)
    assert set(network.dialled) <= {"127.0.0.1"}


@pytest.mark.contract(RECEIVERS + "; SetEventCallback: CallbackURL")
@pytest.mark.parametrize("host", ["100.100.100.200", "0xa9fea9fe", "metadata.example"])
def test_no_event_callback_leads_to_a_metadata_service(clients: Clients, network: Network, host: str) -> None:
    media = clients.media()
    clients.bucket().put_object("clip.mp4", b"say a dog")
    told = ice.SetEventCallbackRequest(
        callback_type="HTTP", callback_url=f"http://{host}/latest", event_type_list="MediaAiAnalysisComplete"
    )
    media.set_event_callback(told)
    media.submit_media_ai_analysis_job(ice.SubmitMediaAiAnalysisJobRequest(input=f"oss://{BUCKET}/clip.mp4"))
    until(lambda: network.asked_for.count(host) > 1)
    assert set(network.dialled) <= {"127.0.0.1"}


@pytest.mark.contract(RECEIVERS + "; the code EndpointInvalid is the official .NET SDK's")
def test_no_push_leads_to_a_metadata_service(clients: Clients, network: Network, receiver: Receiver) -> None:
    account, hosts = clients.account(), [host for host in METADATA if host.isascii()]  # the SDK sends no other
    for number, host in enumerate(hosts):
        meta = SubscriptionMeta(f"http://{host}/latest", SubscriptionNotifyStrategy.EXPONENTIAL)
        subscription = account.get_subscription(TOPIC, f"s{number}")
        if host in NAMES:
            subscription.subscribe(meta)
        else:
            with pytest.raises(MNSServerException, match="EndpointInvalid"):
                subscription.subscribe(meta)
    away = SubscriptionMeta(f"http://127.0.0.1:{receiver.port}/away", SubscriptionNotifyStrategy.EXPONENTIAL)
    account.get_subscription(TOPIC, "away").subscribe(away)
    account.get_topic(TOPIC).publish_message(TopicMessage("a"))
    until(lambda: network.asked_for.count("mapped.example") > 1 and receiver.posted.count("/away") > 1)
    for name in ["away", *(f"s{number}" for number, host in enumerate(hosts) if host in NAMES)]:
        account.get_subscription(TOPIC, name).unsubscribe()
    assert set(network.dialled) <= {"127.0.0.1"}


@pytest.mark.contract(RECEIVERS)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "home.example", "both.example"])
def test_a_receiver_on_this_machine_is_called(clients: Clients, network: Network, receiver: Receiver, host: str) -> None:
    """`both.example` is what localhost is on many machines: ::1 first, where nobody listens here."""
    called_by_all(clients, f"http://{host}:{receiver.port}", receiver)


@pytest.mark.contract(RECEIVERS)
def test_a_receiver_that_listens_on_ipv6_alone_is_called(clients: Clients, network: Network) -> None:
    try:
        receiver = Receiver("::1", socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    try:
        for host in ("[::1]", "both.example"):
            called_by_all(clients, f"http://{host}:{receiver.port}", receiver)
    finally:
        receiver.stop()


def called_by_all(clients: Clients, address: str, receiver: Receiver) -> None:
    receiver.posted.clear()
    clients.bucket().put_object("clip.mp4", b"say a dog")
    subscription = clients.account().get_subscription(TOPIC, "home")
    subscription.subscribe(SubscriptionMeta(f"{address}/push", SubscriptionNotifyStrategy.EXPONENTIAL))
    clients.account().get_topic(TOPIC).publish_message(TopicMessage("a"))
    assert upload_callback(clients, f"{address}/uploaded") == 200
    smart_tag_job(clients, f"oss://{BUCKET}/clip.mp4", notify_url=f"{address}/notified")
    until(lambda: {"/push", "/uploaded", "/notified"} <= set(receiver.posted))
    subscription.unsubscribe()
