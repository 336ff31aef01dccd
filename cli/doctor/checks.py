"""All checks, each after those that it needs."""

from __future__ import annotations

from cli.doctor import buckets, callbacks, functions, host, jobs, layers, library, roles, triggers, waiting
from cli.doctor.check import Check

CHECKS: tuple[Check, ...] = (
    *host.CHECKS,
    *buckets.CHECKS,
    *library.CHECKS,
    *functions.CHECKS,
    *layers.CHECKS,
    *triggers.CHECKS,
    *roles.CHECKS,
    *jobs.CHECKS,
    *callbacks.CHECKS,
    *waiting.CHECKS,
)
