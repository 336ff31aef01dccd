"""Ledgers as appendable objects: one for each media, a line for each fact.

An append names the position that was read, and OSS refuses any other (409 PositionNotEqualToLength, AppendObject documentation): so an
append is a compare-and-swap, and the story has one order.

A ledger grows with every upload to its key, and only its end counts: what happened since the last upload. So the end is what is read, and
a camera that writes over one picture all day costs no more than another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from sightline.errors import LedgerConflict, LedgerLocked, ServiceRefused, ServiceUnreachable
from sightline.ledger.facts import Fact, read_line
from sightline.ledger.story import Story, tell
from sightline.store.types import Bucket, PositionConflict

ROUNDS = 8
RECENT_BYTES = 128 * 1024
"""About a hundred uploads with all that came of them."""


class Journal:
    """What was read of a media's ledger; `position` is its length in bytes, `end` the bytes before that which `facts` stand in."""

    def __init__(self, media_id: str, position: int, facts: Sequence[Fact], end: bytes = b"") -> None:
        self.media_id = media_id
        self.position = position
        self.facts = facts
        self.end = end

    @cached_property
    def story(self) -> Story:
        return tell(self.facts)

    def slot_of(self, generation: str) -> int | None:
        """Where the last job of a generation runs or ran."""
        slots = [fact.details.get("slot") for fact in self.facts if (fact.kind, fact.generation) == ("claimed", generation)]
        return slots[-1] if slots else None


Decision = Callable[[Story], Sequence[Fact]]


class Ledger:
    """Keys begin with the media id, which is random, so that they spread over OSS's partitions; `pending/` marks unfinished media."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def read(self, media_id: str) -> Journal:
        """Its recent facts: those since the last upload at least."""
        found = self._bucket.tail(ledger_key(media_id), RECENT_BYTES)
        if found is None:
            return Journal(media_id, 0, [])
        _, _, recent = found.content.partition(b"\n") if found.start else (b"", b"", found.content)
        facts = _facts(recent)
        if found.start and not any(fact.kind == "uploaded" for fact in facts):
            return self.read_all(media_id)  # it has waited so long that its upload lies further back
        return Journal(media_id, found.start + len(found.content), facts, recent)

    def read_all(self, media_id: str) -> Journal:
        """All its facts, for a person."""
        content = self._bucket.get(ledger_key(media_id)) or b""
        return Journal(media_id, len(content), _facts(content), content)

    def append(self, journal: Journal, facts: Sequence[Fact]) -> Journal:
        """Raises LedgerConflict where the ledger has grown since `journal` was read."""
        lines = _lines(facts)
        try:
            self._bucket.append(ledger_key(journal.media_id), journal.position, lines)
        except PositionConflict as error:
            raise LedgerConflict(f"the ledger of {journal.media_id} grew past {journal.position} bytes") from error
        return Journal(journal.media_id, journal.position + len(lines), [*journal.facts, *facts], journal.end + lines)

    def extend(self, journal: Journal, facts: Sequence[Fact]) -> Journal:
        """As `append`; where its answer is lost, the ledger is read before anybody repeats it. Raises LedgerConflict."""
        try:
            return self.append(journal, facts)
        except (ServiceRefused, ServiceUnreachable) as error:
            now = self.read(journal.media_id) if error.retryable else journal
            if not _holds(now, journal, facts):
                raise
            return now

    def update(self, media_id: str, decide: Decision, known: Journal | None = None) -> tuple[Journal, Sequence[Fact]]:
        """Append what `decide` answers to the story as it is, asking anew when another writer was faster.

        `known` saves the first reading; where it is old, the append finds that out. Returns the ledger afterwards and the facts that were
        appended, none where there was nothing to say.
        """
        for _ in range(ROUNDS):
            journal = known or self.read(media_id)
            facts = decide(journal.story)
            if not facts and known is None:
                return journal, facts
            known = None
            if facts:
                try:
                    return self.extend(journal, facts), facts
                except LedgerConflict:
                    continue
        raise LedgerConflict(f"the ledger of {media_id} kept growing through {ROUNDS} rounds")

    def mark_pending(self, media_id: str, address: str) -> None:
        """`address` is `bucket/key`, so that the sweep can start from nothing but the marker."""
        self._bucket.put(f"pending/{media_id}", address.encode(), "text/plain; charset=utf-8")

    def clear_pending(self, media_id: str) -> None:
        """Take the marker of a media that has ended away.

        The ledger is read afterwards: whoever claimed new content before our deletion gets his marker back.
        """
        self._bucket.delete(f"pending/{media_id}")
        story = self.read(media_id).story
        if story.needs_attention:
            self.mark_pending(media_id, f"{story.bucket}/{story.key}")

    def pending(self, after: str = "") -> Iterator[str]:
        """Media ids with something left to do, in order, those beyond `after`."""
        for key in self._bucket.keys("pending/", f"pending/{after}" if after else ""):
            yield key.removeprefix("pending/")

    def pending_address(self, media_id: str) -> tuple[str, str] | None:
        """Bucket and key of a pending media."""
        content = self._bucket.get(f"pending/{media_id}")
        if content is None:
            return None
        bucket, _, key = content.decode().partition("/")
        return bucket, key


def until_unchanged(act: Callable[[], str]) -> str:
    """Do `act` again where the ledger grew between its reading and its append. Raises LedgerConflict after too many rounds."""
    for _ in range(ROUNDS - 1):
        try:
            return act()
        except LedgerLocked:
            raise
        except LedgerConflict:
            continue
    return act()


def _holds(now: Journal, before: Journal, facts: Sequence[Fact]) -> bool:
    """Whether `facts` are what follows `before`."""
    lines = _lines(facts)
    begin = before.position - (now.position - len(now.end))
    return begin >= 0 and now.end[begin : begin + len(lines)] == lines


def _facts(content: bytes) -> Sequence[Fact]:
    return [fact for line in content.splitlines() if line and (fact := read_line(line))]


def _lines(facts: Sequence[Fact]) -> bytes:
    return b"".join(fact.to_line() for fact in facts)


def ledger_key(media_id: str) -> str:
    return f"{media_id}/ledger.jsonl"
