"""A check: its name, what it says of a deployment, and which others have to hold first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cli.doctor.finding import Finding
from cli.doctor.site import Site

Examine = Callable[[Site], Finding]


@dataclass(frozen=True)
class Check:
    """`examine` may raise SightlineError where a service gives no answer; `says` is the sentence that is true where it passes."""

    name: str
    says: str
    examine: Examine = field(repr=False)
    needs: tuple[Check, ...] = ()


def check(*needs: Check) -> Callable[[Examine], Check]:
    """Makes a check of a function: its name with dashes, and the first line of its docstring."""

    def make(examine: Examine) -> Check:
        says = (examine.__doc__ or "").strip().partition("\n")[0]
        return Check(examine.__name__.replace("_", "-"), says, examine, needs)

    return make
