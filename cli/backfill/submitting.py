"""Starting the work on objects whose upload nobody tells of: they lie in the media bucket already.

The `submit` function is invoked asynchronously with an event of OSS's own form. So it runs with the function's role and limits, is retried
and put aside by Function Compute like any other, and takes its turn like any other; nothing of the pipeline runs in the command.
"""

from __future__ import annotations

import json

from cli import journal
from cli.backfill.plan import Plan
from cli.backfill.source import Found
from cli.errors import NOT_FOUND, CommandError
from cli.patience import Unavailable
from cli.running import Running
from sightline.clock import to_iso


class Submitter:
    def __init__(self, running: Running) -> None:
        self._running = running

    def submit(self, found: Found, plan: Plan) -> None:
        """Returns once the invocation is accepted, which is kept from then on.

        Raises Unavailable, and CommandError where there is no such function.
        """
        try:
            journal.invoke(self._running, "submit", event_of(self._running, found, plan), wait=False)
        except CommandError as error:
            if error.exit_code == NOT_FOUND:
                raise
            raise Unavailable(error.problem) from error


def event_of(running: Running, found: Found, plan: Plan) -> bytes:
    """As in events/oss_put.json.

    The request's id is the same for the same content of the same upload, so that a second run is no second upload: content that failed is
    not tried again, and content that was deleted and put there again is.
    """
    record = {
        "eventName": "ObjectCreated:PutObject",
        "eventSource": "acs:oss",
        "eventTime": to_iso(found.modified),
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": f"acs:oss:{running.region}:{running.account_id}:{running.media_bucket}",
                "name": running.media_bucket,
                "ownerIdentity": running.account_id,
                "virtualBucket": "",
            },
            "object": {
                "deltaSize": found.size,
                "eTag": plan.generation,
                "key": plan.key,
                "objectMeta": {"mimeType": "", "userMeta": {}},
                "size": found.size,
            },
            "ossSchemaVersion": "1.0",
            "ruleId": "sightline-backfill",
        },
        "region": running.region,
        "requestParameters": {"sourceIPAddress": ""},
        "responseElements": {"requestId": f"backfill-{plan.generation}-{found.modified.timestamp() * 1000:.0f}"},
        "userIdentity": {"principalId": running.account_id},
    }
    return json.dumps({"events": [record]}, ensure_ascii=False).encode()
