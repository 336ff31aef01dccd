"""What the services say to a role that may not do something, through the official SDKs."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oss2
import pytest
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi.exceptions import ClientException
from mns.account import Account
from mns.mns_exception import MNSServerException
from mns.queue import Message, QueueMeta
from PIL import Image

from localcloud.door import Door
from localcloud.identity import Credential, Keyring
from localcloud.mns.service import MessageService
from localcloud.oss import ObjectStorage
from localcloud.place import Place
from localcloud.ram.policy import Policy
from localcloud.ram.roles import Roles
from localcloud.ram.template import NamedPolicy, Role
from tests.contract.ims.cloud import Cloud

PLACE = Place()
ALLOWED_BY_NONE = "OSS, EC 0003-00000001; the elements of AccessDeniedDetail: EC 0003-00000201"
ACTIONS = "OSS, RAM policy: the Action element, and the sections on permissions of the API reference"


def roles(*statements: dict[str, Any]) -> Roles:
    """One role, `worker`, that may do what these statements say."""
    document = {"Version": "1", "Statement": list(statements)}
    named = NamedPolicy("working", document, Policy.model_validate(document))
    return Roles({"worker": Role("worker", "", {}, frozenset({"fc.aliyuncs.com"}), (named,))})


def allow(action: str | list[str], resource: str | list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def deny(action: str, resource: str) -> dict[str, Any]:
    return {**allow(action, resource), "Effect": "Deny"}


class Services:
    """OSS and MNS behind one door; what the role may do is set by each test."""

    def __init__(self, folder: Path) -> None:
        self.keyring = Keyring(Credential("LTAIaccount", "secret"))
        self.oss = ObjectStorage(folder / "oss", PLACE, self.keyring, None, endpoint=lambda: self.endpoint)
        self.mns = MessageService(folder / "mns", PLACE, self.keyring)
        self.door = Door([self.mns, self.oss], scratch=folder / "scratch")
        self.door.start()
        self.endpoint = f"http://127.0.0.1:{self.door.port}"

    def stop(self) -> None:
        self.door.stop()
        self.oss.stop()
        self.mns.stop()

    def bucket(self, key: Credential | None = None) -> oss2.Bucket:
        """Without a key, that of the role."""
        key = key or self.keyring.issue("worker", 3600)
        token = {"security_token": key.security_token} if key.security_token else {}
        provider = oss2.credentials.StaticCredentialsProvider(key.access_key_id, key.access_key_secret, **token)
        return oss2.Bucket(oss2.ProviderAuthV4(provider), self.endpoint, "films", region=PLACE.region)

    def queue(self, key: Credential | None = None) -> Any:
        key = key or self.keyring.issue("worker", 3600)
        return Account(self.endpoint, key.access_key_id, key.access_key_secret, key.security_token or "").get_queue("dead")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = Services(tmp_path)
    account = made.keyring.account
    made.bucket(account).create_bucket()
    made.bucket(account).put_object("one.txt", b"one")
    made.queue(account).create(QueueMeta())
    yield made
    made.stop()


def refusal(act: Any) -> Any:
    with pytest.raises((oss2.exceptions.ServerError, MNSServerException, ClientException)) as caught:
        act()
    return caught.value


@pytest.mark.contract(ALLOWED_BY_NONE)
def test_oss_names_the_action_that_nothing_allows(services: Services) -> None:
    services.keyring.authority = roles(allow("oss:GetObject", "acs:oss:*:*:films/*"))
    bucket = services.bucket()
    assert bucket.get_object("one.txt").read() == b"one"
    error = refusal(lambda: bucket.put_object("two.txt", b"two"))
    assert (error.status, error.code, error.details["EC"]) == (403, "AccessDenied", "0003-00000001")
    assert error.message == "You have no right to access this object because of bucket acl."
    told = error.body.decode() if isinstance(error.body, bytes) else error.body
    assert "<NoPermissionType>ImplicitDeny</NoPermissionType><AuthAction>oss:PutObject</AuthAction></AccessDeniedDetail>" in told


@pytest.mark.contract("OSS, EC 0003-00000201: a rule of a RAM policy that denies, and its sample")
def test_oss_says_that_a_policy_denies(services: Services) -> None:
    services.keyring.authority = roles(allow("oss:*", "*"), deny("oss:GetObject", "acs:oss:*:*:films/one.*"))
    error = refusal(lambda: services.bucket().get_object("one.txt"))
    assert (error.code, error.details["EC"], error.message) == ("AccessDenied", "0003-00000201", "Access denied by bucket policy.")


@pytest.mark.contract(ACTIONS)
@pytest.mark.parametrize(
    ("action", "act"),
    [
        ("oss:GetObject", lambda bucket: bucket.head_object("one.txt")),
        ("oss:GetObject", lambda bucket: bucket.get_object_meta("one.txt")),
        ("oss:PutObject", lambda bucket: bucket.append_object("log", 0, b"line")),
        ("oss:PutObject", lambda bucket: bucket.init_multipart_upload("big")),
        ("oss:DeleteObject", lambda bucket: bucket.delete_object("one.txt")),
        ("oss:DeleteObject", lambda bucket: bucket.batch_delete_objects(["one.txt"])),
        ("oss:ListObjects", lambda bucket: bucket.list_objects_v2()),
        ("oss:ListObjects", lambda bucket: bucket.list_objects()),
        ("oss:GetObjectAcl", lambda bucket: bucket.get_object_acl("one.txt")),
        ("oss:PutBucketAcl", lambda bucket: bucket.put_bucket_acl("public-read")),
    ],
)
def test_each_operation_needs_its_action(services: Services, action: str, act: Any) -> None:
    services.keyring.authority = roles()
    assert refusal(lambda: act(services.bucket())).status == 403
    services.keyring.authority = roles(allow(action, "acs:oss:*:*:films*"))
    act(services.bucket())


@pytest.mark.contract("OSS, CopyObject, permissions: oss:GetObject on the source and oss:PutObject on the target")
def test_a_copy_needs_both_its_ends(services: Services) -> None:
    source, target = allow("oss:GetObject", "acs:oss:*:*:films/one.txt"), allow("oss:PutObject", "acs:oss:*:*:films/two.txt")
    for granted in ([source], [target]):
        services.keyring.authority = roles(*granted)
        assert refusal(lambda: services.bucket().copy_object("films", "one.txt", "two.txt")).status == 403
    services.keyring.authority = roles(source, target)
    services.bucket().copy_object("films", "one.txt", "two.txt")


@pytest.mark.contract("OSS, CopyObject, permissions: oss:GetObject on the source, which may end with a slash")
def test_the_source_of_a_copy_is_checked_as_it_is_read(services: Services) -> None:
    services.bucket(services.keyring.account).put_object("hidden/", b"secret")
    services.keyring.authority = roles(allow("oss:*", "*"), deny("oss:GetObject", "acs:oss:*:*:films/hidden/*"))
    for source in ("hidden/", "hidden%2F", "%68idden/"):
        copying = {"x-oss-copy-source": f"/films/{source}"}
        assert refusal(lambda headers=copying: services.bucket().put_object("open", b"", headers=headers)).code == "AccessDenied"


@pytest.mark.contract("OSS, EC 0003-00000905: tags beside the content need oss:PutObjectTagging")
def test_tags_beside_the_content_need_a_right_of_their_own(services: Services) -> None:
    services.keyring.authority = roles(allow("oss:PutObject", "*"))
    assert refusal(lambda: services.bucket().put_object("two.txt", b"", headers={"x-oss-tagging": "a=b"})).status == 403


@pytest.mark.contract("OSS, presigned URLs: they carry the rights of whoever signs, at the time of the request")
def test_an_address_may_what_its_signer_may(services: Services) -> None:
    address = services.bucket().sign_url("GET", "one.txt", 60)
    services.keyring.authority = roles(allow("oss:GetObject", "acs:oss:*:*:films/one.txt"))
    assert oss2.Session().do_request(oss2.http.Request("GET", address), 5).status == 200
    services.keyring.authority = roles(allow("oss:PutObject", "*"))
    assert oss2.Session().do_request(oss2.http.Request("GET", address), 5).status == 403


@pytest.mark.contract("OSS, authentication: what an ACL allows to everybody, a role without policies may too")
def test_what_everybody_may_a_role_may_too(services: Services) -> None:
    services.keyring.authority = roles()
    services.bucket(services.keyring.account).put_bucket_acl("public-read")
    assert services.bucket().get_object("one.txt").read() == b"one"
    assert refusal(lambda: services.bucket().put_object("one.txt", b"")).status == 403


@pytest.mark.contract("OSS, SDK guide, Determine whether an object exists: oss:GetObject is what it needs, and no right to list")
def test_that_an_object_is_missing_is_told_to_who_may_read_it(services: Services) -> None:
    services.keyring.authority = roles(allow("oss:GetObject", "acs:oss:*:*:films/*"))
    assert services.bucket().object_exists("one.txt")
    assert not services.bucket().object_exists("two.txt")
    services.keyring.authority = roles()
    assert refusal(lambda: services.bucket().get_object("two.txt")).code == "AccessDenied"


@pytest.mark.contract("our assumption: a bucket is looked for before its rights are")
def test_a_bucket_that_is_not_there_is_told_as_such(services: Services) -> None:
    services.keyring.authority = roles()
    services.bucket(services.keyring.account).delete_object("one.txt")
    services.bucket(services.keyring.account).delete_bucket()
    assert refusal(lambda: services.bucket().get_object("one.txt")).code == "NoSuchBucket"


@pytest.mark.contract("Simple Message Queue, each operation's Authorization table; 403 AccessDenied: its page in the FAQ")
@pytest.mark.parametrize(
    ("action", "act"),
    [
        ("mns:SendMessage", lambda queue: queue.send_message(Message("one"))),
        ("mns:BatchSendMessage", lambda queue: queue.batch_send_message([Message("one")])),
        ("mns:ReceiveMessage", lambda queue: queue.receive_message()),
        ("mns:BatchReceiveMessage", lambda queue: queue.batch_receive_message(16)),
        ("mns:PeekMessage", lambda queue: queue.peek_message()),
        ("mns:BatchPeekMessage", lambda queue: queue.batch_peek_message(16)),
    ],
)
def test_mns_asks_for_the_operation_s_own_action(services: Services, action: str, act: Any) -> None:
    services.queue(services.keyring.account).send_message(Message("there"))
    services.keyring.authority = roles(allow("mns:SetQueueAttributes", "*"))
    error = refusal(lambda: act(services.queue()))
    assert error.type == "AccessDenied"
    assert error.message == "The OwnerId that your Access Key Id associated to is forbidden for this operation."
    services.keyring.authority = roles(allow(action, "acs:mns:*:*:/queues/dead/messages"))
    act(services.queue())


@pytest.mark.contract("Simple Message Queue, each operation's Authorization table")
def test_mns_tells_deletes_and_attributes_apart(services: Services) -> None:
    sent = services.queue(services.keyring.account)
    sent.send_message(Message("there"))
    receipt = sent.receive_message().receipt_handle
    services.keyring.authority = roles(allow(["mns:BatchDeleteMessage", "mns:SetQueueAttributes"], "acs:mns:*:*:/queues/dead*"))
    assert refusal(lambda: services.queue().delete_message(receipt)).type == "AccessDenied"
    services.queue().batch_delete_message([receipt])
    assert refusal(lambda: services.queue().create(QueueMeta())).type == "AccessDenied"
    services.queue().set_attributes(QueueMeta(vis_timeout=31))


@pytest.mark.contract("IMS, RAM authorization: ice:<operation>, on all resources; Forbidden.RAM of the gateway, its status our assumption")
def test_ims_names_the_action_that_nothing_allows(cloud: Cloud) -> None:
    cloud.keyring.authority = roles(allow("ice:QuerySearchLib", "*"))
    client = cloud.client(cloud.keyring.issue("worker", 3600))
    assert refusal(lambda: client.query_search_lib(ice.QuerySearchLibRequest(search_lib_name="none"))).code != "Forbidden.RAM"
    error = refusal(lambda: client.list_search_lib(ice.ListSearchLibRequest()))
    assert (error.status_code, error.code) == (403, "Forbidden.RAM")
    assert error.access_denied_detail["AuthAction"] == "ice:ListSearchLib"


@pytest.mark.contract("our assumption: a role that no template declares may do everything, so that a project without one works")
def test_a_role_without_a_template_may_do_everything_and_the_log_says_so(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    services.keyring.authority = Roles()
    for _ in range(2):
        assert services.bucket().get_object("one.txt").read() == b"one"
    assert [one.message for one in caplog.records if one.name == "localcloud.ram"] == [
        "no template declares the role worker, so it may do everything here"
    ]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    made = Cloud(tmp_path / "ims")
    yield made
    made.stop()


def picture(color: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(file, "PNG")
    return file.getvalue()


@pytest.mark.contract("our assumption: what a picture is marked with, and saved as, needs the rights of reading and writing it")
def test_what_lies_beside_a_picture_needs_rights_too(services: Services) -> None:
    account = services.bucket(services.keyring.account)
    account.put_object("open.png", picture("red"))
    account.put_object("hidden.png", picture("blue"))
    mark = f"image/watermark,image_{base64.urlsafe_b64encode(b'hidden.png').decode()}"
    save = f"image/resize,w_32|sys/saveas,o_{base64.urlsafe_b64encode(b'small.png').decode()}"
    read, process = allow("oss:GetObject", "acs:oss:*:*:films/open.png"), allow("oss:PostProcessTask", "*")
    services.keyring.authority = roles(read, process)
    assert refusal(lambda: services.bucket().get_object("open.png", process=mark)).code == "AccessDenied"
    assert refusal(lambda: services.bucket().process_object("open.png", save)).code == "AccessDenied"
    services.keyring.authority = roles(allow(["oss:GetObject", "oss:PutObject"], "acs:oss:*:*:films/*"), process)
    assert services.bucket().get_object("open.png", process=mark).read()
    services.bucket().process_object("open.png", save)
    assert account.object_exists("small.png")
