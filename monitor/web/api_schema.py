"""What the resources of the API share: the base of its models, times, paging, and how requests are validated."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from monitor.model import Moment
from monitor.units import parse_duration, parse_time
from monitor.validation_text import reason_of

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
MAX_ROW_NUMBER = 2**62

IsoTime = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Before = Annotated[
    int | None, Field(ge=1, le=MAX_ROW_NUMBER, description="Rows before this one, which `older` names")
]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Maximum number of rows")]
TimeText = Annotated[
    str | None,
    Field(max_length=40, description="A time such as 2026-01-31T18:00Z, or how long ago, such as 7d"),
]
ModelT = TypeVar("ModelT", bound=BaseModel)


class ApiModel(BaseModel):
    """A request or response: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoQuery(ApiModel):
    """No query parameters."""


class ErrorBody(ApiModel):
    """What went wrong, in one sentence."""

    error: str


class OlderPage(ApiModel):
    """`older` is the path of the next page; null on the last."""

    older: str | None


def parse_query(model: type[ModelT], items: list[tuple[str, str]]) -> ModelT:
    """Return the query parameters as a model. Raise HTTPException 400 naming the known ones or the wrong one."""
    known = list(model.model_fields)
    for name, _ in items:
        if name not in known:
            choices = f"expected one of {', '.join(known)}" if known else "there are none here"
            raise HTTPException(400, f'Unknown parameter "{shown(name)}": {choices}.')
    if len(dict(items)) < len(items):
        raise HTTPException(400, "A parameter is given twice.")
    return validated(model, dict(items), "parameter")


def validated(model: type[ModelT], content: Any, noun: str) -> ModelT:
    """Return `content` as a model. Raise HTTPException 400 with the first problem."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        name = ".".join(shown(str(part)) for part in detail["loc"])
        if detail["type"] == "extra_forbidden":
            known = ", ".join(model.model_fields)
            raise HTTPException(400, f'Unknown {noun} "{name}": expected one of {known}.') from None
        raise HTTPException(400, f'Invalid {noun} "{name}": {reason_of(detail)}.') from None


def shown(name: str) -> str:
    """Return a name from outside, shortened, for an error sentence."""
    return ascii(name[:60])[1:-1]


def parse_moment(text: str | None, parameter: str, now: Moment) -> Moment | None:
    """Return the moment of an ISO time, in UTC unless it has a zone, or of a duration before now."""
    if text is None:
        return None
    try:
        return now - parse_duration(text)
    except ValueError:
        pass
    try:
        return parse_time(text, UTC)
    except ValueError:
        message = (
            f'Invalid parameter "{parameter}": expected a time such as 2026-01-31T18:00Z, or a duration such as 7d.'
        )
        raise HTTPException(400, message) from None
