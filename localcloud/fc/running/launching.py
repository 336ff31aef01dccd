"""What an instance of a function is started with: its settings, its environment, its layers and the packages that are installed."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

from localcloud.fc.errors import ProjectError
from localcloud.fc.project.code_folder import CodeFolder
from localcloud.fc.project.package import Unpacked
from localcloud.fc.project.project import Function, LogConfig, Project
from localcloud.fc.running.bootstrap import INITIALIZE, INVOKE, STOP
from localcloud.fc.running.instance import Launch
from localcloud.identity import Keyring
from localcloud.place import Place

CREDENTIAL_SECONDS = 36 * 3600


class Launcher:
    """`python` runs the functions, with the packages that are installed for it unless it is `bare`.

    Code and layers that are zip files are unpacked below `unpacked`. Raises ProjectError if a layer has neither folder nor zip file.
    """

    def __init__(
        self, place: Place, keyring: Keyring, project: Project, layers: Mapping[str, Path], python: Path, bare: bool, unpacked: Path
    ) -> None:
        self._place = place
        self._keyring = keyring
        self._project = project
        self._python = python
        self._packages = [] if bare else _installed_packages(python)
        packages = Unpacked(unpacked)
        self._layers = {name: _layer_folders(project, function, layers, packages) for name, function in project.functions.items()}
        self._code = {name: packages.folder_of(function.code) for name, function in project.functions.items()}
        packages.drop_unused()

    def launch(self, name: str, instance_id: str) -> Launch:
        function = self._project.functions[name]
        hooks = function.instance_lifecycle_config
        handlers = {INVOKE: function.handler}
        if hooks.initializer:
            handlers[INITIALIZE] = hooks.initializer.handler
        if hooks.pre_stop:
            handlers[STOP] = hooks.pre_stop.handler
        logs = function.log_config if isinstance(function.log_config, LogConfig) else LogConfig()
        settings = {
            "code": str(self._code[name]),
            "layers": [str(folder) for folder in self._layers[name]],
            "packages": self._packages,
            "handlers": handlers,
            "runtime": function.runtime,
            "disk_size": function.disk_size,
            "region": self._place.region,
            "account_id": self._place.account_id,
            "log_config": {"log_project": logs.project, "log_store": logs.logstore},
            "function": {
                "name": name,
                "handler": function.handler,
                "memory": function.memory_size,
                "timeout": function.timeout,
                "version_id": "",
                "qualifier": "LATEST",
            },
        }
        return Launch(
            python=self._python,
            settings=settings,
            environment=self._environment(function, instance_id),
            timeout=function.timeout,
            memory_limit=function.memory_size * 2**20,
            initializer_timeout=hooks.initializer.timeout if hooks.initializer else None,
            pre_stop_timeout=hooks.pre_stop.timeout if hooks.pre_stop else 1.0,
            code_checksum=CodeFolder.of(function.code).checksum,
        )

    def _environment(self, function: Function, instance_id: str) -> dict[str, str]:
        """What the built-in runtime gives a function (official help, "Environment variables"), and nothing of this process."""
        credential = self._keyring.issue(function.role or function.function_name, CREDENTIAL_SECONDS)
        host = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        system = {
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "ALIBABA_CLOUD_ACCESS_KEY_ID": credential.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": credential.access_key_secret,
            "ALIBABA_CLOUD_SECURITY_TOKEN": credential.security_token or "",
            "FC_ACCOUNT_ID": self._place.account_id,
            "FC_CUSTOM_LISTEN_PORT": "9000",
            "FC_FUNC_CODE_PATH": f"{self._code[function.function_name]}/",
            "FC_FUNCTION_HANDLER": function.handler,
            "FC_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "FC_FUNCTION_NAME": function.function_name,
            # Runtimes on the newer Debian have this name; the older ones FC_VER_ID.
            "FC_FUNCTION_VERSION": "LATEST",
            "FC_INSTANCE_ID": instance_id,
            "FC_REGION": self._place.region,
            "FC_VER_ID": "LATEST",
        }
        return {**host, **system, **function.environment_variables}


def _layer_folders(project: Project, function: Function, layers: Mapping[str, Path], packages: Unpacked) -> list[Path]:
    for name in function.layer_names:
        if name not in layers or not (layers[name].is_dir() or zipfile.is_zipfile(layers[name])):
            known = ", ".join(sorted(layers)) or "none"
            raise ProjectError(
                f"{project.file}: function {function.function_name}: the layer '{name}' has neither folder nor zip file here; "
                f"use one of those that have ({known})"
            )
    return [packages.folder_of(layers[name]) for name in function.layer_names]


def _installed_packages(python: Path) -> list[str]:
    """The folders of third-party packages. Instances start without them (`-S`), and so without the .pth files in them."""
    program = "import json, sysconfig; print(json.dumps([sysconfig.get_path(kind) for kind in ('purelib', 'platlib')]))"
    answer = subprocess.run([str(python), "-I", "-c", program], capture_output=True, check=True, text=True).stdout
    return list(dict.fromkeys(json.loads(answer)))
