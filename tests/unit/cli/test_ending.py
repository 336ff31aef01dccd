"""A laptop cloud that can't close what it opened ends all the same, and its log says where it stood."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

STUCK = """
import sys, threading
from pathlib import Path
from cli.up import end_on_signals, until_a_signal

def stuck_while_closing():
    threading.Event().wait()

end_on_signals()
with until_a_signal(Path(sys.argv[1]), patience=0.2):
    print("ready", flush=True)
stuck_while_closing()
"""


def test_what_does_not_close_is_ended_and_told(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    process = subprocess.Popen([sys.executable, "-c", STUCK, tmp_path], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 1
    assert "stuck_while_closing" in (tmp_path / "logs" / "laptop-cloud.log").read_text()
