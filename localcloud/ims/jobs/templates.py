"""Custom templates of all types. Type 11, smart tagging, is the one that jobs here are done by."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable

from pydantic import ValidationError

from localcloud.database import Database
from localcloud.ims.answers import Answer, iso_time
from localcloud.ims.errors import invalid_parameter, missing_parameter, not_found
from localcloud.ims.jobs import parameters as p
from localcloud.ims.operation import Operation

SMARTTAG = 11
# The names of 1 and 11 stand in published samples; the others are made after them.
TYPE_NAMES = {
    1: "TranscodeTemplate",
    2: "SnapshotTemplate",
    3: "AnimationTemplate",
    4: "ImageWatermarkTemplate",
    5: "TextWatermarkTemplate",
    6: "SubtitleTemplate",
    7: "AIMediaAuditTemplate",
    8: "AICoverTemplate",
    9: "AIEraseTemplate",
    10: "AIDnaTemplate",
    SMARTTAG: "AISmarttagTemplate",
}


class Templates:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def create(self, given: p.CreateCustomTemplate) -> Answer:
        _check_subtype(given.type, given.subtype)
        if given.type == SMARTTAG:
            read_config(given.template_config)
        identity, now = uuid.uuid4().hex, self._clock()
        with self._database.transaction() as write:
            write.execute(
                "INSERT INTO template (id, name, type, subtype, config, is_default, created, modified) VALUES (?, ?, ?, ?, ?, 0, ?, ?)",
                (identity, given.name, given.type, given.subtype, given.template_config, now, now),
            )
        made = _shape(self._row(identity))
        # Create alone answers the subtype as text, and without its name.
        made.pop("SubtypeName", None)
        return {"CustomTemplate": {**made, "Subtype": str(made["Subtype"])} if "Subtype" in made else made}

    def get(self, given: p.GetCustomTemplate) -> Answer:
        if given.template_id is not None:
            return {"CustomTemplate": _shape(self._row(given.template_id))}
        if given.type is None:
            raise missing_parameter("Type")
        row = self._database.one("SELECT * FROM template WHERE type = ? AND subtype IS ? AND is_default", given.type, given.subtype)
        if row is None:
            raise not_found("default template of type", str(given.type))
        return {"CustomTemplate": _shape(row)}

    def list(self, given: p.ListCustomTemplates) -> Answer:
        where = f"type IN ({', '.join('?' * len(given.type))})"
        parameters: list[object] = list(given.type)
        if given.template_id:
            where += f" AND id IN ({', '.join('?' * len(given.template_id))})"
            parameters += given.template_id
        if given.name is not None:
            where, parameters = f"{where} AND instr(name, ?)", [*parameters, given.name]
        if given.subtype is not None:
            where, parameters = f"{where} AND subtype = ?", [*parameters, given.subtype]
        direction = "ASC" if given.order_by.endswith("Asc") else "DESC"
        (counted,) = self._database.query(f"SELECT COUNT(*) AS n FROM template WHERE {where}", *parameters)
        rows = self._database.query(
            f"SELECT * FROM template WHERE {where} ORDER BY created {direction}, id LIMIT ? OFFSET ?",
            *(*parameters, given.page_size, (given.page_number - 1) * given.page_size),
        )
        return {"CustomTemplateList": [_shape(row) for row in rows], "Total": counted["n"]}

    def update(self, given: p.UpdateCustomTemplate) -> Answer:
        row = self._row(given.template_id)
        if given.template_config is not None and row["type"] == SMARTTAG:
            read_config(given.template_config)
        with self._database.transaction() as write:
            write.execute(
                "UPDATE template SET name = ?, config = ?, modified = ? WHERE id = ?",
                (given.name or row["name"], given.template_config or row["config"], self._clock(), given.template_id),
            )
        return {"Success": True}

    def set_default(self, given: p.OneTemplate) -> Answer:
        """One default for each type and subtype."""
        with self._database.transaction() as write:
            row = self._row(given.template_id)
            write.execute(
                "UPDATE template SET is_default = (id = ?) WHERE type = ? AND subtype IS ?", (row["id"], row["type"], row["subtype"])
            )
        return {"Success": True}

    def delete(self, given: p.OneTemplate) -> Answer:
        self._row(given.template_id)
        with self._database.transaction() as write:
            write.execute("DELETE FROM template WHERE id = ?", (given.template_id,))
        return {"Success": True}

    def config(self, identity: str) -> p.SmarttagConfig:
        """What a job that names this template is to do. Raises AcsError."""
        row = self._database.one("SELECT type, config FROM template WHERE id = ?", identity)
        if row is None:
            raise invalid_parameter("TemplateId", f'there is no template "{identity}"; create one with CreateCustomTemplate')
        if row["type"] != SMARTTAG:
            raise invalid_parameter("TemplateId", f"the template is of type {row['type']}, and not of type {SMARTTAG}, smart tagging")
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


def _check_subtype(kind: int, subtype: int | None) -> None:
    if subtype is not None and not 1 <= subtype <= len(p.SUBTYPES.get(kind, ())):
        known = ", ".join(f"{number} ({name})" for number, name in enumerate(p.SUBTYPES.get(kind, ()), 1)) or "none"
        raise invalid_parameter("Subtype", f"templates of type {kind} have the subtypes: {known}")


def _shape(row: sqlite3.Row) -> Answer:
    shape = {
        "CreateTime": iso_time(row["created"]),
        "IsDefault": bool(row["is_default"]),
        "ModifiedTime": iso_time(row["modified"]),
        "Status": "Normal",
        "TemplateConfig": row["config"],
        "TemplateId": row["id"],
        "TemplateName": row["name"],
        "Type": row["type"],
        "TypeName": TYPE_NAMES[row["type"]],
    }
    if row["subtype"] is None:
        return shape
    return {**shape, "Subtype": row["subtype"], "SubtypeName": p.SUBTYPES[row["type"]][row["subtype"] - 1]}


_UNCHECKED = "TemplateConfig of types other than 11 is kept unchecked, and nothing here uses it"
OPERATIONS = (
    Operation("CreateCustomTemplate", p.CreateCustomTemplate, Templates.create, lacks=_UNCHECKED),
    Operation("GetCustomTemplate", p.GetCustomTemplate, Templates.get, lacks="FrontendHint"),
    Operation("ListCustomTemplates", p.ListCustomTemplates, Templates.list, lacks="FrontendHint"),
    Operation("UpdateCustomTemplate", p.UpdateCustomTemplate, Templates.update, lacks=_UNCHECKED),
    Operation("DeleteCustomTemplate", p.OneTemplate, Templates.delete),
    Operation("SetDefaultCustomTemplate", p.OneTemplate, Templates.set_default),
)
