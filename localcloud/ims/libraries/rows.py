"""A media of a search library as SearchMedia and SearchMediaByAILabel show it."""

from __future__ import annotations

import json
import mimetypes
import sqlite3
from collections.abc import Sequence
from urllib.parse import urlsplit

from localcloud.database import Database
from localcloud.ims.answers import Answer, iso_time
from localcloud.ims.inputs import oss_address
from localcloud.ims.libraries.labels import ai_data

APPLICATION = "app-1000000"
"""The default application; there are no others here."""


def asset(row: sqlite3.Row, labels: Sequence[sqlite3.Row] | None) -> Answer:
    """As SearchMediaByAILabel answers it; with `labels`, those as AiData."""
    shape: Answer = {
        "MediaId": row["id"],
        "AppId": APPLICATION,
        "Title": row["title"],
        "Description": row["description"],
        "CreationTime": iso_time(row["created"] / 1000),
        "ModificationTime": iso_time(row["modified"] / 1000),
        "Status": "Normal",
        "Snapshots": [],
        "Tags": "",
        **_known({"Duration": row["seconds"], "Size": row["bytes"], "StorageLocation": _location(row["input"])}),
    }
    return shape if labels is None else {**shape, "AiData": ai_data(labels)}


def media_info(database: Database, row: sqlite3.Row, region: str) -> Answer:
    """As SearchMedia answers it."""
    labels = labels_of_media(database, row)
    jobs = database.query("SELECT type, status FROM index_job WHERE library = ? AND media = ? ORDER BY type", row["library"], row["id"])
    return {
        "MediaId": row["id"],
        "MediaBasicInfo": _basic_info(row),
        "FileInfoList": [{"FileBasicInfo": _file_info(row, region)}],
        "CustomFields": _custom_fields(row),
        "IndexStatusList": [{"IndexType": job["type"], "IndexStatus": job["status"]} for job in jobs],
        "AiData": ai_data(labels, clip_key="clipId"),
    }


def labels_of_media(database: Database, row: sqlite3.Row) -> list[sqlite3.Row]:
    return database.query("SELECT * FROM label WHERE library = ? AND media = ? ORDER BY start, position", row["library"], row["id"])


def _basic_info(row: sqlite3.Row) -> Answer:
    return {
        "MediaId": row["id"],
        "MediaType": row["type"],
        "Title": row["title"],
        "Description": row["description"],
        "VisionDescription": row["description"],
        "Namespace": row["namespace"],
        "InputURL": row["input"],
        "Source": "oss" if oss_address(row["input"]) else "general",
        "Status": "Normal",
        "CreateTime": iso_time(row["created"] / 1000),
        "ModifiedTime": iso_time(row["modified"] / 1000),
        **_known({"StreamStatus": row["stream"]}),
    }


def _file_info(row: sqlite3.Row, region: str) -> Answer:
    path = _path(row["input"])
    guessed, _ = mimetypes.guess_type(path)
    numbers = {"FileSize": row["bytes"], "Duration": row["seconds"], "Width": row["width"], "Height": row["height"]}
    return {
        "FileName": path.rpartition("/")[2],
        "FileUrl": row["input"],
        "FileType": "source_file",
        "FileStatus": "Normal",
        "Region": region,
        **_known({"FormatName": (guessed or "").rpartition("/")[2] or None, "ImagesInput": row["images"]}),
        **{name: str(value) for name, value in _known(numbers).items()},
    }


def _custom_fields(row: sqlite3.Row) -> str:
    names = ("intField1", "int_field1"), ("strField1", "str_field1"), ("strField2", "str_field2")
    return json.dumps(_known({name: row[column] for name, column in names}), ensure_ascii=False, separators=(",", ":"))


def _known(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _location(address: str) -> str | None:
    stored = oss_address(address)
    return stored.bucket if stored else None


def _path(address: str) -> str:
    stored = oss_address(address)
    return stored.key if stored else urlsplit(address).path
