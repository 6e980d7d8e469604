"""Splits an update into claims: the units that are compared.

    body ─clean.blocks→ headings, bullets, rows, paragraphs ─sentences→ claims, each with its heading and quiet

A heading is not split, nor a table row; a bullet of several sentences is as many claims.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Protocol

from monitor.model import Claim, Quiet, Role
from monitor.text import clean
from monitor.text.block import Block
from monitor.text.quiet import quiet
from monitor.text.sentences import sentences
from monitor.text.tidy import folded

BLOCKS_KEPT = 2_048  # the same pages come back again and again; about 1 KB each


class Pattern(Protocol):
    """A compiled expression, of `re` or of google-re2."""

    def search(self, text: str, /) -> Any: ...


def split(title: str, body: str, ignore: Sequence[Pattern] = ()) -> tuple[Claim, ...]:
    """The claims of one update, in order: the title, then what the body says, each once under its heading.

    `body` is HTML, Markdown or plain text. A line or claim that any pattern of `ignore` meets is left out.
    Never raises; time grows with the length only, and a body over two million letters is cut.
    """
    title = folded(title)
    found = [Claim(title, Role.TITLE, "", quiet(title, Role.TITLE))] if title else []
    found += _of_body(title, body, ignore)
    return tuple(claim for claim in found if not _met(claim.text, ignore))


def _of_body(title: str, body: str, ignore: Sequence[Pattern]) -> Iterator[Claim]:
    heading = ""
    said: set[tuple[str, str]] = set()
    for block in clean.blocks(body):
        if ignore and _met(block.text, ignore):
            continue
        if block.role is Role.HEADING:
            heading = ""
        for claim in _claims(block, heading):
            if claim.role is Role.HEADING:
                heading = _subject(claim, title)
            if (place := (heading, claim.text)) not in said and not _is_title(claim, title):
                said.add(place)
                yield claim


def _is_title(claim: Claim, title: str) -> bool:
    return claim.role is Role.HEADING and claim.text == title


def _subject(heading: Claim, title: str) -> str:
    """What a heading says its claims are about: a series title or the page's own title adds nothing."""
    return "" if heading.quiet is Quiet.SERIES or heading.text == title else heading.text


@lru_cache(BLOCKS_KEPT)
def _claims(block: Block, heading: str) -> tuple[Claim, ...]:
    """The claims of one block that stands under `heading`."""
    texts = sentences(block.text) if block.role in (Role.BULLET, Role.SENTENCE) else (block.text,)
    return tuple(
        Claim(text, block.role, heading, Quiet.HEADING if block.head else quiet(text, block.role))
        for text in texts
        if any(map(str.isalnum, text))
    )


def _met(text: str, ignore: Sequence[Pattern]) -> bool:
    return any(pattern.search(text) for pattern in ignore)
