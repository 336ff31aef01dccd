"""Buckets, configurations and versions through the SDK that follows oss2, alibabacloud_oss_v2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest

from tests.contract.oss.server import ACCOUNT, BUCKET, REGION, LocalOss


@pytest.fixture
def client(cloud: LocalOss) -> Any:
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(ACCOUNT.access_key_id, ACCOUNT.access_key_secret)
    config.region, config.endpoint, config.use_path_style = REGION, cloud.endpoint, True
    client = oss.Client(config)
    client.put_bucket(oss.PutBucketRequest(bucket=BUCKET, create_bucket_configuration=oss.CreateBucketConfiguration(storage_class="IA")))
    return client


def said(model: Any) -> Any:
    """What a model says, without what it leaves open."""
    if isinstance(model, list):
        return [said(one) for one in model]
    if not hasattr(model, "__dict__"):
        return model
    return {name: said(value) for name, value in vars(model).items() if value is not None and not name.startswith("_")}


def missing_of(wanted: Any, found: Any) -> Any:
    """What was put and does not come back; a service may say more than it was told."""
    if isinstance(wanted, dict):
        return {name: lost for name, value in wanted.items() if (lost := missing_of(value, found.get(name)))}
    if isinstance(wanted, list):
        return [lost for one, other in zip(wanted, found or [None] * len(wanted), strict=True) if (lost := missing_of(one, other))]
    return None if wanted == found else {"put": wanted, "got": found}


CONFIGURATIONS: dict[str, Callable[[], Any]] = {
    "cors": lambda: oss.CORSConfiguration(
        cors_rules=[oss.CORSRule(allowed_origins=["*"], allowed_methods=["GET", "PUT"], allowed_headers=["*"], max_age_seconds=5)],
        response_vary=True,
    ),
    "lifecycle": lambda: oss.LifecycleConfiguration(
        rules=[
            oss.LifecycleRule(
                id="r",
                prefix="a/",
                status="Enabled",
                expiration=oss.LifecycleRuleExpiration(days=9),
                transitions=[oss.LifecycleRuleTransition(days=1, storage_class="Archive", is_access_time=False)],
                noncurrent_version_expiration=oss.NoncurrentVersionExpiration(noncurrent_days=3),
                filter=oss.LifecycleRuleFilter(object_size_greater_than=1, filter_not=[oss.LifecycleRuleNot(prefix="a/b")]),
            )
        ]
    ),
    "website": lambda: oss.WebsiteConfiguration(
        index_document=oss.IndexDocument(suffix="index.html", support_sub_dir=True, type=2),
        error_document=oss.ErrorDocument(key="error.html", http_status=404),
        routing_rules=oss.RoutingRules(
            routing_rules=[
                oss.RoutingRule(
                    rule_number=1,
                    condition=oss.RoutingRuleCondition(key_prefix_equals="a", http_error_code_returned_equals=404),
                    redirect=oss.RoutingRuleRedirect(redirect_type="External", host_name="example.com", http_redirect_code=301),
                )
            ]
        ),
    ),
    "referer": lambda: oss.RefererConfiguration(
        allow_empty_referer=False,
        allow_truncate_query_string=False,
        truncate_path=True,
        referer_list=oss.RefererList(referers=["http://a"]),
    ),
    "encryption": lambda: oss.ServerSideEncryptionRule(
        apply_server_side_encryption_by_default=oss.ApplyServerSideEncryptionByDefault(sse_algorithm="KMS", kms_master_key_id="k")
    ),
    "tags": lambda: oss.Tagging(tag_set=oss.TagSet(tags=[oss.Tag(key="a", value="b")])),
    "logging": lambda: oss.BucketLoggingStatus(logging_enabled=oss.LoggingEnabled(target_bucket=BUCKET, target_prefix="log/")),
    "request_payment": lambda: oss.RequestPaymentConfiguration(payer="Requester"),
}
FIELDS = {
    "cors": "cors_configuration",
    "lifecycle": "lifecycle_configuration",
    "website": "website_configuration",
    "referer": "referer_configuration",
    "encryption": "server_side_encryption_rule",
    "tags": "tagging",
    "logging": "bucket_logging_status",
    "request_payment": "request_payment_configuration",
}


@pytest.mark.contract("the models of alibabacloud_oss_v2: what is put comes back")
@pytest.mark.parametrize("name", FIELDS)
def test_configurations_come_back(client: Any, name: str) -> None:
    field, subject, configuration = FIELDS[name], name.title().replace("_", ""), CONFIGURATIONS[name]()
    put, get = getattr(oss, f"PutBucket{subject}Request"), getattr(oss, f"GetBucket{subject}Request")
    getattr(client, f"put_bucket_{name}")(put(bucket=BUCKET, **{field: configuration}))
    found = getattr(getattr(client, f"get_bucket_{name}")(get(bucket=BUCKET)), field)
    assert not missing_of(said(configuration), said(found))


@pytest.mark.contract("alibabacloud_oss_v2: versions, delete markers and restoring")
def test_versions_and_archives(client: Any) -> None:
    enabled = oss.VersioningConfiguration(status="Enabled")
    client.put_bucket_versioning(oss.PutBucketVersioningRequest(bucket=BUCKET, versioning_configuration=enabled))
    first = client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="猫/k", body=b"one", storage_class="ColdArchive"))
    second = client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="猫/k", body=b"two"))
    removed = client.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key="猫/k"))
    listed = client.list_object_versions(oss.ListObjectVersionsRequest(bucket=BUCKET))
    assert [(one.key, one.version_id, one.storage_class) for one in listed.version] == [
        ("猫/k", second.version_id, "IA"),
        ("猫/k", first.version_id, "ColdArchive"),
    ]
    assert [(one.version_id, one.is_latest) for one in listed.delete_marker] == [(removed.version_id, True)]
    restored = client.restore_object(
        oss.RestoreObjectRequest(
            bucket=BUCKET,
            key="猫/k",
            version_id=first.version_id,
            restore_request=oss.RestoreRequest(days=2, job_parameters=oss.JobParameters(tier="Expedited")),
        )
    )
    assert (restored.status_code, restored.restore_priority) == (202, "Expedited")
    assert client.get_object(oss.GetObjectRequest(bucket=BUCKET, key="猫/k", version_id=second.version_id)).body.content == b"two"
    info = client.get_bucket_info(oss.GetBucketInfoRequest(bucket=BUCKET)).bucket_info
    assert (info.versioning, info.storage_class) == ("Enabled", "IA")
    stat = client.get_bucket_stat(oss.GetBucketStatRequest(bucket=BUCKET))
    assert (stat.object_count, stat.delete_marker_count, stat.cold_archive_storage) == (2, 1, 3)
