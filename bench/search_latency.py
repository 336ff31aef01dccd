"""How fast, and how well, the search library answers, beside plain SQLite on the same captions and questions in the same run.

python -m bench.search_latency --documents 10000
"""

from __future__ import annotations

import argparse
import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from bench.captions import HELD_OUT, QUESTIONS, Caption, Question, captions, is_right
from engines.retrieval import Document, Query, open_library

NAMESPACES = 50
PAGE = 10
_WORD = re.compile(r"\w+")


class Engine(Protocol):
    name: str

    def build(self, documents: Sequence[Document]) -> None: ...

    def count(self) -> int: ...

    def ask(self, text: str, namespace: str | None) -> list[str]: ...

    def close(self) -> None: ...


class Ours:
    name = "engines.retrieval"

    def __init__(self, folder: Path) -> None:
        self._library = open_library(folder / "ours.db")

    def build(self, documents: Sequence[Document]) -> None:
        self._library.put(documents)

    def count(self) -> int:
        return self._library.count()

    def ask(self, text: str, namespace: str | None) -> list[str]:
        answer = self._library.search(Query(text=text, namespace=namespace, limit=PAGE))
        return [hit.media_id for hit in answer.hits]

    def close(self) -> None:
        self._library.close()


class _PlainSqlite:
    """What both rivals share: one table, committed once, read through one connection."""

    _create: str

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / f"{type(self).__name__}.db")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(self._create)

    def build(self, documents: Sequence[Document]) -> None:
        rows = [(each.media_id, each.namespace, each.text) for each in documents]
        self._connection.executemany("INSERT INTO caption (media_id, namespace, text) VALUES (?, ?, ?)", rows)
        self._connection.commit()

    def count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM caption").fetchone()[0])

    def close(self) -> None:
        self._connection.close()


class PlainFts5(_PlainSqlite):
    """FTS5 as it comes: unicode61 words, any of them, ranked by BM25."""

    name = "FTS5 unicode61, OR, BM25"
    _create = "CREATE VIRTUAL TABLE caption USING fts5(media_id UNINDEXED, namespace UNINDEXED, text)"

    def ask(self, text: str, namespace: str | None) -> list[str]:
        match = " OR ".join(f'"{word}"' for word in _WORD.findall(text))
        rows = self._connection.execute(
            "SELECT media_id FROM caption WHERE caption MATCH ? AND (? IS NULL OR namespace = ?) ORDER BY rank LIMIT ?",
            (f"text: ({match})", namespace, namespace, PAGE),
        )
        return [media_id for (media_id,) in rows]


class LikeScan(_PlainSqlite):
    """No index of words: a scan that counts the words it finds."""

    name = "LIKE scan, words counted"
    _create = "CREATE TABLE caption (media_id TEXT, namespace TEXT, text TEXT)"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._connection.execute("CREATE INDEX caption_namespace ON caption (namespace)")

    def ask(self, text: str, namespace: str | None) -> list[str]:
        words = _WORD.findall(text)
        found = " + ".join("(text LIKE ?)" for _ in words)
        within = "WHERE namespace = ?" if namespace else ""
        rows = self._connection.execute(
            f"SELECT media_id FROM (SELECT media_id, {found} AS found FROM caption {within}) WHERE found > 0 ORDER BY found DESC LIMIT ?",
            (*(f"%{word}%" for word in words), *([namespace] if namespace else []), PAGE),
        )
        return [media_id for (media_id,) in rows]


def _milliseconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def _latency(engine: Engine, rounds: int, within: bool) -> str:
    def once(number: int, question: Question) -> float:
        namespace = f"ns-{number % NAMESPACES}" if within else None
        return _milliseconds(lambda: engine.ask(question.text, namespace))

    times = sorted(once(number * 7 + place, question) for number in range(rounds) for place, question in enumerate(QUESTIONS))
    return f"{statistics.median(times):.1f} / {times[int(len(times) * 0.99)]:.1f}"


def _relevance(engine: Engine, questions: Sequence[Question], made: Sequence[Caption]) -> str:
    """R@1 over the questions that these captions answer, and how many of those that no caption can answer got none."""
    right = silent = 0
    answerable = [question for question in questions if any(is_right(question, each.facts) for each in made)]
    unanswerable = [question for question in questions if question.wants is None]
    for question in answerable:
        answer = engine.ask(question.text, None)
        right += bool(answer) and is_right(question, made[int(answer[0])].facts)
    for question in unanswerable:
        silent += not engine.ask(question.text, None)
    return f"{right}/{len(answerable)} | {silent}/{len(unanswerable)}"


def _row(engine: Engine, made: Sequence[Caption], documents: Sequence[Document], rounds: int) -> str:
    build = _milliseconds(lambda: engine.build(documents)) / 1000
    if engine.count() != len(documents):
        raise SystemExit(f"{engine.name} holds {engine.count()} of {len(documents)} documents: nothing is measured")
    relevance = " | ".join(_relevance(engine, questions, made) for questions in (QUESTIONS, HELD_OUT))
    anywhere, within = _latency(engine, rounds, within=False), _latency(engine, rounds, within=True)
    return f"| {engine.name} | {len(documents) / build:,.0f} | {anywhere} | {within} | {relevance} |"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.search_latency", description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5, help="how often each question is asked, with and without a namespace")
    arguments = parser.parse_args(argv)
    made = list(captions(arguments.documents))
    documents = [Document(str(n), f"ns-{n % NAMESPACES}", "video", "", caption.text) for n, caption in enumerate(made)]
    print(f"{len(documents):,} captions, 30% Chinese, in {NAMESPACES} namespaces.")
    print(f"{len(QUESTIONS)} questions, {arguments.rounds} times each, one at a time. Silent: no answer to what no caption shows.\n")
    print("| engine | captions/s in | all p50 / p99 ms | one namespace p50 / p99 ms | R@1 | silent | held-out R@1 | silent |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for engine_class in (Ours, PlainFts5, LikeScan):
            engine: Engine = engine_class(Path(folder))
            print(_row(engine, made, documents, arguments.rounds))
            engine.close()


if __name__ == "__main__":
    main()
