"""template.yaml: against the property tables of its resource types, and against what s.yaml deploys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.check.template import check_template, tables
from localcloud.fc.project.project import Project
from localcloud.fc.project.trigger import MnsTopicTrigger, OssTrigger
from localcloud.place import Place
from localcloud.ram.template import Role, read_roles

ROOT = Path(__file__).parents[2]
FILE = ROOT / "template.yaml"
TEXT = FILE.read_text(encoding="utf-8")
TEMPLATE = yaml.safe_load(TEXT)
PLACE = Place()
ROLES = read_roles(FILE, PLACE)
FUNCTIONS = Project.read(ROOT / "s.yaml", {"SIGHTLINE_TEMPLATE_ID": "S" * 32}).functions
LONGEST_POLICY = 6_144
"""Characters of a custom policy without its white space ("Limits" of RAM)."""


def test_nothing_is_wrong_with_it() -> None:
    assert check_template(TEXT) == []


@pytest.mark.parametrize(
    ("written", "instead", "finding"),
    [
        ("Properties:\n      TopicName:", "Properties:\n      TopicNam:", "Resources.CallbackTopic.Properties: TopicName is required"),
        ("Properties:\n      TopicName:", "Properties:\n      TopicNam:", "there is no such property; write TopicName"),
        ("ALIYUN::MNS::Topic", "ALIYUN::MNS::Topics", "nothing is known of ALIYUN::MNS::Topics; write ALIYUN::MNS::Topic"),
        ("SSEAlgorithm: AES256", "SSEAlgorithm: AES", "SSEAlgorithm: 'AES' is not allowed; write AES256"),
        ("AccessControl: private", "AccessControl: privat", "AccessControl: 'privat' is not allowed; write private"),
        ("BlockPublicAccess: true", "BlockPublicAccess: 'true'", "BlockPublicAccess: 'true' is no boolean; write a boolean"),
        ("Status: Enabled", "Status: On", "Rule[0].Status: True is no string"),
        ("MessageRetentionPeriod: 604800", "MessageRetentionPeriod: 604801", "it is 604801; it has to lie between 60 and 604800"),
        ("VisibilityTimeout: 30", "VisibilityTimeout: half a minute", "VisibilityTimeout: 'half a minute' is no number"),
        ("LogstoreName: functions", "LogstoreName: fc", "LogstoreName: its length is 2; its length has to lie between 3 and 63"),
        ("LogstoreName: functions", "LogstoreName: of functions", "'of functions' does not fit; it has to match ^[a-zA-Z0-9_-]+$"),
        ("MaxValue: 3650", "MaxValue: 20", "Parameters.LogDays.Default: 30 is out of bounds; it has to lie between 1 and 20"),
        ("Default: 30", "Default: '30'", "Parameters.LogDays.Default: '30' is no Number; write a Number"),
        ("    Default: 30\n    MinValue: 1\n    MaxValue: 3650", "    Default: 4000", "TTL (the default of LogDays): it is 4000"),
        ("Default: uploads/", "Default: uploads", "Parameters.UploadPrefix.Default: 'uploads' does not match AllowedPattern"),
        ("Type: Number", "Type: Integer", "Parameters.LogDays.Type: 'Integer' is none"),
        ("Ref: DeadQueueName", "Ref: DeadQueuName", "DeadQueuName is no parameter and no resource; write DeadQueueName"),
        ("[LogProject, Name]", "[LogProject, Names]", "LogProject has no attribute Names; write Name"),
        ("[LogProject, Name]", "[LogProjects, Name]", "there is no resource LogProjects; write LogProject"),
        ("[SubmitRole, Arn]", "[SubmitRole]", "Fn::GetAtt takes a resource and an attribute"),
        ("${StateBucketName}/*", "${StateBucket.Nam}/*", "StateBucket has no attribute Nam; write Name"),
        ("${StateBucketName}/*", "${StateBuckedName}/*", "StateBuckedName is no parameter and no resource; write StateBucketName"),
        ("Ref: ALIYUN::Region", "Ref: ALIYUN::Regions", "write ALIYUN::Region, or declare it"),
        ("Fn::Sub: sightline-sweep${Suffix}", "Fn::Subs: sightline-sweep${Suffix}", "there is no function Fn::Subs; write Fn::Sub"),
        ("Effect: Allow", "Effects: Allow", "Statement[0].Effects: there is no such property; write Effect"),
        ("DeletionPolicy: Retain", "DeletionPolicy: Keep", "MediaBucket.DeletionPolicy: 'Keep' is none; write Delete or Retain"),
        ("Effect: Allow", "Effect: allow", "Statement[0].Effect: 'allow' is none; write Allow or Deny"),
        ("- oss:GetObject", "- GetObject", "Statement[0].Action: 'GetObject' is none; write it as in oss:GetObject"),
        ("Fn::Sub: acs:oss:*:*:${State", "Fn::Sub: acs:oss:${State", "is none; write it as in acs:oss:*:*:bucket/*"),
        (
            "- Effect: Allow\n                Action:\n                  - oss:GetObject\n",
            "- Effect: Allow\n",
            "Statement[0].Action: it is missing or empty",
        ),
        ("- oss:GetObject\n", "- 5\n", "Statement[0].Action: 5 is no text"),
        ("                - fc.aliyuncs.com", "                - 5", "Principal.Service: 5 is none; write it as in fc.aliyuncs.com"),
        ("              Service:\n                - fc.aliyuncs.com", "              Service: []", "Principal.Service: None is none"),
        ("AllowedPattern: ^[^*?]*/$", "AllowedPattern: '?'", "Parameters.UploadPrefix.AllowedPattern: '?' is no regular expression"),
        ("MinValue: 1\n", "MinValue: []\n", "Parameters.LogDays.MinValue: [] is none"),
        ("Type: Number", "Type: [Number]", "Parameters.LogDays.Type: ['Number'] is none"),
        ("Type: ALIYUN::MNS::Topic", "Type: [ALIYUN::MNS::Topic]", "CallbackTopic.Type: nothing is known"),
        ("Ref: DeadQueueName", "Ref: [DeadQueueName]", "['DeadQueueName'] is no parameter and no resource"),
        ("Fn::GetAtt: [LogProject, Name]", "Fn::GetAtt: [[LogProject], Name]", "there is no resource ['LogProject']"),
        ('Version: "1"', "Version: 1", "AssumeRolePolicyDocument.Version: 1 is no version; write '1', in quotes"),
        ("TTL:", "TTL: 3\n      TTL:", "this is no YAML: TTL stands there twice"),
        ("Outputs:", "Output:", "template.Output: there is no such key; write Outputs"),
        ('"2015-09-01"', "2015-09-01", "ROSTemplateFormatVersion: datetime.date(2015, 9, 1) is no version"),
        (
            "    Properties:\n      TopicName",
            "    DependsOn: Media\n    Properties:\n      TopicName",
            "there is no resource Media; write MediaBucket",
        ),
    ],
)
def test_a_mistake_is_found(written: str, instead: str, finding: str) -> None:
    assert written in TEXT
    found = "\n".join(str(one) for one in check_template(TEXT.replace(written, instead, 1)))
    assert finding in found


def places(value: Any) -> Iterator[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield (key,)
        yield from ((key, *rest) for rest in places(item))


@pytest.mark.parametrize("nonsense", [[{}], {"a": 1}])
def test_nonsense_is_told_wherever_it_stands(nonsense: Any) -> None:
    kept = ("MediaBucket", "DeadQueue", "CallbackTopic", "SearchRole", "LogProject", "LogStore", "LogIndex")
    right = {**TEMPLATE, "Resources": {name: TEMPLATE["Resources"][name] for name in kept}, "Outputs": {}}
    assert check_template(json.dumps(right)) == []
    for place in places(right):
        changed = json.loads(json.dumps(right))
        part = changed
        for key in place[:-1]:
            part = part[key]
        part[place[-1]] = nonsense
        is_text_by_language = place[-1] == "Description" and nonsense == {"a": 1}
        assert check_template(json.dumps(changed)) or is_text_by_language, place


@pytest.mark.parametrize("text", ["", "- a list", "a: [", "ROSTemplateFormatVersion: '2015-09-01'", "Resources: []", "Resources: {A: 1}"])
def test_what_is_no_template_is_said_to_be_none(text: str) -> None:
    assert check_template(text)


def test_the_tables_hold_what_the_reference_says() -> None:
    """Some facts that were read by hand: the extraction finds the same."""
    queue = tables()["ALIYUN::MNS::Queue"]
    assert queue["attributes"] == ["ARN.WithSlash", "QueueName", "QueueUrl"]
    assert queue["properties"]["MessageRetentionPeriod"] == {"is": "number", "least": 60, "most": 604800}
    assert tables()["ALIYUN::RAM::Role"]["properties"]["MaxSessionDuration"] == {"is": "number", "least": 3600, "most": 43200}
    assert tables()["ALIYUN::FC3::Function"]["properties"]["Timeout"]["most"] == 86400


def test_buckets_are_private_encrypted_and_closed_and_outlive_the_stack() -> None:
    buckets = [one for one in TEMPLATE["Resources"].values() if one["Type"] == "ALIYUN::OSS::Bucket"]
    assert [one["DeletionPolicy"] for one in buckets] == ["Retain", "Retain"]
    for bucket in (one["Properties"] for one in buckets):
        assert (bucket["AccessControl"], bucket["BlockPublicAccess"]) == ("private", True)
        assert bucket["ServerSideEncryptionConfiguration"] == {"SSEAlgorithm": "AES256"}
        assert any("AbortMultipartUpload" in rule for rule in bucket["LifecycleConfiguration"]["Rule"])
        # x-oss-forbid-overwrite has no effect under versioning.
        assert "VersioningConfiguration" not in bucket


def test_only_budgets_expire() -> None:
    expiring = {
        rule["Prefix"]
        for one in TEMPLATE["Resources"].values()
        if one["Type"] == "ALIYUN::OSS::Bucket"
        for rule in one["Properties"]["LifecycleConfiguration"]["Rule"]
        if "Expiration" in rule
    }
    assert expiring == {"budget/"}


def test_every_log_is_indexed() -> None:
    types = [one["Type"] for one in TEMPLATE["Resources"].values()]
    assert types.count("ALIYUN::SLS::Index") == types.count("ALIYUN::SLS::Logstore") == 1


@pytest.mark.parametrize("role", ROLES.values(), ids=list(ROLES))
def test_a_policy_is_no_longer_than_ram_takes(role: Role) -> None:
    for named in role.policies:
        assert len(json.dumps(named.document, separators=(",", ":"))) <= LONGEST_POLICY
    assert len({named.name for other in ROLES.values() for named in other.policies}) == len(ROLES)


def test_functions_and_triggers_have_the_roles_that_it_declares() -> None:
    taken = {role_name(one.role): "fc.aliyuncs.com" for one in FUNCTIONS.values()}
    services = {OssTrigger: "oss.aliyuncs.com", MnsTopicTrigger: "mns.aliyuncs.com"}
    triggers = [one for function in FUNCTIONS.values() for one in function.triggers if type(one) in services]
    taken |= {role_name(one.invocation_role): services[type(one)] for one in triggers}
    assert taken == {name: ",".join(role.services) for name, role in ROLES.items()}


def test_names_are_those_of_s_yaml() -> None:
    parameters = {name: one["Default"] for name, one in TEMPLATE["Parameters"].items()}
    environment = FUNCTIONS["sightline-submit"].environment_variables
    assert parameters["MediaBucketName"] == environment["MEDIA_BUCKET"]
    assert parameters["StateBucketName"] == environment["STATE_BUCKET"]
    assert parameters["UploadPrefix"] == environment["UPLOAD_PREFIX"]
    assert parameters["DeadQueueName"] == environment["DEAD_QUEUE"]
    topics = [one.topic for function in FUNCTIONS.values() for one in function.triggers if isinstance(one, MnsTopicTrigger)]
    assert topics == [parameters["CallbackTopicName"]]
    logs: Any = FUNCTIONS["sightline-submit"].log_config
    written = [
        one for named in ROLES["sightline-submit"].policies for one in named.policy.statement if "log:PostLogStoreLogs" in one.action
    ]
    assert [one.resource for one in written] == [(f"acs:log:*:*:project/{logs.project}/logstore/{logs.logstore}",)]


def role_name(arn: str) -> str:
    return arn.rpartition("/")[2]
