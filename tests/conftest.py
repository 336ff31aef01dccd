"""What several kinds of tests share: rendered clips, and a laptop cloud that runs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.samples.render import render_all
from tests.laptop import Cloud


def pytest_configure() -> None:
    """A shell that runs the tests in its background has them, and the commands that they start, ignore Ctrl-C; some tests send one."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Rendered sample clips by name without extension; the sequence is a folder."""
    return {rendering.path.stem: rendering.path for rendering in render_all(tmp_path_factory.mktemp("clips"))}


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One for the tests that only use it; whoever ends or harms one makes his own."""
    started = Cloud(tmp_path_factory.mktemp("cloud")).start()
    yield started
    assert started.end() == 0


@pytest.fixture
def new_cloud(tmp_path: Path) -> Iterator[Callable[..., Cloud]]:
    made: list[Cloud] = []

    def make(**environment: str) -> Cloud:
        made.append(Cloud(tmp_path / f"cloud-{len(made)}", environment).start())
        return made[-1]

    yield make
    for each in made:
        if each.process is not None and each.process.poll() is None:
            each.end()
