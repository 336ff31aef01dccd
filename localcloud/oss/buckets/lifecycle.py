"""Lifecycle rules: what they may say, and when they are due ("PutBucketLifecycle" of OSS, document_detail/31964.html)."""

from __future__ import annotations

import calendar
import math
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise
from xml.etree.ElementTree import Element, fromstring

from localcloud.oss.buckets.configuration import Kind, Shape, fill_in, flag, is_true, number_in
from localcloud.oss.errors import OssError, invalid_argument, invalid_request, malformed_xml, not_implemented
from localcloud.oss.objects.storage_class import CLASSES, DAY

_MOST_RULES = 1000
_LONGEST_ID = 255
_MOST_DAYS = 2**31 - 1
_MANY = 100
_LARGEST_SIZE = 2**53
_DATE = re.compile(r"\d{4}-\d\d-\d\dT00:00:00(\.000)?Z")
_TAG_TEXT = re.compile(r"[\w +\-=.:/]*")


@dataclass(frozen=True)
class When:
    """Exactly one of them is set: days after the last change, or a date, in seconds since 1970.

    `before` is a date that the object must be older than, `on` one from which on every object counts.
    """

    days: int | None = None
    before: float | None = None
    on: float | None = None

    def due(self, changed: float, now: float) -> bool:
        """OSS runs through the rules at midnight UTC, so that days end with one."""
        if self.days is not None:
            return now >= math.ceil((changed + self.days * DAY) / DAY) * DAY
        return changed < self.before if self.before is not None else now >= (self.on or 0.0)


@dataclass(frozen=True)
class Exclusion:
    """Objects that a rule leaves alone: with a prefix, and with a tag if there is one."""

    prefix: str
    tag: tuple[str, str] | None


@dataclass(frozen=True)
class Rule:
    prefix: str
    tags: tuple[tuple[str, str], ...]
    larger_than: int
    smaller_than: float
    excluded: tuple[Exclusion, ...]
    expiration: When | None
    expired_markers: bool
    abort: When | None
    transitions: tuple[tuple[When, str], ...]
    noncurrent_expiration: When | None
    noncurrent_transitions: tuple[tuple[When, str], ...]

    def covers(self, key: str, size: int, tags: dict[str, str]) -> bool:
        return (
            self.larger_than < size < self.smaller_than
            and all(tags.get(name) == value for name, value in self.tags)
            and not any(key.startswith(one.prefix) and (one.tag is None or tags.get(one.tag[0]) == one.tag[1]) for one in self.excluded)
        )


_TAG = (Shape("Key", required=True), Shape("Value"))
_ACCESS = tuple(flag(name) for name in ("IsAccessTime", "ReturnToStdWhenVisit", "AllowSmallFile"))
_TIME = (Shape("Days"), Shape("CreatedBeforeDate"))
_CLASS = Shape("StorageClass", required=True)
_RULE = Shape(
    "Rule",
    (
        Shape("ID"),
        Shape("Prefix", required=True),
        Shape("Status", required=True, values=("Enabled", "Disabled")),
        Shape("Expiration", (*_TIME, Shape("Date"), flag("ExpiredObjectDeleteMarker"))),
        Shape("AbortMultipartUpload", _TIME),
        Shape("Transition", (_CLASS, *_TIME, *_ACCESS), most=_MANY),
        Shape("Tag", _TAG, most=_MANY),
        Shape("NoncurrentVersionExpiration", (Shape("NoncurrentDays", required=True),)),
        Shape("NoncurrentVersionTransition", (Shape("NoncurrentDays", required=True), _CLASS, *_ACCESS), most=_MANY),
        Shape(
            "Filter",
            (Shape("ObjectSizeGreaterThan"), Shape("ObjectSizeLessThan"), Shape("Not", (Shape("Prefix"), Shape("Tag", _TAG)), most=_MANY)),
        ),
    ),
    required=True,
    most=_MOST_RULES,
)
_ACTIONS = ("Expiration", "AbortMultipartUpload", "Transition", "NoncurrentVersionExpiration", "NoncurrentVersionTransition")


def _check(root: Element) -> None:
    for rule in root:
        fill_in(rule, "ID", secrets.token_hex(16))
        _check_rule(rule)
    identifiers = [rule.findtext("ID") or "" for rule in root]
    if len(set(identifiers)) != len(identifiers) or any(len(one.encode()) > _LONGEST_ID for one in identifiers):
        raise invalid_argument("ID", "", f"The ids of the rules must differ and have at most {_LONGEST_ID} bytes.")


def _check_rule(rule: Element) -> None:
    if not any(rule.find(action) is not None for action in _ACTIONS):
        raise invalid_argument("Rule", rule.findtext("ID") or "", f"A rule needs one of {', '.join(_ACTIONS)}.")
    for action in ("Expiration", "AbortMultipartUpload", "Transition"):
        for one in rule.findall(action):
            _when(one)
    for one in (*rule.findall("Transition"), *rule.findall("NoncurrentVersionTransition")):
        _target_class(one)
        if is_true(one, "IsAccessTime"):
            raise not_implemented("IsAccessTime")
    for one in (*rule.findall("NoncurrentVersionExpiration"), *rule.findall("NoncurrentVersionTransition")):
        number_in(one, "NoncurrentDays", 1, _MOST_DAYS, 1)
    _check_order(rule)
    _check_tags(rule)
    for limits in rule.findall("Filter"):
        _check_filter(rule, limits)


def _check_filter(rule: Element, limits: Element) -> None:
    for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan"):
        number_in(limits, name, 0, _LARGEST_SIZE, 0)
    for excluded in limits.findall("Not"):
        prefix = excluded.findtext("Prefix") or ""
        if not prefix.startswith(rule.findtext("Prefix") or ""):
            raise invalid_argument("Not", prefix, "The prefix that a rule excludes must begin with the rule's own.")


