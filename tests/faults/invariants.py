"""I1 to I7 of DESIGN.md over the history of a schedule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from cli.up import NAMES
from sightline.ledger.story import SMARTTAG, Story
from tests.faults.history import Violation
from tests.faults.laptop_services import LibraryEntry
from tests.faults.null_engine import names_in
from tests.faults.people import REFUSED_EXTENSIONS, etag, is_media
from tests.faults.world import World

LEFT_BEHIND = ("pending/", "line/")
STAYS = ("pace.json", "turn")
"""Of the line, what is no media's: its pause, and whose turn it was."""


def check_always(world: World) -> None:
    """After every step. What a search shows is checked by every search. Raises Violation."""
    check_one_result_each(world)
    check_submits(world)


def check_one_result_each(world: World) -> None:
    """I1."""
    addresses = [entry.address for entry in world.services.library()]
    for address in {each for each in addresses if addresses.count(each) > 1}:
        raise Violation("I1", f"the library has {address} {addresses.count(address)} times", [address.split("/", 3)[3]])


def check_submits(world: World) -> None:
    """I5: one job for a piece of work, and one more for each that a fault kept from being written down.

    It is another piece of work when content comes back that was replaced or deleted, or is uploaded again after it had failed.
    """
    for key, generation, kind in {(job.key, job.generation, job.kind) for job in world.history.jobs.values()}:
        jobs = world.history.jobs_of(key, generation, kind)
        again = world.people.repeats(key, generation) if (key, generation) in world.history.failed else 0
        pieces = world.people.runs(key, generation) + again
        excused = sum(job.is_excused and not job.is_known for job in jobs)
        if len(jobs) > pieces + excused:
            why = f"for {pieces} pieces of work, and {excused} that a fault hid"
            raise Violation("I5", f"{len(jobs)} {kind} jobs were submitted for {key} with content {generation[:6]}, {why}", [key])


def check_end(world: World) -> None:
    """I2 once all is quiet: everything has come to its end, and nothing is left over."""
    for key in sorted(world.people.versions):
        if is_media(key):
            _check_ending(world, key)
    _check_library(world)
    _check_outputs(world)
    _check_likeness(world)
    for prefix in LEFT_BEHIND:
        left = [key for key in world.state.keys(prefix) if not key.endswith(STAYS)]
        if left:
            raise Violation("I2", f"left over: {', '.join(left)}", _keys_of(world, left))


def is_ended(world: World, key: str) -> bool:
    """Whether a good upload can be found, and any other has its reason."""
    return not _missing(world, key)


def _check_ending(world: World, key: str) -> None:
    missing = _missing(world, key)
    if missing:
        raise Violation("I2", f"{key}: {missing}", [key])


def _missing(world: World, key: str) -> str:
    """What keeps an upload from being at its end; empty where it is."""
    content = world.people.content(key)
    story = world.ledger.read(world.people.identity(key)).story
    if content is None:
        return "" if story.stage in ("unknown", "removed", "forgotten") else f"is deleted, and its ledger says {story.stage}"
    if story.generation != etag(content):
        return f"holds {etag(content)[:6]}, and its ledger knows {story.generation[:6] or 'nothing'} ({story.stage})"
    wanted = expected_stage(key, content)
    if story.stage not in (wanted, _stage_without_tags(world, key, content, story)):
        return f"should be {wanted} and is {story.stage} ({story.reason})"
    if story.tags_failed and not _may_lack_tags(world, content, story):
        return f"has no smart tags ({story.tags_failed})"
    return "" if story.stage == "searchable" or story.reason else f"is {story.stage} without a reason"


def expected_stage(key: str, content: bytes) -> str:
    if PurePosixPath(key).suffix in REFUSED_EXTENSIONS or not content:
        return "refused"
    if is_untagged(key):
        return "searchable"
    return "failed" if content.startswith(b"bad ") else "searchable"


def _stage_without_tags(world: World, key: str, content: bytes, story: Story) -> str:
    """Where the smart tags failed, a media has failed too unless another job told something. Of bad content that is what others fetched."""
    if not _may_lack_tags(world, content, story):
        return ""
    told = any(job.stage == "done" for job in story.jobs.values())
    if content.startswith(b"bad ") and told:
        return "searchable" if world.people.runs(key, etag(content)) > 1 else ""
    return "searchable" if told else "failed"


def _may_lack_tags(world: World, content: bytes, story: Story) -> bool:
    return not content.startswith(b"good ") or _service_failed(world, story)


def is_untagged(key: str) -> bool:
    """By `rules.json`."""
    return key.startswith("uploads/yard/gate/") and key.endswith(".mp4")


def _service_failed(world: World, story: Story) -> bool:
    """Whether the service kept a good upload from its end: it said so (when the job began, its address led nowhere), or said nothing."""
    job = world.history.jobs.get(story.job_id)
    # Too late, never answered, or answered without naming the job.
    reason = story.reason or story.tags_failed
    is_silent = any(words in reason for words in ("in time", "got no answer", "JobId"))
    return is_silent or (bool(reason) and job is not None and world.services.job_state(job.id) == "Fail")


