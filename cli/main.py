"""The `sightline` command: its verbs, and how an error becomes a line with its fix and an exit code."""

from __future__ import annotations

import logging
import sys
from importlib import import_module

import click

from cli.errors import FAILED, USAGE, CommandError, of_file
from cli.output import Output
from sightline.errors import SightlineError

VERBS = {
    "up": "cloud.up",
    "down": "cloud.down",
    "status": "cloud.status",
    "demo": "cloud.demo_command",
    "upload": "media.upload_command",
    "search": "media.search_command",
    "explain": "media.explain_command",
    "produce": "produce.produce_command",
    "analyse": "analyse.analyse_command",
    "backfill": "backfill.backfill",
    "reindex": "reindex.reindex_command",
    "provision": "provision.provision_command",
    "rules": "rules.rules",
    "plan": "plan.plan_command",
    "doctor": "doctor.doctor_command",
    "check": "check.check_command",
    "invoke": "functions.invoke",
    "logs": "functions.logs",
    "dead": "dead.dead",
    "models": "models.models",
}
"""Where each verb is, in the room `commands`."""


class _Verbs(click.Group):
    """Imports a verb when it is called: `up` brings a whole cloud along, and the others need not wait for that."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        module, _, name = VERBS.get(cmd_name, "").partition(".")
        found: click.Command | None = getattr(import_module(f"cli.commands.{module}"), name) if module else None
        return found


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sightline")
def cli() -> None:
    """Upload a camera clip; seconds later, find it with a sentence.

    Exit codes: 0 done, 1 failed, 2 wrong command line, 3 not running (or running already), 4 no such thing, 5 took too long,
    6 a deploy would change something (`plan --exit-code`).
    """


def main() -> None:
    """The console script: every error becomes a line with its fix and an exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    # SDKs log to the root logger, which would print what is said here already.
    logging.getLogger().addHandler(logging.NullHandler())
    output = Output("--json" in arguments)
    try:
        told = cli.main(arguments, prog_name="sightline", standalone_mode=False)
    except CommandError as error:
        output.error(error)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        output.error(CommandError(error.format_message(), f"see `{context.command_path if context else 'sightline'} --help`", USAGE))
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return 130
    except SightlineError as error:
        output.error(CommandError(str(error), "look at `sightline logs` and `sightline status`"))
        return FAILED
    except OSError as error:
        output.error(of_file(error, "this machine", "name another file, or another folder with --data"))
        return FAILED
    return told if isinstance(told, int) else 0  # what a verb gave to `Context.exit`
