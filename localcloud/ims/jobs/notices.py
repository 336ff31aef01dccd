"""Who is told of a job's change of state: the pipeline's topic or queue, the job's own NotifyUrl, and the region's event callback."""

from __future__ import annotations

import json
import sqlite3

from localcloud.ims.callbacks.callbacks import Callbacks, Receiver
from localcloud.ims.callbacks.events import EventCallback
from localcloud.ims.callbacks.outbox import Notices
from localcloud.ims.jobs.work import Work

ENDED = ("Success", "Fail")


class StateChanges:
    def __init__(self, notices: Notices, callbacks: Callbacks, events: EventCallback) -> None:
        self._notices = notices
        self._callbacks = callbacks
        self._events = events

    def tell(self, write: sqlite3.Connection, job: sqlite3.Row, work: Work, state: str, user_data: str) -> None:
        """Part of the transaction that makes the change; call `wake` after it."""
        if work.family == "analysis":
            self._tell_of_analysis(write, work, state, user_data)
            return
        body = {"Type": "smarttag", "JobId": job["id"], "State": state, "UserData": user_data}
        self._notices.write(write, job["pipeline"], body)
        if work.notify_url:
            # What is posted there is documented nowhere; assumed is the message to a queue.
            self._callbacks.write(write, Receiver(work.notify_url), body)

    def wake(self) -> None:
        self._notices.runner.call()
        self._callbacks.runner.call()

    def _tell_of_analysis(self, write: sqlite3.Connection, work: Work, state: str, user_data: str) -> None:
        """Only of the end; the fields of MediaAiAnalysisComplete are an assumption, those that other events have in common."""
        if state not in ENDED:
            return
        body = {"Status": state, "MediaId": work.media_id, "UserData": user_data}
        self._events.happened(write, "MediaAiAnalysisComplete", body)
        address = notify_address(user_data)
        if address:
            self._callbacks.write(write, Receiver(address), self._events.envelope("MediaAiAnalysisComplete", body))


def notify_address(user_data: str | None) -> str | None:
    """The NotifyAddress in a UserData, which need not be JSON."""
    try:
        value = json.loads(user_data or "")
    except (ValueError, RecursionError):
        return None
    address = value.get("NotifyAddress") if isinstance(value, dict) else None
    return address if isinstance(address, str) and address else None
