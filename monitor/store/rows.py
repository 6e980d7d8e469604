"""Conversion of model objects to table rows and JSON columns, and back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from monitor.model import Change, ChangeKind, Claim, Finding, Match, Noise, Novelty, PriorClaim, Role, TermHit, Update
from monitor.serialize import evidence_from_json, evidence_to_json
from monitor.store.sql import dump_json, storable_text


def changes_to_json(changes: tuple[Change, ...]) -> list[list[str]]:
    return [[change.kind.value, change.before, change.after] for change in changes]


def changes_from_json(value: list[list[str]]) -> tuple[Change, ...]:
    return tuple(Change(ChangeKind(kind), before, after) for kind, before, after in value)


def prior_claim_to_json(prior: PriorClaim | None) -> dict[str, Any] | None:
    if prior is None:
        return None
    return {
        "text": prior.text,
        "source": prior.source,
        "entry": prior.entry,
        "at": prior.at,
        "story": prior.story,
        "title": prior.title,
        "heading": prior.heading,
        "gone": prior.withdrawn_at,
        "url": prior.url,
    }


def prior_claim_from_json(value: dict[str, Any] | None) -> PriorClaim | None:
    if value is None:
        return None
    return PriorClaim(
        text=value["text"],
        source=value["source"],
        entry=value["entry"],
        at=value["at"],
        story=value["story"],
        title=value.get("title", ""),  # older rows lack this and the following keys
        heading=value.get("heading", ""),
        withdrawn_at=value.get("gone"),
        url=value.get("url", ""),
    )


FINDING_KEYS = (
    "update_id",
    "position",
    "claim",
    "role",
    "heading",
    "quiet",
    "novelty",
    "similarity",
    "changes",
    "nearest",
    "story",
    "echo",
    "bundle",
    "evidence",
)  # in the order of the values of finding_row


def finding_row(finding: Finding, update_id: int, position: int) -> tuple[int | float | str | None, ...]:
    """Return the finding as a row of `findings`: storable values of FINDING_KEYS."""
    return (
        update_id,
        position,
        storable_text(finding.claim.text),
        finding.claim.role.value,
        storable_text(finding.claim.heading),
        finding.claim.noise and finding.claim.noise.value,
        finding.novelty.value,
        finding.similarity,
        dump_json(changes_to_json(finding.changes)) if finding.changes else "[]",
        dump_json(prior_claim_to_json(finding.nearest)) if finding.nearest else None,
        finding.story,
        finding.same_words_elsewhere,
        finding.bundle or None,
        dump_json(evidence_to_json(finding.evidence)) if finding.evidence else None,
    )


def finding_from_row(row: Row[Any]) -> Finding:
    return Finding(
        claim=Claim(row.claim, Role(row.role), row.heading, Noise(row.quiet) if row.quiet else None),
        novelty=Novelty(row.novelty),
        similarity=row.similarity,
        changes=changes_from_json(row.changes),
        nearest=prior_claim_from_json(row.nearest),
        story=row.story,
        same_words_elsewhere=row.echo,
        bundle=row.bundle or "",
        evidence=evidence_from_json(row.evidence),
    )


def match_columns(match: Match) -> dict[str, Any]:
    """Return the columns of `matches` that come from the match; the others come from its decision."""
    because = [[hit.finding_index, hit.start, hit.end, hit.words, hit.term] for hit in match.hits]
    return {"rule": match.rule, "findings": list(match.finding_indexes), "because": because}


def match_from_row(row: Row[Any]) -> Match:
    return Match(row.rule, tuple(row.findings), tuple(TermHit(*hit) for hit in row.because))


def update_from_row(row: Row[Any]) -> Update:
    """Return the update of a row of `updates` joined with `source` and `key` of its entry."""
    return Update(
        source=row.source,
        entry=row.key,
        at=row.at,
        title=row.title,
        url=row.url,
        text=row.text,
        author=row.author,
        tags=tuple(row.tags),
        published=row.published,
    )
