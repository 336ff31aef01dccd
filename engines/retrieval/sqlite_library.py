"""A search library in one SQLite file.

The table `document` is the truth. `passages` is an FTS5 index over terms of our own (analysis.py), a row for each document and a line for
each of its sentences and segments; it is made anew if the analysis has changed since. A search takes from the index whatever can reach the
threshold, and scores that exactly.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engines.retrieval import analysis, question, scoring
from engines.retrieval.connections import Connections
from engines.retrieval.lexicon import Lexicon
from engines.retrieval.lexicon import load as load_lexicon
from engines.retrieval.scoring import AllOf, AnyOf, Facet, Scorer, WeightedFacet
from engines.retrieval.types import Answer, Clip, Document, Filter, Hit, Query, Segment

# Raise it when analysis.py or tokens.py give other terms for the same text; a changed lexicon is noticed by itself.
ANALYSIS_VERSION = 1
MOST_CLIPS = 10

_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- newer is greater; a replaced document gets a new one
    media_id TEXT NOT NULL UNIQUE,
    namespace TEXT NOT NULL,
    media_type TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    segments TEXT NOT NULL                 -- JSON: [[start, end, text], …]
);
CREATE INDEX IF NOT EXISTS document_namespace ON document (namespace);
-- A value without a declared type stays what it is: 12 is not '12'.
CREATE TABLE IF NOT EXISTS attribute (document INTEGER NOT NULL, name TEXT NOT NULL, value, PRIMARY KEY (document, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attribute_value ON attribute (name, value);
-- detail=none: which documents have a term is all that is asked. With the ascii tokenizer nothing but a space parts our terms.
CREATE VIRTUAL TABLE IF NOT EXISTS passages USING fts5(terms, detail = none, tokenize = "ascii tokenchars '#^!@_'");
CREATE TABLE IF NOT EXISTS analysis (fingerprint TEXT NOT NULL);
"""

CANDIDATES = """
SELECT document.id, document.media_id, passages.terms
FROM passages JOIN document ON document.id = passages.rowid
WHERE passages MATCH :terms
  AND (:namespace IS NULL OR document.namespace = :namespace)
  AND (:media_type IS NULL OR document.media_type = :media_type)
  AND (:media_id IS NULL OR document.media_id = :media_id)
"""
ATTRIBUTES = "SELECT name, value FROM attribute WHERE document = (SELECT id FROM document WHERE media_id = ?)"
COUNT_IN_NAMESPACE = "SELECT count(*) FROM document WHERE namespace = ?"


@dataclass(frozen=True)
class _Found:
    score: float
    id: int
    media_id: str
    terms: str


