"""Turns what pydantic found wrong in one table into sentences for people: what was expected, what was found.

A value that was written in the file is repeated only where it cannot be a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from monitor.config import ChannelConfig
from monitor.config.places import KeyPath

_SHOWN = frozenset({"allow_private", "cron", "digest", "every", "listen", "memory", "name", "slowest", "timezone"})
_KINDS = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
}
_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "a table",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_attributes_type": "a table",
    "model_type": "a table",
    "path_type": "a path",
    "string_type": "a string",
    "tuple_type": "a list",
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One sentence about the key at `at`. `key` is true when the key itself is wrong, not its value."""

    at: KeyPath
    message: str
    key: bool = False


def wrongs(error: ValidationError, model: type[BaseModel], table: Any, title: str) -> Iterator[Wrong]:
    """What is wrong in `table`, the table as it stands in the file, called `title` there."""
    for detail in error.errors(include_url=False):
        at: KeyPath = tuple(detail["loc"])
        yield Wrong(at, _sentence(detail, model, _written(table, at), title), detail["type"] == "extra_forbidden")


def kind_of(value: Any) -> str:
    """What a TOML value is, in words."""
    if isinstance(value, bool):
        return str(value).lower()
    return _KINDS.get(type(value), "a date or time")


def closest(word: str, choices: Iterable[str]) -> str:
    """`; did you mean "…"?`, or nothing if no choice is near."""
    from rapidfuzz import fuzz, process

    found = process.extractOne(word, list(choices), scorer=fuzz.ratio, score_cutoff=60)
    return f'; did you mean "{found[0]}"?' if found else ""


def listed(choices: Iterable[str]) -> str:
    """`"a", "b" or "c"`."""
    *others, last = [f'"{choice}"' for choice in choices]
    return f"{', '.join(others)} or {last}" if others else last


def keys_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """A model's fields by the key that they have in the file; a channel's name is no key, but its heading."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    return {key: field for key, field in fields.items() if key != "name" or not issubclass(model, ChannelConfig)}


def unknown_key(key: str, title: str, allowed: Iterable[str]) -> str:
    choices = sorted(allowed)
    return f'unknown key "{key}" in {title}' + (closest(key, choices) or f"; known: {', '.join(choices)}")


def _sentence(detail: ErrorDetails, model: type[BaseModel], written: Any, title: str) -> str:
    kind, loc = detail["type"], detail["loc"]
    if kind == "extra_forbidden":
        return unknown_key(str(loc[-1]), ".".join([title, *map(str, loc[:-1])]), _fields(model, loc[:-1]))
    if kind == "missing":
        return f'expected the key "{loc[-1]}" in {title}'
    if kind == "value_error":
        return str(detail["ctx"]["error"]) + (_found(written) if loc and _shown(loc) else "")
    if kind in ("literal_error", "enum"):
        return _choice(detail["ctx"]["expected"], written)
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, found {kind_of(written)}"
    if kind in ("string_too_short", "too_short"):
        return "expected one at least, found nothing"
    return f"{detail['msg'].replace('Input should be', 'expected a value')}{_number(written)}"


def _shown(loc: tuple[int | str, ...]) -> bool:
    return any(part in _SHOWN for part in loc)


def _found(written: Any) -> str:
    return f', found "{written[:60]}"' if isinstance(written, str) else f", found {kind_of(written)}"


def _number(written: Any) -> str:
    return f", found {written}" if isinstance(written, int | float) else ""


def _choice(expected: str, written: Any) -> str:
    choices = [choice.strip("' ") for choice in expected.replace(" or ", ",").split(",")]
    near = closest(written, choices) if isinstance(written, str) else ""
    return f"expected {listed(choices)}{_found(written)}{near}"


def _written(table: Any, at: KeyPath) -> Any:
    for part in at:
        try:
            table = table[part]
        except (KeyError, IndexError, TypeError):
            return None
    return table


def _fields(model: type[BaseModel], path: tuple[int | str, ...]) -> Iterable[str]:
    """The keys that the table at `path` may have, as they are written in the file."""
    for part in path:
        field = keys_of(model).get(str(part))
        model = (_model_in(field.annotation) if field else None) or model
    return keys_of(model)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first model in a type such as `Auth | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in found if model), None)
