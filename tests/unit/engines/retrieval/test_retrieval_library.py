"""What the port promises, whatever is asked: durability, namespaces, paging, hostile text."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.retrieval import Document, Filter, Library, Query, Segment, lexicon, open_library
from engines.retrieval.sqlite_library import CANDIDATES, COUNT_IN_NAMESPACE, SqliteLibrary

ROOT = Path(__file__).parents[4]
Filled = Callable[..., Library]


def document(
    media_id: str, text: str, *, namespace: str = "home", title: str = "", media_type: str = "video", segments: tuple[Segment, ...] = ()
) -> Document:
    return Document(media_id, namespace, media_type, title, text, segments)


@pytest.fixture
def filled(library: Library) -> Filled:
    """A library of captions, each under its keyword."""

    def fill(**captions: str) -> Library:
        library.put([document(media_id, text) for media_id, text in captions.items()])
        return library

    return fill


def found(library: Library, text: str, **filters: str) -> list[str]:
    return [hit.media_id for hit in library.search(Query(text, **filters)).hits]  # type: ignore[arg-type]


def test_what_was_put_is_got(library: Library) -> None:
    put = Document("m", "前门/A", "image", "标题", "A dog.", (Segment(0.5, 1.25, "一只狗"),))

    library.put([put])

    assert library.get("m") == put
    assert library.count() == 1
    assert library.get("other") is None


def test_a_known_id_is_replaced_and_leaves_nothing_behind(filled: Filled) -> None:
    library = filled(m="A red car.")

    library.put([document("m", "A white dog.")])

    assert library.count() == 1
    assert found(library, "red car") == []
    assert found(library, "white dog") == ["m"]


def test_the_last_of_two_with_one_id_in_one_put_counts(library: Library) -> None:
    library.put([document("m", "A red car."), document("m", "A white dog.")])

    assert (library.count(), found(library, "car"), found(library, "dog")) == (1, [], ["m"])


def test_what_is_deleted_is_never_found(filled: Filled) -> None:
    library = filled(a="A white dog.", b="A white dog.")

    library.delete(["a", "unknown"])

    assert found(library, "dog") == ["b"]
    assert library.get("a") is None


def test_a_put_is_all_or_nothing(filled: Filled) -> None:
    library = filled(a="A white dog.")

    with pytest.raises(AttributeError):
        library.put([document("b", "A red car."), None])  # type: ignore[list-item]

    assert (library.count(), found(library, "red car")) == (1, [])


@pytest.mark.parametrize(("mine", "theirs"), [("a", "A"), ("home", "home "), ("x", "x/y"), ("", "x"), ('"', "' OR 1=1 --"), ("家", "家家")])
def test_a_namespace_never_sees_another(library: Library, mine: str, theirs: str) -> None:
    library.put([document("mine", "A white dog.", namespace=mine), document("theirs", "A white dog.", namespace=theirs)])

    assert found(library, "dog", namespace=mine) == ["mine"]
    assert found(library, "dog", namespace=theirs) == ["theirs"]
    assert found(library, "dog", namespace="neither") == []
    assert set(found(library, "dog")) == {"mine", "theirs"}


def test_scores_in_a_namespace_tell_nothing_of_the_others(library: Library) -> None:
    library.put([document("mine", "A person in red walks.", namespace="mine")])
    before = library.search(Query("person in red running", namespace="mine"))

    library.put([document(str(n), "A person in red runs.", namespace="theirs") for n in range(200)])

    assert library.search(Query("person in red running", namespace="mine")) == before


def test_media_type_and_media_id_filter(library: Library) -> None:
    library.put([document("v", "A white dog."), document("i", "A white dog.", media_type="image")])

    assert found(library, "dog", media_type="image") == ["i"]
    assert found(library, "dog", media_id="v") == ["v"]
    assert found(library, "dog", media_id="v", media_type="image") == []


def test_pages_are_stable_and_together_are_all_hits_the_newest_first(library: Library) -> None:
    library.put([document(f"m{n:02}", "A white dog." if n % 2 else "A red car.") for n in range(50)])
    expected = [f"m{n:02}" for n in range(49, 0, -2)]

    pages = [library.search(Query("a dog", offset=offset, limit=7)) for offset in range(0, 28, 7)]

    assert {page.total for page in pages} == {25}
    assert [hit.media_id for page in pages for hit in page.hits] == expected
    assert library.search(Query("a dog", offset=25)).hits == ()


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_text_is_refused_in_words(library: Library, text: str) -> None:
    with pytest.raises(ValueError, match="query text is empty"):
        library.search(Query(text))


@pytest.mark.parametrize(("offset", "limit"), [(-1, 10), (0, -1)])
def test_a_negative_page_is_refused(library: Library, offset: int, limit: int) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        library.search(Query("dog", offset=offset, limit=limit))


@pytest.mark.parametrize(
    "text",
    [
        'dog" OR "car',
        "dog AND (NOT car) NEAR/3 *",
        "'; DROP TABLE document; --",
        "terms : dog ^ # @ ! {a b} -x",
        "dog\x00\x01\x1b[31m",
        "🐕 dog \ud800",
        "dog " * 2_500,
        "狗" * 10_000,
        " ".join(f"word{n}" for n in range(2_000)),
    ],
)
def test_hostile_text_is_only_text(filled: Filled, text: str) -> None:
    library = filled(dog="A white dog.", car="A red car.")

    answer = library.search(Query(text))

    assert 0 <= answer.total <= 2
    assert library.count() == 2


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_categories=()), min_size=1, max_size=300), namespace=st.none() | st.text(max_size=20))
def test_no_text_makes_a_search_fail(filled: Filled, text: str, namespace: str | None) -> None:
    library = filled(dog="A white dog runs.", zh="一个人从左向右走。")

    if text.strip():
        assert library.search(Query(text, namespace=namespace)).total in (0, 1, 2)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=200))
def test_any_text_can_be_stored(library: Library, text: str) -> None:
    library.put([document("m", text, title=text, namespace=text, segments=(Segment(0, 1, text),))])

    assert library.count() == 1
    assert library.get("m") is not None


def test_a_lone_surrogate_in_an_id_is_found_again(library: Library) -> None:
    library.put([document("a\ud800b", "A dog.")])

    assert library.get("a\ud800b") is not None
    library.delete(["a\ud800b"])
    assert library.count() == 0


_PUT_AND_WAIT = """
import sys, time
from pathlib import Path
from engines.retrieval import Document, open_library
library = open_library(Path(sys.argv[1]))
for n in range(20):
    library.put([Document(f"m{n}", "home", "video", "", "A white dog.")])
