"""Splits an update into claims, the units that are compared, and compiles the `ignore` patterns that drop some.

    body ─blocks→ headings, bullets, rows, paragraphs ─sentences→ claims, each with its heading and noise kind

Headings and table rows are not split; a bullet of several sentences becomes several claims.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

import re2

from monitor.model import Claim, Noise, Role
from monitor.text import blocks
from monitor.text.block import Block
from monitor.text.noise import noise_kind
from monitor.text.normalize import single_line
from monitor.text.sentences import split_sentences

BLOCK_CACHE_SIZE = 2_048  # each poll returns mostly the same blocks; about 1 KB each
RE2_OPTIONS = re2.Options()
RE2_OPTIONS.log_errors = False
RE2_OPTIONS.case_sensitive = False


class Pattern(Protocol):
    """A compiled pattern of `re` or google-re2."""

    def search(self, text: str, /) -> Any: ...


def split_claims(title: str, body: str, ignore: Sequence[Pattern] = ()) -> tuple[Claim, ...]:
    """Return the claims of one update, in order: the title, then the body's claims, each once per heading.

    `body` is HTML, Markdown or plain text. Lines and claims that match a pattern of `ignore` are left out.
    Never raises; takes time linear in the length, and cuts a body after two million characters.
    """
    title = single_line(title)
    has_title = title and not _is_ignored(title, ignore)
    claims = [Claim(title, Role.TITLE, "", noise_kind(title, Role.TITLE))] if has_title else []
    claims += _body_claims(title, body, ignore)
    return tuple(claims)


def _body_claims(title: str, body: str, ignore: Sequence[Pattern]) -> Iterator[Claim]:
    heading = ""
    seen: set[tuple[str, str]] = set()
    for block in blocks.parse_blocks(body):
        if ignore and _is_ignored(block.text, ignore):
            continue
        if block.role is Role.HEADING:
            heading = ""
        is_paragraph_open = False  # whether a claim of the block is kept
        for claim in _block_claims(block, heading):
            if claim.role is Role.HEADING:
                heading = _claim_heading(claim, title)
            if (key := (heading, claim.text)) in seen or _is_title(claim, title) or _is_ignored(claim.text, ignore):
                continue
            seen.add(key)
            starts_paragraph = claim.continues_paragraph and not is_paragraph_open
            yield replace(claim, continues_paragraph=False) if starts_paragraph else claim
            is_paragraph_open = True


def _is_title(claim: Claim, title: str) -> bool:
    return claim.role is Role.HEADING and claim.text == title


def _claim_heading(heading: Claim, title: str) -> str:
    """Return the heading to show above its claims: "" for a series title or the page's own title."""
    return "" if heading.noise is Noise.SERIES_TITLE or heading.text == title else heading.text


@lru_cache(BLOCK_CACHE_SIZE)
def _block_claims(block: Block, heading: str) -> tuple[Claim, ...]:
    texts = split_sentences(block.text) if block.role in (Role.BULLET, Role.SENTENCE) else (block.text,)
    return tuple(
        Claim(
            text,
            block.role,
            heading,
            Noise.BARE_HEADING if block.is_header else noise_kind(text, block.role),
            continues_paragraph=number > 0,
        )
        for number, text in enumerate(text for text in texts if any(map(str.isalnum, text)))
    )


def _is_ignored(text: str, ignore: Sequence[Pattern]) -> bool:
    return any(pattern.search(text) for pattern in ignore)


def compile_pattern(text: str) -> Pattern:
    """Compile a case-insensitive pattern. Raises ValueError with RE2's message if it is invalid."""
    try:
        compiled: Pattern = re2.compile(text, options=RE2_OPTIONS)
    except re2.error as error:
        reason = error.args[0]
        raise ValueError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None
    return compiled
