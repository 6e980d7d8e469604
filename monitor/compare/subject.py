"""Are two claims said of the same subject?

The same words on the page of another country, or under another heading, are news there. Nothing says outright what
a page is about, so it is read off the names: the pages of one series carry the same title and differ in their key
(`france#warnings`, `germany#warnings`), or carry titles that differ in one name ("France travel advice"). A series
in time (daily reports) differs in dates and numbers only, and stays one subject.
"""

from __future__ import annotations

import re
from functools import lru_cache

from monitor.model import Claim, Said, Update

WORDS = re.compile(r"[^\W_]+")
CALENDAR = frozenset(
    "january february march april may june july august september october november december jan feb mar apr jun jul"
    " aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday morning evening night"
    " daily weekly day week am pm st nd rd th".split()
)


@lru_cache(maxsize=65536)
def lasting_words(text: str) -> tuple[str, ...]:
    """The words of a title or key that do not tell the time: no numbers, months or weekdays."""
    words = (word.casefold() for word in WORDS.findall(text))
    return tuple(word for word in words if word not in CALENDAR and not any(c.isdigit() for c in word))


def other_subject(claim: Claim, update: Update, said: Said) -> bool:
    """True when `said` stood in a sibling of this entry that is about something else."""
    if said.source != update.source:
        return False
    if said.entry == update.entry:
        return bool(claim.heading and said.heading) and other_heading(claim.heading, said.heading)
    mine, theirs = lasting_words(update.title), lasting_words(said.title)
    if mine == theirs:
        return lasting_words(update.entry) != lasting_words(said.entry)
    return one_name_apart(mine, theirs)


@lru_cache(maxsize=65536)
def other_heading(one: str, other: str) -> bool:
    """Headings that share no lasting word speak of different things."""
    return not set(lasting_words(one)) & set(lasting_words(other))


def one_name_apart(mine: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Titles of one series: most words shared, at most two swapped on each side."""
    shared = set(mine) & set(theirs)
    apart = max(len(set(mine) - shared), len(set(theirs) - shared))
    return len(shared) >= 1 and 0 < apart <= 2 and apart <= len(shared)
