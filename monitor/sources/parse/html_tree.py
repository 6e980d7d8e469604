"""What the readers of HTML pages share: the text, the ancestors and the outermost of nodes of a parsed page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from monitor.sources.parse.sanitize import clean_line

FRAME_SELECTOR = "header, footer, aside, nav, [role=banner], [role=contentinfo], [role=complementary]"


def node_text(node: Any) -> str:
    """The text of a node on one line, "" for None."""
    return clean_line(node.text(separator=" ")) if node else ""


def lineage(node: Any) -> Iterator[Any]:
    """The node and its ancestors."""
    while node:
        yield node
        node = node.parent


def outermost(nodes: Iterable[Any]) -> list[Any]:
    """The nodes that are not inside another of them."""
    nodes = list(nodes)
    chosen_ids = {node.mem_id for node in nodes}
    return [node for node in nodes if not any(above.mem_id in chosen_ids for above in lineage(node.parent))]
