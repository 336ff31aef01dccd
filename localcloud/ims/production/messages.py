"""Who is told that a production job has ended: its pipeline's topic or queue, its own NotifyAddress, and the region's event callback.

Only of the end: that is the one message of which there are samples (MPS, "SubmitIProductionJob", callbacks). What AIProduceComplete holds
is documented nowhere; assumed are the fields that other events have in common, and those of the job's message.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from localcloud.ims.callbacks.callbacks import Callbacks, Receiver
from localcloud.ims.callbacks.events import EventCallback
from localcloud.ims.callbacks.outbox import Notices
from localcloud.ims.jobs.notices import notify_address

EVENT = "AIProduceComplete"


class Endings:
    def __init__(self, notices: Notices, callbacks: Callbacks, events: EventCallback) -> None:
        self._notices = notices
        self._callbacks = callbacks
        self._events = events

    def tell(self, write: sqlite3.Connection, job: sqlite3.Row, state: str, result: Mapping[str, Any]) -> None:
        """Part of the transaction that ends the job; call `wake` after it."""
        told = {"FunctionName": job["function"], "JobId": job["id"], "Code": result["Code"], "Message": result["Message"]}
        said = {} if job["user_data"] is None else {"UserData": job["user_data"]}
        message = {"Type": "IProduction", **told, "Details": [], "State": state, **said}
        self._notices.write(write, job["pipeline"], message)
        body = {"Status": state, **told, **said}
        self._events.happened(write, EVENT, body)
        address = notify_address(job["user_data"])
        if address:
            self._callbacks.write(write, Receiver(address), self._events.envelope(EVENT, body))

    def wake(self) -> None:
        self._notices.runner.call()
        self._callbacks.runner.call()
