"""The servers that `bench.laptop_cloud` compares, each in a process of its own: `python -m bench.laptop_servers KIND FOLDER`.

KIND is `ours`, `power` (ours, waiting for the disk) or `moto`.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.config
import oss2
import psutil
from mns.account import Account

from localcloud.cloud import LaptopCloud
from localcloud.identity import Credential, Keyring
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.place import Place

REGION = "cn-shanghai"
EMPTY_PROJECT = "edition: 3.0.0\nname: bench\nresources: {}\n"


@dataclass(frozen=True)
class Server:
    """One that runs, and how to reach it."""

    port: int
    process: psutil.Process
    key: Credential

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def resident(self) -> int:
        """Bytes of memory that the process has in RAM."""
        return int(self.process.memory_info().rss)

    def oss_bucket(self, name: str) -> oss2.Bucket:
        """Without the CRC that oss2 makes of every body, which takes most of its time; boto3 makes none either, below."""
        auth = oss2.make_auth(self.key.access_key_id, self.key.access_key_secret, oss2.AUTH_VERSION_4)
        return oss2.Bucket(auth, self.endpoint, name, region=REGION, enable_crc=False)

    def mns_account(self) -> Account:
        return Account(self.endpoint, self.key.access_key_id, self.key.access_key_secret)

    def boto(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.key.access_key_id,
            aws_secret_access_key=self.key.access_key_secret,
            config=botocore.config.Config(
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                signature_version="s3v4" if service == "s3" else None,
            ),
        )


@contextmanager
def started(kind: str, folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server that accepts connections while the block runs."""
    command = [sys.executable, "-m", "bench.laptop_servers", kind, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(environment) if environment else None)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        key = Keyring.open(folder / "keys.json").account if kind != "moto" else Credential("AKIAIOSFODNN7EXAMPLE", "moto")
        yield Server(port, psutil.Process(process.pid), key)
    finally:
        process.terminate()
        process.wait()
        if process.stdout:
            process.stdout.close()


def serve_ours(folder: Path, power_safe: bool) -> int:
    """All of the laptop cloud, with no function deployed that an event would reach."""
    logging.basicConfig(level=logging.WARNING)
    cloud = LaptopCloud(folder, Place(region=REGION), EngineSettings(), power_safe=power_safe)
    cloud.start()
    project = folder / "s.yaml"
    project.write_text(EMPTY_PROJECT)
    cloud.deploy(project, {}, {})
    port = urlsplit(cloud.endpoint).port
    assert port is not None
    return port


def serve_moto() -> int:
    """As moto's documentation runs it, without the line that it logs for each request."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    return int(server.get_host_and_port()[1])


if __name__ == "__main__":
    kind, folder = sys.argv[1], Path(sys.argv[2])
    served = serve_moto() if kind == "moto" else serve_ours(folder, power_safe=kind == "power")
    print(served, flush=True)
    threading.Event().wait()
