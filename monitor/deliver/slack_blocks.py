"""What `slack.j2` prints, as Block Kit blocks within Slack's limits.

The template writes paragraphs. A line `# …` is a header, `---` a divider, `-# …` small print; every other
paragraph is a section in Slack's mrkdwn. What feeds said can never be one of these: see `escapes.DATA`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any, TypeAlias

from monitor.deliver.escapes import DATA

Block: TypeAlias = dict[str, Any]

MOST_BLOCKS = 50
SECTION, HEADER, CONTEXT = 3000, 150, 2000
TOTAL = 12_000  # Slack refuses near 13,200 characters in all, undocumented


def blocks(printed: str) -> tuple[Block, ...]:
    """At most 50 blocks with at most 12,000 characters; what did not fit is told in the last one."""
    kept: list[Block] = []
    left = TOTAL - len(_SHORTENED)
    for block in _all_blocks(printed):
        left -= units(_text_of(block))
        if left < 0 or len(kept) == MOST_BLOCKS - 1:
            return (*kept, _context(_SHORTENED))
        kept.append(block)
    return tuple(kept)


_SHORTENED = "… shortened: there is more than fits into one message."


def _all_blocks(printed: str) -> Iterator[Block]:
    # Only a template ends lines: a record separator in a feed is no line end.
    for kind, lines in groupby(printed.split("\n"), _kind):
        if kind == "divider":
            yield {"type": "divider"}
        elif kind == "header":
            yield from (_header(line[2:]) for line in lines if _bare(line[2:]))
        elif kind == "context":
            # Slack refuses a whole message for one empty text, and a template's names may be empty.
            yield from (_context(bare) for bare in [_bare("\n".join(line[3:] for line in lines))] if bare)
        elif kind == "section":
            yield from _sections("\n".join(line.strip() for line in lines))


def _kind(line: str) -> str:
    if not line.strip():
        return "blank"
    if line.strip() == "---":
        return "divider"
    return "header" if line.startswith("# ") else "context" if line.startswith("-# ") else "section"


def _sections(text: str) -> Iterator[Block]:
    if bare := _bare(text):
        yield {"type": "section", "text": {"type": "mrkdwn", "text": cut(bare, SECTION)}}


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": cut(_bare(text), HEADER), "emoji": False}}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": cut(text, CONTEXT)}]}


def _bare(text: str) -> str:
    # A quote would begin where a claim begins with ">", which is "&gt;" by now.
    quoted = re.sub(rf"(?m)^{DATA}&gt;", "\u2060&gt;", text)
    # Beside a blank the formatting needs no zero-width space, and who copies the text is spared it.
    return re.sub(r"(?m)(?:^|(?<=\s))\u200b|\u200b(?=\s|$)", "", quoted.replace(DATA, "")).strip()


def _text_of(block: Block) -> str:
    if block["type"] == "context":
        return "".join(element["text"] for element in block["elements"])
    return str(block["text"]["text"]) if "text" in block else ""


def units(text: str) -> int:
    """The length as Slack counts it: an emoji is two."""
    return len(text.encode("utf-16-le", "replace")) // 2


def cut(text: str, limit: int) -> str:
    """At most `limit` units, never within an `&amp;` or a `<link|…>`."""
    if units(text) <= limit:
        return text
    short = text.encode("utf-16-le", "replace")[: (limit - 1) * 2].decode("utf-16-le", "ignore")
    return re.sub(r"(&[a-z]{0,3}|<[^>]*)$", "", short) + "…"
