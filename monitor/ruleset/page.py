"""An update as rules see it: its claims, title, headings and fields, read once, and what each `within` joins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from monitor.model import Claim, Finding, Novelty, Role, Update
from monitor.ruleset.query import Document
from monitor.ruleset.reading import Reading

Parts: TypeAlias = tuple[
    str, str, str, tuple[str, ...], tuple[Claim, ...], tuple[tuple[Claim, bool], ...]
]  # title, url, author, tags, claims that stand, those that were said and whether they are withdrawn
FIELDS = ("title", "url", "author", "tag")  # the scopes that see the same of every document


@dataclass(frozen=True, slots=True)
class Page:
    """Segments 0 … of `reading` are the update's claims, then the withdrawn ones, then what they stand under.

    `findings` gives the finding that a segment is; `headings` the segment of a claim's heading, if it has one.
    """

    reading: Reading
    claims: int
    gone: range
    titles: frozenset[int]
    findings: dict[int, int]
    headings: dict[int, int]
    scopes: dict[str, frozenset[int]]

    def document(self, own: frozenset[int]) -> Document:
        """What a rule's terms see when those without a scope see `own`."""
        return Document(self.reading, own, {**self.scopes, "title": self.titles, "text": own - self.titles})

    def sees(self, scope: str) -> frozenset[int]:
        """The segments of the title or of a field, which are the same for every document."""
        return self.titles if scope == "title" else self.scopes[scope]

    def alone(self) -> Iterator[frozenset[int]]:
        """Each claim by itself."""
        return (frozenset((segment,)) for segment in range(self.gone.stop))

    def passages(self) -> Iterator[frozenset[int]]:
        """Each claim with its heading and the claim before it."""
        for segment in range(self.gone.stop):
            joined = {segment, self.headings.get(segment, segment)}
            if 0 < segment < self.claims:
                joined.add(segment - 1)
            yield frozenset(joined)

    def whole(self, *, withdrawn: bool) -> frozenset[int]:
        """The title and all claims, and the withdrawn ones if they are asked for."""
        return self.titles | frozenset(range(self.gone.stop if withdrawn else self.claims))


def page_of(update: Update, findings: Sequence[Finding], claims: Sequence[Claim], tags: Sequence[str]) -> Page:
    """The page of an update, kept for the next rule that asks. Without `claims` the findings' own are all it has."""
    return _kept(*_parts(update, findings, claims, tags))


def new_page(update: Update, findings: Sequence[Finding], claims: Sequence[Claim], tags: Sequence[str]) -> Page:
    """The same for whoever asks all rules at once, without the price of looking whether it was kept."""
    return _read(*_parts(update, findings, claims, tags))


def _parts(update: Update, findings: Sequence[Finding], claims: Sequence[Claim], tags: Sequence[str]) -> Parts:
    said = tuple((finding.claim, finding.novelty is Novelty.WITHDRAWN) for finding in findings)
    standing = tuple(claims) or tuple(claim for claim, gone in said if not gone)
    return update.title, update.url, update.author, (*update.tags, *tags), standing, said


def _read(
    title: str,
    url: str,
    author: str,
    tags: tuple[str, ...],
    claims: tuple[Claim, ...],
    said: tuple[tuple[Claim, bool], ...],
) -> Page:
    gone = [claim for claim, withdrawn in said if withdrawn]
    under = [*claims, *gone]
    texts = [claim.text for claim in under]
    titles = {at for at, claim in enumerate(claims) if claim.role is Role.TITLE}
    if not titles:
        titles = {len(texts)}
        texts.append(title)
    headings = _headings(under, len(claims), texts)
    scopes = {}
    for scope, values in (("url", (url,)), ("author", (author,)), ("tag", tuple(dict.fromkeys(tags)))):
        scopes[scope] = frozenset(range(len(texts), len(texts) + len(values)))
        texts.extend(values)
    return Page(
        reading=Reading(texts),
        claims=len(claims),
        gone=range(len(claims), len(under)),
        titles=frozenset(titles),
        findings=_findings(claims, said),
        headings=headings,
        scopes=scopes,
    )


_kept = lru_cache(maxsize=4)(_read)


def _headings(claims: Sequence[Claim], standing: int, texts: list[str]) -> dict[int, int]:
    """The segment of each claim's heading: the heading's own claim if it is one, else one added to `texts`."""
    known = {claim.text: at for at, claim in enumerate(claims[:standing]) if claim.role is Role.HEADING}
    headings = {}
    for at, claim in enumerate(claims):
        if claim.heading:
            if claim.heading not in known:
                known[claim.heading] = len(texts)
                texts.append(claim.heading)
            headings[at] = known[claim.heading]
    return headings


def _findings(claims: Sequence[Claim], said: Sequence[tuple[Claim, bool]]) -> dict[int, int]:
    """Which finding stands at which segment; of equal claims the first comes first."""
    places: dict[tuple[str, str, int, int], list[int]] = defaultdict(list)
    for at in reversed(range(len(claims))):
        places[_same(claims[at])].append(at)
    found, gone = {}, len(claims)
    for index, (claim, withdrawn) in enumerate(said):
        if withdrawn:
            found[gone] = index
            gone += 1
        elif standing := places.get(_same(claim)):
            found[standing.pop()] = index
    return found


def _same(claim: Claim) -> tuple[str, str, int, int]:
    """What equal claims share; enums hash slowly, and each member is one object."""
    return claim.text, claim.heading, id(claim.role), id(claim.quiet)
