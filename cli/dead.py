"""Dead letters: look at them, send them again, drop them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mns.account import Account
from mns.mns_exception import MNSServerException

from cli import journal
from cli.deployed import wiring_of
from cli.errors import NOT_FOUND, USAGE, CommandError
from cli.output import Output
from cli.running import Running
from sightline.clock import to_iso
from sightline.errors import BadInput
from sightline.events.callbacks import read_job_message
from sightline.events.objects import read_change
from sightline.events.records import event_bytes
from sightline.letters.attempt import Failure
from sightline.letters.letter import Letter, State
from sightline.media.identity import media_id as identity

Json = dict[str, Any]

MOST_PEEKED = 16
"""BatchPeekMessage shows no more; the SDK warns that the count among a queue's attributes is going away."""


class DeadLetters:
    """The letters of a running laptop cloud."""

    def __init__(self, running: Running) -> None:
        wiring = wiring_of(running)
        self._running = running
        self.settings = wiring.settings
        self._letters = wiring.letters()

    def all(self) -> list[Letter]:
        """The oldest first."""
        return sorted(self._letters.all(), key=lambda letter: (letter.first, letter.id))

    def about(self, media_id: str, jobs: Collection[str]) -> list[Letter]:
        """Those that name a media, or one of its jobs; the oldest first."""
        return [letter for letter in self.all() if is_about(letter, media_id, jobs)]

    def count(self) -> Mapping[State, int]:
        return self._letters.count()

    def waiting(self) -> int:
        """Events that Function Compute gave up on, and that the next sweep makes letters of; at most 16 are counted."""
        account = Account(self._running.endpoint, self._running.access_key_id, self._running.access_key_secret)
        try:
            return len(account.get_queue(self.settings.dead_queue).batch_peek_message(MOST_PEEKED))
        except MNSServerException as error:
            if error.type == "MessageNotExist":
                return 0
            raise CommandError(
                f"the queue {self.settings.dead_queue} can't be looked into: {error.type}", "see `sightline status`"
            ) from error

    def chosen(self, ids: Sequence[str], everything: bool) -> list[Letter]:
        """Those of the ids, or all. Raises CommandError, before anything is done, where one of them does not exist."""
        if bool(ids) == everything:
            raise CommandError("which letters?", "give their ids (`sightline dead list` shows them), or --all", USAGE)
        return self.all() if everything else [self.get(name) for name in dict.fromkeys(ids)]

    def get(self, letter_id: str) -> Letter:
        letter = self._letters.get(letter_id)
        if letter is None:
            raise CommandError(f"there is no letter {letter_id}", "`sightline dead list` shows those there are", NOT_FOUND)
        return letter

    def drop(self, letter: Letter) -> None:
        self._letters.drop(letter.id)

    def replay(self, letters: Sequence[Letter]) -> Iterator[Replayed]:
        """Invoke the function of each with its event, one after the other. A letter goes only after that went well."""
        return (self._replay(letter) for letter in letters)

    def _replay(self, letter: Letter) -> Replayed:
        if not letter.is_whole:
            return Replayed(letter, False, "its event was too large to be kept whole")
        try:
            answer = journal.invoke(self._running, letter.function, event_bytes(letter.event)).value
        except CommandError as error:
            self._letters.keep(letter.function, letter.event, Failure(error.problem, may_pass=True))
            return Replayed(letter, False, error.problem)
        said = "; ".join(answer["outcomes"]) if isinstance(answer, dict) and "outcomes" in answer else str(answer)
        # A function that fails for good does not raise: it answers with the letter that it wrote, which is this one.
        if not isinstance(answer, dict) or answer.get("letters") != []:
            return Replayed(letter, False, said)
        self.drop(letter)
        return Replayed(letter, True, said)


@dataclass(frozen=True)
class Replayed:
    letter: Letter
    went_well: bool
    said: str

    def to_json(self) -> Json:
        return {"id": self.letter.id, "function": self.letter.function, "replayed": self.went_well, "said": self.said}


def is_about(letter: Letter, media_id: str, jobs: Collection[str]) -> bool:
    """A record of another shape than a function reads names nobody."""
    try:
        if letter.function == "submit":
            change = read_change(letter.event)
            return identity(change.bucket, change.key) == media_id
        return letter.function == "collect" and read_job_message(letter.event).job_id in jobs
    except BadInput:
        return False


def summary(letter: Letter) -> Json:
    """Everything but the event."""
    return {
        "id": letter.id,
        "function": letter.function,
        "state": letter.state,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "first": to_iso(letter.first),
        "last": to_iso(letter.last),
        "due": to_iso(letter.due) if letter.due else None,
        "is_whole": letter.is_whole,
    }


def show_all(output: Output, letters: Sequence[Letter], waiting: int) -> None:
    output.result({"letters": [summary(letter) for letter in letters], "waiting": waiting})
    if letters:
        rows = [
            [letter.id, letter.function, _state(letter), _short(letter.first), str(letter.attempts), letter.reason] for letter in letters
        ]
        output.table(["letter", "function", "state", "since", "attempts", "why"], rows)
    dead = sum(letter.state == "dead" for letter in letters)
    output.say(f"{dead} dead, {len(letters) - dead} retrying" if letters else "no letters")
    if waiting:
        count = f"{waiting} or more" if waiting == MOST_PEEKED else f"{waiting} more"
        output.say(f"{count} in the queue: the next sweep makes letters of them (`sightline invoke sweep`)")


def show(output: Output, letter: Letter) -> None:
    output.result({**summary(letter), "event": letter.event})
    for name, value in summary(letter).items():
        if value is not None and name != "is_whole":
            output.say(f"{name:9} {value}")
    output.say("event" if letter.is_whole else "event, the start of it; the rest was too long to keep")
    output.say(letter.event if isinstance(letter.event, str) else json.dumps(letter.event, ensure_ascii=False, indent=2))


def _state(letter: Letter) -> str:
    return f"retrying at {_short(letter.due)}" if letter.due else letter.state


def _short(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
