"""What the models of rule files share: the kinds of their values, and the words for what was found instead."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from monitor.ruleset.yaml_tree import YamlList, YamlTable, YamlText

STRING_SCHEMA = WithJsonSchema({"type": "string"})


def plain_title(name: str, info: Any) -> str:
    """The title of a key in an editor."""
    return name.capitalize().replace("_", " ")


class RuleFileModel(BaseModel):
    """A table of a rule file; unknown keys are errors."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, field_title_generator=plain_title
    )


def wrap_in_list(value: Any) -> Any:
    """Wrap a single word in a list."""
    if value == "":
        raise ValueError("expected a list, found nothing")
    return [value] if isinstance(value, str) else value


def check_filled(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise ValueError("expected text, found nothing")
    return value


def text_schema(pattern: str, **more: Any) -> WithJsonSchema:
    """The JSON Schema of a text with this pattern."""
    return WithJsonSchema({"type": "string", "pattern": pattern, **more})


def one_or_more_schema(schema: dict[str, Any]) -> WithJsonSchema:
    """The JSON Schema of a value or a list of values."""
    return WithJsonSchema({"anyOf": [schema, {"type": "array", "items": schema}]})


def short_value(value: Any) -> str:
    """Return a value as text, shortened."""
    if isinstance(value, (list, dict)):
        return kind_text(value)
    text = str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def kind_text(value: Any) -> str:
    """Name the kind of a value, or quote it if it is text."""
    if isinstance(value, (YamlList, list, tuple)):
        return "a list"
    if isinstance(value, (YamlTable, dict)):
        return "a table"
    text = value.value if isinstance(value, YamlText) else str(value)
    return f"`{short_value(text)}`" if text else "nothing"


NameList = Annotated[tuple[str, ...], BeforeValidator(wrap_in_list), one_or_more_schema({"type": "string"})]
FilledText = Annotated[str, BeforeValidator(check_filled), text_schema(r"\S")]
