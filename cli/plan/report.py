"""A plan, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from cli.output import Output
from cli.plan.assumed import assumptions
from cli.plan.changes import Change, Outcome, Value, would_change
from cli.plan.cost import Bill, plain
from cli.plan.estimate import Estimate
from cli.plan.items import INDEX_LEVELS
from cli.plan.load import DAYS_A_MONTH

SIGNS: dict[Outcome, str] = {"create": "+", "change": "~", "remove": "-", "only there": ".", "stays": "!", "unknown": "?", "unchanged": "="}
WORDS: dict[Outcome, str] = {
    "create": "to create",
    "change": "to change",
    "remove": "to remove",
    "stays": "different, and not changed by a deploy",
    "unknown": "unknown",
    "only there": "only there",
    "unchanged": "unchanged",
}


def show_changes(output: Output, place: str, changes: Sequence[Change], how: str) -> None:
    """`how` names the command that deploys."""
    output.say(f"a deploy to {place}:")
    for change in changes:
        if change.outcome != "unchanged":
            for line in _lines(change):
                output.say(f"  {line}")
    counted = {outcome: sum(change.outcome == outcome for change in changes) for outcome in WORDS}
    said = ", ".join(f"{count} {WORDS[outcome]}" for outcome, count in counted.items() if count)
    output.say(f"  {said}" if would_change(changes) else f"  nothing would change ({said})")
    if any(change.outcome in ("create", "change", "remove") for change in changes):
        output.say(f"  {how} does it")


def _lines(change: Change) -> Iterator[str]:
    note = f": {change.note}" if change.note else ""
    yield f"{SIGNS[change.outcome]} {change.resource} {change.name}{note}"
    for field in change.fields:
        yield f"    {field.field}: {_shown(field.old)} -> {_shown(field.new)}"


def _shown(value: Value | None) -> str:
    if value is None:
        return "(not set)"
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value) or "''"


def changes_json(changes: Sequence[Change]) -> dict[str, Any]:
    return {"would_change": would_change(changes), "changes": [change.to_json() for change in changes]}


def show_cost(output: Output, estimate: Estimate, today: date, days: int) -> None:
    bill = estimate.bill
    output.say(f"a month of {DAYS_A_MONTH} days at {plain(estimate.load.uploads_per_day)} uploads a day:")
    output.table(
        ("item", "quantity", "unit", "price", f"cost {bill.currency}".strip()),
        [
            (
                line.item,
                f"{line.quantity:,.2f}".rstrip("0").rstrip("."),
                line.unit,
                f"{line.price.price:f} for {line.price.per:,f}" if line.price else "no price",
                f"{line.cost:,.2f}" if line.cost is not None else "",
            )
            for line in bill.lines
        ],
    )
    output.say(_total(bill))
    for warning in warnings(estimate, today, days):
        output.say(f"warning: {warning}")
    output.say("where it comes from:")
    output.table(
        ("function", "for", "times", "seconds each", "OSS requests each", "IMS requests each", "PAI requests each"),
        [
            (
                doing.function,
                doing.event,
                f"{doing.times:,.0f}",
                f"{doing.seconds:.2f}",
                f"{_requests(doing.requests, 'OSS'):,.0f}",
                f"{_requests(doing.requests, 'IMS'):,.0f}",
                f"{_requests(doing.requests, 'PAI'):,.0f}",
            )
            for doing in estimate.usage.doings
            if doing.times
        ],
    )
    output.say("assumed:")
    for assumption in assumptions(estimate.load, estimate.deployment):
        output.say(f"  {assumption}")


def _requests(requests: Mapping[str, Decimal], service: str) -> Decimal:
    return sum((count for name, count in requests.items() if name.startswith(service)), Decimal(0))


def _total(bill: Bill) -> str:
    if not bill.currency:
        return "total: unknown, since nothing has a price; `sightline plan --price-template` prints a file for them"
    total = f"total: {bill.total:,.2f} {bill.currency}"
    return f"{total}, without the {len(bill.unpriced)} items that have no price" if bill.unpriced else total


def warnings(estimate: Estimate, today: date, days: int) -> Iterator[str]:
    for price in estimate.bill.stale(today, days):
        if price.as_of is None:
            yield f"nobody has said of which day the price of {price.item} is (SIGHTLINE_PRICES_AS_OF)"
        else:
            yield f"the price of {price.item} is of {price.as_of}, more than {days} days ago"
    if estimate.usage.index_level is None:
        yield f"no search index holds so much film: the largest ends at {max(INDEX_LEVELS.values()):,} hours, and IMS stops there"


def cost_json(estimate: Estimate, today: date, days: int) -> dict[str, Any]:
    load, usage = estimate.load, estimate.usage
    return {
        "days": DAYS_A_MONTH,
        "load": {name: value if isinstance(value, (int, str)) else plain(value) for name, value in vars(load).items()},
        **estimate.bill.to_json(),
        "search_index_level": usage.index_level,
        "invocations": plain(usage.invocations),
        "requests": {name: plain(count) for name, count in sorted(usage.requests.items())},
        "assumed": list(assumptions(load, estimate.deployment)),
        "warnings": list(warnings(estimate, today, days)),
    }
