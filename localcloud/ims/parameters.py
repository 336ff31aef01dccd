"""What the parameters of all operations have in common, and how they are read.

Names on the wire are the PascalCase of those here. A blank parameter counts as absent: SDKs send `Namespace=` for an empty string.
Parameters that hold JSON arrive as text and are parsed here.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel, to_pascal
from pydantic_core import ErrorDetails

from localcloud.ims.errors import invalid_parameter, missing_parameter


def comma_list(value: object) -> object:
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


def _json_object(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON ({error})") from None
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    return text


CommaList = Annotated[tuple[str, ...], BeforeValidator(comma_list)]
JsonText = Annotated[str, AfterValidator(_json_object)]
"""JSON that is checked, kept and echoed as it was written."""
Number = Annotated[int, Field(ge=-(2**31), lt=2**31)]
"""int32, as the documents type every number."""
PageNumber = Annotated[Number, Field(ge=1)]
PageSize = Annotated[int, Field(ge=1, le=50)]


def at_most_bytes(limit: int) -> AfterValidator:
    """The documents count texts in bytes."""

    def check(text: str) -> str:
        if len(text.encode("utf-8", "surrogatepass")) > limit:
            raise ValueError(f"it is longer than {limit} bytes")
        return text

    return AfterValidator(check)


class Parameters(BaseModel):
    """What all operations share: PascalCase names, and whatever else a caller sends (Format, RegionId …) is passed over."""

    model_config = ConfigDict(alias_generator=to_pascal, extra="ignore", frozen=True)


class CamelCase(BaseModel):
    """JSON inside a parameter, which spells its keys in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


P = TypeVar("P", bound=Parameters)


def parse(model: type[P], given: dict[str, str]) -> P:
    """Raises AcsError: MissingParameter or InvalidParameter, naming the parameter."""
    present: dict[str, Any] = {name: value for name, value in given.items() if value != ""}
    try:
        return model.model_validate(present)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            raise missing_parameter(name) from None
        raise invalid_parameter(name, reason(first)) from None


def reason(error: ErrorDetails) -> str:
    """In the words of a caller, who knows of lists and not of tuples."""
    context = error.get("ctx", {})
    if error["type"] == "too_long":
        return f"it has {context['actual_length']} items, and may have {context['max_length']}"
    if error["type"] == "too_short":
        return f"it has {context['actual_length']} items, and must have {context['min_length']}"
    return error["msg"].removeprefix("Value error, ")
