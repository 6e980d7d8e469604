"""An update as rules see it: its claims, title, headings and fields, indexed once, and the windows for `within`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from monitor.model import Claim, Finding, Novelty, Role, Update
from monitor.ruleset.query.nodes import MatchWindow
from monitor.ruleset.query.segments import ReadingOrder, SegmentIndex

SHARED_SCOPES = ("title", "url", "author", "tag")  # scopes that see the same segments in every window


class DocumentParts(NamedTuple):
    """What is indexed of an update. `claims` are the current ones, `continuing` the numbers of those that continue a
    paragraph. `claims_of_findings` are each with whether it is withdrawn.
    """

    title: str
    url: str
    author: str
    tags: tuple[str, ...]
    claims: tuple[Claim, ...]
    claims_of_findings: tuple[tuple[Claim, bool], ...]
    continuing: frozenset[int]


@dataclass(frozen=True, slots=True)
class MatchDocument:
    """An indexed update. The segments of `index` are its claims, then withdrawn claims, then the rest.

    `finding_by_segment` has the index of a segment's finding, `heading_by_segment` the segment of a claim's heading.
    """

    index: SegmentIndex
    claim_count: int
    withdrawn_segments: range
    title_segments: frozenset[int]
    finding_by_segment: dict[int, int]
    heading_by_segment: dict[int, int]
    segments_by_scope: dict[str, frozenset[int]]

    def window(self, segments: frozenset[int]) -> MatchWindow:
        """The window in which terms without a scope see these segments."""
        return MatchWindow(
            self.index,
            segments,
            {**self.segments_by_scope, "title": self.title_segments, "text": segments - self.title_segments},
        )

    def shared_segments(self, scope: str) -> frozenset[int]:
        """The segments of the title or of a field, which are the same in every window."""
        return self.title_segments if scope == "title" else self.segments_by_scope[scope]

    def claim_windows(self) -> Iterator[frozenset[int]]:
        """Each claim alone."""
        return (frozenset((segment,)) for segment in range(self.withdrawn_segments.stop))

    def passage_windows(self) -> Iterator[frozenset[int]]:
        """Each claim with its heading and the claim before it."""
        for segment in range(self.withdrawn_segments.stop):
            segments = {segment, self.heading_by_segment.get(segment, segment)}
            if 0 < segment < self.claim_count:
                segments.add(segment - 1)
            yield frozenset(segments)

    def update_window(self, *, include_withdrawn: bool) -> frozenset[int]:
        """The title and all claims, optionally with the withdrawn ones."""
        return self.title_segments | frozenset(
            range(self.withdrawn_segments.stop if include_withdrawn else self.claim_count)
        )


def cached_document(
    update: Update, findings: Sequence[Finding], claims: Sequence[Claim], tags: Sequence[str]
) -> MatchDocument:
    """Return the document of an update, cached for the next rule. Without `claims` it has those of the findings."""
    return _build_cached(_document_parts(update, findings, claims, tags))


def build_document(
    update: Update, findings: Sequence[Finding], claims: Sequence[Claim], tags: Sequence[str]
) -> MatchDocument:
    """Return the document of an update without the cost of hashing a cache key, for matching all rules at once."""
    return _build(_document_parts(update, findings, claims, tags))


def _document_parts(
    update: Update, findings: Sequence[Finding], claims: Sequence[Claim], tags: Sequence[str]
) -> DocumentParts:
    claims_of_findings = tuple((finding.claim, finding.novelty is Novelty.WITHDRAWN) for finding in findings)
    current_claims = tuple(claims) or tuple(claim for claim, withdrawn in claims_of_findings if not withdrawn)
    continuing = frozenset(number for number, claim in enumerate(current_claims) if claim.continues_paragraph)
    all_tags = (*update.tags, *tags)
    return DocumentParts(
        update.title, update.url, update.author, all_tags, current_claims, claims_of_findings, continuing
    )


def _build(parts: DocumentParts) -> MatchDocument:
    claims = parts.claims
    withdrawn_claims = [claim for claim, withdrawn in parts.claims_of_findings if withdrawn]
    all_claims = [*claims, *withdrawn_claims]
    texts = [claim.text for claim in all_claims]
    title_segments = {segment for segment, claim in enumerate(claims) if claim.role is Role.TITLE}
    if not title_segments:
        title_segments = {len(texts)}
        texts.append(parts.title)
    headings = _segment_headings(all_claims, len(claims), texts)
    scopes = {}
    for scope, values in (
        ("url", (parts.url,)),
        ("author", (parts.author,)),
        ("tag", tuple(dict.fromkeys(parts.tags))),
    ):
        scopes[scope] = frozenset(range(len(texts), len(texts) + len(values)))
        texts.extend(values)
    body = [segment for segment in range(len(claims)) if segment not in title_segments]
    return MatchDocument(
        index=SegmentIndex(texts, ReadingOrder(frozenset(title_segments), body, parts.continuing)),
        claim_count=len(claims),
        withdrawn_segments=range(len(claims), len(all_claims)),
        title_segments=frozenset(title_segments),
        finding_by_segment=_segment_findings(claims, parts.claims_of_findings),
        heading_by_segment=headings,
        segments_by_scope=scopes,
    )


_build_cached = lru_cache(maxsize=4)(_build)


def _segment_headings(claims: Sequence[Claim], claim_count: int, texts: list[str]) -> dict[int, int]:
    """The segment of each claim's heading: the heading's own claim, or else a new segment appended to `texts`."""
    segment_by_heading = {
        claim.text: segment for segment, claim in enumerate(claims[:claim_count]) if claim.role is Role.HEADING
    }
    headings = {}
    for segment, claim in enumerate(claims):
        if claim.heading:
            if claim.heading not in segment_by_heading:
                segment_by_heading[claim.heading] = len(texts)
                texts.append(claim.heading)
            headings[segment] = segment_by_heading[claim.heading]
    return headings


def _segment_findings(claims: Sequence[Claim], claims_of_findings: Sequence[tuple[Claim, bool]]) -> dict[int, int]:
    """The index of each segment's finding; equal claims are assigned in order."""
    segments_by_claim: dict[tuple[str, str, int, int], list[int]] = defaultdict(list)
    for segment in reversed(range(len(claims))):
        segments_by_claim[_claim_key(claims[segment])].append(segment)
    findings, next_withdrawn = {}, len(claims)
    for index, (claim, withdrawn) in enumerate(claims_of_findings):
        if withdrawn:
            findings[next_withdrawn] = index
            next_withdrawn += 1
        elif free_segments := segments_by_claim.get(_claim_key(claim)):
            findings[free_segments.pop()] = index
    return findings


def _claim_key(claim: Claim) -> tuple[str, str, int, int]:
    """A key that equal claims share. Enum members are singletons, and their ids hash faster."""
    return claim.text, claim.heading, id(claim.role), id(claim.noise)
