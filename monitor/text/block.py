"""What the readers of HTML and of lines hand to the splitter: pieces of a page that are never joined."""

from __future__ import annotations

from typing import NamedTuple

from monitor.model import Role


class Block(NamedTuple):
    """A heading, bullet, table row or paragraph on one line. `head` marks a table's row of column names."""

    role: Role
    text: str
    is_header: bool = False
