"""A search library that was lost is filled again from what is stored, through the real command and the real laptop cloud."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.provision.library import INDEX_TYPE
from tests.laptop import SIGHTLINE, Cloud, wait_until

CLIPS = ("street-by-day", "empty-yard", "van-passing")
KEYS = [f"uploads/again/camera/{name}.mp4" for name in CLIPS]


def lose_the_library(cloud: Cloud) -> None:
    assert cloud.running is not None
    name = cloud.running.search_library
    ims = cloud.clients.ims()
    ims.call("DropSearchLib", {"SearchLibName": name})
    ims.call("CreateSearchLib", {"SearchLibName": name})
    ims.call("CreateSearchIndex", {"SearchLibName": name, "IndexType": INDEX_TYPE, "IndexStatus": "Active"})


def facts(cloud: Cloud, key: str) -> list[str]:
    return [fact["fact"] for fact in json.loads(cloud.here("explain", key, "--json").stdout)["facts"]]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, clips: dict[str, Path]) -> Iterator[Cloud]:
    """One of these tests' own, with three media: its library is lost."""
    started = Cloud(tmp_path_factory.mktemp("reindexed")).start()
    started.here("upload", *(str(clips[name]) for name in CLIPS), "--namespace", "again", "--wait")
    started.wait(*KEYS)  # their covers come later
    yield started
    assert started.end() == 0


def test_a_lost_library_is_filled_again_without_a_job(cloud: Cloud) -> None:
    before = cloud.search("a person in red", "again")["hits"]
    assert [hit["key"] for hit in before] == [KEYS[0]]
    # WHEN the library is dropped and made anew
    lose_the_library(cloud)
    assert not cloud.search("a person in red", "again")["hits"]
    # THEN reindex brings it back, and no media had another job
    done = json.loads(cloud.command("reindex", "--missing", "--json").stdout)
    assert (done["media"], done["searchable"] + done["being_indexed"], done["failed"], done["complete"]) == (3, 3, [], True)
    cloud.wait(*KEYS)
    after = cloud.search("a person in red", "again")["hits"]
    assert [(hit["key"], hit["title"], hit["clips"]) for hit in after] == [(hit["key"], hit["title"], hit["clips"]) for hit in before]
    assert [facts(cloud, key).count("submitted") for key in KEYS] == [1, 1, 1]
    # AND there is nothing left to do
    assert json.loads(cloud.here("reindex", "--missing", "--json").stdout)["left"] == {"in the library": 3}
    assert json.loads(cloud.here("reindex", "--failed", "--json").stdout)["left"] == {"searchable": 3}


def test_reindex_goes_on_where_ctrl_c_ended_it(cloud: Cloud) -> None:
    ask = [str(SIGHTLINE), "reindex", "--all", "--rate", "0.5", "--data", str(cloud.data)]
    process = subprocess.Popen(ask, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    folder = cloud.data / "reindex"
    wait_until(lambda: any(folder.glob("*.json")), 60)
    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, "the same command goes on there" in out) == (130, True)
    (note,) = folder.glob("*.json")
    assert json.loads(note.read_text())["after"]
    done = json.loads(cloud.here("reindex", "--all", "--rate", "1000", "--json").stdout)
    assert done["complete"] is True
    assert not list(folder.glob("*.json"))
    # What was being indexed when the first run ended is the sweep's.
    cloud.here("invoke", "sweep")
    cloud.wait(*KEYS)


def test_one_key_and_what_can_t_be_done(cloud: Cloud) -> None:
    assert json.loads(cloud.here("reindex", KEYS[1], "--json").stdout)["media"] == 1
    cloud.wait(KEYS[1])
    assert facts(cloud, KEYS[1])[-3:] == ["reopened", "inserted", "searchable"]
    assert "nothing is known" in cloud.here("reindex", "uploads/nothing.mp4", code=4).stderr
