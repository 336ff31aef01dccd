"""A laptop cloud, provisioned and with the functions deployed."""

from __future__ import annotations

import faulthandler
import ipaddress
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from urllib.parse import urlsplit

from cli import detectors, running
from cli.deployment.target import LAPTOP_NAMES, Target, laptop_variables, project_folder, rendered
from cli.errors import NOT_FOUND, NOT_RUNNING, CommandError
from cli.layer import python312
from cli.provision.report import Provisioned
from cli.provision.run import provision
from cli.provision.wanted import from_variables
from cli.running import Running
from localcloud.cloud import AlreadyRunning, LaptopCloud
from localcloud.database import Damaged, OtherVersion
from localcloud.door import DoorError
from localcloud.fc.errors import ProjectError
from localcloud.fc.project.package import Built
from localcloud.identity import UnreadableKey
from localcloud.ims.understanding.checks import EngineRefused, check_settings
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.place import Place
from localcloud.ram.template import TemplateError
from sightline.credentials import Credentials

DEFAULT_PORT = 7070
LOOPBACK = "127.0.0.1"
END_SECONDS = 25.0
"""For closing everything once a signal came; it takes one or two."""
LAYER = "sightline"
SEARCH_FUNCTION = "sightline-search"
NAMES = LAPTOP_NAMES


@contextmanager
def laptop_cloud(
    data: Path,
    port: int,
    environment: Mapping[str, str],
    host: str = LOOPBACK,
    power_safe: bool = False,
    built: Path | None = None,
) -> Iterator[Running]:
    """A laptop cloud that is ready while the block runs. `built` is a folder that `make layer` filled. Raises CommandError."""
    project = project_folder()
    packages = _packages(built, environment) if built else None
    data = data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    _log_to(_log_file(data))
    place = Place()
    with told(data):
        cloud = LaptopCloud(data, place, engine_settings(data, environment), host, port or _port_of_last_time(data), power_safe=power_safe)
        try:
            state = _start(cloud, data, place, project, port, environment, packages)
            running.announce(state)
            yield state
        finally:
            running.withdraw(data)
            cloud.stop()


@contextmanager
def told(data: Path) -> Iterator[None]:
    """Turns what keeps a laptop cloud from starting into a CommandError."""
    try:
        yield
    except AlreadyRunning as error:
        raise CommandError(
            f"a laptop cloud (process {error}) has {data}", "use it, end it with `sightline down`, or name another --data", NOT_RUNNING
        ) from error
    except OtherVersion as error:
        fix = "move this folder away or remove it, or name another with --data; then upload your media again"
        raise CommandError(f"{data} was filled by another version of Sightline ({error} has another form)", fix) from error
    except Damaged as error:
        fix = "put back a copy of this folder, or move it away (or name another with --data) and upload your media again"
        raise CommandError(f"{error} is damaged: it can't be read as a database", fix) from error
    except UnreadableKey as error:
        fix = "put back a copy of it, or remove it: another key is made, and addresses that this one has signed end"
        raise CommandError(f"{error} holds no key that can be read", fix) from error
    except DoorError as error:
        raise CommandError(str(error), "pass another --port; 0 takes a free one") from error
    except ProjectError as error:
        raise CommandError(str(error), "mend s.yaml") from error
    except TemplateError as error:
        raise CommandError(str(error), "mend template.yaml") from error


def _log_file(data: Path) -> Path:
    return data / "logs" / "laptop-cloud.log"


