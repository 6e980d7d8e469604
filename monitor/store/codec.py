"""How the vocabulary's nested parts lie in JSON columns and come back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from monitor.model import Change, Claim, Finding, Kind, Match, Met, Novelty, Quiet, Role, Said, Update


def changes_json(changes: tuple[Change, ...]) -> list[list[str]]:
    return [[change.kind.value, change.before, change.after] for change in changes]


def changes_from(value: list[list[str]]) -> tuple[Change, ...]:
    return tuple(Change(Kind(kind), before, after) for kind, before, after in value)


def said_json(said: Said | None) -> dict[str, Any] | None:
    if said is None:
        return None
    return {
        "text": said.text,
        "source": said.source,
        "entry": said.entry,
        "at": said.at,
        "story": said.story,
        "title": said.title,
        "heading": said.heading,
        "gone": said.gone,
        "url": said.url,
    }


def said_from(value: dict[str, Any] | None) -> Said | None:
    if value is None:
        return None
    return Said(
        text=value["text"],
        source=value["source"],
        entry=value["entry"],
        at=value["at"],
        story=value["story"],
        title=value.get("title", ""),  # older rows lack this and the following keys
        heading=value.get("heading", ""),
        gone=value.get("gone"),
        url=value.get("url", ""),
    )


def finding_row(finding: Finding, update_id: int, position: int) -> dict[str, Any]:
    """The finding as a row of `findings`."""
    return {
        "update_id": update_id,
        "position": position,
        "claim": finding.claim.text,
        "role": finding.claim.role.value,
        "heading": finding.claim.heading,
        "quiet": finding.claim.quiet and finding.claim.quiet.value,
        "novelty": finding.novelty.value,
        "similarity": finding.similarity,
        "changes": changes_json(finding.changes),
        "nearest": said_json(finding.nearest),
        "story": finding.story,
        "echo": finding.echo,
    }


def finding_from(row: Row[Any]) -> Finding:
    """The finding that `finding_row` wrote."""
    return Finding(
        claim=Claim(row.claim, Role(row.role), row.heading, Quiet(row.quiet) if row.quiet else None),
        novelty=Novelty(row.novelty),
        similarity=row.similarity,
        changes=changes_from(row.changes),
        nearest=said_from(row.nearest),
        story=row.story,
        echo=row.echo,
    )


def match_json(match: Match) -> dict[str, Any]:
    """The columns of `matches` that a match itself fills."""
    because = [[met.finding, met.start, met.end, met.words, met.term] for met in match.because]
    return {"rule": match.rule, "findings": list(match.findings), "because": because}


def match_from(row: Row[Any]) -> Match:
    """The match that `match_json` wrote."""
    return Match(row.rule, tuple(row.findings), tuple(Met(*met) for met in row.because))


def update_from(row: Row[Any]) -> Update:
    """An update from its columns joined with its entry's `source` and `key`."""
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
