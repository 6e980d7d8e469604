"""Are two claims said of the same subject?

The same words on the page of another country, or under another heading, are news there. Nothing says outright what
a page is about, so it is read off the names. Pages of one series carry the same title and differ in their key
(`france#warnings`, `germany#warnings`), or carry titles that differ in one name ("France travel advice"). A series
in time (daily reports) differs in dates and numbers only, and stays one subject.
"""

from __future__ import annotations

import re
from functools import lru_cache

from monitor.model import Claim, Role, Said, Update

WORDS = re.compile(r"[^\W_]+")
CALENDAR = frozenset(
    "january february march april may june july august september october november december jan feb mar apr jun jul"
    " aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday morning evening night"
    " daily weekly day week am pm st nd rd th".split()
)


def other_subject(claim: Claim, update: Update, said: Said) -> bool:
    """True when `said` stood in a sibling of this entry that is about something else."""
    if said.source != update.source:
        return False
    if said.entry == update.entry:
        return bool(claim.heading and said.heading) and not akin(claim.heading, said.heading)
    if update.title.casefold() == said.title.casefold():
        return bool(update.title) and one_name_apart(update.entry, said.entry)
    return claim.role is not Role.TITLE and one_name_apart(update.title, said.title)


@lru_cache(maxsize=65536)
def akin(one: str, other: str) -> bool:
    """Headings that share a lasting word speak of one thing."""
    return bool(lasting_words(one) & lasting_words(other))


@lru_cache(maxsize=65536)
def one_name_apart(one: str, other: str) -> bool:
    """Titles or keys of one series: they share words, and each has one or a few that the other lacks."""
    mine, theirs = lasting_words(one), lasting_words(other)
    shared = mine & theirs
    return bool(shared) and all(0 < len(words - shared) <= 3 for words in (mine, theirs))


@lru_cache(maxsize=65536)
def lasting_words(text: str) -> frozenset[str]:
    """The words of a title or key that do not tell the time: no numbers, months or weekdays."""
    words = {word.casefold() for word in WORDS.findall(text)}
    return frozenset(word for word in words - CALENDAR if not any(letter.isdigit() for letter in word))
