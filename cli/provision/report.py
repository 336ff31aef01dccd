"""What became of each thing that a deployment needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Outcome = Literal["found", "made", "changed", "left", "missing", "would make", "would change"]


@dataclass(frozen=True)
class Item:
    """`left` is there in another shape than wanted, and stays so; `missing` is for somebody else to make. `fix` says how."""

    kind: str
    name: str
    outcome: Outcome
    note: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Provisioned:
    """The ids are empty where the thing does not exist, as after a dry run."""

    items: Sequence[Item] = field(default_factory=list)
    template_id: str = ""
    pipeline_id: str = ""

    @property
    def variables(self) -> Mapping[str, str]:
        """What `s deploy` is to be run with."""
        both = {"SIGHTLINE_TEMPLATE_ID": self.template_id, "SIGHTLINE_PIPELINE_ID": self.pipeline_id}
        return {name: value for name, value in both.items() if value}

    @property
    def missing(self) -> Sequence[Item]:
        return [item for item in self.items if item.outcome == "missing"]

    @property
    def acted(self) -> bool:
        return any(item.outcome in ("made", "changed") for item in self.items)

    @property
    def to_mend(self) -> Sequence[Item]:
        """What is there, and not as it should be."""
        return [item for item in self.items if item.fix and item.outcome != "missing"]

    def to_json(self) -> dict[str, Any]:
        return {
            "items": [asdict(item) for item in self.items],
            "template_id": self.template_id,
            "pipeline_id": self.pipeline_id,
            "variables": dict(self.variables),
        }
