"""Custom templates. Only type 11, smart tagging, is one that this laptop cloud has a use for."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable

from pydantic import ValidationError

from localcloud.database import Database
from localcloud.ims import tagging_parameters as p
from localcloud.ims.answers import Answer, iso_time
from localcloud.ims.errors import invalid_parameter, not_found, not_implemented
from localcloud.ims.operation import Operation

SMARTTAG = 11


class Templates:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def create(self, given: p.CreateCustomTemplate) -> Answer:
        if given.type != SMARTTAG:
            raise not_implemented(f"templates of type {given.type}; type {SMARTTAG}, smart tagging, is the one it knows")
        read_config(given.template_config)
        identity, now = uuid.uuid4().hex, self._clock()
        with self._database.transaction() as write:
            write.execute(
                "INSERT INTO template VALUES (?, ?, ?, ?, ?, ?, ?)",
                (identity, given.name, given.type, given.subtype, given.template_config, now, now),
            )
        return {"CustomTemplate": _shape(self._row(identity))}

    def get(self, given: p.GetCustomTemplate) -> Answer:
        return {"CustomTemplate": _shape(self._row(given.template_id))}

    def list(self, given: p.ListCustomTemplates) -> Answer:
        direction = "ASC" if given.order_by == "CreateTimeAsc" else "DESC"
        rows = self._database.query(f"SELECT * FROM template WHERE type = ? ORDER BY created {direction}, id", given.type)
        wanted = [row for row in rows if _matches(row, given)]
        start = (given.page_number - 1) * given.page_size
        return {"CustomTemplateList": [_shape(row) for row in wanted[start : start + given.page_size]], "Total": len(wanted)}

    def update(self, given: p.UpdateCustomTemplate) -> Answer:
        row = self._row(given.template_id)
        if given.template_config is not None:
            read_config(given.template_config)
        with self._database.transaction() as write:
            write.execute(
                "UPDATE template SET name = ?, config = ?, modified = ? WHERE id = ?",
                (given.name or row["name"], given.template_config or row["config"], self._clock(), given.template_id),
            )
        return {"Success": True}

    def delete(self, given: p.DeleteCustomTemplate) -> Answer:
        self._row(given.template_id)
        with self._database.transaction() as write:
            write.execute("DELETE FROM template WHERE id = ?", (given.template_id,))
        return {"Success": True}

    def config(self, identity: str) -> p.SmarttagConfig:
        """What a job that names this template is to do. Raises AcsError."""
        row = self._database.one("SELECT config FROM template WHERE id = ?", identity)
        if row is None:
            raise invalid_parameter("TemplateId", f'there is no template "{identity}"; create one with CreateCustomTemplate')
        return read_config(row["config"])

    def of_job(self, identity: str | None, override: p.FaceOverride | None) -> p.SmarttagConfig | None:
        """The same with what the job itself overrides; None where it names no template. Raises AcsError."""
        config = self.config(identity) if identity else None
        if config and override and override.face_category_ids is not None:
            return config.model_copy(update={"face_category_ids": override.face_category_ids})
        return config

    def _row(self, identity: str) -> sqlite3.Row:
        row = self._database.one("SELECT * FROM template WHERE id = ?", identity)
        if row is None:
            raise not_found("template", identity)
        return row


def read_config(text: str) -> p.SmarttagConfig:
    """The TemplateConfig of a smart tag template. Raises AcsError, naming the key that is wrong."""
    try:
        config = p.SmarttagConfig.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise invalid_parameter(".".join(["TemplateConfig", *map(str, first["loc"])]), first["msg"]) from None
    if config.unknown_types():
        known = ", ".join(p.ANALYSE_TYPES)
        raise invalid_parameter("TemplateConfig.AnalyseTypes", f"{', '.join(config.unknown_types())} is not one of {known}")
    return config


def _matches(row: sqlite3.Row, given: p.ListCustomTemplates) -> bool:
    return (
        (not given.template_id or row["id"] in given.template_id)
        and (given.name is None or given.name in row["name"])
        and (given.subtype is None or row["subtype"] == given.subtype)
    )


def _shape(row: sqlite3.Row) -> Answer:
    shape = {
        "CreateTime": iso_time(row["created"]),
        "IsDefault": False,
        "ModifiedTime": iso_time(row["modified"]),
        "Status": "Normal",
        "TemplateConfig": row["config"],
        "TemplateId": row["id"],
        "TemplateName": row["name"],
        "Type": row["type"],
        "TypeName": "AISmarttagTemplate",
    }
    return shape if row["subtype"] is None else {**shape, "Subtype": row["subtype"]}


OPERATIONS = (
    Operation("CreateCustomTemplate", p.CreateCustomTemplate, Templates.create),
    Operation("GetCustomTemplate", p.GetCustomTemplate, Templates.get),
    Operation("ListCustomTemplates", p.ListCustomTemplates, Templates.list),
    Operation("UpdateCustomTemplate", p.UpdateCustomTemplate, Templates.update),
    Operation("DeleteCustomTemplate", p.DeleteCustomTemplate, Templates.delete),
)
