"""Recognizes records: claims that state one value under a label, such as `Due date: 2026-03-24` or `tanks – 732 pcs`.

A record is identified by its label, and the entry or series that it belongs to; its value is what can change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from monitor.model import Claim, Role

MAX_LABEL_WORDS = 6
MAX_VALUE_WORDS = 4  # of a short value that is not a number; longer ones may be sentences
MAX_MEASURE_WORDS = 5  # of a value that begins with a number, its growth aside: "about 1,456 (+10) trucks were lost"

_COLON_PATTERN = re.compile(r"([^\W\d_][^:|\n]{0,79}?)\s*[:：]\s+(\S.*)", re.DOTALL)
_DASH_PATTERN = re.compile(r"([^\W\d_][^:|\n]{0,79}?)(?:\s+-\s+|\s*[‒–—]\s*)(\S.*)", re.DOTALL)
_NUMBER_START_PATTERN = re.compile(r"(?:[^\W\d_]{1,8}\.?\s)?[~≈<>+±$€£₴¥-]{0,2}\s?\d")
_NUMBER_PATTERN = re.compile(r"\d+(?:[.,'\u00a0\u202f ]\d+)*")
_DELTA_PATTERN = re.compile(r"\(\s*[+−–±-][^()]{0,30}\)")  # "(+10)": what a total grew by
_CLAUSE_BREAK_PATTERN = re.compile(r"[.!?…]\s+\S|\s[-‒–—]\s")
_WORD_PATTERN = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Record:
    """One value under a label.

    `labels` are the keys: folded words without figures; two for a label in two languages, "танків / tanks". `value`
    is as written. `value_key` is equal for equal values: a number without its growth and unit, which come and go in
    tables, or the folded words. `is_short` is false for a value that may be a sentence ("Required action: Apply …").
    """

    labels: tuple[str, ...]
    value: str
    value_key: str
    is_short: bool = True


@lru_cache(maxsize=8192)  # about 0.3 KB each; the same rows are read at every poll
def parse_record(claim: Claim) -> Record | None:
    """Return the record that a claim states, or None if it is prose. A title is never a record."""
    if claim.role is Role.TITLE or claim.noise is not None:
        return None
    if claim.role is Role.ROW and " | " in claim.text:
        label, _, value = claim.text.partition(" | ")
        return _build_record(label, value)
    colon, dash = _COLON_PATTERN.fullmatch(claim.text), _DASH_PATTERN.fullmatch(claim.text)
    if colon and not colon[1].isupper():  # "BREAKING: …" is a headline
        return _build_record(colon[1], colon[2])
    return _build_record(dash[1], dash[2]) if dash and _is_measure(dash[2]) else None


def without_delta(value: str) -> str:
    """Return a value without what it grew by: `59` for `59 (+4)`."""
    return " ".join(_DELTA_PATTERN.sub(" ", value).split())


def is_short_record(claim: Claim) -> bool:
    """Whether a claim is a record whose value is a number or a few words."""
    record = parse_record(claim)
    return record is not None and record.is_short


def _build_record(label: str, value: str) -> Record | None:
    labels = [_words_key(part) for part in label.split("/")]
    if not all(0 < len(key.split()) <= MAX_LABEL_WORDS for key in labels):
        return None
    return Record(tuple(labels), value, _value_key(value), _is_measure(value) or _is_short_value(value))


def _words_key(text: str) -> str:
    return " ".join(word for word in _WORD_PATTERN.findall(text.casefold()) if not word.isdigit())


def _value_key(value: str) -> str:
    number = _NUMBER_PATTERN.search(_DELTA_PATTERN.sub("", value)) if _is_count(value) else None
    if number:
        return re.sub(r"\D", "", number[0])
    return " ".join(_WORD_PATTERN.findall(value.casefold()))


def _is_count(value: str) -> bool:
    """Whether a value is one number, with or without a unit; dates and times of day have several."""
    return _is_measure(value) and len(_NUMBER_PATTERN.findall(_DELTA_PATTERN.sub("", value))) == 1


def _is_measure(value: str) -> bool:
    """Whether a value begins with a number and is not a sentence."""
    return (
        bool(_NUMBER_START_PATTERN.match(value))
        and len(_WORD_PATTERN.findall(_DELTA_PATTERN.sub("", value))) <= MAX_MEASURE_WORDS
        and not _CLAUSE_BREAK_PATTERN.search(value)
    )


def _is_short_value(value: str) -> bool:
    return len(_WORD_PATTERN.findall(value)) <= MAX_VALUE_WORDS and not _CLAUSE_BREAK_PATTERN.search(value)
