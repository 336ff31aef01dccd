"""The files of subtitle results, served by IMS itself under addresses that only a query of the job tells.

In the cloud they are signed URLs of a bucket of the service's own, good for six months; here they are good for as long as the job is kept.
"""

from __future__ import annotations

import json
import re

from localcloud.database import Database
from localcloud.http import Reply, Request
from localcloud.ims.results.shapes import Result, compact

# No bucket can have this name, so no object of OSS is hidden.
_PREFIX = "/_ims/subtitles/"
_ADDRESS = re.compile(rf"{_PREFIX}([0-9a-f]{{32}})/(all|ch|eng)\.srt")
_KEYS = {"all": "allResultUrl", "ch": "chResultUrl", "eng": "engResultUrl"}


def addressed(result: Result, endpoint: str, job: str) -> Result:
    """The result as a query gives it: addresses in place of the files. The documents call `details` an array."""
    addresses = {_KEYS[part]: f"{endpoint}{_PREFIX}{job}/{part}.srt" for part in json.loads(result["Data"])}
    return {**result, "Data": compact({"details": [addresses]})}


def is_subtitle(request: Request) -> bool:
    return request.raw_path.startswith(_PREFIX)


def serve_subtitle(database: Database, request: Request) -> Reply:
    found = _ADDRESS.fullmatch(request.raw_path)
    if request.method not in ("GET", "HEAD"):
        return Reply(405, {"Allow": "GET, HEAD"})
    row = database.one("SELECT results FROM smarttag_job WHERE id = ?", found[1]) if found else None
    results = json.loads(row["results"])["results"] if row and row["results"] else []
    files = next((json.loads(each["Data"]) for each in results if each["Type"] == "subtitle"), None)
    if found is None or files is None:
        return Reply(404)
    return Reply(200, {"Content-Type": "application/x-subrip; charset=utf-8"}, files[found[2]].encode())