class SqliteLibrary:
    """Implements `Library` for the threads of one process. A put is searchable and durable when it returns."""

    def __init__(self, path: Path, lexicon: Lexicon | None = None, power_safe: bool = False) -> None:
        self._lexicon = lexicon or load_lexicon()
        self._connections = Connections(path, power_safe)
        with self._connections.writing() as connection:
            for statement in _SCHEMA.split(";\n"):
                connection.execute(statement)
            self._reindex_if_outdated(connection)

    def put(self, documents: Sequence[Document]) -> None:
        with self._connections.writing() as connection:
            for document in documents:
                _delete(connection, document.media_id)
                row = (
                    *map(_clean, (document.media_id, document.namespace, document.media_type, document.title, document.text)),
                    json.dumps([[each.start, each.end, each.text] for each in document.segments]),
                )
                cursor = connection.execute(
                    "INSERT INTO document (media_id, namespace, media_type, title, text, segments) VALUES (?, ?, ?, ?, ?, ?)", row
                )
                self._index(connection, int(cursor.lastrowid or 0), document)
                values = [(cursor.lastrowid, _clean(name), _value(value)) for name, value in document.attributes.items()]
                connection.executemany("INSERT INTO attribute VALUES (?, ?, ?)", values)

    def delete(self, media_ids: Sequence[str]) -> None:
        with self._connections.writing() as connection:
            for media_id in media_ids:
                _delete(connection, media_id)

    def get(self, media_id: str) -> Document | None:
        with self._connections.reading() as connection:
            row = connection.execute(f"SELECT {_COLUMNS} FROM document WHERE media_id = ?", (_clean(media_id),)).fetchone()
            attributes = dict(connection.execute(ATTRIBUTES, (_clean(media_id),)).fetchall())
        return replace(_document(row), attributes=attributes) if row else None

    def count(self) -> int:
        with self._connections.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM document").fetchone()[0])

    def search(self, query: Query) -> Answer:
        """Hits by score, the newest first among equals.

        Raises ValueError for an empty text and for an offset or a limit below 0.
        """
        if query.offset < 0 or query.limit < 0:
            raise ValueError(f"offset and limit must not be negative: {query.offset}, {query.limit}")
        facets = question.facets(query.text, self._lexicon)
        if not facets:
            return Answer(total=0, hits=())
        with self._connections.reading() as connection:
            weighted = _weighted(connection, facets, query.namespace)
            scorer = Scorer(weighted)
            found = _found(connection, weighted, scorer, query)
            page = found[query.offset : query.offset + query.limit]
            return Answer(total=len(found), hits=tuple(_hit(connection, each, scorer) for each in page))

    def close(self) -> None:
        self._connections.close()

    def _index(self, connection: sqlite3.Connection, id: int, document: Document) -> None:
        lines = [*analysis.passages(document.title, self._lexicon), *analysis.passages(document.text, self._lexicon)]
        # A segment is one passage, and the last ones are the segments': see _hit().
        lines += [frozenset().union(*analysis.passages(segment.text, self._lexicon)) for segment in document.segments]
        text = "\n".join([_namespace_term(document.namespace), *(" ".join(sorted(line)) for line in lines)])
        connection.execute("INSERT INTO passages (rowid, terms) VALUES (?, ?)", (id, text))

    def _reindex_if_outdated(self, connection: sqlite3.Connection) -> None:
        current = f"{ANALYSIS_VERSION} {self._lexicon.fingerprint}"
        if connection.execute("SELECT fingerprint FROM analysis").fetchall() == [(current,)]:
            return
        connection.execute("DELETE FROM passages")
        for id, *row in connection.execute(f"SELECT id, {_COLUMNS} FROM document").fetchall():
            self._index(connection, id, _document(row))
        connection.execute("DELETE FROM analysis")
        connection.execute("INSERT INTO analysis VALUES (?)", (current,))


_COLUMNS = "media_id, namespace, media_type, title, text, segments"


def _document(row: Sequence[str]) -> Document:
    *fields, segments = row
    media_id, namespace, media_type, title, text = fields
    return Document(media_id, namespace, media_type, title, text, tuple(Segment(*each) for each in json.loads(segments)))


def _clean(text: str) -> str:
    """Half a surrogate pair, which JSON can carry and UTF-8 can't, becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _delete(connection: sqlite3.Connection, media_id: str) -> None:
    row = connection.execute("DELETE FROM document WHERE media_id = ? RETURNING id", (_clean(media_id),)).fetchone()
    if row:
        connection.execute("DELETE FROM passages WHERE rowid = ?", row)
        connection.execute("DELETE FROM attribute WHERE document = ?", row)


def _namespace_term(namespace: str) -> str:
    """A namespace may have any character and a term may not. The column decides what is seen; the term only spares looking at the rest."""
    return "@" + hashlib.blake2b(_clean(namespace).encode(), digest_size=16).hexdigest()


def _any(terms: Iterable[str]) -> str:
    """An FTS5 expression. Terms are quoted and have letters, digits and our marks only, so that no text can become syntax."""
    return "(" + " OR ".join(f'"{term}"' for term in sorted(terms)) + ")"


def _has(facet: Facet) -> str:
    """Which documents have the facet in full: they are counted."""
    if facet.concept:
        return _any({facet.concept, facet.implied} - {""})
    return " AND ".join(_any({word}) for word in facet.words)


def _condition(necessary: AnyOf) -> str:
    parts = [
        f"({_any(part.facet.terms)} AND {_condition(part.rest)})" if isinstance(part, AllOf) else _any(part.terms)
        for part in necessary.parts
    ]
    return "(" + " OR ".join(parts) + ")"


def _within(namespace: str | None, expression: str) -> str:
    return expression if namespace is None else f'"{_namespace_term(namespace)}" AND {expression}'


def _weighted(connection: sqlite3.Connection, facets: Sequence[Facet], namespace: str | None) -> list[WeightedFacet]:
    """Counts are those of the namespace that is asked, so that no score tells of another's media."""
    if namespace is None:
        (media,) = connection.execute("SELECT count(*) FROM document").fetchone()
    else:
        (media,) = connection.execute(COUNT_IN_NAMESPACE, (_clean(namespace),)).fetchone()
    weighted = []
    for facet in facets:
        match = _within(namespace, _has(facet))
        (having,) = connection.execute("SELECT count(*) FROM passages WHERE passages MATCH ?", (match,)).fetchone()
        weighted.append(WeightedFacet(facet, scoring.weight(facet.rate, having, media)))
    return weighted


