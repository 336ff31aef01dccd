"""Orders of camera capabilities, and what of them is used: counted, shown, and never a reason to refuse.

Used are the images that smart tag jobs were submitted with (a video counts as one: how the cloud counts it is not documented) and the
searches by a sentence, hybrid and multimodal. What may be used a day is the sum over the orders that run on that day; without any order
MaxQuota is 0 and everything works all the same, for a laptop buys nothing: these are our assumptions.
"""

from __future__ import annotations

import sqlite3
from calendar import timegm
from collections.abc import Callable
from time import strptime
from typing import Literal

from pydantic import Field

from localcloud.database import Database
from localcloud.ims.answers import Answer, iso_time
from localcloud.ims.errors import invalid_parameter
from localcloud.ims.libraries.streams import IsoTime
from localcloud.ims.operation import Operation
from localcloud.ims.parameters import PageNumber, PageSize, Parameters

Capability = Literal["understand", "understand-reid", "search"]
Bundle = Literal["understand", "understand-reid", "search", "understand-search", "understand-reid-search"]
BUNDLES: dict[Bundle, tuple[Capability, ...]] = {
    "understand": ("understand",),
    "understand-reid": ("understand-reid",),
    "search": ("search",),
    "understand-search": ("understand", "search"),
    "understand-reid-search": ("understand-reid", "search"),
}
A_DAY: dict[Capability, int] = {"understand": 300, "understand-reid": 300, "search": 75}
PERIODS = {"month": 30, "quarter": 90, "year": 365}
DAY = 24 * 3600
LONGEST_RANGE = 180 * DAY


class CreateIpcOrder(Parameters):
    capability: Bundle
    period: Literal["month", "quarter", "year"]
    device_id: str | None = Field(None, max_length=128)


class OfCapability(Parameters):
    """Without a range: the day of the call, an assumption."""

    capability: Capability = "understand"
    start_time: IsoTime | None = None
    end_time: IsoTime | None = None
    page_no: PageNumber = 1
    page_size: PageSize = 10


class GetIpcDeviceInfo(OfCapability):
    device_id: str | None = None


class Orders:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def create(self, given: CreateIpcOrder) -> Answer:
        now = self._clock()
        expires = now + PERIODS[given.period] * DAY
        with self._database.transaction() as write:
            write.executemany(
                "INSERT INTO ipc_order (capability, device, bought, expires) VALUES (?, ?, ?, ?)",
                [(capability, given.device_id or "", now, expires) for capability in BUNDLES[given.capability]],
            )
        return {"PurchaseStatus": "Success"}

    def quota(self, given: OfCapability) -> Answer:
        """A row for each day of the range, the newest first."""
        start, end = self._range(given)
        used = self._used(given.capability, start, end)
        days = list(reversed(range(int(start // DAY), int(end // DAY) + 1)))
        page = days[(given.page_no - 1) * given.page_size : given.page_no * given.page_size]
        rows = [
            {
                "Capability": given.capability,
                "ConsumedQuota": used.get(day, 0),
                "DateTime": iso_time(day * DAY),
                "MaxQuota": self._orders_on(given.capability, day) * A_DAY[given.capability],
            }
            for day in page
        ]
        return {"IpcQuotaInfos": rows, "Total": str(len(days))}

    def devices(self, given: GetIpcDeviceInfo) -> Answer:
        """Devices with an order that runs in the range; where none is given, all that ever had one."""
        where = "capability = ? AND device != ''"
        values: list[object] = [given.capability]
        if given.device_id is not None:
            where, values = where + " AND device = ?", [*values, given.device_id]
        if given.start_time or given.end_time:
            start, end = self._range(given)
            where, values = where + " AND expires >= ? AND bought <= ?", [*values, start, end]
        rows = self._database.query(
            f"SELECT device, MAX(expires) AS expires FROM ipc_order WHERE {where} GROUP BY device ORDER BY device", *values
        )
        page = rows[(given.page_no - 1) * given.page_size : given.page_no * given.page_size]
        return {"DeviceInfos": [_device(given.capability, row) for row in page], "Total": len(rows)}

    def searched(self) -> None:
        """A search by text was answered."""
        with self._database.transaction() as write:
            write.execute(
                "INSERT INTO ipc_search VALUES (?, 1) ON CONFLICT (day) DO UPDATE SET searches = searches + 1", (int(self._clock() // DAY),)
            )

    def _used(self, capability: Capability, start: float, end: float) -> dict[int, int]:
        first, last = int(start // DAY), int(end // DAY)
        if capability == "search":
            rows = self._database.query("SELECT day, searches AS used FROM ipc_search WHERE day BETWEEN ? AND ?", first, last)
        else:
            compare = ">" if capability == "understand-reid" else "="
            rows = self._database.query(
                "SELECT CAST(submitted / 86400 AS INTEGER) AS day, SUM(json_array_length(work, '$.addresses')) AS used FROM smarttag_job"
                f" WHERE submitted >= ? AND submitted < ? AND COALESCE(json_array_length(work, '$.groups'), 0) {compare} 0 GROUP BY day",
                *(first * DAY, (last + 1) * DAY),
            )
        return {row["day"]: row["used"] for row in rows}

    def _orders_on(self, capability: Capability, day: int) -> int:
        row = self._database.one(
            "SELECT COUNT(*) AS n FROM ipc_order WHERE capability = ? AND bought < ? AND expires > ?",
            capability,
            (day + 1) * DAY,
            day * DAY,
        )
        return int(row["n"]) if row else 0

    def _range(self, given: OfCapability) -> tuple[float, float]:
        end = _seconds(given.end_time) if given.end_time else self._clock()
        start = _seconds(given.start_time) if given.start_time else end
        if start > end:
            raise invalid_parameter("StartTime", "it is after EndTime")
        if end - start > LONGEST_RANGE:
            raise invalid_parameter("StartTime", "it is more than 180 days before EndTime")
        return start, end


def _seconds(text: str) -> int:
    return timegm(strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def _device(capability: str, row: sqlite3.Row) -> Answer:
    return {"Capability": capability, "DeviceId": row["device"], "ExpireTime": iso_time(row["expires"])}


OPERATIONS = (
    Operation("CreateIpcOrder", CreateIpcOrder, Orders.create),
    Operation("QueryIpcQuota", OfCapability, Orders.quota, lacks="the quota is counted, and no request is refused for it"),
    Operation("GetIpcDeviceInfo", GetIpcDeviceInfo, Orders.devices),
)
