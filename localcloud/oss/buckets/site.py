"""Serving a bucket as the website that it was configured to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from localcloud.http import Reply
from localcloud.oss.access import Access, check_anonymous
from localcloud.oss.buckets.website import KIND, RoutingRule, Website, website
from localcloud.oss.documents import percent_encoded
from localcloud.oss.errors import OssError
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call

Handler = Callable[[Call], Reply]


class Site:
    """GET and HEAD of an object, and GET of a bucket, as a website answers them; a bucket without one answers as ever."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of_object(self, read: Handler) -> Handler:
        def handler(call: Call) -> Reply:
            document = self._store.buckets.configuration(call.bucket, KIND.name)
            return self._object(call, website(document), read) if document else read(call)

        return handler

    def of_bucket(self, listing: Handler, read: Handler) -> Handler:
        """Anonymous requests for the bucket itself get the index document, signed ones the listing."""

        def handler(call: Call) -> Reply:
            document = None if call.owner else self._store.buckets.configuration(call.bucket, KIND.name)
            index = website(document).index if document else ""
            if not document or not index:
                return listing(call)
            page = replace(call, key=index)
            check_anonymous(self._store, page, Access.READ)
            return self._object(page, website(document), read)

        return handler

    def _object(self, call: Call, site: Website, read: Handler) -> Reply:
        for rule in site.rules:
            if not rule.error and _applies(rule, call) and rule.kind != "Mirror":
                return self._routed(call, rule, read)
        try:
            return read(call)
        except OssError as error:
            if error.code != "NoSuchKey":
                raise
            reply = self._instead(call, site, read)
            if reply is None:
                raise
            return reply

    def _instead(self, call: Call, site: Website, read: Handler) -> Reply | None:
        """What is shown in the place of an object that is not there: by a rule, the index of its directory, or the error document."""
        for rule in site.rules:
            if rule.error == "404" and _applies(rule, call) and rule.kind != "Mirror":
                return self._routed(call, rule, read)
        index = self._index(call, site, read)
        if index or call.owner or not site.error:
            return index
        try:
            page = self._read(call, site.error, read)
        except OssError:
            return None
        return Reply(site.error_status, page.headers, page.body)

    def _index(self, call: Call, site: Website, read: Handler) -> Reply | None:
        if not site.index or call.key == site.index:
            return None
        if call.key.endswith("/"):
            key = site.index if site.sub_directories is None else call.key + site.index
            return self._read(call, key, read) if self._store.find(call.bucket, key) else None
        key = f"{call.key}/{site.index}"
        if site.sub_directories in (None, "1") or not self._store.find(call.bucket, key):
            return None
        if site.sub_directories == "2":
            return self._read(call, key, read)
        return Reply(302, {"Location": f"{_root(call)}{percent_encoded(call.key)}/"})

    def _routed(self, call: Call, rule: RoutingRule, read: Handler) -> Reply:
        key = rule.new_key(call.key)
        if rule.kind == "Internal":
            return self._read(call, key, read)
        query = f"?{call.request.raw_query}" if rule.pass_query and call.request.raw_query else ""
        base = f"{rule.protocol}://{rule.host}/" if rule.host else f"{rule.protocol}://{call.headers.get('host', '')}{_root(call)}"
        return Reply(rule.code, {"Location": f"{base}{'/'.join(map(percent_encoded, key.split('/')))}{query}"})

    def _read(self, call: Call, key: str, read: Handler) -> Reply:
        """Another object in the place of the one that was asked for, if whoever asks may read that one too."""
        other = replace(call, key=key)
        check_anonymous(self._store, other, Access.READ)
        return read(other)


def _applies(rule: RoutingRule, call: Call) -> bool:
    return (
        call.key.startswith(rule.prefix)
        and call.key.endswith(rule.suffix)
        and all(one.holds(call.headers.get(one.key)) for one in rule.headers)
    )


def _root(call: Call) -> str:
    """The path at which the bucket begins, which depends on whether it was named by the host or by the path."""
    return f"/{call.bucket}/" if call.request.path.startswith(f"/{call.bucket}/") else "/"
