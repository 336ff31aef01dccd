"""The command line as a person and a program use it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.laptop import SIGHTLINE, Cloud


def test_upload_wait_search_and_explain(cloud: Cloud, clips: dict[str, Path]) -> None:
    done = cloud.command("upload", str(clips["street-by-day"]), str(clips["entrance-visit"]), "--namespace", "cli", "--wait", "--json")
    arrivals = json.loads(done.stdout)
    assert [(Path(arrival["key"]).name, arrival["stage"]) for arrival in arrivals] == [
        ("street-by-day.mp4", "searchable"),
        ("manifest.json", "searchable"),
    ]
    found = json.loads(cloud.command("search", "a person in red", "--namespace", "cli", "--json").stdout)
    assert [hit["key"] for hit in found["hits"]] == [arrivals[0]["key"]]
    table = cloud.command("search", "a person in red", "--namespace", "cli").stdout
    assert arrivals[0]["key"] in table
    for name in (arrivals[0]["key"], arrivals[0]["media_id"], f"oss://sightline-media/{arrivals[0]['key']}"):
        story = json.loads(cloud.command("explain", name, "--json").stdout)
        # Beside them are those of its other jobs, whose end leads into the library once more.
        facts = [fact["fact"] for fact in story["facts"] if not fact["fact"].startswith("job_")]
        assert facts[:6] == ["uploaded", "claimed", "submitted", "understood", "inserted", "searchable"]
        assert [job["job"] for job in story["jobs"]] == ["production:Cover"]
        assert (story["job"]["state"], story["index"], story["record"]["labels"]) == ("Success", ["Success"], ["human"])
    people = cloud.command("explain", arrivals[0]["key"]).stdout
    assert "it cannot see" in people


def test_the_same_upload_again_is_no_new_job(cloud: Cloud, clips: dict[str, Path]) -> None:
    for _ in range(2):
        cloud.command("upload", str(clips["van-passing"]), "--namespace", "twice", "--wait")
    story = json.loads(cloud.command("explain", "uploads/twice/camera/van-passing.mp4", "--json").stdout)
    assert [fact["fact"] for fact in story["facts"]].count("submitted") == 1


def test_a_bad_upload_says_why_and_exits_1(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    failed = cloud.command("upload", str(tmp_path / "empty.mp4"), "--wait", code=1)
    assert "zero bytes" in failed.stderr


def test_what_a_folder_holds_besides_media_is_said(cloud: Cloud, clips: dict[str, Path], tmp_path: Path) -> None:
    """By the shipped rules no sound gets a job."""
    for name in ("notes.txt", "voice.wav"):
        (tmp_path / name).write_bytes(b"x")
    shutil.copy(clips["van-passing"], tmp_path)
    told = json.loads(cloud.here("upload", str(tmp_path), "--namespace", "mixed", "--wait", "--json").stdout)
    assert {Path(one["key"]).name: one["stage"] for one in told} == {
        "van-passing.mp4": "searchable",
        "notes.txt": "passed over",
        "voice.wav": "passed over",
    }
    lines = cloud.here("upload", str(tmp_path), "--namespace", "mixed").stdout
    assert "passed over: notes.txt: the extension is none of" in lines
    assert "passed over: voice.wav: no rule gives it a job" in lines


def test_a_large_upload_goes_in_parts(cloud: Cloud, tmp_path: Path) -> None:
    """A film of 25 MB that is none: parts arrive whole, and its end is a reason."""
    large = tmp_path / "large.mp4"
    large.write_bytes(bytes(range(256)) * 100_000)
    failed = cloud.command("upload", str(large), "--wait", "--json", code=1)
    key = json.loads(failed.stdout)[0]["key"]
    assert cloud.bucket().get_object(key).read() == large.read_bytes()


def test_status_and_logs(cloud: Cloud, clips: dict[str, Path]) -> None:
    cloud.command("upload", str(clips["empty-yard"]), "--namespace", "logs", "--wait")
    status = json.loads(cloud.command("status", "--json").stdout)
    assert status["searchable"] >= 1
    lines = cloud.command("logs", "submit", "-n", "1000").stdout
    assert "FC Invoke Start RequestId" in lines
    assert "cold" in lines
    assert cloud.running is not None
    assert cloud.running.access_key_secret not in cloud.command("logs", "-n", "100000").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["explain", "uploads/nothing.mp4"], 4, "nothing is known"),
        (["upload", "/there/is/no/such/file"], 4, "there is no"),
        (["invoke", "nothing"], 4, "there is no function"),
        (["search", ""], 1, "q"),
        (["search", "a", "--page", "0"], 1, "page"),
        (["logs", "nothing"], 4, "there is no log"),
        (["frobnicate"], 2, "No such command"),
        (["upload"], 2, "PATHS"),
    ],
)
def test_errors_name_the_problem_the_fix_and_a_code(cloud: Cloud, arguments: list[str], code: int, words: str) -> None:
    command = [str(SIGHTLINE), *arguments, *([] if code == 2 else ["--data", str(cloud.data)])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    as_json = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=60)
    assert json.loads(as_json.stderr)["error"]["exit_code"] == code


def test_nothing_running_is_said_with_the_way_to_start(tmp_path: Path) -> None:
    done = subprocess.run([SIGHTLINE, "status", "--data", tmp_path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert "sightline up" in done.stderr


@pytest.mark.parametrize("file", ["oss/oss.sqlite3", "mns/mns.sqlite3", "ims/ims.sqlite", "fc/invocations.sqlite"])
def test_a_data_folder_of_another_version_is_left_alone_and_told(tmp_path: Path, file: str) -> None:
    # GIVEN a data folder in which a service of another version left its tables
    (tmp_path / file).parent.mkdir()
    with closing(sqlite3.connect(tmp_path / file)) as connection:
        connection.execute("CREATE TABLE old (column_of_old)")
        connection.execute("PRAGMA user_version = 7")
    # WHEN the laptop cloud is started on it
    refused = subprocess.run([SIGHTLINE, "up", "--data", tmp_path, "--port", "0"], capture_output=True, text=True, timeout=60)
    # THEN it says what to do with the folder, and leaves the file as it was
    assert (refused.returncode, "Traceback" in refused.stderr) == (1, False), refused.stderr
    assert f"{tmp_path} was filled by another version" in refused.stderr
    assert "move this folder away or remove it" in refused.stderr
    with closing(sqlite3.connect(tmp_path / file)) as connection:
        assert [name for (name,) in connection.execute("SELECT name FROM sqlite_master")] == ["old"]


def test_up_is_ready_in_seconds_and_down_ends_it(new_cloud: Callable[..., Cloud]) -> None:
    started = time.monotonic()
    cloud = new_cloud()
    assert time.monotonic() - started < 30  # seconds, with room for a busy machine
    cloud.command("down")
    assert cloud.wait_for_end() == 0
    cloud.command("status", code=3)


def test_up_needs_the_search_function_by_its_name(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    project = tmp_path / "project"
    project.mkdir()
    for name in ("functions", "shared", "template.yaml"):
        (project / name).symlink_to(root / name)
    (project / "s.yaml").write_text((root / "s.yaml").read_text().replace("sightline-search${vars.suffix}", "finder"))
    done = subprocess.run(
        [SIGHTLINE, "up", "--port", "0", "--data", tmp_path / "data"],
        env={**os.environ, "SIGHTLINE_PROJECT": str(project)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "sightline-search" in done.stderr
    assert "Traceback" not in done.stderr
