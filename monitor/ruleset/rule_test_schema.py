"""The models of a rule's `tests`."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from monitor.model import Novelty, Severity
from monitor.ruleset.schema_base import FilledText, NameList, RuleFileModel, kind_text, text_schema
from monitor.ruleset.spellings import DURATION_PATTERN, lower_case, parse_rule_duration
from monitor.units import parse_time

OFFSET_PATTERN = rf"^0$|{DURATION_PATTERN}"
TIME_PATTERN = r"^[0-9]{4}-?(W[0-9]{2}|[0-9]{2})"  # the beginning of a date
SINGLE_TEXT_KEYS = ("text", "before", "title", "before_title", "url", "author", "tags", "source")


def parse_offset(value: Any) -> Any:
    """Parse `10m` or `0` as seconds."""
    return 0.0 if value == "0" else parse_rule_duration(value)


def parse_test_time(value: Any) -> float:
    """Parse `2026-12-14T08:00` as a moment, in UTC without an offset."""
    try:
        return parse_time(str(value), UTC)
    except ValueError:
        raise ValueError(f"expected a date and time such as `2026-12-14T08:00`, found {kind_text(value)}") from None


class SequenceItemModel(RuleFileModel, title="Item of a sequence"):
    """One item of a sequence in a test."""

    text: FilledText | None = Field(default=None, description="a text that arrives; without one, time passes")
    at: Annotated[float | None, BeforeValidator(parse_offset), text_schema(OFFSET_PATTERN)] = Field(
        default=None, description="when, counted from the start, such as 10m; default: as the item before"
    )
    fires: bool | None = Field(default=None, description="whether an alert must follow at once")
    title: str = Field(default="", description="the title of the entry")
    url: str = Field(default="", description="the address of the entry")
    author: str = Field(default="", description="the author of the entry")
    tags: NameList = Field(default=(), description="tags of the entry and of its source")
    source: str = Field(default="", description="the name of the source")
    entry: str = Field(default="", description="items with the same name here are versions of one entry")


class RuleTestModel(RuleFileModel, title="Test"):
    """One test of a rule."""

    text: FilledText | None = Field(default=None, description="the current text; required without `sequence`")
    fires: bool | None = Field(
        default=None, description="whether the rule must fire; in a sequence, whether its last item must"
    )
    before: FilledText | None = Field(default=None, description="an earlier text")
    novelty: Novelty | None = Field(default=None, description="expected novelty of the claim")
    severity: Annotated[Severity | None, BeforeValidator(lower_case)] = Field(
        default=None, description="expected severity of the alert"
    )
    title: str = Field(default="", description="the title of the entry, before and now")
    before_title: str | None = Field(default=None, description="an earlier title, if it was another one")
    url: str = Field(default="", description="the address of the entry")
    author: str = Field(default="", description="the author of the entry")
    tags: NameList = Field(default=(), description="tags of the entry and of its source")
    source: str = Field(default="", description="the name of the source; without it, `sources` is not tested")
    at: Annotated[float | None, BeforeValidator(parse_test_time), text_schema(TIME_PATTERN)] = Field(
        default=None, description="when the text is seen, or the sequence starts, such as 2026-12-14T08:00"
    )
    sequence: tuple[SequenceItemModel, ...] = Field(
        default=(), description="several texts in turn: for throttles, corroboration, counts and absences"
    )

    @model_validator(mode="after")
    def check_parts(self) -> RuleTestModel:
        """Check that there is something to test and something to expect."""
        if self.text is None and not self.sequence:
            raise PydanticCustomError("missing_key", "missing", {"key": "text"})
        if self.fires is None and all(item.fires is None for item in self.sequence):
            raise PydanticCustomError("missing_key", "missing", {"key": "fires"})
        if self.severity and self.fires is False:
            raise ValueError("`severity` has no meaning with `fires: false`")
        if not self.sequence:
            return self
        if misplaced := [key for key in SINGLE_TEXT_KEYS if key in self.model_fields_set]:
            raise ValueError(f"`{misplaced[0]}` belongs to an item of `sequence`, or to a test without one")
        offsets = [item.at for item in self.sequence if item.at is not None]
        if offsets != sorted(offsets):
            raise ValueError("the items of `sequence` are out of order: each `at` counts from the start")
        return self
