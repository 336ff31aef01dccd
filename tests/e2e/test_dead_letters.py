"""What fails, in the real laptop cloud: retried, isolated with its reason and its event, and done once the cause is mended."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from mns.account import Account
from mns.mns_exception import MNSServerException
from mns.queue import Message, QueueMeta

from cli import journal
from cli.errors import CommandError
from sightline.clock import utc_now
from sightline.letters.letter import Letter
from sightline.letters.letters import Letters
from sightline.letters.patience import Patience
from tests.laptop import SIGHTLINE, Cloud, wait_until

ROOT = Path(__file__).parents[2]
SAMPLE = json.loads((ROOT / "events" / "oss_put.json").read_text())

# A deploy with a fault in `submit`, for as long as a file called `broken` lies in the project's folder.
FAULT = """
import os as _os
from pathlib import Path as _Path
from sightline.errors import ServiceUnreachable as _ServiceUnreachable

_submit = submit


def submit(pipeline, key, *rest):
    if _Path({flag!r}).exists():
        if "poison" in key:
            raise RuntimeError("a fault of this deploy")
        if "flaky" in key:
            raise _ServiceUnreachable("IMS", "SubmitSmarttagJob", "ConnectError")
        if "killer" in key:
            _os._exit(1)
    return _submit(pipeline, key, *rest)
