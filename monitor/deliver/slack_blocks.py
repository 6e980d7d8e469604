"""Parse the output of `slack.j2` into Block Kit blocks within Slack's limits.

The template prints paragraphs. A line `# …` is a header, `---` a divider, `-# …` small print; every other paragraph
is a section in Slack's mrkdwn. Feed text never becomes one of these: see `escaping.DATA_MARK`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any, TypeAlias

from monitor.deliver.escaping import DATA_MARK

SlackBlock: TypeAlias = dict[str, Any]

MAX_BLOCKS = 50
MAX_SECTION_UNITS, MAX_HEADER_UNITS, MAX_CONTEXT_UNITS = 3000, 150, 2000  # in UTF-16 units, as Slack counts
MAX_MESSAGE_UNITS = 12_000  # Slack rejects messages of about 13,200 characters in all, an undocumented limit
_SHORTENED_NOTE = "… shortened: the message exceeds Slack's limits."


def parse_slack_blocks(printed: str) -> tuple[SlackBlock, ...]:
    """Return at most MAX_BLOCKS blocks; if the rest was cut, the last block says so."""
    kept: list[SlackBlock] = []
    remaining = MAX_MESSAGE_UNITS - len(_SHORTENED_NOTE)
    for block in _iter_blocks(printed):
        remaining -= slack_length(_block_text(block))
        if remaining < 0 or len(kept) == MAX_BLOCKS - 1:
            return (*kept, _context_block(_SHORTENED_NOTE))
        kept.append(block)
    return tuple(kept)


def _iter_blocks(printed: str) -> Iterator[SlackBlock]:
    # Not splitlines: a record separator in feed text must not end a line.
    for kind, lines in groupby(printed.split("\n"), _line_kind):
        if kind == "divider":
            yield {"type": "divider"}
        elif kind == "header":
            yield from (_header_block(line[2:]) for line in lines if _strip_marks(line[2:]))
        elif kind == "context":
            # Slack rejects a whole message for one empty text, and the values of a template may be empty.
            if stripped := _strip_marks("\n".join(line[3:] for line in lines)):
                yield _context_block(stripped)
        elif kind == "section":
            yield from _section_blocks("\n".join(line.strip() for line in lines))


def _line_kind(line: str) -> str:
    if not line.strip():
        return "blank"
    if line.strip() == "---":
        return "divider"
    return "header" if line.startswith("# ") else "context" if line.startswith("-# ") else "section"


def _section_blocks(text: str) -> Iterator[SlackBlock]:
    for part in _split_lines(_strip_marks(text)):
        yield {"type": "section", "text": {"type": "mrkdwn", "text": truncate_for_slack(part, MAX_SECTION_UNITS)}}


def _split_lines(text: str) -> Iterator[str]:
    """Yield the text in parts of whole lines, each within a section's limit unless one line exceeds it."""
    lines: list[str] = []
    for line in text.split("\n") if text else ():
        if lines and slack_length("\n".join((*lines, line))) > MAX_SECTION_UNITS:
            yield "\n".join(lines)
            lines = []
        lines.append(line)
    if lines:
        yield "\n".join(lines)


def _header_block(text: str) -> SlackBlock:
    title = truncate_for_slack(_strip_marks(text), MAX_HEADER_UNITS)
    return {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}


def _context_block(text: str) -> SlackBlock:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": truncate_for_slack(text, MAX_CONTEXT_UNITS)}]}


def _strip_marks(text: str) -> str:
    # A word joiner keeps a claim that begins with ">" (escaped as "&gt;") from becoming a quote.
    quoted = re.sub(rf"(?m)^{DATA_MARK}&gt;", "\u2060&gt;", text)
    # Next to a space the formatting needs no zero-width space, which would end up in copied text.
    return re.sub(r"(?m)(?:^|(?<=\s))\u200b|\u200b(?=\s|$)", "", quoted.replace(DATA_MARK, "")).strip()


def _block_text(block: SlackBlock) -> str:
    if block["type"] == "context":
        return "".join(element["text"] for element in block["elements"])
    return str(block["text"]["text"]) if "text" in block else ""


def slack_length(text: str) -> int:
    """Return the length in UTF-16 units, as Slack counts: an emoji is two."""
    return len(text.encode("utf-16-le", "replace")) // 2


def truncate_for_slack(text: str, limit: int) -> str:
    """Return at most `limit` units, never cut within an `&amp;` or a `<link|…>`."""
    if slack_length(text) <= limit:
        return text
    truncated = text.encode("utf-16-le", "replace")[: (limit - 1) * 2].decode("utf-16-le", "ignore")
    return re.sub(r"(&[a-z]{0,3}|<[^>]*)$", "", truncated) + "…"
