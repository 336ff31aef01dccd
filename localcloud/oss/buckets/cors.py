"""Cross-origin requests: a bucket's rules, preflights, and the headers that let a browser's script read a reply.

How rules are matched: "PutBucketCors" of OSS (help.aliyun.com/document_detail/32001.html); the preflight: "OptionObject".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from xml.etree.ElementTree import Element, fromstring

from localcloud.http import Reply
from localcloud.oss.buckets.configuration import Kind, Shape, fill_in, flag, is_true, number_in
from localcloud.oss.errors import OssError, invalid_argument, refused
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call

_METHODS = ("GET", "PUT", "DELETE", "POST", "HEAD")
_HEADER_NAME = re.compile(r"[!#$%&'+.^_`|~0-9A-Za-z-]+")
_MOST_RULES = 20
_LONGEST_AGE = 999999999
_LISTS = ("AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader")
_MANY = 1000


def _missing(bucket: str) -> OssError:
    return OssError(404, "NoSuchCORSConfiguration", "The CORS Configuration does not exist.", {"BucketName": bucket})


def _check(root: Element) -> None:
    fill_in(root, "ResponseVary", "false")
    rules = root.findall("CORSRule")
    if len(rules) > _MOST_RULES:
        raise invalid_argument("CORSRule", str(len(rules)), f"A bucket has at most {_MOST_RULES} CORS rules.")
    for rule in rules:
        number_in(rule, "MaxAgeSeconds", 0, _LONGEST_AGE, 0)
        for method in rule.findall("AllowedMethod"):  # help.aliyun.com, error 0034-00000011
            if method.text not in _METHODS:
                raise invalid_argument("AllowedMethod", method.text or "", f"AllowedMethod must be one of {', '.join(_METHODS)}.")
        for name in ("AllowedOrigin", "AllowedHeader"):
            for one in rule.findall(name):
                if (one.text or "").count("*") > 1:
                    raise invalid_argument(name, one.text or "", f"{name} can have at most one asterisk.")
        for one in rule.findall("ExposeHeader"):
            if not _HEADER_NAME.fullmatch(one.text or ""):
                raise invalid_argument("ExposeHeader", one.text or "", "ExposeHeader must be the name of a header, without an asterisk.")


_RULE = Shape(
    "CORSRule",
    (
        Shape("AllowedOrigin", required=True, most=_MANY, empty=False),
        Shape("AllowedMethod", required=True, most=_MANY),
        Shape("AllowedHeader", most=_MANY),
        Shape("ExposeHeader", most=_MANY),
        Shape("MaxAgeSeconds"),
    ),
    required=True,
    most=_MANY,
)
KIND = Kind("cors", Shape("CORSConfiguration", (_RULE, flag("ResponseVary"))), _check, missing=_missing)


@dataclass(frozen=True)
class Rule:
    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    max_age: str
    vary: bool

    def allows(self, origin: str, method: str, headers: list[str]) -> bool:
        return (
            method in self.methods
            and any(_matches(pattern, origin) for pattern in self.origins)
            and all(any(_matches(pattern.lower(), header) for pattern in self.headers) for header in headers)
        )

    def reply_headers(self, origin: str) -> dict[str, str]:
        anyone = "*" in self.origins
        given = {
            "Access-Control-Allow-Origin": "*" if anyone else origin,
            "Access-Control-Allow-Methods": ", ".join(self.methods),
            "Access-Control-Expose-Headers": ", ".join(self.exposed),
            "Access-Control-Max-Age": self.max_age,
            "Vary": "Origin" if self.vary or not anyone else "",
        }
        return {name: value for name, value in given.items() if value}


def _matches(pattern: str, text: str) -> bool:
    before, asterisk, after = pattern.partition("*")
    if not asterisk:
        return pattern == text
    return len(text) >= len(before) + len(after) and text.startswith(before) and text.endswith(after)


@lru_cache(maxsize=256)
def _rules(document: str) -> tuple[Rule, ...]:
    root = fromstring(document)
    vary = is_true(root, "ResponseVary")
    return tuple(_rule(one, vary) for one in root.findall("CORSRule"))


def _rule(rule: Element, vary: bool) -> Rule:
    origins, methods, headers, exposed = (tuple(one.text or "" for one in rule.findall(name)) for name in _LISTS)
    return Rule(origins, methods, headers, exposed, rule.findtext("MaxAgeSeconds") or "", vary)


class Cors:
    """What the rules of a bucket allow."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def headers_for(self, call: Call) -> dict[str, str]:
        """What a reply to this request says to a browser: nothing without an Origin, or where no rule allows it."""
        origin = call.headers.get("origin")
        if not origin or not call.bucket:
            return {}
        rule = self._match(call, origin, call.method, [])
        return rule.reply_headers(origin) if rule else {}

    def preflight(self, call: Call) -> Reply:
        """OPTIONS, which nobody signs. Raises AccessForbidden."""
        self._store.bucket(call.bucket)
        origin, method = call.headers.get("origin", ""), call.headers.get("access-control-request-method", "")
        if not origin:
            raise invalid_argument("Origin", "", "Insufficient information. Origin request header needed.")
        if method not in _METHODS:
            raise invalid_argument("Access-Control-Request-Method", method, f"Invalid Access-Control-Request-Method: {method}.")
        asked = call.headers.get("access-control-request-headers", "")
        rule = self._match(call, origin, method, [name.strip().lower() for name in asked.split(",") if name.strip()])
        if rule is None:
            raise refused("AccessForbidden", "CORSResponse: This CORS request is not allowed. No rule of this bucket matches it.")
        return Reply(200, {**rule.reply_headers(origin), **({"Access-Control-Allow-Headers": asked} if asked else {})})

    def _match(self, call: Call, origin: str, method: str, headers: list[str]) -> Rule | None:
        document = self._store.buckets.configuration(call.bucket, KIND.name)
        return next((rule for rule in _rules(document) if rule.allows(origin, method, headers)), None) if document else None