print("stored", flush=True)
time.sleep(60)
"""


def test_what_was_put_survives_a_killed_process(tmp_path: Path) -> None:
    # GIVEN a process that has put and is killed without any chance to close
    path = tmp_path / "library.db"
    command = [sys.executable, "-c", _PUT_AND_WAIT, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stored\n"
        process.send_signal(signal.SIGKILL)

    # WHEN the library is opened again THEN all is there
    with closing(open_library(path)) as library:
        assert library.count() == 20
        assert library.search(Query("dog")).total == 20
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_readers_and_a_writer_share_a_library(library: Library) -> None:
    library.put([document("first", "A white dog.")])
    totals: list[int] = []
    written = threading.Event()

    def read() -> None:
        while not written.is_set():
            answer = library.search(Query("dog", limit=1000))
            # A search sees one state of the library, whatever is written meanwhile.
            totals.append(answer.total if answer.total == len(answer.hits) else -1)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for n in range(100):
        library.put([document(f"m{n}", "A white dog.")])
    written.set()
    for reader in readers:
        reader.join(timeout=30)

    assert not any(reader.is_alive() for reader in readers)
    assert min(totals) >= 1
    assert library.search(Query("dog")).total == 101


def test_the_index_is_made_anew_when_the_lexicon_has_changed(tmp_path: Path) -> None:
    # GIVEN a library whose lexicon didn't know what a mutt is
    path = tmp_path / "library.db"
    with closing(open_library(path)) as old:
        old.put([document("m", "A mutt.")])
        assert found(old, "dog") == []

    source = lexicon.SOURCE.read_text(encoding="utf-8").replace("animal: dog, ", "animal: dog, mutt, ")
    with closing(SqliteLibrary(path, lexicon.parse(source))) as new:
        assert found(new, "dog") == ["m"]


def test_a_closed_library_says_so(tmp_path: Path) -> None:
    library = open_library(tmp_path / "library.db")
    library.close()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        library.count()


def _plan(path: Path, sql: str, parameters: object) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + sql, parameters))  # type: ignore[arg-type]


def test_searches_go_by_index(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    parameters = {"terms": '"dog"', "namespace": "home", "media_type": None, "media_id": None}

    candidates = _plan(path, CANDIDATES, parameters)

    assert "passages VIRTUAL TABLE INDEX" in candidates
    assert "SEARCH document USING INTEGER PRIMARY KEY" in candidates
    assert "USING COVERING INDEX document_namespace" in _plan(path, COUNT_IN_NAMESPACE, ("home",))


def test_filters_by_attributes(library: Library) -> None:
    for number, name in ((12, "abc"), (13, "cd"), (14, "abc")):
        attributes: dict[str, int | str] = {"number": number, "name": name, "odd ' name": "x"}
        library.put([Document(str(number), "", "video", "", "a dog barks", attributes=attributes)])
    library.put([Document("none", "", "video", "", "a dog barks")])

    def found(*filters: Filter) -> set[str]:
        answer = library.search(Query("a dog barks", filters=filters))
        assert answer.total == len(answer.hits)
        return {hit.media_id for hit in answer.hits}

    assert found() == {"12", "13", "14", "none"}
    assert found(Filter("number", (12, 14))) == {"12", "14"}
    assert found(Filter("number", ("12",))) == set()
    assert found(Filter("number", least=13)) == {"13", "14"}
    assert found(Filter("number", least=13, most=13)) == {"13"}
    assert found(Filter("name", ("abc",)), Filter("number", most=13)) == {"12"}
    assert found(Filter("odd ' name", ("x",))) == {"12", "13", "14"}
    assert found(Filter("name", ("') OR 1 = 1 --",))) == set()
    kept = library.get("12")
    assert kept is not None
    assert kept.attributes == {"number": 12, "name": "abc", "odd ' name": "x"}


def test_a_replaced_document_has_its_new_attributes_alone(library: Library) -> None:
    library.put([Document("a", "", "video", "", "a dog barks", attributes={"number": 1, "old": 1})])
    library.put([Document("a", "", "video", "", "a dog barks", attributes={"number": 2})])
    assert library.search(Query("a dog barks", filters=(Filter("old", (1,)),))).total == 0
    assert library.search(Query("a dog barks", filters=(Filter("number", (2,)),))).total == 1
