"""The unit that the HTML and Markdown parsers produce: a piece of a page that is never joined with another."""

from __future__ import annotations

from typing import NamedTuple

from monitor.model import Role


class Block(NamedTuple):
    """A heading, bullet, table row or paragraph on one line. `is_header` marks a row of column names."""

    role: Role
    text: str
    is_header: bool = False
