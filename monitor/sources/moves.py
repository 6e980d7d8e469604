"""How the revisions of one poll move: back to an earlier version, back and forth, or as a clock does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.alerts.upkeep import Cause
from monitor.model import Finding, Moment, Quiet
from monitor.sources.cadence import DAY

LOOKED_AT = 4  # versions of an entry
GONE_BACK = 3  # entries that must say again what they said before: one alone was corrected
FLIPPING = 3 * DAY  # within which an entry goes back and forth
SHOWN = 120  # letters of a line


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an entry: its update, the hash of its content (None if not kept) and when it was recorded."""

    id: int
    content: str | None
    recorded: Moment


@dataclass(frozen=True, slots=True)
class Move:
    """How one revision moved, and the title or line to name it by."""

    back: bool = False
    flips: bool = False
    ticks: bool = False
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
    """Is there nothing in a revision but times and counters?"""
    return all(finding.claim.quiet is Quiet.VOLATILE for finding in findings)


def causes_of(moves: Sequence[Move]) -> tuple[Cause, ...]:
    """What the revisions of one poll give cause to tell."""
    found = []
    flipped, back, ticking = ([m for m in moves if getattr(m, how)] for how in ("flips", "back", "ticks"))
    if flipped:
        found.append(
            Cause("flipping", f"{such(flipped)} back and forth between two versions. Each was told of once.")
        )
    elif len(back) >= GONE_BACK and 2 * len(back) > len(moves):
        found.append(
            Cause("rewound", f"It served an older copy of itself: {such(back)} back to what was said before.")
        )
    if ticking:
        said = f"At every poll {such(ticking)} on in nothing but a time or counter. Nobody is alerted of that."
        found.append(Cause("clock", said))
    return tuple(found)


def such(moves: Sequence[Move]) -> str:
    """`“Ferries today” goes`, `“Ferries today” and 3 more go`."""
    named = f"“{moves[0].named[:SHOWN]}”"
    return f"{named} goes" if len(moves) == 1 else f"{named} and {len(moves) - 1} more go"


def named_by(title: str, findings: Sequence[Finding]) -> str:
    """What a revision is named by: its title, else the first line that moved."""
    return title or next((finding.claim.text for finding in findings), "an entry")
