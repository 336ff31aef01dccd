"""A bucket as a website: index and error documents, and routing rules ("PutBucketWebsite" of OSS, document_detail/31962.html).

Rules that mirror another server are checked and kept, but nothing is fetched from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from xml.etree.ElementTree import Element, fromstring

from localcloud.oss.buckets.configuration import Kind, Shape, fill_in, flag, is_true, number_in
from localcloud.oss.errors import OssError, invalid_argument, malformed_xml

_MOST_RULES = 20
_MOST_HEADERS = 10
_REDIRECT_CODES = ("301", "302", "307")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?")
_TYPES = ("Mirror", "External", "Internal", "AliCDN")


def _missing(bucket: str) -> OssError:
    message = "The specified bucket does not have a website configuration."
    return OssError(404, "NoSuchWebsiteConfiguration", message, {"BucketName": bucket})


def _check(root: Element) -> None:
    if not len(root):
        raise malformed_xml()
    suffix = root.findtext("IndexDocument/Suffix")
    if suffix is not None and (not suffix or "/" in suffix):
        raise invalid_argument("Suffix", suffix, "The index document must be a name without a slash.")
    if root.find("ErrorDocument") is not None and not root.findtext("ErrorDocument/Key"):
        raise invalid_argument("Key", "", "The error document needs a key.")
    rules = root.findall("RoutingRules/RoutingRule")
    numbers = {number_in(rule, "RuleNumber", 1, 2**31 - 1, 0) for rule in rules}
    if len(numbers) != len(rules):
        raise invalid_argument("RuleNumber", "", "The numbers of the routing rules must differ.")
    for rule in rules:
        _check_redirect(rule)


def _check_redirect(rule: Element) -> None:
    kind = rule.findtext("Redirect/RedirectType") or ""
    if kind not in _TYPES:
        raise invalid_argument("RedirectType", kind, f"RedirectType must be one of {', '.join(_TYPES)}.")
    if rule.find("Redirect/ReplaceKeyWith") is not None and rule.find("Redirect/ReplaceKeyPrefixWith") is not None:
        raise invalid_argument("ReplaceKeyWith", "", "ReplaceKeyWith and ReplaceKeyPrefixWith can't be used together.")
    host = rule.findtext("Redirect/HostName")
    if host is not None and not _HOST.fullmatch(host):
        raise invalid_argument("HostName", host, "HostName must be the name of a host.")
    code = rule.findtext("Redirect/HttpRedirectCode")
    if code is not None and code not in _REDIRECT_CODES:
        raise invalid_argument("HttpRedirectCode", code, f"HttpRedirectCode must be one of {', '.join(_REDIRECT_CODES)}.")
    if kind == "Mirror":
        _check_mirror(rule)


def _check_mirror(rule: Element) -> None:
    address = rule.findtext("Redirect/MirrorURL") or ""
    if not address.startswith(("http://", "https://")) or not address.endswith("/"):
        raise invalid_argument("MirrorURL", address, "MirrorURL must begin with http:// or https:// and end with a slash.")
    if rule.findtext("Condition/HttpErrorCodeReturnedEquals") != "404":
        raise invalid_argument("HttpErrorCodeReturnedEquals", "", "A mirror rule needs HttpErrorCodeReturnedEquals to be 404.")
    if rule.find("Redirect/MirrorURLSlave") is not None and rule.find("Redirect/MirrorURLProbe") is None:
        raise invalid_argument("MirrorURLProbe", "", "MirrorURLSlave needs MirrorURLProbe.")
    # Of a mirror rule the two mean the same, and OSS answers both (test_website.py of the SDK).
    redirect = rule.find("Redirect")
    passes = rule.findtext("Redirect/MirrorPassQueryString")
    if redirect is not None and passes is not None:
        fill_in(redirect, "PassQueryString", passes)


_HEADER = Shape("IncludeHeader", (Shape("Key", required=True), Shape("Equals"), Shape("StartsWith"), Shape("EndsWith")), most=_MOST_HEADERS)
_CONDITION = Shape(
    "Condition", (Shape("KeyPrefixEquals"), Shape("KeySuffixEquals"), Shape("HttpErrorCodeReturnedEquals"), _HEADER), required=True
)
_MIRROR_HEADERS = Shape(
    "MirrorHeaders",
    (
        flag("PassAll"),
        Shape("Pass", most=_MOST_HEADERS),
        Shape("Remove", most=_MOST_HEADERS),
        Shape("Set", (Shape("Key", required=True), Shape("Value")), most=_MOST_HEADERS),
    ),
)
_REDIRECT = Shape(
    "Redirect",
    (
        Shape("RedirectType", required=True),
        *(Shape(name) for name in ("HostName", "HttpRedirectCode", "ReplaceKeyWith", "ReplaceKeyPrefixWith")),
        *(Shape(name) for name in ("MirrorURL", "MirrorURLSlave", "MirrorURLProbe")),
        Shape("Protocol", values=("http", "https")),
        *(flag(name) for name in ("PassQueryString", "EnableReplacePrefix", "MirrorPassQueryString", "MirrorFollowRedirect")),
        *(flag(name) for name in ("MirrorCheckMd5", "MirrorSNI", "MirrorPassOriginalSlashes")),
        _MIRROR_HEADERS,
    ),
    required=True,
)
_RULE = Shape("RoutingRule", (Shape("RuleNumber", required=True), _CONDITION, _REDIRECT), most=_MOST_RULES)
KIND = Kind(
    "website",
    Shape(
        "WebsiteConfiguration",
        (
            Shape("IndexDocument", (Shape("Suffix", required=True), flag("SupportSubDir"), Shape("Type", values=("0", "1", "2")))),
            Shape("ErrorDocument", (Shape("Key", required=True), Shape("HttpStatus", values=("200", "404")))),
            Shape("RoutingRules", (_RULE,)),
        ),
    ),
    _check,
    missing=_missing,
)


@dataclass(frozen=True)
class HeaderCondition:
    key: str
    equals: str | None
    starts_with: str | None
    ends_with: str | None

    def holds(self, value: str | None) -> bool:
        return (
            value is not None
            and (self.equals is None or value == self.equals)
            and (self.starts_with is None or value.startswith(self.starts_with))
            and (self.ends_with is None or value.endswith(self.ends_with))
        )


@dataclass(frozen=True)
class RoutingRule:
    """`error` is the status that the object must have been answered with; empty for a rule that does not wait for one."""

    prefix: str
    suffix: str
    error: str
    headers: tuple[HeaderCondition, ...]
    kind: str
    protocol: str
    host: str
    code: int
    replace_key: str | None
    replace_prefix: str | None
    pass_query: bool

    def new_key(self, key: str) -> str:
        if self.replace_key is not None:
            return self.replace_key.replace("${key}", key)
        if self.replace_prefix is not None:
            return self.replace_prefix + key.removeprefix(self.prefix)
        return key


@dataclass(frozen=True)
class Website:
    """`sub_directories` is None where a directory shows the index document of the root; else what `Type` says of one without its slash."""

    index: str
    sub_directories: str | None
    error: str
    error_status: int
    rules: tuple[RoutingRule, ...]


@lru_cache(maxsize=256)
def website(document: str) -> Website:
    """A configuration that was checked, as it is used."""
    root = fromstring(document)
    below = is_true(root, "IndexDocument/SupportSubDir")
    rules = sorted(root.findall("RoutingRules/RoutingRule"), key=lambda rule: int(rule.findtext("RuleNumber") or 0))
    return Website(
        root.findtext("IndexDocument/Suffix") or "",
        (root.findtext("IndexDocument/Type") or "0") if below else None,
        root.findtext("ErrorDocument/Key") or "",
        int(root.findtext("ErrorDocument/HttpStatus") or 404),
        tuple(_rule(one) for one in rules),
    )


def _rule(rule: Element) -> RoutingRule:
    return RoutingRule(
        rule.findtext("Condition/KeyPrefixEquals") or "",
        rule.findtext("Condition/KeySuffixEquals") or "",
        rule.findtext("Condition/HttpErrorCodeReturnedEquals") or "",
        tuple(
            HeaderCondition(one.findtext("Key") or "", one.findtext("Equals"), one.findtext("StartsWith"), one.findtext("EndsWith"))
            for one in rule.iterfind("Condition/IncludeHeader")
        ),
        rule.findtext("Redirect/RedirectType") or "",
        rule.findtext("Redirect/Protocol") or "http",
        rule.findtext("Redirect/HostName") or "",
        int(rule.findtext("Redirect/HttpRedirectCode") or 302),
        rule.findtext("Redirect/ReplaceKeyWith"),
        rule.findtext("Redirect/ReplaceKeyPrefixWith"),
        is_true(rule, "Redirect/PassQueryString"),
    )
