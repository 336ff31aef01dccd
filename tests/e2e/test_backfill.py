"""What lies in buckets already, through the real command, the real laptop cloud, and an S3 that moto plays."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import oss2
import pytest

from cli.main import run
from tests.laptop import SIGHTLINE, Cloud
from tests.s3 import KEYS, client_of, s3_server, way_to

ROOT = Path(__file__).parents[2]
ODD_KEYS = [
    "cameras/door/a clip+one.mp4",
    "cameras/door/a%2Fb%252F.jpg",
    "cameras/前门/人 caf\u00e9.jpg",
    "cameras/前门/人 cafe\u0301.jpg",
    "cameras/door/clip.jpg ",
]


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def bucket(s3: str, request: pytest.FixtureRequest) -> str:
    name = re.sub("[^a-z0-9]+", "-", request.node.name)[-60:].strip("-")
    client_of(s3).create_bucket(Bucket=name)
    return name


def put(s3: str, bucket: str, contents: Mapping[str, bytes | Path]) -> None:
    for key, content in contents.items():
        client_of(s3).put_object(Bucket=bucket, Key=key, Body=content if isinstance(content, bytes) else content.read_bytes())


def command(cloud: Cloud, *arguments: str) -> list[str]:
    """For a process that a test ends."""
    return [str(SIGHTLINE), "backfill", *arguments, "--data", str(cloud.data)]


def told(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def submissions(cloud: Cloud, key: str) -> int:
    facts = told(cloud.here("explain", key, "--json"))["facts"]
    return [fact["fact"] for fact in facts].count("submitted")


def test_from_s3_to_searchable(cloud: Cloud, clips: dict[str, Path], s3: str, bucket: str) -> None:
    # GIVEN a clip, a sequence, and what is no media, in S3
    sequence = {f"cameras/gate/visit.event/{file.name}": file for file in clips["entrance-visit"].iterdir()}
    put(s3, bucket, {"cameras/door/red one+a%2F前.mp4": clips["street-by-day"], **sequence, "cameras/notes.txt": b"x"})
    ask = ["backfill", f"s3://{bucket}/cameras", "--endpoint-url", s3, "--namespace", "from-s3", "--json"]
    # WHEN it is tried dry THEN nothing is there, and it is known what would be
    dry = told(cloud.here(*ask, "--dry-run"))
    assert (dry["objects"], dry["jobs"], [row["example"] for row in dry["refused"]]) == (
        len(sequence) + 2,
        {"video": 1, "sequence": 1},
        ["cameras/notes.txt"],
    )
    assert dry["cost"]["unpriced"] == {"video": 1, "sequence": 1}
    assert not list(oss2.ObjectIteratorV2(cloud.bucket(), prefix="uploads/from-s3/"))
    # WHEN it is run THEN both are found, and the images came before their manifest
    done = told(cloud.here(*ask))
    assert {name: done[name] for name in ("copied", "copied_bytes", "jobs", "failed", "complete")} == {
        "copied": dry["copied"],
        "copied_bytes": dry["copied_bytes"],
        "jobs": dry["jobs"],
        "failed": [],
        "complete": True,
    }
    keys = ["uploads/from-s3/door/red one+a%2F前.mp4", "uploads/from-s3/gate/visit.event/manifest.json"]
    assert [story.stage for story in cloud.wait(*keys)] == ["searchable", "searchable"]
    found = cloud.search("a person in red", "from-s3")["hits"]
    assert (found[0]["key"], found[0]["device"]) == (keys[0], "door")
    # AND a second run, without any progress file, repeats nothing
    again = told(cloud.here(*ask, "--rate", "1000"))
    assert (again["copied"], again["submitted"], again["already"]) == (0, 0, {"searchable": 2, "part of a sequence": len(sequence) - 1})
    assert [submissions(cloud, key) for key in keys] == [1, 1]


def test_prices_are_settings(cloud: Cloud, s3: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(s3, bucket, {f"cameras/{number}.jpg": b"x" for number in range(3)})
    monkeypatch.setenv("SIGHTLINE_PRICE_IMAGE", "0.015")
    monkeypatch.setenv("SIGHTLINE_PRICE_CURRENCY", "CNY")
    monkeypatch.setenv("SIGHTLINE_PRICES_AS_OF", "2026-11-01")
    ask = ["backfill", f"s3://{bucket}/cameras", "--endpoint-url", s3, "--namespace", "prices", "--dry-run"]
    assert "cost of smart tags: 0.045 CNY, at prices of 2026-11-01" in cloud.here(*ask).stdout
    assert told(cloud.here(*ask, "--json"))["cost"]["total"] == "0.045"


def test_odd_keys_arrive_byte_for_byte_and_too_long_ones_are_told(cloud: Cloud, s3: str, bucket: str) -> None:
    longest = f"cameras/{'x' * (1023 - len('uploads/odd/') - len('.jpg'))}.jpg"
    too_long = f"cameras/y{longest.removeprefix('cameras/')}"
    put(s3, bucket, {key: key.encode() for key in [*ODD_KEYS, longest, too_long]})
    done = cloud.here("backfill", f"s3://{bucket}/cameras", "--endpoint-url", s3, "--namespace", "odd", "--json", code=1)
    assert [row["key"] for row in told(done)["failed"]] == [too_long]
    assert "1,024 bytes" in told(done)["failed"][0]["reason"]
    # The extension of "clip.jpg " is none, as it is for any upload.
    brought = [key for key in [*ODD_KEYS, longest] if not key.endswith(" ")]
    for key in brought:
        assert cloud.bucket().get_object(f"uploads/odd/{key.removeprefix('cameras/')}").read() == key.encode()


def test_listings_of_many_pages(cloud: Cloud, s3: str, bucket: str) -> None:
    with httpx.Client(trust_env=False) as client:
        for number in range(1203):
            assert client.put(f"{s3}/{bucket}/cameras/door/{number:05}.jpg", content=b"x").is_success
    done = told(cloud.here("backfill", f"s3://{bucket}", "--endpoint-url", s3, "--namespace", "many", "--dry-run", "--json"))
    assert (done["objects"], done["jobs"], done["copied_bytes"]) == (1203, {"image": 1203}, 1203)


def test_versions_and_deleted_objects(cloud: Cloud, s3: str, bucket: str) -> None:
    client = client_of(s3)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put(s3, bucket, {"1.jpg": b"old", "2.jpg": b"deleted"})
    put(s3, bucket, {"1.jpg": b"the current one"})
    client.delete_object(Bucket=bucket, Key="2.jpg")
    done = told(cloud.here("backfill", f"s3://{bucket}", "--endpoint-url", s3, "--namespace", "versions", "--device", "d", "--json"))
    assert (done["objects"], done["copied"]) == (1, 1)
    assert cloud.bucket().get_object("uploads/versions/d/1.jpg").read() == b"the current one"


def test_killed_again_and_again_it_loses_nothing_and_doubles_nothing(cloud: Cloud, s3: str, bucket: str, clips: dict[str, Path]) -> None:
    # GIVEN pictures, and something of three parts
    large = os.urandom(20 * 2**20)
    images = [file.read_bytes() for file in sorted(clips["entrance-visit"].glob("*.jpg"))]
    put(s3, bucket, {f"cameras/{number}.jpg": image for number, image in enumerate(images)} | {"cameras/large.mp4": large})
    processes: list[subprocess.Popen[str]] = []
    # After two listings each object takes a HEAD and a GET, the large one a HEAD and three GETs.
    left, read = [4, 6, 11, 5], []

    def happening(number: int, line: str) -> None:
        if line.startswith("GET") and "large.mp4" in line:
            read.append(number)
        if left:
            left[0] -= 1
            if not left[0]:
                left.pop(0)
                os.kill(processes[-1].pid, signal.SIGKILL)

    # WHEN it is killed at its fourth request, and the next at its sixth, and so on
    with way_to(s3, happening) as way:
        ask = command(cloud, f"s3://{bucket}/cameras", "--endpoint-url", way, "--namespace", "killed")
        codes: list[int] = []
        while not codes or codes[-1] == -signal.SIGKILL:
            processes.append(subprocess.Popen([*ask, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
            out, err = processes[-1].communicate(timeout=120)
            codes.append(processes[-1].returncode)
    # THEN the last one ends well, and everything is there, once; parts that were brought are not read again
    assert (codes, left) == ([-signal.SIGKILL] * 4 + [0], []), err
    assert json.loads(out)["complete"] is True
    assert len(read) == 5
    keys = [f"uploads/killed/{number}.jpg" for number in range(len(images))] + ["uploads/killed/large.mp4"]
    assert [item.key for item in oss2.ObjectIteratorV2(cloud.bucket(), prefix="uploads/killed/")] == keys
    assert cloud.bucket().get_object(keys[-1]).read() == large
    assert not list(oss2.MultipartUploadIterator(cloud.bucket(), prefix="uploads/killed/"))
    cloud.wait(*keys)
    assert [submissions(cloud, key) for key in keys] == [1] * len(keys)


def test_ctrl_c_says_how_to_go_on_and_the_same_command_does(cloud: Cloud, s3: str, bucket: str) -> None:
    put(s3, bucket, {f"cameras/{number}.jpg": b"no picture" for number in range(6)})
    processes: list[subprocess.Popen[str]] = []

    def happening(number: int, line: str) -> None:
        if line.split("?")[0].endswith("3.jpg") and len(processes) == 1:
            os.kill(processes[0].pid, signal.SIGINT)

    with way_to(s3, happening) as way:
        ask = [
            str(SIGHTLINE),
            "backfill",
            f"s3://{bucket}/cameras",
            "--endpoint-url",
            way,
            "--namespace",
            "ctrl-c",
            "--data",
            str(cloud.data),
        ]
        processes.append(subprocess.Popen(ask, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        out, _ = processes[0].communicate(timeout=60)
        assert (processes[0].returncode, "Traceback" in out) == (130, False)
        assert "stopped; 3 copied; the same command goes on there" in out
        processes.append(subprocess.Popen([*ask, "--json"], stdout=subprocess.PIPE, text=True))
        done = json.loads(processes[1].communicate(timeout=60)[0])
    assert (done["objects"], done["copied"]) == (3, 3)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "InvalidAccessKeyId", "AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY"),
        (400, "ExpiredToken", "AWS_SESSION_TOKEN"),
        (403, "AccessDenied", "s3:ListBucket"),
        (400, "AuthorizationHeaderMalformed", "AWS_REGION"),
    ],
)
def test_wrong_credentials_name_the_field_and_never_the_secret(
    cloud: Cloud, s3: str, bucket: str, status: int, code: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with way_to(s3, lambda number, line: (status, code)) as way:
        assert run(command(cloud, f"s3://{bucket}/cameras", "--endpoint-url", way, "--namespace", "keys")[1:]) == 1
    out, err = capsys.readouterr()
    assert words in err
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in out + err
    assert len(err.strip().splitlines()) == 2


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [(200, "<html><br>Welcome</html>", "answers 500\n"), (404, "", "can't be listed"), (405, "MethodNotAllowed", "405")],
)
def test_an_endpoint_that_is_no_s3_is_told(
    cloud: Cloud, s3: str, bucket: str, status: int, code: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with way_to(s3, lambda number, line: (status, code)) as way:
        assert run(command(cloud, f"s3://{bucket}", "--endpoint-url", way, "--namespace", "n")[1:]) == 1
    assert words in capsys.readouterr().err


def test_no_credentials_at_all(cloud: Cloud, s3: str, bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    failed = cloud.command("backfill", f"s3://{bucket}", "--endpoint-url", s3, "--namespace", "keys", code=1)
    assert "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE" in failed.stderr


def test_a_source_that_is_busy_for_a_while_is_waited_for(cloud: Cloud, s3: str, bucket: str) -> None:
    put(s3, bucket, {"1.jpg": b"no picture", "2.jpg": b"nor this"})
    with way_to(s3, lambda number, line: (503, "SlowDown") if number in (3, 4) else None) as way:
        done = told(cloud.here("backfill", f"s3://{bucket}", "--endpoint-url", way, "--namespace", "busy", "--device", "d", "--json"))
    assert (done["copied"], done["failed"]) == (2, [])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["s3://nobody-has-this-bucket/x"], 4, "there is no bucket"),
        (["s3://{bucket}/nothing"], 4, "there is nothing below"),
        (["oss://nobody-has-this-bucket/x"], 4, "there is no bucket"),
        (["archive"], 2, "is no address"),
        (["oss://sightline-media"], 2, "oss://sightline-media/uploads/"),
        (["oss://sightline-media/uploads", "--namespace", "home"], 2, "leave --namespace and --device out"),
        (["oss://other/x", "--endpoint-url", "http://127.0.0.1:1"], 2, "is for s3:// addresses"),
        (["s3://{bucket}", "--namespace", "a/b"], 2, "can't be"),
        (["s3://{bucket}", "--endpoint-url", "nonsense"], 1, "--endpoint-url"),
        (["s3://{bucket}", "--endpoint-url", "http://127.0.0.1:1"], 1, "gives no answer"),
        (["s3://{bucket}", "--rate", "0"], 2, "--rate"),
    ],
)
def test_what_can_t_be_done_is_told_with_the_fix(
    cloud: Cloud, s3: str, bucket: str, arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [argument.format(bucket=bucket) for argument in arguments]
    endpoint = ["--endpoint-url", s3] if arguments[0].startswith("s3") and "--endpoint-url" not in arguments else []
    assert run(command(cloud, *arguments, *endpoint)[1:]) == code
    assert words in capsys.readouterr().err


def test_media_in_place_are_submitted_where_the_pipeline_has_not_heard_of_them(cloud: Cloud, clips: dict[str, Path]) -> None:
    # GIVEN two media, of which one's ledger is gone: as if its event had been lost, before any sweep
    images = sorted(clips["entrance-visit"].glob("*.jpg"))[:2]
    cloud.here("upload", *map(str, images), "--namespace", "in-place", "--wait")
    keys = [f"uploads/in-place/camera/{image.name}" for image in images]
    lost = told(cloud.here("explain", keys[0], "--json"))["media_id"]
    state = cloud.clients.bucket(cloud.clients.running.state_bucket)
    for key in list(state.keys(f"{lost}/")):
        state.delete(key)
    # WHEN
    ask = ["backfill", "oss://sightline-media/uploads/in-place", "--json"]
    dry, done = told(cloud.here(*ask, "--dry-run")), told(cloud.here(*ask))
    # THEN it is that one which is submitted, and found again
    assert [(each["submitted"], each["copied"], each["already"]) for each in (dry, done)] == [(1, 0, {"searchable": 1})] * 2
    assert [story.stage for story in cloud.wait(*keys)] == ["searchable", "searchable"]
    assert told(cloud.here(*ask))["already"] == {"searchable": 2}


def test_another_bucket_of_oss_is_copied_inside_oss(cloud: Cloud, clips: dict[str, Path]) -> None:
    source = oss2.Bucket(cloud.bucket().auth, cloud.clients.running.endpoint, "archive-of-2025", region=cloud.clients.running.region)
    source.create_bucket()
    content = clips["gate-sign"].read_bytes()
    source.put_object("old/gate/sign 门.mp4", content, headers={"x-oss-meta-owner": "me", "Content-Type": "video/mp4"})
    done = told(cloud.here("backfill", "oss://archive-of-2025/old", "--namespace", "copied", "--json"))
    assert (done["copied"], done["jobs"]) == (1, {"video": 1})
    key = "uploads/copied/gate/sign 门.mp4"
    assert [story.stage for story in cloud.wait(key)] == ["searchable"]
    copy = cloud.bucket().get_object(key)
    assert copy.read() == content
    assert (copy.headers["x-oss-meta-owner"], copy.headers["Content-Type"]) == ("me", "video/mp4")
    assert copy.headers["x-oss-meta-backfill-source"] == "oss://archive-of-2025/old/gate/sign%20%E9%97%A8.mp4"
    assert told(cloud.here("backfill", "oss://archive-of-2025/old", "--namespace", "copied", "--json"))["already"] == {"searchable": 1}


def test_without_boto3_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> None:
    script = "import sys; sys.modules['boto3'] = None; from cli.main import run; sys.exit(run(sys.argv[1:]))"
    python = SIGHTLINE.parent / "python"
    ask = [str(python), "-c", script, "backfill", "s3://archive/x", "--namespace", "n", "--data", str(cloud.data)]
    failed = subprocess.run(ask, capture_output=True, text=True, timeout=60)
    assert (failed.returncode, "-m pip install 'boto3>=1.35'" in failed.stderr) == (1, True), failed.stderr


def test_the_page_s_commands_run_as_they_are_printed(cloud: Cloud, s3: str, clips: dict[str, Path]) -> None:
    client_of(s3).create_bucket(Bucket="archive")
    put(s3, "archive", {"cameras/door/empty.mp4": clips["empty-yard"]})
    page = (ROOT / "docs" / "backfill.md").read_text(encoding="utf-8")
    commands = [
        line.removeprefix("$ ") for block in re.findall(r"^```console\n(.*?)^```", page, re.M | re.S) for line in block.splitlines()
    ]
    path = f"{SIGHTLINE.parent}:{os.environ['PATH']}"
    environment = {**os.environ, "S3": s3, "SIGHTLINE_DATA": str(cloud.data), "PATH": path}
    done = subprocess.run(["bash", "-euc", "\n".join(commands)], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "1 to copy" in done.stdout
    assert [story.stage for story in cloud.wait("uploads/home/door/empty.mp4")] == ["searchable"]
