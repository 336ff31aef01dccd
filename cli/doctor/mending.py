"""The commands that mend a deployment, on a laptop and in the cloud; most findings end in one of them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from cli.deployment.target import Target
from cli.provision.wanted import Changeable


@dataclass(frozen=True)
class Mending:
    target: Target

    @property
    def provision(self) -> str:
        """Makes what is missing in IMS, and binds the callbacks."""
        return self.target.command("provision")

    def change(self, what: Changeable) -> str:
        """The same, where something of another shape is there already, which it leaves unless it is told."""
        return self.target.command("provision", "--change", what)

    def provision_and_set(self, variable: str) -> str:
        """Makes something that the functions know by an id; a laptop provisions at each start."""
        return self.deploy if self.target.is_laptop else f"{self.provision}, export the {variable} that it prints, then {self.deploy}"

    @property
    def deploy(self) -> str:
        """Deploys the functions and their triggers."""
        return f"{self._down}, then {self.target.command('up')}" if self.target.is_laptop else "`s deploy`"

    @property
    def topic_trigger(self) -> str:
        """The same for a trigger of a topic, which Serverless Devs makes and never updates (devsapp/fc3, impl/client.ts)."""
        return self.deploy if self.target.is_laptop else f"`s collect remove --trigger job-news`, then {self.deploy}"

    @property
    def stack(self) -> str:
        """Makes buckets, topic and queue."""
        return self.provision if self.target.is_laptop else self._ros_stack

    @property
    def roles(self) -> str:
        """Makes roles and their policies."""
        return f"mend template.yaml, then {self.deploy}" if self.target.is_laptop else self._ros_stack

    @property
    def new_state_bucket(self) -> str:
        """Where the one that is there can't be mended."""
        if self.target.is_laptop:
            return f"{self._down}, then `sightline up --data` with a new folder"
        return f"`export SIGHTLINE_STATE_BUCKET=` with a new name, {self._ros_stack}, then {self.deploy}"

    @property
    def layer(self) -> str:
        """Publishes the layer of this checkout."""
        if self.target.is_laptop:
            return f"`export SIGHTLINE_LAYER_VERSION=` with one that is there, or unset it; then {self.deploy}"
        return (
            f"`make layer`, publish it (docs/deploy.md), `export SIGHTLINE_LAYER_VERSION=` with the version that it got, then {self.deploy}"
        )

    @property
    def sweep(self) -> str:
        """Has the sweep come now."""
        return self.target.command("invoke sweep") if self.target.is_laptop else "`s sweep invoke`"

    @property
    def reindex(self) -> str:
        """Puts the media back into an index that has lost them."""
        if self.target.is_laptop:
            return self.target.command("reindex", "--all")
        return "upload the media again: `sightline reindex` knows laptops only"

    @property
    def dead_letters(self) -> str:
        """Says why events are dead, and tries them again."""
        if self.target.is_laptop:
            return f"{self.target.command('dead list')} says why; then {self.target.command('dead replay', '--all')}"
        return f"`ossutil cat` each of `ossutil ls oss://{self.target.names.state_bucket}/letters/dead/`: it says why, and holds the event"

    @property
    def key(self) -> str:
        if self.target.is_laptop:
            return self.deploy
        return (
            "export ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET of a key that works, and "
            "ALIBABA_CLOUD_SECURITY_TOKEN if it is a temporary one"
        )

    def endpoint(self, service: str) -> str:
        """Where nobody answers."""
        if self.target.is_laptop:
            return f"{self.target.command('status')}; if the laptop cloud is gone, {self.target.command('up')}"
        return f"look at the network, and at the endpoint of {service} in the SIGHTLINE_ variables and s.yaml"

    def ossutil(self, operation: str, bucket: str, *options: str) -> str:
        """A bucket's own settings; on a laptop with the key that `sightline up` prints."""
        where = ("--endpoint", self.target.endpoints.oss, "--region", self.target.region) if self.target.is_laptop else ()
        return f"`{shlex.join(['ossutil', 'api', operation, '--bucket', bucket, *options, *where])}`"

    @property
    def _down(self) -> str:
        return self.target.command("down")

    @property
    def _ros_stack(self) -> str:
        return f"create or update the ROS stack of template.yaml in {self.target.region} (docs/deploy.md)"