def _check_order(rule: Element) -> None:
    """Colder classes come later, and the end comes last (test_bucket.py and test_lifecycle_versioning.py of the SDK)."""
    ends = [_when(one) for one in rule.findall("Expiration") if not is_true(one, "ExpiredObjectDeleteMarker")]
    _check_times([*map(_when, _by_class(rule.findall("Transition"))), *ends])
    steps = [*_by_class(rule.findall("NoncurrentVersionTransition")), *rule.findall("NoncurrentVersionExpiration")]
    _check_times([_noncurrent(one) for one in steps])


def _by_class(transitions: list[Element]) -> list[Element]:
    return sorted(transitions, key=lambda one: CLASSES.index(_target_class(one)))


def _check_times(times: list[When]) -> None:
    if len({when.days is None for when in times}) > 1:
        raise invalid_request("Days and dates can't be mixed in the actions of a rule.")
    days = [when.days for when in times if when.days is not None]
    if any(later <= earlier for earlier, later in pairwise(days)):
        raise invalid_argument("Days", str(days[-1]), "Each step to a colder class, and the expiration, must be later than the one before.")


def _check_tags(rule: Element) -> None:
    """Tags that no object can have are let through, as the real service does, but not characters that no tag can have."""
    for tag in rule.findall("Tag"):
        for name in ("Key", "Value"):
            text = tag.findtext(name) or ""
            if not _TAG_TEXT.fullmatch(text):
                raise invalid_argument(name, text, "A tag has letters, digits, spaces and +-=._:/")


def check_overlap(root: Element) -> None:
    """Two rules for one object must not do the same to it, unless `x-oss-allow-same-action-overlap` allows it. Raises InvalidArgument."""
    for one, other in combinations(root, 2):
        first, second = one.findtext("Prefix") or "", other.findtext("Prefix") or ""
        if not (first.startswith(second) or second.startswith(first)) or _tags(one) != _tags(other):
            continue
        shared = set(_actions(one)) & set(_actions(other))
        if shared:
            raise invalid_argument("Rule", other.findtext("ID") or "", f"Overlap for same action type {min(shared)}")


def _actions(rule: Element) -> Iterator[str]:
    for action in _ACTIONS:
        for one in rule.findall(action):
            yield action + (one.findtext("StorageClass") or "")


def _target_class(transition: Element) -> str:
    text = transition.findtext("StorageClass") or ""
    if text not in CLASSES[1:]:
        raise invalid_argument("StorageClass", text, f"StorageClass must be one of {', '.join(CLASSES[1:])}.")
    return text


def _when(action: Element) -> When:
    """Raises MalformedXML unless exactly one time is given, and InvalidArgument for one that is none."""
    named = [one for one in action if one.tag in ("Days", "Date", "CreatedBeforeDate", "ExpiredObjectDeleteMarker")]
    if len(named) != 1:
        raise malformed_xml()
    tag, text = named[0].tag, (named[0].text or "").strip()
    if tag == "Days":
        return When(days=number_in(action, "Days", 1, _MOST_DAYS, 1))
    if tag == "ExpiredObjectDeleteMarker":
        return When(on=math.inf)
    seconds = _seconds(tag, text)
    return When(on=seconds) if tag == "Date" else When(before=seconds)


def _seconds(name: str, text: str) -> float:
    try:
        if _DATE.fullmatch(text):
            return calendar.timegm(time.strptime(text[:10], "%Y-%m-%d"))
    except ValueError:
        pass
    raise invalid_argument(name, text, f"{name} must be midnight UTC of a day, like 2026-01-31T00:00:00.000Z.")


def _tags(element: Element) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((tag.findtext("Key") or "", tag.findtext("Value") or "") for tag in element.findall("Tag")))


def _missing(bucket: str) -> OssError:
    return OssError(404, "NoSuchLifecycle", "No Row found in Lifecycle Table.", {"BucketName": bucket})


KIND = Kind("lifecycle", Shape("LifecycleConfiguration", (_RULE,)), _check, missing=_missing)


@lru_cache(maxsize=256)
def enabled_rules(document: str) -> tuple[Rule, ...]:
    """The rules of a configuration that was checked."""
    return tuple(_rule(one) for one in fromstring(document) if one.findtext("Status") == "Enabled")


def _rule(rule: Element) -> Rule:
    expiration, abort, end = rule.find("Expiration"), rule.find("AbortMultipartUpload"), rule.find("NoncurrentVersionExpiration")
    markers = expiration is not None and expiration.find("ExpiredObjectDeleteMarker") is not None
    return Rule(
        rule.findtext("Prefix") or "",
        _tags(rule),
        int(rule.findtext("Filter/ObjectSizeGreaterThan") or -1),
        float(rule.findtext("Filter/ObjectSizeLessThan") or math.inf),
        tuple(_exclusion(one) for one in rule.iterfind("Filter/Not")),
        None if expiration is None or markers else _when(expiration),
        markers and is_true(rule, "Expiration/ExpiredObjectDeleteMarker"),
        None if abort is None else _when(abort),
        tuple((_when(one), _target_class(one)) for one in rule.findall("Transition")),
        None if end is None else _noncurrent(end),
        tuple((_noncurrent(one), _target_class(one)) for one in rule.findall("NoncurrentVersionTransition")),
    )


def _exclusion(element: Element) -> Exclusion:
    tags = _tags(element)
    return Exclusion(element.findtext("Prefix") or "", tags[0] if tags else None)


def _noncurrent(action: Element) -> When:
    return When(days=int(action.findtext("NoncurrentDays") or 1))
