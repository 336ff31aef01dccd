"""The functions' logs, and an invocation that nobody answers."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from cli import journal
from cli.errors import CommandError
from cli.running import Running


@pytest.mark.parametrize(("last", "texts"), [(0, []), (2, ["two", "three"]), (9, ["one", "two", "three"])])
def test_the_last_lines(tmp_path: Path, last: int, texts: list[str]) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "sightline-submit.log").write_bytes(b"one\ntwo\nthree\n")
    assert [line.text for line in journal.lines(tmp_path, "submit", last, go_on=False)] == texts


def test_an_invocation_without_an_answer_says_where_to_look() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    gone = Running(1, f"http://127.0.0.1:{port}", "", "cn-shanghai", "1", "id", "secret", "media", "state", "library", "t", ".")
    with pytest.raises(CommandError, match="gave no answer") as caught:
        journal.invoke(gone, "submit", b"{}")
    assert "sightline status" in caught.value.fix
