"""What is wrong in a text that has no file yet: a sentence and an offset, which `load` turns into a `Problem`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Fault(Exception):
    """One thing wrong at `offset` (characters) of a query."""

    message: str
    offset: int = 0
    warning: bool = False
