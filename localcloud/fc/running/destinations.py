"""Where the outcome of an asynchronous invocation goes: an MNS queue or topic, or another function."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

from localcloud.fc.project.project import Destination, Destinations
from localcloud.fc.running.async_store import Kept
from localcloud.fc.running.instance import Outcome
from localcloud.identity import NotAllowed
from localcloud.ports import Queues

log = logging.getLogger("localcloud.fc")

MNS_BYTES = 64 * 1024
"""The longest message of MNS (official help, "Limits" of Simple Message Queue)."""
FUNCTION_BYTES = 128 * 1024
ACTIONS = {"queues": "mns:SendMessage", "topics": "mns:PublishMessage", "functions": "fc:InvokeFunction"}
"""What the role of a function needs for a destination of each kind (official help, "Result callback")."""
_PAYLOADS = ("responsePayload", "requestPayload")


@dataclass(frozen=True)
class Postman:
    """Writes reports and delivers them. `enqueue` starts an asynchronous invocation; KeyError says that there is no such function.

    `check` takes a function, an action and a resource, and raises NotAllowed where the function's role may not do that.
    """

    queues: Queues
    enqueue: Callable[[str, bytes], None]
    function_arn: Callable[[str], str]
    check: Callable[[str, str, str], None] = lambda _function, _action, _resource: None

    def report(self, destination: Destination, kept: Kept, outcome: Outcome, attempts: int, now: float) -> str:
        """What a destination gets; as the samples of Function Compute show it (github.com/awesome-fc/Stateful-Async-Invocation).

        Payloads are cut where the message would be longer than its destination takes (assumption).
        """
        report = {
            "timestamp": int(now * 1000),
            "requestContext": {
                "requestId": kept.request_id,
                "functionArn": self.function_arn(kept.function),
                "condition": "",
                "approximateInvokeCount": attempts,
            },
            "requestPayload": kept.payload.decode(errors="replace"),
            "responseContext": {"statusCode": 200, "functionError": outcome.error_type},
            "responsePayload": outcome.payload[: FUNCTION_BYTES + 1].decode(errors="replace"),
        }
        longest = FUNCTION_BYTES if destination.kind == "functions" else MNS_BYTES
        while len((text := json.dumps(report, ensure_ascii=False)).encode()) > longest:
            name = max(_PAYLOADS, key=lambda one: len(str(report[one])))
            report[name] = str(report[name])[: len(str(report[name])) // 2]
        return text

    def deliver(self, function: str, destination: Destination, report: str, request_id: str) -> None:
        """Once this returns, it has arrived, or is lost for a reason that the log tells."""
        try:
            self.check(function, ACTIONS[destination.kind], destination.destination)
            if destination.kind == "functions":
                self.enqueue(destination.name, report.encode())
            elif destination.kind == "queues":
                self.queues.send(destination.name, report)
            else:
                self.queues.publish(destination.name, report)
        except NotAllowed as error:
            log.error("the outcome of %s is lost: %s", request_id, error)
        except KeyError:
            log.error("the outcome of %s is lost: its destination %s does not exist", request_id, destination.destination)


def destination_of(destinations: Destinations, *, failed: bool) -> Destination | None:
    return destinations.on_failure if failed else destinations.on_success
