"""A request with a bad signature changes nothing: every operation that writes is recorded as its SDK sends it, spoiled, and sent again."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import oss2
import pytest
from alibabacloud_fc20230330 import models as fc
from alibabacloud_ice20201109 import models as ice
from darabonba.runtime import RuntimeOptions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mns.queue import Message, QueueMeta
from mns.subscription import SubscriptionMeta
from mns.topic import TopicMessage, TopicMeta

from tests.safety.clients import BUCKET, LIBRARY, QUEUE, TOPIC, Clients


@dataclass(frozen=True)
class Recorded:
    """A request as it stood on the wire."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Recorder:
    """A server that remembers each request and answers none well."""

    def __init__(self) -> None:
        self.taken: list[Recorded] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                recorder.taken.append(Recorded(self.command, self.path, tuple(self.headers.items()), body))
                self.send_response(400)
                self.send_header("Content-Length", "0")
                self.send_header("Connection", "close")
                self.end_headers()

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def record(self, call: Callable[[], object]) -> Recorded:
        self.taken.clear()
        try:
            call()
        except Exception:  # noqa: BLE001 - each SDK says in its own way that a 400 without a body is no answer
            return self.taken[0]
        return self.taken[0]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def recorded(clients: Clients) -> dict[str, Recorded]:
    recorder = Recorder()
    there = replace(clients, endpoint=recorder.endpoint)
    found = {name: recorder.record(call) for name, call in writes(there).items()}
    for version in ("v1", "v2", "v4"):
        found |= {f"{name} {version}": recorder.record(call) for name, call in object_writes(there.bucket(version)).items()}
    recorder.close()
    return found


def object_writes(bucket: Any) -> dict[str, Callable[[], object]]:
    return {
        "create bucket": lambda: bucket.create_bucket(oss2.BUCKET_ACL_PUBLIC_READ),
        "put": lambda: bucket.put_object("k", b"other content"),
        "put new": lambda: bucket.put_object("new", b"other content"),
        "copy": lambda: bucket.copy_object(BUCKET, "log", "k"),
        "append": lambda: bucket.append_object("log", 3, b"two"),
        "delete": lambda: bucket.delete_object("k"),
        "delete many": lambda: bucket.batch_delete_objects(["k", "log"]),
        "begin upload": lambda: bucket.init_multipart_upload("parts"),
        "put acl": lambda: bucket.put_object_acl("k", "public-read-write"),
        "put bucket acl": lambda: bucket.put_bucket_acl("public-read-write"),
        "put tags": lambda: bucket.put_object_tagging("k", oss2.models.Tagging(oss2.models.TaggingRule())),
        "put symlink": lambda: bucket.put_symlink("log", "k"),
        "versioning": lambda: bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled")),
    }


def writes(clients: Clients) -> dict[str, Callable[[], object]]:
    account, media, functions = clients.account(), clients.media(), clients.functions()
    queue, topic = account.get_queue(QUEUE), account.get_topic(TOPIC)
    config = json.dumps({"AnalyseTypes": "vlEventDesc"})
    job = ice.SubmitSmarttagJobRequestInput(type="Multi", media=json.dumps({"type": "URL", "inputs": [f"oss://{BUCKET}/k"]}))
    invoke = fc.InvokeFunctionHeaders(x_fc_invocation_type="Async")
    return {
        "create queue": lambda: account.get_queue("another").create(QueueMeta()),
        "delete queue": lambda: queue.delete(),
        "send": lambda: queue.send_message(Message("more")),
        "receive": lambda: queue.receive_message(),
        "create topic": lambda: account.get_topic("another").create(TopicMeta()),
        "publish": lambda: topic.publish_message(TopicMessage("more")),
        "delete topic": lambda: topic.delete(),
        "subscribe": lambda: account.get_subscription(TOPIC, "s").subscribe(SubscriptionMeta("http://127.0.0.1:1/x")),
        "create template": lambda: media.create_custom_template(ice.CreateCustomTemplateRequest(name="t", template_config=config, type=11)),
        "submit job": lambda: media.submit_smarttag_job(ice.SubmitSmarttagJobRequest(input=job)),
        "create library": lambda: media.create_search_lib(ice.CreateSearchLibRequest(search_lib_name="another")),
        "drop library": lambda: media.drop_search_lib(ice.DropSearchLibRequest(search_lib_name=LIBRARY)),
        "insert": lambda: media.insert_media_to_search_lib(
            ice.InsertMediaToSearchLibRequest(search_lib_name=LIBRARY, input=f"oss://{BUCKET}/k")
        ),
        "invoke": lambda: functions.invoke_function_with_options("work", fc.InvokeFunctionRequest(body=b"x"), invoke, RuntimeOptions()),
    }


