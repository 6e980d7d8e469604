"""How the revisions of one poll move: back to an earlier version, back and forth, or as a clock does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.alerts.upkeep import Cause
from monitor.model import Finding, Kind, Moment, Novelty, Quiet
from monitor.sources.cadence import DAY

LOOKED_AT = 4  # versions of an entry
GONE_BACK = 3  # entries that must say again what they said before: one alone was corrected
FLIPPING = 3 * DAY  # within which an entry goes back and forth
SHOWN = 120  # letters of a line
IGNORE = "An `ignore` pattern of the source keeps such lines from alerting."


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an entry: its update, the hash of its content (None if not kept) and when it was recorded."""

    id: int
    content: str | None
    recorded: Moment


@dataclass(frozen=True, slots=True)
class Move:
    """How one revision moved, whether people may be alerted of it, and the title or line to name it by."""

    back: bool = False
    flips: bool = False
    ticks: bool = False
    aloud: bool = False
    named: str = ""


def went_back(content: str, versions: Sequence[Version]) -> bool:
    """Does a revision say again what an earlier version said? `versions` are those before it, newest first."""
    return content in [version.content for version in versions[1:]]


def flips(content: str, versions: Sequence[Version], now: Moment) -> bool:
    """Does it go back and forth: two versions, twice each, within days?"""
    if len(versions) < 3 or now - versions[2].recorded > FLIPPING:
        return False
    newest, before, first = versions[:3]
    return before.content == content and newest.content is not None and newest.content == first.content


def idle(findings: Sequence[Finding]) -> bool:
    """Is there nothing in a revision but times and counters that moved?"""
    return all(is_tick(finding) for finding in findings)


def is_tick(finding: Finding) -> bool:
    """Does a line tell the time, or a claim say what it said with another date or time in it?"""
    moved = {change.kind for change in finding.changes}
    return finding.claim.quiet is Quiet.VOLATILE or (finding.novelty is Novelty.CHANGED and moved == {Kind.DATE})


def is_aloud(findings: Sequence[Finding]) -> bool:
    """May people be alerted of one of them?"""
    return any(finding.claim.quiet is None for finding in findings)


def causes_of(moves: Sequence[Move]) -> tuple[Cause, ...]:
    """What the revisions of one poll give cause to tell."""
    found = []
    flipped = [move for move in moves if move.flips]
    back = [move for move in moves if move.back]
    ticking = [move for move in moves if move.ticks]
    if flipped:
        found.append(
            Cause("flipping", f"{such(flipped)} back and forth between two versions. Each was told of once.")
        )
    elif len(back) >= GONE_BACK and 2 * len(back) > len(moves):
        found.append(
            Cause("rewound", f"It served an older copy of itself: {such(back)} back to what was said before.")
        )
    if ticking:
        end = IGNORE if any(move.aloud for move in ticking) else "Nobody is alerted of that."
        found.append(Cause("clock", f"At every poll {such(ticking)} on in nothing but a time or counter. {end}"))
    return tuple(found)


def such(moves: Sequence[Move]) -> str:
    """`“Ferries today” goes`, `“Ferries today” and 3 more go`."""
    shown = "".join(letter if letter.isprintable() else " " for letter in moves[0].named[:SHOWN])
    named = f"“{shown.strip()}”"
    return f"{named} goes" if len(moves) == 1 else f"{named} and {len(moves) - 1} more go"


def named_by(title: str, findings: Sequence[Finding]) -> str:
    """What a revision is named by: a line that may alert, else its title, else the first line that moved."""
    aloud = [finding.claim.text for finding in findings if finding.claim.quiet is None]
    return next(iter(aloud), "") or title or next((finding.claim.text for finding in findings), "an entry")
