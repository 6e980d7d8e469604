"""Column types that hold whatever feeds contain, and the hashes that rows are found by."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

# SQLite counts up rows of this very type only; both databases hold 64 bits in it.
RowId = BigInteger().with_variant(Integer(), "sqlite")


def storable(text: str) -> str:
    """`text` without what databases refuse: NUL and lone surrogates become U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class Prose(TypeDecorator[str]):
    """Text from outside, made storable on its way in, also where it is compared with a column."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


def as_json(value: Any) -> str:
    """Compact JSON that any database takes."""
    return storable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def hash64(text: str) -> int:
    """A signed 64-bit hash, the same in every process."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)
