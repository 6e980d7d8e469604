"""Splits an update into claims, the units that are compared, and compiles the `ignore` patterns that drop some.

    body ─blocks→ headings, bullets, rows, paragraphs ─sentences→ claims, each with its heading and noise kind

Headings and table rows are not split; a bullet of several sentences becomes several claims.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol

import re2

from monitor.model import Claim, Noise, Role
from monitor.text import blocks
from monitor.text.block import Block
from monitor.text.noise import noise_kind
from monitor.text.normalize import single_line
from monitor.text.sentences import split_sentences

MAX_CLAIMS = 5_000  # claims read of one update: comparing and committing more would delay other sources
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
    Never raises; takes time linear in the length. The rest after MAX_CLAIMS claims or two million characters is left
    out; `claims_left_out` says how much that is.
    """
    title = single_line(title)
    has_title = title and not _is_ignored(title, ignore)
    claims = [Claim(title, Role.TITLE, "", noise_kind(title, Role.TITLE))] if has_title else []
    claims += islice(_body_claims(title, body, ignore), MAX_CLAIMS - len(claims))
    return tuple(claims)


def split_versions(
    title_and_body: tuple[str, str], previous: tuple[str, str], ignore: Sequence[Pattern] = ()
) -> tuple[tuple[Claim, ...], tuple[Claim, ...]]:
    """Return the claims of an update and of the previous version of its entry.

    If either is cut after MAX_CLAIMS, a claim that an edit has moved across that limit is in both.
    """
    claims, previous_claims = split_claims(*title_and_body, ignore), split_claims(*previous, ignore)
    if max(len(claims), len(previous_claims)) < MAX_CLAIMS:
        return claims, previous_claims
    return (
        (*claims, *claims_stated_in(title_and_body[1], previous_claims, besides=claims)),
        (*previous_claims, *claims_stated_in(previous[1], claims, besides=previous_claims)),
    )


def claims_stated_in(body: str, claims: Sequence[Claim], besides: Sequence[Claim]) -> list[Claim]:
    """Return the claims that are not among `besides` and whose words are somewhere in a body."""
    known = {claim.text for claim in besides}
    others = [claim for claim in claims if claim.text not in known]
    text = " ".join(block.text for block in blocks.parse_blocks(body)) if others else ""
    return [claim for claim in others if claim.text in text]


def claims_left_out(body: str, claims: Sequence[Claim]) -> int:
    """Return about how many claims of a body are not among the `claims` that `split_claims` read of it."""
    if not claims or (len(claims) < MAX_CLAIMS and len(body) <= blocks.MAX_BODY_CHARS):
        return 0
    read_chars = sum(len(claim.text) for claim in claims)
    block_chars = sum(len(block.text) for block in blocks.parse_blocks(body))
    all_chars = block_chars * max(1.0, len(body) / blocks.MAX_BODY_CHARS)  # a longer body is cut
    return max(1, round(len(claims) * (all_chars / read_chars - 1)))


def _body_claims(title: str, body: str, ignore: Sequence[Pattern]) -> Iterator[Claim]:
    heading = ""
    keys: set[tuple[str, str]] = set()
    for block in blocks.parse_blocks(body):
        if ignore and _is_ignored(block.text, ignore):
            continue
        if block.role is Role.HEADING:
            heading = ""
        is_paragraph_open = False  # whether a claim of the block is kept
        for claim in _block_claims(block, heading):
            if claim.role is Role.HEADING:
                heading = _claim_heading(claim, title)
            if (key := (heading, claim.text)) in keys or _is_title(claim, title) or _is_ignored(claim.text, ignore):
                continue
            keys.add(key)
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
