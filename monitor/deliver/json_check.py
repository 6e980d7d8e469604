"""Check that a text is JSON, and say where it is not."""

from __future__ import annotations

import json
from dataclasses import dataclass

from monitor.deliver.sanitize import sanitize

EXCERPT_CHARS = 30  # shown before and after an error


@dataclass(frozen=True, slots=True)
class JsonError:
    """Why a text is not JSON, in words, and the offset of the character at which it stops being JSON."""

    offset: int
    sentence: str


def json_error(text: str) -> JsonError | None:
    """Return the first error of a text that is not JSON, else None."""
    try:
        json.loads(text, parse_constant=_reject_constant)
    except json.JSONDecodeError as error:
        return JsonError(min(error.pos, len(text) - 1), _error_sentence(text, error))
    return None


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _error_sentence(text: str, error: json.JSONDecodeError) -> str:
    before = _on_one_line(text[max(error.pos - EXCERPT_CHARS, 0) : error.pos])
    after = _on_one_line(text[error.pos : error.pos + EXCERPT_CHARS])
    place = f"between `{before}` and `{after}`" if after else f"after `{before}`"
    is_quoted_twice = "delimiter" in error.msg and before.endswith('"') and after[:1].isalnum()
    hint = ": values are printed with their quotes" if is_quoted_twice else ""
    return f"prints invalid JSON ({error.msg.removesuffix(' at')}) {place}{hint}"


def _on_one_line(text: str) -> str:
    return " ".join(sanitize(text).split())