"""


@dataclass
class Faulty:
    """Hears of uploads below HEARD; below DEAF are objects whose events a test sends itself."""

    cloud: Cloud
    flag: Path

    def dead(self) -> dict[str, Letter]:
        """The letters by the name of the uploaded file."""
        return {Path(letter.event["events"][0]["oss"]["object"]["key"]).stem: letter for letter in letters(self.cloud)}

    def sweep_until(self, true: Callable[[], bool]) -> None:
        def swept() -> bool:
            sweep(self.cloud)
            return true()

        wait_until(swept, 120, lambda: str(self.dead()))


def letters(cloud: Cloud) -> list[Letter]:
    assert cloud.running is not None
    return list(Letters(cloud.clients.bucket(cloud.running.state_bucket), Patience(1, 0), utc_now, Random()).all())


def sweep(cloud: Cloud) -> None:
    assert cloud.running is not None
    with suppress(CommandError):  # what ended it is among the letters
        journal.invoke(cloud.running, "sweep", b"{}")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, clips: dict[str, Path]) -> Iterator[Faulty]:
    """A laptop cloud that runs the faulty `submit`."""
    project = tmp_path_factory.mktemp("project")
    for name in ("functions", "shared"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    text = (ROOT / "s.yaml").read_text()
    for old, new in (("prefix: ${vars.uploadPrefix}", f"prefix: {HEARD}"), ("maxAsyncRetryAttempts: 3", "maxAsyncRetryAttempts: 1")):
        assert old in text
        text = text.replace(old, new)
    (project / "s.yaml").write_text(text)
    flag = project / "broken"
    with (project / "shared/python/sightline/pipeline/submit.py").open("a") as file:
        file.write(FAULT.format(flag=str(flag)))
    settings = {"SIGHTLINE_PROJECT": str(project), "SIGHTLINE_LETTER_PAUSE_SECONDS": "0", "SIGHTLINE_LETTER_ATTEMPTS": "2"}
    cloud = Cloud(project / "cloud", settings).start()
    yield Faulty(cloud, flag)
    assert cloud.end() == 0


@pytest.fixture
def faulty(deployed: Faulty, image: Path) -> Faulty:
    """With the fault, without letters, and with objects that nobody has heard of."""
    deployed.flag.touch()
    deployed.cloud.here("dead", "drop", "--all")
    for name in ("one", "two", "three", "four", "flaky", "killer"):
        if not deployed.cloud.bucket().object_exists(key_of(name)):
            deployed.cloud.bucket().put_object_from_file(key_of(name), str(image))
    return deployed


@pytest.fixture(scope="module")
def image(clips: dict[str, Path]) -> Path:
    return min(clips["entrance-visit"].glob("*.jpg"))


HEARD, DEAF = "uploads/default/heard/", "uploads/default/corner/"


def key_of(name: str, below: str = DEAF) -> str:
    return f"{below}{name}.jpg"


def event_of(*names: str) -> dict[str, Any]:
    (record,) = SAMPLE["events"]
    records = json.loads(json.dumps([record] * len(names)))
    for one, name in zip(records, names, strict=True):
        one["oss"]["object"]["key"] = key_of(name)
        one["responseElements"]["requestId"] = f"request-{name}"
    return {"events": records}


def invoke(cloud: Cloud, folder: Path, event: object, *more: str) -> Any:
    file = folder / "event.json"
    file.write_text(event if isinstance(event, str) else json.dumps(event))
    return json.loads(cloud.here("invoke", "submit", "--event", str(file), "--json", *more).stdout)["answer"]


def test_a_poison_message_is_isolated_and_replayed_once_its_cause_is_mended(faulty: Faulty, image: Path, tmp_path: Path) -> None:
    # GIVEN a function that fails on one of two uploads
    cloud, good, poison = faulty.cloud, key_of("good", HEARD), key_of("poison", HEARD)
    for key in (good, poison):
        cloud.bucket().put_object_from_file(key, str(image))
    # WHEN its retries are used up THEN the neighbour was not held up, and the event is a dead letter with its reason
    assert cloud.wait(good)[0].stage == "searchable"
    faulty.sweep_until(lambda: "poison" in faulty.dead())
    letter = faulty.dead()["poison"]
    assert (letter.function, letter.state, letter.attempts) == ("submit", "dead", 2)
    assert letter.reason == "RetryNeeded: RuntimeError: a fault of this deploy"
    shown = json.loads(cloud.here("dead", "show", letter.id, "--json").stdout)
    assert shown["event"]["events"][0]["oss"]["object"]["key"] == poison
    # AND the media itself tells of it, and so does the status
    explained = json.loads(cloud.here("explain", poison, "--json").stdout)
    assert (explained["key"], explained["facts"], explained["stage"]) == (poison, [], "unknown")
    assert [(told["id"], told["state"]) for told in explained["letters"]] == [(letter.id, "dead")]
    assert f"dead show {letter.id}" in cloud.here("explain", poison).stdout
    assert json.loads(cloud.here("status", "--json").stdout)["letters"] == {"dead": 1, "retrying": 0}
    assert "1 dead, 0 retrying" in cloud.here("status").stdout
    # AND replayed too early, it stays
    assert "a fault of this deploy" in cloud.here("dead", "replay", letter.id, code=1).stderr
    assert faulty.dead()["poison"].attempts == 3
    # WHEN the cause is mended and it is replayed THEN the media is searchable and the letter gone
    faulty.flag.unlink()
    cloud.here("dead", "replay", "--all")
    assert cloud.wait(poison)[0].stage == "searchable"
    assert faulty.dead() == {}
    # AND the same event again changes nothing that is right
    story = cloud.here("explain", poison, "--json").stdout
    (outcome,) = invoke(cloud, tmp_path, letter.event)["outcomes"]
    assert outcome.startswith("nothing to do")
    assert cloud.here("explain", poison, "--json").stdout == story


def test_of_several_records_only_what_failed_is_tried_again(faulty: Faulty, tmp_path: Path) -> None:
    # GIVEN an event with a malformed record, one whose service is away, and two good ones
    cloud = faulty.cloud
    event = event_of("one", "flaky", "malformed", "two")
    del event["events"][2]["oss"]["object"]["key"]
    event["events"][2]["oss"]["object"]["name"] = "malformed"
    # WHEN it arrives THEN the good ones are done, the malformed one is dead at once, and the other is parked
    outcomes = invoke(cloud, tmp_path, event)["outcomes"]
    assert [outcome.split()[0] for outcome in outcomes[1:3]] == ["parked", "dead:"]
    assert {story.stage for story in cloud.wait(key_of("one"), key_of("two"))} == {"searchable"}
    listed = json.loads(cloud.here("dead", "list", "--json").stdout)
    assert (sorted(letter["state"] for letter in listed["letters"]), listed["waiting"]) == (["dead", "retrying"], 0)
    assert "1 dead, 1 retrying" in cloud.here("dead", "list").stdout
    # WHEN the service is back THEN the sweep does the parked one
    faulty.flag.unlink()
    sweep(cloud)
    assert cloud.wait(key_of("flaky"))[0].stage == "searchable"
    (left,) = letters(cloud)
    assert (left.state, "has another shape" in left.reason) == ("dead", True)
    cloud.here("dead", "drop", left.id)
    assert "no letters" in cloud.here("dead", "list").stdout


def test_a_record_that_ends_the_function_each_time_holds_up_nobody(faulty: Faulty, tmp_path: Path) -> None:
    # GIVEN an event of three records, the second of which ends whatever process handles it
    invoke(faulty.cloud, tmp_path, event_of("three", "killer", "four"), "--async")
    # WHEN Function Compute has given up THEN the sweep does the others, and the killer is dead after its attempts
    faulty.sweep_until(lambda: [letter.state for letter in letters(faulty.cloud)] == ["dead"])
    assert {story.stage for story in faulty.cloud.wait(key_of("three"), key_of("four"))} == {"searchable"}
    letter = faulty.dead()["killer"]
    assert (letter.attempts, "the last attempt ended whoever made it" in letter.reason) == (2, True)


MESSAGES = 100


@pytest.mark.slow
def test_a_kill_while_the_queue_is_drained_loses_nothing_and_doubles_nothing(new_cloud: Callable[..., Cloud]) -> None:
    # GIVEN a queue full of failed events
    cloud = new_cloud(SIGHTLINE_LETTER_ATTEMPTS="4")
    report = json.loads((ROOT / "events" / "destination_failure.json").read_text())
    queue = dead_queue(cloud)
    queue.set_attributes(QueueMeta(vis_timeout=3))  # what was received before the kill comes back soon
    for start in range(0, MESSAGES, 16):
        bodies = [json.dumps({**report, "requestPayload": json.dumps(event_of(f"x{number}"))}) for number in range(MESSAGES)]
        queue.batch_send_message([Message(body) for body in bodies[start : start + 16]])
    # WHEN the cloud is killed while the sweep makes letters of them, and started again
    drain = subprocess.Popen([SIGHTLINE, "invoke", "sweep", "--data", cloud.data], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: stored(cloud) > 0, 30)
    cloud.end(signal.SIGKILL)
    drain.wait(30)
    cloud.start()
    assert 0 < stored(cloud) < MESSAGES

    # THEN each of them becomes a letter, once
    def drained() -> bool:
        sweep(cloud)
        return stored(cloud) == MESSAGES

    wait_until(drained, 120, lambda: str(stored(cloud)))
    with pytest.raises(MNSServerException, match="MessageNotExist"):
        dead_queue(cloud).receive_message()


def dead_queue(cloud: Cloud) -> Any:
    assert cloud.running is not None
    queue = Account(cloud.running.endpoint, cloud.running.access_key_id, cloud.running.access_key_secret).get_queue("sightline-dead")
    queue.set_encoding(False)
    return queue


def stored(cloud: Cloud) -> int:
    assert cloud.running is not None
    return sum(1 for _ in cloud.clients.bucket(cloud.running.state_bucket).keys("letters/"))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["show", "0" * 32], 4, "there is no letter"),
        (["replay", "0" * 32], 4, "there is no letter"),
        (["drop", "0" * 32], 4, "there is no letter"),
        (["replay"], 2, "which letters"),
        (["drop"], 2, "which letters"),
        (["replay", "--all", "0" * 32], 2, "which letters"),
    ],
)
def test_a_wrong_command_about_letters_says_so(cloud: Cloud, arguments: list[str], code: int, words: str) -> None:
    assert words in cloud.here("dead", *arguments, code=code).stderr


def test_letters_that_no_replay_helps_stay(cloud: Cloud, tmp_path: Path) -> None:
    answer = invoke(cloud, tmp_path, "this is no event\x1b[2J")
    (letter,) = answer["letters"]
    failed = cloud.here("dead", "replay", letter, "--json", code=1)
    (replayed,) = json.loads(failed.stdout)
    assert (replayed["id"], replayed["replayed"]) == (letter, False)
    shown = cloud.here("dead", "show", letter).stdout
    assert "this is no event" in shown
    assert "\x1b" not in shown
    cloud.here("dead", "drop", letter)
    assert letter not in cloud.here("dead", "list").stdout