def _found(connection: sqlite3.Connection, facets: Sequence[WeightedFacet], scorer: Scorer, query: Query) -> list[_Found]:
    """All that is above the threshold, in the order of the answer."""
    parameters = {
        "terms": _within(query.namespace, _condition(scoring.necessary(facets))),
        "namespace": None if query.namespace is None else _clean(query.namespace),
        "media_type": None if query.media_type is None else _clean(query.media_type),
        "media_id": None if query.media_id is None else _clean(query.media_id),
    }
    found = []
    conditions, values = _filters(query.filters)
    for id, media_id, text in connection.execute(CANDIDATES + conditions, {**parameters, **values}):
        score = round(scorer.score(_passages(text)), 6)
        if score >= scoring.THRESHOLD:
            found.append(_Found(score, id, media_id, text))
    return sorted(found, key=lambda each: (-each.score, -each.id))


def _filters(filters: Sequence[Filter]) -> tuple[str, dict[str, int | str]]:
    """The SQL of the filters and its parameters; no value becomes a part of the text."""
    conditions, given = [], dict[str, int | str]()
    for number, each in enumerate(filters):
        given[f"a{number}"] = _clean(each.attribute)
        tests = [f"name = :a{number}"]
        if each.values:
            names = [f"v{number}_{place}" for place in range(len(each.values))]
            given.update(zip(names, map(_value, each.values), strict=True))
            tests.append(f"value IN ({', '.join(':' + name for name in names)})")
        for operator, bound, name in ((">=", each.least, f"l{number}"), ("<=", each.most, f"m{number}")):
            if bound is not None:
                given[name] = bound
                tests.append(f"value {operator} :{name}")
        conditions.append(f"  AND document.id IN (SELECT document FROM attribute WHERE {' AND '.join(tests)})\n")
    return "".join(conditions), given


def _value(value: int | str) -> int | str:
    return value if isinstance(value, int) else _clean(value)


def _passages(text: str) -> list[list[str]]:
    """The terms of each passage; the first line is the namespace's."""
    return [line.split(" ") for line in text.split("\n")[1:]]


def _hit(connection: sqlite3.Connection, found: _Found, scorer: Scorer) -> Hit:
    (text,) = connection.execute("SELECT segments FROM document WHERE id = ?", (found.id,)).fetchone()
    segments = json.loads(text)
    passages = _passages(found.terms)
    said = passages[len(passages) - len(segments) :]
    clips = [Clip(start, end, round(scorer.coverage(terms), 6)) for (start, end, _), terms in zip(segments, said, strict=True)]
    return Hit(found.media_id, found.score, tuple(_best(clips)))


def _best(clips: Sequence[Clip]) -> list[Clip]:
    """The clips above the threshold, or the best one alone if what was asked is spread over several."""
    ranked = sorted((clip for clip in clips if clip.score > 0), key=lambda clip: (-clip.score, clip.start, clip.end))
    above = [clip for clip in ranked if clip.score >= scoring.THRESHOLD]
    return (above or ranked[:1])[:MOST_CLIPS]
