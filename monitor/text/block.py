"""What the readers of HTML and of lines hand to the splitter: pieces of a page that are never joined."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.model import Role


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, bullet, table row or paragraph on one line. `head` marks a table's row of column names."""

    role: Role
    text: str
    head: bool = False
