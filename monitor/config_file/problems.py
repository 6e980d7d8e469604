"""Converts pydantic's errors about a table into messages: what was expected and what was found.

A value is quoted only if its key cannot have a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from monitor.config.models import ChannelConfig
from monitor.config_file.toml_positions import KeyPath
from monitor.validation_text import EXPECTED_BY_ERROR, LIST, NUMBER, TABLE, WHOLE_NUMBER, closest_name

_NON_SECRET_KEYS = frozenset(
    {"allow_private", "cron", "digest", "every", "keep", "listen", "memory", "name", "proxies", "slowest", "timezone"}
)
_TYPE_WORDS = {
    str: "a string",
    int: WHOLE_NUMBER,
    float: NUMBER,
    list: LIST,
    dict: TABLE,
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error about the key at `key_path`. `is_key` is true if the key itself is wrong, not its value."""

    key_path: KeyPath
    message: str
    is_key: bool = False


def field_errors(error: ValidationError, model: type[BaseModel], table: Any, title: str) -> Iterator[FieldError]:
    """Yield the errors in `table`, the table as written in the file, which messages call `title`."""
    for detail in error.errors(include_url=False):
        key_path: KeyPath = tuple(detail["loc"])
        yield FieldError(
            key_path,
            _error_sentence(detail, model, _value_at(table, key_path), title),
            detail["type"] == "extra_forbidden",
        )


def describe_value(value: Any) -> str:
    """Name the type of a TOML value."""
    if isinstance(value, bool):
        return str(value).lower()
    return _TYPE_WORDS.get(type(value), "a date or time")


def closest_hint(word: str, choices: Iterable[str]) -> str:
    """Return `; did you mean "…"?`, or "" if no choice is similar."""
    name = closest_name(word, choices)
    return f'; did you mean "{name}"?' if name else ""


def quoted_choices(choices: Iterable[str]) -> str:
    """Return `"a", "b" or "c"`."""
    *leading, last = [f'"{choice}"' for choice in choices]
    return f"{', '.join(leading)} or {last}" if leading else last


def toml_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return a model's fields by their key in the file, without a channel's name, which is in its heading."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    return {key: field for key, field in fields.items() if key != "name" or not issubclass(model, ChannelConfig)}


def unknown_key_message(key: str, title: str, allowed: Iterable[str]) -> str:
    choices = sorted(allowed)
    return f'unknown key "{key}" in {title}' + (
        closest_hint(key, choices) or f"; expected one of {', '.join(choices)}"
    )


def _error_sentence(detail: ErrorDetails, model: type[BaseModel], value: Any, title: str) -> str:
    error_type, loc = detail["type"], detail["loc"]
    if error_type == "extra_forbidden":
        return unknown_key_message(str(loc[-1]), ".".join([title, *map(str, loc[:-1])]), _keys_at(model, loc[:-1]))
    if error_type == "missing":
        return f'missing key "{loc[-1]}" in {title}'
    if error_type == "value_error":
        return str(detail["ctx"]["error"]) + (_found_phrase(value) if loc and _may_show_value(loc) else "")
    if error_type in ("literal_error", "enum"):
        return _choice_sentence(detail["ctx"]["expected"], value)
    if error_type in EXPECTED_BY_ERROR:
        return f"expected {EXPECTED_BY_ERROR[error_type]}, found {describe_value(value)}"
    if error_type in ("string_too_short", "too_short"):
        return "expected at least one value, found none"
    return f"{detail['msg'].replace('Input should be', 'expected a value')}{_number_phrase(value)}"


def _may_show_value(loc: tuple[int | str, ...]) -> bool:
    return any(part in _NON_SECRET_KEYS for part in loc)


def _found_phrase(value: Any) -> str:
    return f', found "{value[:60]}"' if isinstance(value, str) else f", found {describe_value(value)}"


def _number_phrase(value: Any) -> str:
    return f", found {value}" if isinstance(value, int | float) else ""


def _choice_sentence(expected: str, value: Any) -> str:
    choices = [choice.strip("' ") for choice in expected.replace(" or ", ",").split(",")]
    hint = closest_hint(value, choices) if isinstance(value, str) else ""
    return f"expected {quoted_choices(choices)}{_found_phrase(value)}{hint}"


def _value_at(table: Any, key_path: KeyPath) -> Any:
    for part in key_path:
        try:
            table = table[part]
        except (KeyError, IndexError, TypeError):
            return None
    return table


def _keys_at(model: type[BaseModel], key_path: tuple[int | str, ...]) -> Iterable[str]:
    """Return the keys allowed in the table at `key_path`."""
    for part in key_path:
        field = toml_fields(model).get(str(part))
        model = (_first_model(field.annotation) if field else None) or model
    return toml_fields(model)


def _first_model(annotation: Any) -> type[BaseModel] | None:
    """Return the first model in a type such as `Auth | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    models = (_first_model(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in models if model), None)
