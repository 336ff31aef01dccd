"""What the command says when it can't go on, and the exit code it ends with.

| code | meaning |
|---|---|
| 0 | it did what was asked |
| 1 | it did not: a media failed, a search found nothing that it should have, a service answered with an error |
| 2 | the command line was wrong |
| 3 | no laptop cloud is running there, or one is already |
| 4 | what was asked about does not exist |
| 5 | it took longer than allowed |
| 6 | a deploy would change something, and `sightline plan --exit-code` was to tell |
"""

from __future__ import annotations

from errno import EDQUOT, ENOSPC

from sightline.errors import ServiceRefused

FAILED, USAGE, NOT_RUNNING, NOT_FOUND, TOO_LATE, WOULD_CHANGE = 1, 2, 3, 4, 5, 6


class CommandError(Exception):
    """`problem` in a sentence, and the `fix`."""

    def __init__(self, problem: str, fix: str, exit_code: int = FAILED) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix
        self.exit_code = exit_code


def of_file(error: OSError, unnamed: str, other: str) -> CommandError:
    """What is said of a file that can't be read or written; `other` is what may be named instead."""
    fix = f"make room, or {other}" if error.errno in (ENOSPC, EDQUOT) else other
    return CommandError(f"{error.strerror or error}: {error.filename or unnamed}", fix)


def of_refusal(error: ServiceRefused) -> CommandError:
    """What a service said to an order or a question: its fault, or that of whoever asked."""
    is_ours = 400 <= error.status < 500 and not error.busy
    fix = "mend what it names, and try again" if is_ours else "try again in a moment; on a laptop, `sightline logs` may say more"
    return CommandError(str(error), fix, NOT_FOUND if error.missing else FAILED)
