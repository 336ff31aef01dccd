"""Styles of a bucket: instructions of `x-oss-process` under a name.

Source: "PutStyle" of OSS and the pages beside it (help.aliyun.com/document_detail/468917.html), and test_bucket_style.py of oss2.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass

from localcloud.http import Reply
from localcloud.oss import documents
from localcloud.oss.errors import OssError, invalid_argument
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call, http_date, xml_reply

MOST_STYLES = 50
LONGEST_CONTENT = 4096
_CONFIGURATION = "style"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,63}")


@dataclass(frozen=True)
class Style:
    content: str
    created: float
    modified: float

    def elements(self, name: str) -> list[documents.Element]:
        times = [("CreateTime", http_date(self.created)), ("LastModifyTime", http_date(self.modified))]
        return [("Name", name), ("Content", self.content), ("Category", "image"), *times]


class Styles:
    """They lie together in one configuration of their bucket."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def content(self, bucket: str, name: str) -> str | None:
        style = self._all(bucket).get(name)
        return style.content if style else None

    def put(self, call: Call) -> Reply:
        """The content is not looked at before it is used, as in the real service."""
        name = _name(call)
        content = documents.text(documents.read(call.request.body.read(), "Style"), "Content")
        if not 1 <= len(content) <= LONGEST_CONTENT:
            raise invalid_argument("Content", content[:100], "Style content is invalid.")
        with self._store.transaction():
            styles = self._all(call.bucket)
            if name not in styles and len(styles) >= MOST_STYLES:
                raise invalid_argument("styleName", name, f"A bucket has at most {MOST_STYLES} styles.")
            before = styles.get(name)
            styles[name] = Style(content, before.created if before else call.now, call.now)
            self._keep(call.bucket, styles)
        return Reply(200)

    def get(self, call: Call) -> Reply:
        name = _name(call)
        style = self._all(call.bucket).get(name)
        if style is None:
            self._store.bucket(call.bucket)
            raise no_such_style(name)
        return xml_reply(documents.document("Style", style.elements(name)))

    def list(self, call: Call) -> Reply:
        self._store.bucket(call.bucket)
        found = sorted(self._all(call.bucket).items())
        return xml_reply(documents.document("StyleList", [("Style", style.elements(name)) for name, style in found]))

    def delete(self, call: Call) -> Reply:
        """Deleting what is not there is no error."""
        name = _name(call)
        with self._store.transaction():
            styles = self._all(call.bucket)
            styles.pop(name, None)
            self._keep(call.bucket, styles)
        return Reply(204)

    def _all(self, bucket: str) -> dict[str, Style]:
        kept = self._store.buckets.configuration(bucket, _CONFIGURATION)
        return {name: Style(**values) for name, values in json.loads(kept or "{}").items()}

    def _keep(self, bucket: str, styles: dict[str, Style]) -> None:
        document = json.dumps({name: asdict(style) for name, style in styles.items()}) if styles else None
        self._store.buckets.configure(bucket, _CONFIGURATION, document)


def no_such_style(name: str) -> OssError:
    return OssError(404, "NoSuchStyle", "The specified style does not exist.", {"StyleName": name})


def _name(call: Call) -> str:
    name = call.query.get("styleName", "")
    if not _NAME.fullmatch(name):
        raise invalid_argument("styleName", name, "The style name must be 1 to 63 letters, digits, points, underscores and hyphens.")
    return name
