"""A queue in memory: what was received is hidden until it is deleted, or shown again by the test, as its time would."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sightline.mns.queue import Message


class FakeQueue:
    """`before_delete` runs first, to play a crash."""

    def __init__(self, *bodies: str) -> None:
        self.bodies = {str(number): body for number, body in enumerate(bodies)}
        self.hidden: set[str] = set()
        self.receives = 0
        self.before_delete: Callable[[], None] = lambda: None

    def receive(self, most: int) -> Sequence[Message]:
        self.receives += 1
        numbers = [number for number in self.bodies if number not in self.hidden][:most]
        self.hidden.update(numbers)
        return [Message(number, f"receipt-{number}", self.bodies[number]) for number in numbers]

    def delete(self, receipts: Sequence[str]) -> None:
        self.before_delete()
        for receipt in receipts:
            del self.bodies[receipt.removeprefix("receipt-")]

    def show_again(self) -> None:
        self.hidden.clear()
