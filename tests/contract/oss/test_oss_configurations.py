"""What can be configured of a bucket, and what comes of it, through the official oss2 SDK and plain HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import oss2
import pytest
import requests
from oss2.models import BucketCors, BucketLogging, BucketReferer, CorsRule, ServerSideEncryptionRule, Tagging

from tests.contract.oss.server import LocalOss, auth_for


def fetch(cloud: LocalOss, method: str, target: str, headers: dict[str, str] | None = None) -> requests.Response:
    """An unsigned request, as a browser sends one."""
    return requests.request(method, cloud.endpoint + target, headers=headers, allow_redirects=False, timeout=10)


@pytest.mark.contract("oss2 tests/test_bucket.py: storage class, redundancy type and encryption of a new bucket, and GetBucketInfo")
def test_a_bucket_is_made_with_a_class(cloud: LocalOss) -> None:
    bucket = cloud.bucket(auth_for("v4"), "cold-bucket")
    config = oss2.models.BucketCreateConfig(oss2.BUCKET_STORAGE_CLASS_IA, oss2.BUCKET_DATA_REDUNDANCY_TYPE_ZRS)
    bucket.create_bucket(oss2.BUCKET_ACL_PUBLIC_READ, config, {"x-oss-server-side-encryption": "AES256"})
    bucket.create_bucket(oss2.BUCKET_ACL_PRIVATE)
    info = bucket.get_bucket_info()
    assert (info.storage_class, info.data_redundancy_type, info.acl.grant) == ("IA", "ZRS", "private")
    assert info.bucket_encryption_rule.sse_algorithm == "AES256"
    bucket.put_object("k", b"12345")
    assert bucket.head_object("k").headers["x-oss-storage-class"] == "IA"
    stat = bucket.get_bucket_stat()
    assert (stat.infrequent_access_storage, stat.infrequent_access_object_count, stat.standard_storage) == (5, 1, 0)
    with pytest.raises(oss2.exceptions.InvalidArgument):
        cloud.bucket(auth_for("v4"), "odd-bucket").create_bucket(input=oss2.models.BucketCreateConfig("Lukewarm"))


@pytest.fixture
def cors_bucket(bucket: Any) -> Any:
    bucket.put_bucket_acl("public-read")
    bucket.put_object("k", b"x")
    everywhere = CorsRule(["*"], ["GET"], [], ["x-oss-request-id"], 60)
    one_page = CorsRule(["https://*.example.com"], ["PUT", "DELETE"], ["x-oss-meta-*", "content-type"], [])
    bucket.put_bucket_cors(BucketCors([everywhere, one_page]))
    return bucket


@pytest.mark.contract("OptionObject of OSS: a preflight is answered by the first rule that origin, method and every header match, else 403")
@pytest.mark.parametrize(
    ("origin", "method", "asked", "status"),
    [
        ("http://anywhere", "GET", "", 200),
        ("http://anywhere", "GET", "content-type", 403),
        ("https://app.example.com", "PUT", "Content-Type, X-Oss-Meta-Author", 200),
        ("https://app.example.com", "PUT", "x-custom", 403),
        ("https://example.com", "PUT", "", 403),
        ("https://app.example.com", "HEAD", "", 403),
        ("https://app.example.com", "PATCH", "", 400),
        ("", "GET", "", 400),
    ],
)
def test_preflights(cloud: LocalOss, cors_bucket: Any, origin: str, method: str, asked: str, status: int) -> None:
    given = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": asked}
    target = f"/{cors_bucket.bucket_name}/k?uploads"
    answer = fetch(cloud, "OPTIONS", target, {name: value for name, value in given.items() if value})
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["access-control-allow-origin"] in ("*", origin)
        assert method in answer.headers["access-control-allow-methods"]
        assert answer.headers.get("access-control-allow-headers", "") == asked


@pytest.mark.contract("PutBucketCors of OSS: the replies to actual requests, errors too, carry the headers of the rule that matches")
def test_replies_to_other_origins(cloud: LocalOss, cors_bucket: Any) -> None:
    for key, status in (("k", 200), ("missing", 404)):
        answer = fetch(cloud, "GET", f"/{cors_bucket.bucket_name}/{key}", {"Origin": "http://anywhere"})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, "*")
        assert (answer.headers["access-control-expose-headers"], answer.headers["access-control-max-age"]) == ("x-oss-request-id", "60")
    assert "access-control-allow-origin" not in fetch(cloud, "GET", f"/{cors_bucket.bucket_name}/k").headers
    denied = fetch(cloud, "DELETE", f"/{cors_bucket.bucket_name}/k", {"Origin": "https://app.example.com"})
    assert (denied.status_code, denied.headers["access-control-allow-origin"]) == (403, "https://app.example.com")
    assert denied.headers["vary"] == "Origin"
    cors_bucket.put_object("page.txt", b"x" * 5000)
    gzipped = {"Origin": "https://app.example.com", "Accept-Encoding": "gzip"}
    cors_bucket.put_bucket_cors(BucketCors([CorsRule(["https://*.example.com"], ["GET"])]))
    assert fetch(cloud, "GET", f"/{cors_bucket.bucket_name}/page.txt", gzipped).headers["vary"] == "Origin, Accept-Encoding"
    cors_bucket.delete_bucket_cors()
    assert (
        fetch(cloud, "OPTIONS", f"/{cors_bucket.bucket_name}/k", {"Origin": "http://a", "Access-Control-Request-Method": "GET"}).status_code
        == 403
    )


@pytest.mark.contract("PutBucketReferer of OSS: white and black list, empty referers, wildcards, truncation; signed headers pass always")
@pytest.mark.parametrize(
    ("referer", "status"),
    [
        ("http://www.aliyun.com", 200),
        ("http://www.aliyun.com/page?q=1", 200),
        ("https://a.b.example.com/", 200),
        ("https://bad.example.com/", 403),
        ("http://elsewhere.com", 403),
        ("http://www.aliyun.com.evil.com", 403),
        ("", 403),
    ],
)
def test_hotlinks(cloud: LocalOss, bucket: Any, referer: str, status: int) -> None:
    bucket.put_bucket_acl("public-read")
    bucket.put_object("k", b"x")
    bucket.put_bucket_referer(
        BucketReferer(False, ["http://www.aliyun.com", "https://*.example.com"], black_referers=["https://bad.example.com"])
    )
    headers = {"Referer": referer} if referer else {}
    assert fetch(cloud, "GET", f"/{bucket.bucket_name}/k", headers).status_code == status
    signed = bucket.sign_url("GET", "k", 60, slash_safe=True).removeprefix(cloud.endpoint)
    assert fetch(cloud, "GET", signed, headers).status_code == status
    assert bucket.get_object("k").read() == b"x"
    bucket.put_bucket_referer(BucketReferer(True, []))
    assert fetch(cloud, "GET", f"/{bucket.bucket_name}/k", headers).status_code == 200


@pytest.mark.contract("oss2 tests/test_bucket.py: tags of buckets, and listing buckets by them")
def test_tags_of_buckets(cloud: LocalOss, bucket: Any) -> None:
    other = cloud.bucket(auth_for("v4"), "other-bucket")
    other.create_bucket()
    tagging = Tagging()
    tagging.tag_set.tagging_rule.update({"%@a": "1", "b": "2", "c": ""})
    bucket.put_bucket_tagging(tagging)
    assert bucket.get_bucket_tagging().tag_set.tagging_rule == {"%@a": "1", "b": "2", "c": ""}
    service = oss2.Service(auth_for("v1"), cloud.endpoint)
    for params, names in (({"tag-key": "b", "tag-value": "2"}, [bucket.bucket_name]), ({"tag-key": "b", "tag-value": "3"}, [])):
        assert [one.name for one in service.list_buckets(params=params).buckets] == names
    bucket.delete_bucket_tagging({"tagging": "b,c"})
    assert bucket.get_bucket_tagging().tag_set.tagging_rule == {"%@a": "1"}
    bucket.delete_bucket_tagging()
    assert bucket.get_bucket_tagging().tag_set.tagging_rule == {}
    tagging.tag_set.tagging_rule.update({f"k{number}": "v" for number in range(20)})
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_bucket_tagging(tagging)


@pytest.mark.contract("oss2 tests/test_bucket.py: encryption rules")
def test_encryption_rules(bucket: Any) -> None:
    with pytest.raises(oss2.exceptions.NoSuchServerSideEncryptionRule):
        bucket.get_bucket_encryption()
    rule = ServerSideEncryptionRule()
    rule.sse_algorithm, rule.kms_master_keyid, rule.kms_data_encryption = "KMS", "a-key", "SM4"
    bucket.put_bucket_encryption(rule)
    found = bucket.get_bucket_encryption()
    assert (found.sse_algorithm, found.kms_master_keyid, found.kms_data_encryption) == ("KMS", "a-key", "SM4")
    rule.sse_algorithm = "AES256"
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_bucket_encryption(rule)
    bucket.delete_bucket_encryption()
    assert bucket.get_bucket_info().bucket_encryption_rule.sse_algorithm is None


@pytest.mark.contract("PutBucketLogging of OSS: the target bucket must exist; an empty status switches logging off")
def test_logging_rules(bucket: Any) -> None:
    bucket.put_bucket_logging(BucketLogging(bucket.bucket_name, "日志/"))
    assert bucket.get_bucket_logging().target_prefix == "日志/"
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        bucket.put_bucket_logging(BucketLogging("no-such-bucket", ""))
    assert refused.value.code == "InvalidTargetBucketForLogging"
    bucket.put_bucket_logging(BucketLogging("", ""))
    assert bucket.get_bucket_logging().target_bucket == ""


@pytest.mark.contract("PutBucketPolicy, PutBucketRequestPayment and PutUserQos of OSS; oss2 tests/test_bucket.py")
def test_settings_that_are_kept(bucket: Any) -> None:
    with pytest.raises(oss2.exceptions.NoSuchBucketPolicy):
        bucket.get_bucket_policy()
    policy = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": ["oss:*"], "Resource": ["*"]}]})
    bucket.put_bucket_policy(policy)
    assert json.loads(bucket.get_bucket_policy().policy) == json.loads(policy)
    for wrong in ("", "{", "[]", '{"Version": "2", "Statement": []}', '{"Version": "1"}', "[" * 10000):
        with pytest.raises(oss2.exceptions.ServerError) as refused:
            bucket.put_bucket_policy(wrong)
        assert refused.value.code == "InvalidPolicyDocument"
    assert bucket.get_bucket_request_payment().payer == "BucketOwner"
    bucket.put_bucket_request_payment("Requester")
    assert bucket.get_bucket_request_payment().payer == "Requester"
    assert bucket.get_bucket_storage_capacity().storage_capacity == -1
    bucket.set_bucket_storage_capacity(oss2.models.BucketUserQos(100))
    assert bucket.get_bucket_storage_capacity().storage_capacity == 100
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.set_bucket_storage_capacity(oss2.models.BucketUserQos(-2))


def put_configuration(bucket: Any, name: str, body: bytes | str) -> Any:
    return bucket._Bucket__do_bucket("PUT", data=body, params={name: ""})


VALID = {
    "cors": "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"
    "</CORSConfiguration>",
    "referer": "<RefererConfiguration><AllowEmptyReferer>true</AllowEmptyReferer><RefererList/></RefererConfiguration>",
    "website": "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>",
    "lifecycle": "<LifecycleConfiguration><Rule><Prefix>a/</Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>"
    "</LifecycleConfiguration>",
    "tagging": "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
    "encryption": "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
    "</ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>",
    "logging": "<BucketLoggingStatus/>",
    "requestPayment": "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
    "qos": "<BucketUserQos><StorageCapacity>5</StorageCapacity></BucketUserQos>",
    "versioning": "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
}


def unknown_field(body: str) -> str:
    return body.replace("/>", "></BucketLoggingStatus>").replace("</", "<Surprise>1</Surprise></", 1)


def twice(body: str) -> str:
    """The first element of the root once more."""
    inside = body[body.index(">") + 1 : body.rindex("</")] if "</" in body else ""
    return body.replace(inside, inside * 1001, 1) if inside else "<BucketLoggingStatus><LoggingEnabled/></BucketLoggingStatus>"


MALFORMED: list[Callable[[str], str]] = [
    lambda body: "",
    lambda body: "not XML",
    lambda body: body[:-1],
    lambda body: f"<Other>{body}</Other>",
    lambda body: f'<!DOCTYPE a [<!ENTITY b "c">]>{body}',
    lambda body: "\x00" + body,
    unknown_field,
    twice,
]


@pytest.mark.contract("OSS answers 400 MalformedXML for a document that is none, has another root, unknown or repeated elements, or a DTD")
@pytest.mark.parametrize("name", VALID)
def test_malformed_documents(bucket: Any, name: str) -> None:
    for spoil in MALFORMED:
        if name == "versioning" and spoil in (unknown_field, twice):
            continue
        with pytest.raises(oss2.exceptions.ServerError) as refused:
            put_configuration(bucket, name, spoil(VALID[name]).encode())
        assert refused.value.code in ("MalformedXML", "InvalidArgument"), spoil(VALID[name])[:200]
    put_configuration(bucket, name, VALID[name].encode())
    stored = bucket._get_bucket_config(name).read()
    put_configuration(bucket, name, stored)
    assert bucket._get_bucket_config(name).read() == stored
    with_namespace = VALID[name].replace(">", ' xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">', 1)
    if not VALID[name].endswith("/>"):
        put_configuration(bucket, name, with_namespace.encode())
        assert b"xmlns" not in bucket._get_bucket_config(name).read()


@pytest.mark.contract("OSS: configurations of a bucket that does not exist; they go with their bucket")
def test_configurations_belong_to_their_bucket(cloud: LocalOss, bucket: Any) -> None:
    missing = cloud.bucket(auth_for("v4"), "missing-bucket")
    for name, body in VALID.items():
        for call, arguments in ((put_configuration, (missing, name, body)), (missing._get_bucket_config, (name,))):
            with pytest.raises(oss2.exceptions.NoSuchBucket):
                call(*arguments)
    put_configuration(bucket, "cors", VALID["cors"])
    bucket.delete_bucket()
    bucket.create_bucket()
    with pytest.raises(oss2.exceptions.NoSuchCors):
        bucket.get_bucket_cors()


@pytest.mark.contract("house rule: a configuration that was acknowledged outlives the process")
def test_configurations_are_kept(cloud: LocalOss, bucket: Any) -> None:
    for name, body in VALID.items():
        put_configuration(bucket, name, body)
    before = {name: bucket._get_bucket_config(name).read() for name in VALID}
    cloud.stop()
    cloud.start()
    fresh = cloud.bucket(auth_for("v4"))
    assert {name: fresh._get_bucket_config(name).read() for name in VALID} == before


@pytest.mark.contract("PutBucketCors of OSS: methods, asterisks, ages and names of headers that are refused")
@pytest.mark.parametrize(
    "rule",
    [
        CorsRule(["*"], ["PATCH"]),
        CorsRule(["http://*.*.com"], ["GET"]),
        CorsRule(["*"], ["GET"], ["*-*"]),
        CorsRule(["*"], ["GET"], [], ["*"]),
        CorsRule(["*"], ["GET"], [], ["a\nb: c"]),
        CorsRule(["*"], ["GET"], max_age_seconds=10**10),
        CorsRule([], ["GET"]),
    ],
)
def test_cors_rules_that_are_refused(bucket: Any, rule: CorsRule) -> None:
    with pytest.raises((oss2.exceptions.InvalidArgument, oss2.exceptions.MalformedXml)):
        bucket.put_bucket_cors(BucketCors([rule]))
