"""Where letters are kept: an object for each, in the state bucket.

letters/dead/<id>.json       waits for a person
letters/retrying/<id>.json   waits for the sweep, which thus never reads the dead ones

A letter that dies is written in its new place before it is taken out of the old one. Where both are there, the dead one counts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from random import Random

from sightline.clock import Clock
from sightline.errors import BadInput
from sightline.events.records import Event
from sightline.letters.attempt import Failure
from sightline.letters.letter import Letter, State, read_letter, told
from sightline.letters.patience import Patience
from sightline.store.types import Bucket

_STATES: tuple[State, ...] = ("dead", "retrying")

logger = logging.getLogger("sightline")


class Letters:
    """Two writers at once cost a count of attempts, never a letter. Calls raise ServiceRefused and ServiceUnreachable."""

    def __init__(self, bucket: Bucket, patience: Patience, clock: Clock, chance: Random) -> None:
        self._bucket = bucket
        self._patience = patience
        self._clock = clock
        self._chance = chance

    def keep(self, function: str, event: Event, failure: Failure) -> Letter:
        """The letter of a record that has just failed; the same record again adds an attempt to the letter that is there."""
        fresh = Letter.new(function, event, failure.reason, self._clock())
        return self.end(self._tried(self.get(fresh.id) or fresh), failure)

    def add(self, letter: Letter) -> Letter:
        """Keep a letter that tells of attempts made elsewhere; after the last of them it is dead. The same again changes nothing."""
        known = self.get(letter.id)
        if known is not None:
            attempts, first, last = max(known.attempts, letter.attempts), min(known.first, letter.first), max(known.last, letter.last)
            return self._save(known._replace(attempts=attempts, first=first, last=last))
        if letter.attempts:
            letter = letter._replace(due=letter.last + self._patience.pause(letter.attempts, self._chance))
        return self.end(letter, Failure(letter.reason, may_pass=True))

    def begin(self, letter: Letter) -> Letter:
        """Count an attempt before it is made: a record that ends whoever handles it must use its attempts up too."""
        return self._save(self._tried(letter))

    def end(self, letter: Letter, failure: Failure) -> Letter:
        """After an attempt that was counted, and failed: it is parked, or dead."""
        lives = letter.state == "retrying" and failure.may_pass and letter.is_whole and not self.is_exhausted(letter)
        state: State = "retrying" if lives else "dead"
        return self._save(letter._replace(state=state, reason=told(failure.reason), due=letter.due if lives else None))

    def is_exhausted(self, letter: Letter) -> bool:
        return letter.attempts >= self._patience.attempts

    def drop(self, letter_id: str) -> None:
        for state in _STATES:
            self._bucket.delete(_key(state, letter_id))

    def get(self, letter_id: str) -> Letter | None:
        found = (self._read(_key(state, letter_id)) for state in _STATES)
        return next((letter for letter in found if letter is not None), None)

    def all(self) -> Iterator[Letter]:
        """The dead ones first."""
        seen = set()
        for state in _STATES:
            for letter in self._readable(self._keys(state)):
                if letter.id not in seen:
                    yield letter
                seen.add(letter.id)

    def retrying(self) -> Iterator[Letter]:
        """Those that the sweep tries, each read when its turn comes; in no order, so that no sweep leaves the same ones as the last."""
        keys = self._keys("retrying")
        self._chance.shuffle(keys)
        return self._readable(keys)

    def count(self) -> dict[State, int]:
        """How many there are, without reading them."""
        return {state: len(self._keys(state)) for state in _STATES}

    def _keys(self, state: State) -> list[str]:
        return list(self._bucket.keys(f"letters/{state}/"))

    def _readable(self, keys: Sequence[str]) -> Iterator[Letter]:
        letters = (self._read(key) for key in keys)
        return (letter for letter in letters if letter is not None)

    def _read(self, key: str) -> Letter | None:
        """None where there is none, or none that can be read: a person sees it in the bucket, and it stays."""
        content = self._bucket.get(key)
        try:
            return None if content is None else read_letter(content)
        except BadInput as error:
            logger.error("%s: %s", key, error)
            return None

    def _tried(self, letter: Letter) -> Letter:
        now, attempts = self._clock(), letter.attempts + 1
        return letter._replace(attempts=attempts, last=now, due=now + self._patience.pause(attempts, self._chance))

    def _save(self, letter: Letter) -> Letter:
        self._bucket.put(_key(letter.state, letter.id), letter.to_json(), "application/json")
        if letter.state == "dead":
            self._bucket.delete(_key("retrying", letter.id))
        return letter


def _key(state: State, letter_id: str) -> str:
    return f"letters/{state}/{letter_id}.json"
