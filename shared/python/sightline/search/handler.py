"""What is common to the answers of the HTTP function."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sightline.errors import BadInput
from sightline.events.http import HttpResponse
from sightline.search.web import SearchSite

Json = dict[str, Any]

logger = logging.getLogger("sightline")


def answer_web(site: SearchSite, act: Callable[[], HttpResponse]) -> Json:
    """An HTTP answer whatever happens behind it. Raises BadInput for an event that is no request, so that nobody waits for an answer."""
    try:
        return act().to_event()
    except BadInput:
        raise
    except Exception as error:  # whoever asked gets an answer in our own form, and the log the surprise
        logger.exception("the search failed")
        return site.failure(error).to_event()
