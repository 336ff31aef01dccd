"""What became of the objects, counted: for people, and for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from cli.backfill.plan import Plan
from cli.output import Output
from cli.prices import Prices
from cli.tally import counted, show_failed
from sightline.media.types import MediaKind
from sightline.untrusted import plain


@dataclass
class Tally:
    """Of one run. In a dry run, `copied`, `copied_bytes`, `submitted` and `jobs` are what a real one would do."""

    seen: int = 0
    copied: int = 0
    copied_bytes: int = 0
    submitted: int = 0
    ignored: int = 0
    gone: int = 0
    jobs: Counter[MediaKind] = field(default_factory=Counter)
    already: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    is_complete: bool = False
    waits_for: str = ""

    @property
    def acted(self) -> int:
        return self.copied + self.submitted

    def add(self, plan: Plan) -> None:
        self.seen += 1
        if plan.kind is not None and plan.action in ("copy", "submit"):
            self.jobs[plan.kind] += 1
        match plan.action:
            case "copy":
                self.copied += 1
                self.copied_bytes += plan.size
            case "submit":
                self.submitted += 1
            case "already":
                self.already[plan.stage] += 1
            case "refused":
                self.refused[plan.reason] += 1
                self.examples.setdefault(plan.reason, plan.source_key)
            case "ignored":
                self.ignored += 1
            case "gone":
                self.gone += 1
            case "failed":
                self.failed[plan.source_key] = plan.reason

    @property
    def words(self) -> str:
        """For the line of progress."""
        parts = {"copied": self.copied, "submitted": self.submitted, "there already": self.already.total(), "failed": len(self.failed)}
        return counted(parts, self.waits_for)

    def to_json(self) -> dict[str, Any]:
        return {
            "objects": self.seen,
            "copied": self.copied,
            "copied_bytes": self.copied_bytes,
            "submitted": self.submitted,
            "jobs": dict(self.jobs),
            "already": dict(self.already),
            "refused": [{"reason": reason, "objects": count, "example": self.examples[reason]} for reason, count in self.refused.items()],
            "ignored": self.ignored,
            "gone": self.gone,
            "failed": [{"key": key, "reason": reason} for key, reason in self.failed.items()],
            "complete": self.is_complete,
        }


def show(output: Output, tally: Tally, dry_run: bool, prices: Prices) -> None:
    output.say(f"{tally.seen:,} objects")
    for line in _lines(tally, dry_run, prices):
        output.say(f"  {line}")
    for reason, count in tally.refused.items():
        output.say(f"  {count:,} refused: {reason}; {plain(tally.examples[reason])}")
    show_failed(output, tally.failed)


def _lines(tally: Tally, dry_run: bool, prices: Prices) -> list[str]:
    done = "to " if dry_run else ""
    lines = [
        f"{tally.copied:,} {done}{'copy' if dry_run else 'copied'}, {tally.copied_bytes:,} bytes" if tally.copied else "",
        f"{tally.submitted:,} {done}{'submit' if dry_run else 'submitted'} where they are" if tally.submitted else "",
        f"{tally.already.total():,} there already: {_counts(tally.already)}" if tally.already else "",
        f"{tally.ignored:,} are no media by their name" if tally.ignored else "",
        f"{tally.gone:,} were deleted meanwhile" if tally.gone else "",
        f"{tally.jobs.total():,} jobs: {_counts(tally.jobs)}" if tally.jobs else "",
        prices.estimate(tally.jobs).spoken if dry_run else "",
        "" if tally.is_complete else "ended by --limit; there is more",
    ]
    return [line for line in lines if line]


def _counts(counter: Counter[Any]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counter.items())
