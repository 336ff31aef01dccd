"""Every few minutes: finish whatever a lost message left behind."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

from sightline.pipeline import sweep
from sightline.wiring import wiring

logger = logging.getLogger("sightline")


def initialize(_context: Any) -> None:
    wiring().pipeline()


def handler(_event: bytes, context: Any) -> dict[str, Any]:
    with wiring().invocation(context) as instance:
        report = sweep(instance.pipeline(), lambda media_id, error: logger.error("media %s", media_id, exc_info=error))
        logger.info("swept: %s", report)
        return asdict(report)
