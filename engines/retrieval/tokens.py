"""Text to words: sentences, atoms, stems and Chinese bigrams. What a word means is the lexicon's affair."""

from __future__ import annotations

import atexit
import re
import sqlite3
import threading
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise

_HAN = "㐀-䶿一-鿿豈-﫿぀-ヿ\U00020000-\U0003ffff"
# A Chinese (or Japanese) character is an atom, for no space says where a word ends; every other word is one.
# A comma stays, since it ends what a "no" denies.
_ATOM = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+|[,;:]")
_SENTENCE_END = re.compile(r"(?<!\d)\.|\.(?!\d)|[!?。！？\n\r\v\f]+")
_HAN_ATOM = re.compile(f"[{_HAN}]")
_POSSESSIVE = re.compile(r"[’']s\b")
LONGEST_ATOM = 64
CLAUSE_ENDS = frozenset(",;:")


def normalise(text: str) -> str:
    """Compatibility forms, case and accents removed, so that `Café`, `ＣＡＦＥ` and `cafe` are one word."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _POSSESSIVE.sub("", bare)


def sentences(text: str) -> list[list[str]]:
    """The atoms of each sentence; a sentence without any is left out. Control characters, emoji and punctuation are no atoms."""
    # Ends are looked for first: NFKD turns the full-width marks into ASCII and a line's end stays one.
    parts = ([atom[:LONGEST_ATOM] for atom in _ATOM.findall(normalise(part))] for part in _SENTENCE_END.split(text))
    return [atoms for atoms in parts if any(atom not in CLAUSE_ENDS for atom in atoms)]


def is_han(atom: str) -> bool:
    return _HAN_ATOM.match(atom) is not None


def words(atoms: Sequence[str]) -> tuple[str, ...]:
    """The words of neighbouring atoms of one script: English stems, or Chinese bigrams (the character itself if it stands alone)."""
    if not atoms or not is_han(atoms[0]):
        return tuple(stem(atom) for atom in atoms)
    if len(atoms) == 1:
        return (atoms[0],)
    return tuple(first + second for first, second in pairwise(atoms))


class _PorterStemmer:
    """The Porter stemmer that SQLite's FTS5 brings along, asked one word at a time: nothing to install, and not our own to get wrong."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        atexit.register(self._connection.close)
        self._connection.executescript(
            """
            CREATE VIRTUAL TABLE word USING fts5(form, tokenize = 'porter ascii');
            CREATE VIRTUAL TABLE stem USING fts5vocab(word, 'row');
            """
        )

    def stem(self, word: str) -> str:
        with self._lock:
            self._connection.execute("INSERT INTO word (rowid, form) VALUES (1, ?)", (word,))
            row = self._connection.execute("SELECT term FROM stem").fetchone()
            self._connection.execute("DELETE FROM word")
        return str(row[0]) if row else word


@cache
def _stemmer() -> _PorterStemmer:
    return _PorterStemmer()


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """`walking` -> `walk`. Words that are not English letters stay as they are."""
    return _stemmer().stem(word) if word.isascii() and word.isalpha() else word
