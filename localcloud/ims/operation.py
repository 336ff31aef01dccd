"""One operation of the API: its name, the parameters that it takes, and the method that answers it.

The rows stand at the end of the module of those who answer them (`OPERATIONS`), unbound, so that what this laptop cloud can do is known
without starting it: `operations` gathers and binds them, `coverage` lists them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from localcloud.ims.answers import Answer
from localcloud.ims.parameters import Parameters, parse

ICE = "2020-11-09"
MPS = "2014-06-18"
"""The sibling product, whose UpdatePipeline alone binds callbacks."""

B = TypeVar("B")
P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True)
class Operation(Generic[B, P]):
    """`answer` is a method of the behaviour `B`, and returns the body without its RequestId.

    `lacks` says in a phrase what of the documented operation is missing here. Answers of the search family carry Success and Code besides.
    """

    name: str
    model: type[P]
    answer: Callable[[B, P], Answer]
    lacks: str = ""
    of_search: bool = False
    version: str = ICE

    def bind(self, behaviour: B) -> Bound:
        return Bound(self, behaviour)


@dataclass(frozen=True)
class Bound:
    """An operation and the one who answers it."""

    operation: Operation[Any, Any]
    behaviour: Any

    def __call__(self, given: dict[str, str]) -> Answer:
        """Raises AcsError."""
        answer = self.operation.answer(self.behaviour, parse(self.operation.model, given))
        # Declared as strings in every SDK, although samples in the documents show true and 200.
        return {**answer, "Success": "true", "Code": "200"} if self.operation.of_search else answer
