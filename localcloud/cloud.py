"""The laptop cloud, put together: which service gets which of the others, and in what order they start and stop.

As in the real one, what the functions need is provisioned first and the functions are deployed after it: `start`, then `deploy`.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO

from engines.retrieval import open_library
from localcloud.disk import survive_power_loss
from localcloud.door import Door, Patience
from localcloud.fc.project.package import Built, packaged
from localcloud.fc.project.project import Project
from localcloud.fc.service import FunctionCompute
from localcloud.gate import Gate
from localcloud.http import Service
from localcloud.identity import Keyring
from localcloud.ims.assembly import PRODUCTION_THREADS
from localcloud.ims.production.producing import Production, ProductionWorkers
from localcloud.ims.service import IntelligentMediaServices, Settings
from localcloud.ims.understanding.engine import EngineSettings, Understanding
from localcloud.ims.understanding.workers import Workers
from localcloud.mns.service import MessageService
from localcloud.network import Reach
from localcloud.oss import ObjectStorage
from localcloud.pai import Analysis, MultimediaAnalysis
from localcloud.pai.analysis import Analysts
from localcloud.place import Place
from localcloud.ram.service import AccessManagement


class AlreadyRunning(Exception):
    """Another laptop cloud has this data folder."""


class LaptopCloud:
    """OSS, MNS, IMS, PAI and Function Compute on one port of one machine; HTTP-triggered functions have a port each.

    `port` 0 takes any free one. All state is under `data`, and outlives a killed process. Media are analysed by worker processes that
    build `engine`, unless another `understanding`, `production`, or for PAI `analysis`, is given. `power_safe` has every write wait for the
    disk (`localcloud.disk`).
    """

    def __init__(
        self,
        data: Path,
        place: Place,
        engine: EngineSettings,
        host: str = "127.0.0.1",
        port: int = 0,
        understanding: Understanding | None = None,
        patience: Patience | None = None,
        power_safe: bool = False,
        analysis: Analysis | None = None,
        production: Production | None = None,
    ) -> None:
        if power_safe:
            survive_power_loss()
        self._data = data
        self._place = place
        self._host = host
        self._closing = ExitStack()
        data.mkdir(parents=True, exist_ok=True)
        self._closing.push(_lock(data / "lock"))
        self.keyring = Keyring.open(data / "keys.json")
        self.ram = AccessManagement(place, self.keyring)
        self._gate = Gate()
        self.mns = MessageService(data / "mns", place, self.keyring, self._gate, endpoint=lambda: self.endpoint)
        self.oss = ObjectStorage(data / "oss", place, self.keyring, self._gate, endpoint=lambda: self.endpoint)
        reach = Reach(own=lambda: self.endpoint)
        self.ims = IntelligentMediaServices(
            data / "ims",
            place,
            self.keyring,
            self.mns,
            self.oss,
            understanding or Workers(engine, data / "logs" / "understanding.log"),
            partial(open_library, power_safe=power_safe),
            lambda: self.endpoint,
            settings=Settings(reach=reach),
            production=production or ProductionWorkers(engine, data / "logs" / "production.log", PRODUCTION_THREADS),
        )
        analysts = analysis or Analysts(engine, data / "logs" / "analysis.log")
        self.pai = MultimediaAnalysis(data / "pai", self.keyring, self.oss, analysts, reach)
        self.fc: FunctionCompute | None = None
        services: list[Service] = [self.mns, self.ims, self.ram, self.pai, self._gate, self.oss]
        self._door = Door(services, host, port, scratch=data / "scratch", patience=patience)

    @property
    def endpoint(self) -> str:
        """Where clients on this machine reach it, whatever it listens on."""
        own = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
        host = own.get(self._host) or (f"[{self._host}]" if ":" in self._host else self._host)
        return f"http://{host}:{self._door.port}"

    def start(self) -> None:
        """Everything but the functions. Raises DoorError where the port is taken."""
        self._run(self.mns)
        self._run(self.oss)
        # Jobs that go on at the start fetch their inputs through the door; at the end the door is closed before what lies behind it.
        self._door.start()
        self._closing.callback(self.pai.stop)
        self._closing.callback(self.ims.stop)
        self._closing.callback(self._door.stop)
        self.ims.start()
        self.pai.start()

    def deploy(
        self,
        project_file: Path,
        layers: Mapping[str, Path],
        environment: Mapping[str, str],
        page_port: int = 0,
        built: Built | None = None,
    ) -> dict[str, str]:
        """Run the functions of a Serverless Devs project. Returns the address of each HTTP-triggered one, by function name.

        `environment` is what `${env('X')}` finds in the project; `layers` maps a layer's name to the folder that holds what /opt would,
        or to a zip file of it. With `built`, the code that would be deployed runs, and not the folders that it was built from.
        Their roles are those of the `template.yaml` beside the project; where there is none, every role may do everything.
        """
        template = project_file.with_name("template.yaml")
        if template.exists():
            self.ram.read(template)
        project = Project.read(project_file, environment, {"AccountID": self._place.account_id})
        if built:
            project = packaged(project, built.packages)
        python = built.python if built else Path(sys.executable)
        self.fc = FunctionCompute(self._data, self._place, self.keyring, project, layers, self.mns, python=python, bare=built is not None)
        addresses = {}
        for offset, trigger in enumerate(self.fc.http_triggers()):
            port = page_port + offset if page_port else 0
            door = Door([trigger.service], self._host, port, scratch=self._data / "scratch" / trigger.function)
            self._run(door)
            addresses[trigger.function] = f"http://{self._host}:{door.port}/"
        self._run(self.fc)
        self._gate.open(self.fc)
        return addresses

    def stop(self) -> None:
        """Whatever was accepted and is not finished goes on after the next start."""
        self._gate.close()
        self._closing.close()

    def _run(self, service: Door | MessageService | ObjectStorage | FunctionCompute) -> None:
        service.start()
        self._closing.callback(service.stop)


def _lock(path: Path) -> IO[str]:
    """Held until the file is closed, or the process is gone. Raises AlreadyRunning."""
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        raise AlreadyRunning(holder) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
