"""What an event costs the one who attends to it: requests, processor time of his own process, and time without the naps that he takes."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from sightline.host import Host
from sightline.http import Connections, Request, Response
from sightline.pipeline.ports import Pipeline
from sightline.wiring import Wiring


@dataclass
class Cost:
    """Of some events together: requests by what was asked (`OSS GET`, `IMS SubmitSmarttagJob`, `PAI images`), and the seconds of each."""

    requests: Counter[str] = field(default_factory=Counter)
    processor: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, other: Cost) -> None:
        self.requests.update(other.requests)
        self.processor += other.processor
        self.seconds += other.seconds

    def each(self, service: str) -> float:
        """Requests an event."""
        return sum(count for name, count in self.requests.items() if name.startswith(service)) / len(self.seconds)

    @property
    def milliseconds_of_processor(self) -> float:
        return statistics.median(self.processor) * 1000

    @property
    def milliseconds(self) -> float:
        return statistics.median(self.seconds) * 1000


class Meter:
    """Measures what this process does with the services, through a client and a sleep of its own."""

    def __init__(self) -> None:
        self._requests: Counter[str] = Counter()
        self._napped = 0.0

    def wiring(self, environment: Mapping[str, str], **settings: int | float) -> Wiring:
        """The layer as a function builds it, with these settings changed."""
        changed = {name.upper(): str(value) for name, value in settings.items()}
        return Wiring({**environment, **changed}, Host(_Counting(self._count), sleep=self._nap))

    def pipeline(self, environment: Mapping[str, str], **settings: int | float) -> Pipeline:
        return self.wiring(environment, **settings).pipeline()

    def add(self, cost: Cost, work: Callable[[], str]) -> str:
        """Do it, and add what it cost."""
        self._requests.clear()
        self._napped = 0.0
        began, processor = time.perf_counter(), time.process_time()
        outcome = work()
        cost.processor.append(time.process_time() - processor)
        cost.seconds.append(time.perf_counter() - began - self._napped)
        cost.requests.update(self._requests)
        return outcome

    def _count(self, request: Request) -> None:
        address = urlsplit(request.url)
        query = parse_qs(address.query, keep_blank_values=True)
        action = request.headers.get("x-acs-action")
        if "/messages" in address.path:
            action, service = request.method, "MNS"
        elif address.path.startswith("/api/v1/"):
            action, service = address.path.split("/")[3].replace("_", " "), "PAI"
        else:
            service = "IMS" if action else "OSS"
        kind = "LIST" if "list-type" in query else "APPEND" if "append" in query else request.method
        self._requests[f"{service} {action or kind}"] += 1

    def _nap(self, seconds: float) -> None:
        self._napped += seconds
        time.sleep(seconds)


class _Counting(Connections):
    def __init__(self, count: Callable[[Request], None]) -> None:
        super().__init__()
        self._count = count

    def send(self, request: Request, connect_seconds: float, silence_seconds: float) -> Response:
        self._count(request)
        return super().send(request, connect_seconds, silence_seconds)
