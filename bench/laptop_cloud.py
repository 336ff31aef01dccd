"""The laptop cloud against moto: objects against its S3, messages against its SQS. Both run at once and take turns.

python -m bench.laptop_cloud --rounds 200 --keep
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oss2
import requests
from mns.queue import Message, QueueMeta

from bench.laptop_servers import Server, started
from bench.results import record

KB, MB, GB = 1024, 1024**2, 1024**3
SIZES = {"1 KB": KB, "1 MB": MB, "100 MB": 100 * MB}
KEYS = 10_000
BUCKET = QUEUE = "bench"
STREAMED = 2 * GB
WHY_NOT_POWER_SAFE = """`sightline up --power-safe` waits for the disk. It is not the default, since its price is the disk's: between
1.4 and 3.4 times for a small put in two runs on this machine, to outlive what a development machine seldom meets."""
TITLE = "Objects and messages, against moto"
Work = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One thing that both do, `rounds` times each."""

    name: str
    ours: Work
    theirs: Work
    rounds: int


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.laptop_cloud", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="of each row with small content; larger ones are done less often")
    parser.add_argument("--keep", action="store_true", help="write the tables into bench/RESULTS.md")
    arguments = parser.parse_args(argv)
    lines = [conditions(), ""]
    with servers() as (ours, moto, power):
        lines += ["| with its own SDK | rounds | ours, ms | moto, ms | moto / ours |", "|---|---|---|---|---|"]
        lines += [measured(row) for row in sdk_rows(ours, moto, arguments.rounds)]
        lines += ["", "| with one client for both | rounds | ours, ms | moto, ms | moto / ours |", "|---|---|---|---|---|"]
        lines += [measured(row) for row in raw_rows(ours, moto, arguments.rounds)]
        lines += ["", "| waiting for the disk | rounds | process death, ms | power loss, ms | ratio |", "|---|---|---|---|---|"]
        lines += [measured(row) for row in power_rows(ours, power, arguments.rounds)]
        lines += ["", f"One fsync of a small file on this disk takes {one_fsync():.2f} ms.", "", WHY_NOT_POWER_SAFE, "", memory(ours)]
    text = "\n".join(lines)
    print(text)
    if arguments.keep:
        record(TITLE, text)


@contextmanager
def servers() -> Iterator[tuple[Server, Server, Server]]:
    """Ours, moto, and ours again waiting for the disk."""
    # moto's own buffer for a key's content: large enough that it never leaves memory.
    environment = {**os.environ, "MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": str(256 * MB)}
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        ours = running.enter_context(started("ours", folder / "ours"))
        power = running.enter_context(started("power", folder / "power"))
        moto = running.enter_context(started("moto", folder, environment))
        for server in (ours, power):
            server.oss_bucket(BUCKET).create_bucket()
            server.mns_account().get_queue(QUEUE).create(QueueMeta())
        moto.boto("s3").create_bucket(Bucket=BUCKET)
        yield ours, moto, power


def sdk_rows(ours: Server, moto: Server, rounds: int) -> Iterator[Row]:
    bucket, s3 = ours.oss_bucket(BUCKET), moto.boto("s3")
    for label, size in SIZES.items():
        yield from object_rows(bucket, s3, label, os.urandom(size), fewer(rounds, size))
    yield from message_rows(ours, moto, rounds)
    fill(bucket, s3)
    pages = s3.get_paginator("list_objects_v2")
    yield Row(
        f"list {KEYS:,} keys",
        lambda: expect(KEYS, sum(1 for _ in oss2.ObjectIteratorV2(bucket, prefix="many/", max_keys=1000))),
        lambda: expect(KEYS, sum(len(page["Contents"]) for page in pages.paginate(Bucket=BUCKET, Prefix="many/"))),
        5,
    )


def object_rows(bucket: Any, s3: Any, label: str, content: bytes, rounds: int) -> Iterator[Row]:
    yield Row(
        f"put {label}",
        lambda: bucket.put_object(label, content),
        lambda: s3.put_object(Bucket=BUCKET, Key=label, Body=content),
        rounds,
    )
    yield Row(
        f"get {label}",
        lambda: drain(bucket.get_object(label)),
        lambda: drain(s3.get_object(Bucket=BUCKET, Key=label)["Body"]),
        rounds,
    )


def message_rows(ours: Server, moto: Server, rounds: int) -> Iterator[Row]:
    queue, sqs = ours.mns_account().get_queue(QUEUE), moto.boto("sqs")
    url, body = sqs.create_queue(QueueName=QUEUE)["QueueUrl"], "x" * 200
    mine: list[str] = []
    others: list[str] = []
    yield Row("send a message", lambda: queue.send_message(Message(body)), lambda: sqs.send_message(QueueUrl=url, MessageBody=body), rounds)
    yield Row(
        "receive a message",
        lambda: mine.append(queue.receive_message().receipt_handle),
        lambda: others.append(sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]),
        rounds,
    )
    yield Row(
        "delete a message",
        lambda: queue.delete_message(mine.pop()),
        lambda: sqs.delete_message(QueueUrl=url, ReceiptHandle=others.pop()),
        rounds,
    )


