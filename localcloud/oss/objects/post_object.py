"""PostObject: the upload that a browser's form does by itself.

Source: "PostObject" of OSS (help.aliyun.com/document_detail/31988.html); its signature of version 4: "PostObject signature V4".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from localcloud.http import Headers, Reply
from localcloud.identity import Keyring
from localcloud.oss import documents
from localcloud.oss.access import Access, check_role
from localcloud.oss.errors import OssError, access_denied, invalid_argument
from localcloud.oss.objects.callback import Callbacks
from localcloud.oss.objects.form import Form, read_form
from localcloud.oss.objects.writing import Writing, written
from localcloud.oss.operations import OPERATIONS
from localcloud.oss.rights import rights
from localcloud.oss.signing.form_signature import check_form
from localcloud.oss.signing.policy import check_policy
from localcloud.oss.storage.blobs import Blobs
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call
from localcloud.place import Place

_HEADERS = frozenset(
    {"content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires", "content-md5"}
)
POST_OBJECT = next(one for one in OPERATIONS if one.name == "PostObject")
_STATUSES = {"200": 200, "201": 201, "204": 204}


class PostObject:
    """The operation. It asks for itself who may: the signature is a field of the form."""

    def __init__(self, store: Store, blobs: Blobs, writing: Writing, callbacks: Callbacks, keyring: Keyring, place: Place) -> None:
        self._store = store
        self._blobs = blobs
        self._writing = writing
        self._callbacks = callbacks
        self._keyring = keyring
        self._place = place

    def post(self, call: Call) -> Reply:
        bucket = self._store.bucket(call.bucket)
        form = read_form(call.request.body, call.headers.get("content-type", ""))
        signed = check_form(form.fields, self._keyring, self._place.region, call.now)
        if signed is None and bucket.acl != "public-read-write":
            raise access_denied("You have no right to access this object because of bucket acl.")
        key = _key(form)
        if "policy" in form.fields:
            fields = {**form.fields, "key": key}
            check_policy(form.fields["policy"], fields, call.bucket, form.file.length, call.now)
        as_put = replace(_as_put(call, form, key), principal=signed)
        check_role(self._store, as_put, Access.WRITE, rights(as_put, POST_OBJECT, self._place), self._place.account_id)
        return self._callbacks.after(self._keep(form))(as_put)

    def _keep(self, form: Form) -> Callable[[Call], Reply]:
        def handler(call: Call) -> Reply:
            record = self._writing.keep(call, lambda: self._blobs.write(form.file.pieces(call.request.body)), "ObjectCreated:PostObject")
            return _answer(call, form.fields, written(record))

        return handler


def _key(form: Form) -> str:
    key = form.fields.get("key", "")
    if not key:
        message = "Bucket POST must contain a field named 'key'. If it is specified, please check the order of the fields."
        raise invalid_argument("key", "", message)
    # Browsers of old send the whole path.
    return key.replace("${filename}", form.file.name.replace("\\", "/").rpartition("/")[2])


def _as_put(call: Call, form: Form, key: str) -> Call:
    """The call with the fields of the form as if they were headers."""
    chosen = [(name, value) for name, value in form.fields.items() if name in _HEADERS or name.startswith("x-oss-")]
    if "content-type" not in form.fields and form.file.content_type:
        chosen.append(("content-type", form.file.content_type))
    for name in ("callback", "callback-var"):
        if name in form.fields:
            chosen.append((f"x-oss-{name}", form.fields[name]))
    always = [(name, call.headers[name]) for name in ("host",) if name in call.headers]
    if any("\r" in value or "\n" in value for _, value in chosen):
        raise OssError(400, "InvalidArgument", "A field of the form that becomes a header can't contain a line break.")
    latin = [(name, value.encode().decode("latin-1")) for name, value in chosen]
    return replace(call, key=key, request=replace(call.request, headers=Headers([*always, *latin])))


def _answer(call: Call, fields: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
    redirect = fields.get("success_action_redirect", "")
    if redirect:
        return Reply(303, {**headers, "Location": _redirected(redirect, call, headers["ETag"])})
    status = _STATUSES.get(fields.get("success_action_status", ""), 204)
    if status != 201:
        return Reply(status, headers)
    location = f"http://{call.headers.get('host', '')}/{call.bucket}/{quote(call.key)}"
    names: list[documents.Element] = [("Bucket", call.bucket), ("Location", location), ("Key", call.key), ("ETag", headers["ETag"])]
    return Reply(201, {**headers, "Content-Type": "application/xml"}, documents.document("PostResponse", names))


def _redirected(target: str, call: Call, etag: str) -> str:
    parts = urlsplit(target)
    added = urlencode({"bucket": call.bucket, "key": call.key, "etag": etag})
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))
