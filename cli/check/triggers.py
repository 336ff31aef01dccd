"""Triggers: what a bucket refuses, who may invoke, and who may call from outside."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations

from cli.check.declared import Sheet
from cli.check.finding import Findings, error, warning
from localcloud.fc.project.trigger import NATIVE_OSS_TRIGGERS, HttpTrigger, MnsTopicTrigger, OssTrigger

# The schema of fc3 0.1.22.
OSS_EVENTS = {
    *(f"oss:ObjectCreated:{name}" for name in ("*", "PutObject", "PostObject", "CompleteMultipartUpload", "PutSymlink", "CopyObject")),
    *(f"oss:ObjectCreated:{name}" for name in ("InitiateMultipartUpload", "UploadPart", "UploadPartCopy", "AppendObject")),
    *(f"oss:ObjectRemoved:{name}" for name in ("DeleteObject", "DeleteObjects", "AbortMultipartUpload")),
    "oss:ObjectModified:UpdateObjectMeta",
}
TRIGGERS_PER_FUNCTION = 50
"""Official help, "Limits"."""
_PRODUCTION = re.compile(r"(^|[-_])prod(uction)?$", re.IGNORECASE)


def overlaps(sheet: Sheet) -> Findings:
    """Over all functions: OSS refuses two triggers that one object could fire."""
    watching = [(resource, index, trigger) for resource, index, trigger in sheet.triggers if isinstance(trigger, OssTrigger)]
    for (one, index, trigger), (other, other_index, rival) in combinations(watching, 2):
        if trigger.overlaps(rival):
            problem = (
                f"overlaps with {other.path('triggers', other_index)}: some keys of bucket {trigger.bucket} match both, for the same event"
            )
            yield error(one.path("triggers", index, "triggerConfig", "filter"), problem, "make their prefixes or suffixes differ")
    counts = Counter(trigger.bucket for _, _, trigger in watching)
    for bucket, count in counts.items():
        if count > NATIVE_OSS_TRIGGERS:
            resource, index, _ = next(one for one in watching if one[2].bucket == bucket)
            problem = f"bucket {bucket} has {count} OSS triggers; {NATIVE_OSS_TRIGGERS} are the most"
            yield error(resource.path("triggers", index), problem, "put several into one function, or use EventBridge")


def events(sheet: Sheet) -> Findings:
    for resource, index, trigger in sheet.triggers:
        if isinstance(trigger, OssTrigger):
            for number, event in enumerate(trigger.trigger_config.events):
                if event not in OSS_EVENTS:
                    path = resource.path("triggers", index, "triggerConfig", "events", number)
                    yield error(path, f"'{event}' is no event of OSS", f"use one of {', '.join(sorted(OSS_EVENTS))}")


def roles(sheet: Sheet) -> Findings:
    for resource, index, trigger in sheet.triggers:
        if isinstance(trigger, (OssTrigger, MnsTopicTrigger)) and not trigger.invocation_role:
            problem = "is missing: fc3 would make a role through RAM that may invoke every function"
            yield error(resource.path("triggers", index, "invocationRole"), problem, "name a role that may invoke this function")


def counts(sheet: Sheet) -> Findings:
    for resource in sheet.resources:
        if len(resource.function.triggers) > TRIGGERS_PER_FUNCTION:
            problem = f"are {len(resource.function.triggers)}; {TRIGGERS_PER_FUNCTION} are the most"
            yield error(resource.path("triggers"), problem, "use another function")


def access(sheet: Sheet) -> Findings:
    """Who may call an address on the Internet."""
    for resource, index, trigger in sheet.triggers:
        if not isinstance(trigger, HttpTrigger):
            continue
        config = trigger.trigger_config
        path = resource.path("triggers", index, "triggerConfig")
        if config.auth_type == "anonymous" and not config.disable_url_internet and _PRODUCTION.search(resource.function.function_name):
            yield warning(
                f"{path}.authType", "anybody on the Internet may call this function of production", "use authType jwt or function"
            )
        declared = resource.props["triggers"][index]["triggerConfig"].get("authConfig") or {}
        for spelling in ("whiteList", "blackList"):
            if spelling in declared:
                problem = (
                    f"'{spelling}' is spelled {spelling.lower()}; as it stands it is passed over, and every path needs a token or none does"
                )
                yield error(f"{path}.authConfig.{spelling}", problem, f"write {spelling.lower()}")
