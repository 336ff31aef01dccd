"""Storage classes: which one an object gets, and the restoring of archived ones.

Times and limits: "RestoreObject" of OSS (help.aliyun.com/document_detail/52930.html). The real service takes about as long as said here;
this one takes exactly as long, by its own clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from localcloud.http import Reply
from localcloud.oss import documents
from localcloud.oss.errors import (
    invalid_argument,
    invalid_object_state,
    malformed_xml,
    operation_not_supported,
    restore_already_in_progress,
)
from localcloud.oss.numbers import whole_number
from localcloud.oss.objects.lookup import find, version_headers
from localcloud.oss.storage.records import StoredRecord
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call, http_date

CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
"""From the one that is quickest to read on; a lifecycle rule moves objects only towards the end."""
DAY = 86400
_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True)
class _Archive:
    """How long each priority takes, in seconds, and for how many days an object may stay restored. The empty priority is the default."""

    seconds: dict[str, int]
    most_days: int


_ARCHIVES = {
    "Archive": _Archive({"": _MINUTE}, 7),
    "ColdArchive": _Archive({"": 5 * _HOUR, "Expedited": _HOUR, "Standard": 5 * _HOUR, "Bulk": 12 * _HOUR}, 365),
    "DeepColdArchive": _Archive({"": 48 * _HOUR, "Expedited": 12 * _HOUR, "Standard": 48 * _HOUR}, 365),
}


def checked_class(value: str, name: str = "x-oss-storage-class") -> str:
    """Raises InvalidArgument."""
    if value not in CLASSES:
        raise invalid_argument(name, value, f"{name} must be one of {', '.join(CLASSES)}.")
    return value


def storage_class_of(call: Call, default: str) -> str:
    """What the header asks for, else the class of the bucket. Raises InvalidArgument."""
    return checked_class(call.headers.get("x-oss-storage-class", default))


def check_readable(record: StoredRecord, now: float) -> None:
    """Raises InvalidObjectState for an archived object that is not restored."""
    if record.storage_class in _ARCHIVES and not record.restore_ready <= now < record.restore_until:
        raise invalid_object_state(record.key)


def restore_state(ready: float, until: float, now: float) -> str:
    """The value of `x-oss-restore`; empty for what nobody restored, or whose days are over."""
    if now < ready:
        return 'ongoing-request="true"'
    return f'ongoing-request="false", expiry-date="{http_date(until)}"' if now < until else ""


class Restoring:
    """The operation RestoreObject."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def restore(self, call: Call) -> Reply:
        """202 for an object that has to be thawed, 200 for one that stays longer. Raises RestoreAlreadyInProgress."""
        with self._store.transaction():
            record = find(self._store, call)
            archive = _ARCHIVES.get(record.storage_class)
            if archive is None:
                raise operation_not_supported("The operation is not supported for this resource.")
            days, priority = _request(call, record, archive)
            if call.now < record.restore_ready:
                raise restore_already_in_progress()
            thawed = call.now < record.restore_until
            ready = record.restore_ready if thawed else call.now + archive.seconds[priority]
            until = (call.now if thawed else ready) + days * DAY
            self._store.update(replace(record, restore_ready=ready, restore_until=until))
        headers = version_headers(record)
        if len(archive.seconds) > 1:
            headers["x-oss-object-restore-priority"] = priority or "Standard"
        return Reply(200 if thawed else 202, headers)


def _request(call: Call, record: StoredRecord, archive: _Archive) -> tuple[int, str]:
    """Days and priority. Raises MalformedXML and InvalidArgument."""
    body = call.request.body.read()
    if not body:
        return 1, ""
    request = documents.read(body, "RestoreRequest")
    if any(one.tag not in ("Days", "JobParameters") for one in request):
        raise malformed_xml()
    text = request.findtext("Days") or "1"
    days = whole_number(text)
    if days is None or not 1 <= days <= archive.most_days:
        raise invalid_argument("Days", text, f"Days must be from 1 to {archive.most_days} for {record.storage_class}.")
    parameters = request.find("JobParameters")
    if parameters is None:
        return days, ""
    if len(archive.seconds) == 1:  # Only the colder classes have priorities (test_object.py of the SDK).
        raise malformed_xml()
    priority = documents.text(parameters, "Tier")
    if priority not in archive.seconds or not priority:
        raise invalid_argument("Tier", priority, f"Tier must be one of {', '.join(name for name in archive.seconds if name)}.")
    return days, priority