def _check_library(world: World) -> None:
    """The library is exactly the uploads that can be found."""
    entries = {entry.media_id: entry for entry in world.services.library()}
    for key, content in world.people.present():
        entry = entries.pop(world.people.identity(key), None)
        story = world.ledger.read(world.people.identity(key)).story
        if is_media(key) and story.stage == "searchable":
            _check_entry(world, key, content, entry, story)
            _check_record(world, key, story)
        elif entry is not None:
            raise Violation("I2", f"{key} is {story.stage} and in the library", [key])
    for entry in entries.values():
        key = entry.address.split("/", 3)[3]
        raise Violation("I4", f"{key} is deleted and in the library", [key])


def tells_of(world: World, text: str, key: str, content: bytes) -> bool:
    """Whether a text is about this content, or about what its jobs fetched: each of them may have fetched another."""
    told, fetched = names_in(text), world.history.read_instead(key, etag(content))
    return bool(told) and told <= names_in(b" ".join([content, *fetched]).decode())


def _check_entry(world: World, key: str, content: bytes, entry: LibraryEntry | None, story: Story) -> None:
    if entry is None:
        raise Violation("I2", f"{key} is called searchable and is not in the library", [key])
    has_tags = not is_untagged(key) and not story.tags_failed
    is_told = not has_tags and not names_in(entry.text)  # nor were there captions, or tags of another job
    if not is_told and not tells_of(world, entry.text, key, content):
        raise Violation("I3", f"the library says {entry.text!r} of {key}, whose content is {content!r}", [key])


def _check_record(world: World, key: str, story: Story) -> None:
    """Each job has ended, and the record tells what each said or why it said nothing."""
    record = world.account.pipeline().records.get(world.people.identity(key))
    if record is None:
        raise Violation("I2", f"{key} is called searchable and has no record", [key])
    if story.open_jobs:
        raise Violation("I2", f"{key} waits for {', '.join(story.open_jobs)}", [key])
    if frozenset(record.jobs) != story.ended_jobs:
        raise Violation("I2", f"the record of {key} tells of {record.jobs}, and {sorted(story.ended_jobs)} have ended", [key])
    failed = {name for name, job in story.jobs.items() if job.stage == "failed"} | ({SMARTTAG} if story.tags_failed else set())
    missing = failed ^ {gap.job for gap in record.found.gaps}
    if missing:
        raise Violation("I2", f"the record of {key} has no gap, or one too many, for {', '.join(missing)}", [key])


def _check_outputs(world: World) -> None:
    """What jobs made is of content that is there."""
    current = {f"/{world.people.identity(key)}/{etag(content)}/" for key, content in world.people.present()}
    for made in world.account.bucket(NAMES.media_bucket).keys("derived/"):
        if not any(place in f"/{made}" for place in current):
            raise Violation("I4", f"{made} is left over", _keys_of(world, [made]))


def _check_likeness(world: World) -> None:
    """Whatever a media is recognised by is of its content, and is there where the record says so."""
    of_now = {f"similar/of/{world.people.identity(key)}/{etag(content)}": key for key, content in world.people.present()}
    kept = set(world.state.keys("similar/of/"))
    left = sorted(kept - set(of_now))
    if left:
        raise Violation("I3", f"{', '.join(left)} is left over", _keys_of(world, left))
    for place in sorted(set(of_now) - kept):
        record = world.account.pipeline().records.get(world.people.identity(of_now[place]))
        if record is not None and record.found.alike:
            raise Violation("I2", f"the record of {of_now[place]} tells of an embedding that is lost", [of_now[place]])


def snapshot(world: World) -> dict[str, str]:
    """All that replaying a message must not change: the ledgers, the records and parts, the library, the number of jobs.

    But for the one fact that only says that there was such an event: some come to a function for the first time when they are replayed.
    """
    kept = {f"library {entry.media_id}": repr(entry) for entry in world.services.library()}
    for key in list(_objects(world)):
        lines = (world.state.get(key) or b"").decode(errors="replace").splitlines()
        kept[key] = "\n".join(line for line in lines if '"fact":"repeated"' not in line)
    return {**kept, "jobs": str(len(world.history.jobs))}


def check_unchanged(world: World, before: dict[str, str]) -> None:
    """I7."""
    after = snapshot(world)
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    if changed:
        said = "; ".join(f"{name}: {before.get(name, '')[-160:]!r} became {after.get(name, '')[-320:]!r}" for name in changed[:3])
        raise Violation("I7", f"replaying every message changed {len(changed)} things: {said}", _keys_of(world, changed))


def _objects(world: World) -> Iterator[str]:
    """Those of media: in folders that are named by their id."""
    return (key for key in world.state.keys("") if len(key.partition("/")[0]) == 32)


def _keys_of(world: World, names: list[str]) -> list[str]:
    known = {world.people.identity(key): key for key in world.people.versions}
    return sorted({key for name in names for identity, key in known.items() if identity in name})