_SIGNED = re.compile(r"(.*[=:])([0-9A-Za-z+/]{20,}=*)")


def spoiled(request: Recorded, where: int) -> Recorded:
    """One character of the signature is another. Not one of the last three: in base64 a part of them counts for nothing."""
    headers = dict(request.headers)
    name = next(name for name in headers if name.lower() == "authorization")
    match = _SIGNED.fullmatch(headers[name])
    assert match, headers[name]
    before, signature = match.groups()
    place = where % (len(signature) - 3)
    other = "0" if signature[place] != "0" else "1"
    headers[name] = before + signature[:place] + other + signature[place + 1 :]
    return replace(request, headers=tuple(headers.items()))


def sent(clients: Clients, request: Recorded) -> httpx.Response:
    # The host is signed in some versions, so it stays as it was recorded.
    headers = [(name, value) for name, value in request.headers if name.lower() != "content-length"]
    return httpx.request(request.method, clients.endpoint + request.target, headers=headers, content=request.body, trust_env=False)


def state(data: Path) -> dict[str, object]:
    """All that the services keep: each row of each table but their clocks', and the files of objects."""
    kept: dict[str, object] = {}
    for path in sorted(data.rglob("*.sqlite*")):
        if path.name.endswith(("-wal", "-shm")):
            continue
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            kept |= {f"{path.name} {table}": sorted(map(repr, database.execute(f'SELECT * FROM "{table}"'))) for table in tables}
    kept["blobs"] = sorted(path.name for path in (data / "oss" / "blobs").rglob("*"))
    return kept


def runs(data: Path) -> bool:
    """Whether a function has yet to run or to end, which for a while shows in no table."""
    with closing(sqlite3.connect(f"file:{data / 'fc' / 'invocations.sqlite'}?mode=ro", uri=True)) as database:
        return bool(database.execute("SELECT 1 FROM invocation WHERE live").fetchall())


def settled(data: Path) -> dict[str, object]:
    """Once nothing is under way that an earlier request began."""
    before = state(data)
    end = time.monotonic() + 60
    while True:
        time.sleep(0.05)  # how long nothing must have changed
        if (now := state(data)) == before and not runs(data):
            return now
        assert time.monotonic() < end, "something never comes to rest"
        before = now


@pytest.fixture
def at_rest(data: Path, recorded: dict[str, Recorded]) -> dict[str, object]:
    """What is kept before a test; as nothing may change, it holds for each of its examples."""
    return settled(data)


def test_each_recorded_request_counts_when_it_is_whole(clients: Clients, recorded: dict[str, Recorded]) -> None:
    """Otherwise the other tests would refuse what nobody would take anyway."""
    for name in ("put v1", "put v2", "put v4", "send", "create template", "invoke"):
        assert sent(clients, recorded[name]).status_code < 300, name


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_bad_signature_changes_nothing(
    clients: Clients, data: Path, recorded: dict[str, Recorded], at_rest: dict[str, object], chance: st.DataObject
) -> None:
    request = recorded[chance.draw(st.sampled_from(sorted(recorded)))]
    answer = sent(clients, spoiled(request, chance.draw(st.integers(0, 100))))
    assert answer.status_code in (400, 403), answer.text
    assert state(data) == at_rest


@pytest.mark.parametrize("name", ["put v1", "put v4", "send", "create template", "invoke"])
def test_no_signature_changes_nothing(
    clients: Clients, data: Path, recorded: dict[str, Recorded], at_rest: dict[str, object], name: str
) -> None:
    request = recorded[name]
    bare = tuple((key, value) for key, value in request.headers if key.lower() not in ("authorization", "signature"))
    assert sent(clients, replace(request, headers=bare)).status_code in (400, 401, 403)
    assert state(data) == at_rest