def _log_to(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(file, maxBytes=5 * 2**20, backupCount=2)
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s %(message)s", level=logging.INFO, handlers=[handler], force=True)


def _port_of_last_time(data: Path) -> int:
    """The endpoint's last port where it is free, so that addresses which were signed before a restart still lead here; else 0."""
    try:
        port = int((data / "port").read_text())
        with socket.create_server(("127.0.0.1", port)):
            return port
    except (OSError, ValueError):
        return 0


def _start(
    cloud: LaptopCloud, data: Path, place: Place, project: Path, port: int, environment: Mapping[str, str], built: Built | None
) -> Running:
    cloud.start()
    (data / "port").write_text(str(urlsplit(cloud.endpoint).port))
    account = cloud.keyring.account
    made = provisioned(cloud, place, environment)
    key = (account.access_key_id, account.access_key_secret)
    variables = laptop_variables(cloud.endpoint, place, NAMES, environment, made.template_id, made.pipeline_id, key)
    layer = built.packages / "layer.zip" if built else project / "shared"
    pages = cloud.deploy(project / "s.yaml", {LAYER: layer}, variables, port + 1 if port else 0, built)
    if SEARCH_FUNCTION not in pages:
        fix = "leave its name and its HTTP trigger as they are: the commands know it by them"
        raise CommandError(f"s.yaml gives no function {SEARCH_FUNCTION} an HTTP trigger", fix)
    return Running(
        pid=os.getpid(),
        endpoint=cloud.endpoint,
        page=pages[SEARCH_FUNCTION],
        region=place.region,
        account_id=place.account_id,
        access_key_id=account.access_key_id,
        access_key_secret=account.access_key_secret,
        media_bucket=NAMES.media_bucket,
        state_bucket=NAMES.state_bucket,
        search_library=NAMES.library,
        template_id=made.template_id,
        data=str(data),
        pipeline_id=made.pipeline_id,
    )


def _packages(folder: Path, environment: Mapping[str, str]) -> Built:
    if not (folder / "layer.zip").is_file():
        raise CommandError(f"there is no layer.zip in {folder}", "build it with `make layer`", NOT_FOUND)
    return Built(folder, python312.find(environment))


def provisioned(cloud: LaptopCloud, place: Place, environment: Mapping[str, str]) -> Provisioned:
    """Make what the functions need; what somebody has made otherwise stays, and the log says so. Raises CommandError."""
    target = _target(cloud, place, environment)
    made = provision(target, from_variables(target.variables))
    for item in made.to_mend:
        logging.warning("%s %s: %s; %s", item.kind, item.name, item.note, item.fix)
    return made


def _target(cloud: LaptopCloud, place: Place, environment: Mapping[str, str]) -> Target:
    key = cloud.keyring.account
    variables = laptop_variables(cloud.endpoint, place, NAMES, environment)
    return rendered(variables, Credentials(key.access_key_id, key.access_key_secret), is_laptop=True)


def engine_settings(data: Path, environment: Mapping[str, str]) -> EngineSettings:
    """The built-in engine, with the detector of `sightline models add` and the endpoints that the environment names.

    Raises CommandError for one that can't be used: at the start, not with the first clip.
    """
    detector = detectors.chosen(data)
    vision, speech = (_endpoint(purpose, environment) for purpose in ("VISION", "SPEECH"))
    settings = EngineSettings(
        detector=str(detector.path) if detector else None,
        detector_sha256=detector.sha256 if detector else None,
        vision_base_url=vision["BASE_URL"],
        vision_api_key=vision["API_KEY"],
        vision_model=vision["MODEL"],
        speech_base_url=speech["BASE_URL"],
        speech_api_key=speech["API_KEY"],
        speech_model=speech["MODEL"],
    )
    try:
        check_settings(settings)
    except EngineRefused as error:
        fix = (
            "set SIGHTLINE_VISION_BASE_URL, _MODEL and _API_KEY right, or those of SIGHTLINE_SPEECH, or take the detector out with "
            "`sightline models remove`"
        )
        raise CommandError(f"the engine can't be built: {error}", fix) from error
    return settings


def _endpoint(purpose: str, environment: Mapping[str, str]) -> dict[str, str | None]:
    return {name: environment.get(f"SIGHTLINE_{purpose}_{name}") or None for name in ("BASE_URL", "API_KEY", "MODEL")}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there; a name other than localhost counts as reachable."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def end_on_signals() -> None:
    """From now on `sightline down` (SIGTERM) and an ended terminal (SIGHUP) do what Ctrl-C does, so that everything is closed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


@contextmanager
def until_a_signal(data: Path, patience: float = END_SECONDS) -> Iterator[None]:
    """The block, and then a wait until a signal comes, be it in the block.

    Should the closing that follows not end within `patience` seconds, the process does: nothing is lost by that, and the log tells where
    each thread stood.
    """
    with suppress(KeyboardInterrupt):
        yield
        threading.Event().wait()
    log = _log_file(data).open("a")
    faulthandler.dump_traceback_later(patience, exit=True, file=log)
