"""Words for invalid values that files, the API and commands share: what was expected, and the closest valid name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

MIN_SIMILARITY = 0.6  # of a misspelled name to the one that was meant; rapidfuzz OSA, 0 to 1
MIN_PREFIX_CHARS = 3  # of a name that was cut off
TRUE_OR_FALSE, WHOLE_NUMBER, NUMBER, LIST, TABLE = "true or false", "a whole number", "a number", "a list", "a table"
EXPECTED_BY_ERROR = {
    "bool_parsing": TRUE_OR_FALSE,
    "bool_type": TRUE_OR_FALSE,
    "dict_type": TABLE,
    "float_parsing": NUMBER,
    "float_type": NUMBER,
    "int_from_float": WHOLE_NUMBER,
    "int_parsing": WHOLE_NUMBER,
    "int_parsing_size": WHOLE_NUMBER,
    "int_type": WHOLE_NUMBER,
    "list_type": LIST,
    "model_attributes_type": TABLE,
    "model_type": TABLE,
    "path_type": "a path",
    "string_type": "a string",
    "tuple_type": LIST,
}  # pydantic's error types


def closest_name(word: str, names: Iterable[str]) -> str | None:
    """Return the name that was probably meant: the most similar one, ignoring case, else the only longer one."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    choices = list(names)
    match = process.extractOne(
        word, choices, scorer=OSA.normalized_similarity, processor=str.casefold, score_cutoff=MIN_SIMILARITY
    )
    if match:
        return str(match[0])
    longer = [name for name in choices if name.casefold().startswith(word.casefold())]
    return longer[0] if len(longer) == 1 and len(word) >= MIN_PREFIX_CHARS else None


def reason_of(detail: Mapping[str, Any]) -> str:
    """Return the reason of one of pydantic's errors, as a clause in lower case."""
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    message = str(detail["msg"]).replace("Input should be", "expected")
    return message[:1].lower() + message[1:]