def raw_rows(ours: Server, moto: Server, rounds: int) -> Iterator[Row]:
    """`requests` with addresses that were signed before, so that the difference is the servers' alone."""
    bucket, s3, session = ours.oss_bucket(BUCKET), moto.boto("s3"), requests.Session()
    session.trust_env = False
    for label, size in SIZES.items():
        content, where = os.urandom(size), {"Bucket": BUCKET, "Key": f"raw {label}"}
        puts = bucket.sign_url("PUT", where["Key"], 3600), s3.generate_presigned_url("put_object", where, 3600)
        gets = bucket.sign_url("GET", where["Key"], 3600), s3.generate_presigned_url("get_object", where, 3600)
        yield Row(f"put {label}", putting(session, puts[0], content), putting(session, puts[1], content), fewer(rounds, size))
        yield Row(f"get {label}", getting(session, gets[0]), getting(session, gets[1]), fewer(rounds, size))


def power_rows(ours: Server, power: Server, rounds: int) -> Iterator[Row]:
    quick, safe = ours.oss_bucket(BUCKET), power.oss_bucket(BUCKET)
    for label, size in SIZES.items():
        yield same(f"put {label}", quick, safe, os.urandom(size), fewer(rounds, size))
    one, other = ours.mns_account().get_queue(QUEUE), power.mns_account().get_queue(QUEUE)
    yield Row("send a message", lambda: one.send_message(Message("x")), lambda: other.send_message(Message("x")), rounds)


def same(name: str, quick: Any, safe: Any, content: bytes, rounds: int) -> Row:
    return Row(name, lambda: quick.put_object("k", content), lambda: safe.put_object("k", content), rounds)


def memory(ours: Server) -> str:
    """What the server's memory grows to while one object streams in and out."""
    bucket, piece = ours.oss_bucket(BUCKET), os.urandom(MB)
    before, peak = ours.resident, Peak(ours)
    with peak:
        bucket.put_object("streamed", Pieces(piece, STREAMED // MB))
        drain(bucket.get_object("streamed"))
    bucket.delete_object("streamed")
    return (
        f"While {STREAMED // GB} GB stream in and out in one object, the resident memory of our server grows from {before / MB:.0f} MB "
        f"to {peak.highest / MB:.0f} MB at most."
    )


class Pieces:
    """A body of known length that is never in memory whole."""

    def __init__(self, piece: bytes, count: int) -> None:
        self._piece, self._left = piece, count * len(piece)
        self.len = self._left

    def __len__(self) -> int:
        return self._left

    def read(self, size: int = -1) -> bytes:
        part = self._piece[: min(self._left, len(self._piece) if size < 0 else size)]
        self._left -= len(part)
        return part


class Peak:
    """The most memory that a server has while the block runs, looked at fifty times a second."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.highest = 0

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.02):
            self.highest = max(self.highest, self._server.resident)


def putting(session: requests.Session, url: str, content: bytes) -> Work:
    return lambda: session.put(url, data=content).raise_for_status()


def getting(session: requests.Session, url: str) -> Work:
    def get() -> None:
        with session.get(url, stream=True) as response:
            response.raise_for_status()
            for _ in response.iter_content(MB):
                pass

    return get


def fill(bucket: Any, s3: Any) -> None:
    for number in range(KEYS):
        bucket.put_object(f"many/{number:06}", b"x")
        s3.put_object(Bucket=BUCKET, Key=f"many/{number:06}", Body=b"x")


def drain(body: Any) -> None:
    while body.read(MB):
        pass


def expect(wanted: int, found: int) -> None:
    if wanted != found:
        raise SystemExit(f"{found} instead of {wanted}: nothing is measured")


def fewer(rounds: int, size: int) -> int:
    """So that each row takes about as long as the others, but no median is of less than seven."""
    return max(7, rounds // (1 + 4 * size // MB))


def measured(row: Row) -> str:
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(row.rounds):
        # Who goes first changes, since the first may find caches cold.
        for work, times in ((row.ours, ours), (row.theirs, theirs))[:: 1 if number % 2 else -1]:
            times.append(milliseconds(work))
    mine, other = statistics.median(ours), statistics.median(theirs)
    return f"| {row.name} | {row.rounds} | {mine:.2f} | {other:.2f} | {other / mine:.2f} |"


def milliseconds(work: Work) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def one_fsync() -> float:
    with tempfile.NamedTemporaryFile() as file:

        def write() -> None:
            file.write(b"x" * KB)
            file.flush()
            os.fsync(file.fileno())

        return statistics.median(milliseconds(write) for _ in range(100))


def conditions() -> str:
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}"
    return f"""`python -m bench.laptop_cloud` on {time.strftime("%Y-%m-%d")}: {machine}. Medians, one request at a time, in turns, client
and server on one machine. Ours is the whole laptop cloud in one process: it checks every signature, commits to disk before it answers
(safe against the death of processes) and makes MD5 and CRC-64 of each object. moto's server (ThreadedMotoServer in a process
of its own, its key buffer large enough to stay in memory) checks no signature and keeps nothing. oss2 and aliyun-mns-sdk drive ours, boto3
drives moto, none of them with checksums of its own. In the second table both are driven by `requests` with presigned URLs."""


if __name__ == "__main__":
    main()
