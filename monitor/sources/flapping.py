"""How the revisions of one poll move: back to an earlier version, back and forth, or as a clock does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.model import ChangeKind, Finding, HealthIssue, Moment, Noise, Novelty
from monitor.units import DAY

MAX_COMPARED_VERSIONS = 4  # versions of an entry
MIN_REVERTED_ENTRIES = 3  # entries that must say again what they said before: one alone was corrected
FLAPPING_WINDOW_S = 3 * DAY  # within which an entry goes back and forth
MAX_LABEL_CHARS = 120  # letters of a line
IGNORE_HINT = "An `ignore` pattern of the source keeps such lines from alerting."


@dataclass(frozen=True, slots=True)
class EntryVersion:
    """One version of an entry: its update, the hash of its content (None if not kept) and when it was recorded."""

    update_id: int
    content_hash: str | None
    recorded_at: Moment


@dataclass(frozen=True, slots=True)
class Revision:
    """How one revision moved, whether people may be alerted of it, and the title or line to name it by."""

    reverted: bool = False
    flapping: bool = False
    clock_only: bool = False
    alertable: bool = False
    label: str = ""


def is_revert(content: str, versions: Sequence[EntryVersion]) -> bool:
    """Does a revision say again what an earlier version said? `versions` are those before it, newest first."""
    return content in [version.content_hash for version in versions[1:]]


def is_flapping(content: str, versions: Sequence[EntryVersion], now: Moment) -> bool:
    """Does it go back and forth: two versions, twice each, within days?"""
    if len(versions) < 3 or now - versions[2].recorded_at > FLAPPING_WINDOW_S:
        return False
    newest, previous, oldest = versions[:3]
    return (
        previous.content_hash == content
        and newest.content_hash is not None
        and newest.content_hash == oldest.content_hash
    )


def has_only_clock_changes(findings: Sequence[Finding]) -> bool:
    """Is there nothing in a revision but times and counters that moved?"""
    return all(is_clock_change(finding) for finding in findings)


def is_clock_change(finding: Finding) -> bool:
    """Does a line tell the time, or a claim say what it said with another date or time in it?"""
    kinds = {change.kind for change in finding.changes}
    return finding.claim.noise is Noise.VOLATILE or (
        finding.novelty is Novelty.CHANGED and kinds == {ChangeKind.DATE}
    )


def is_alertable(findings: Sequence[Finding]) -> bool:
    """May people be alerted of one of them?"""
    return any(finding.claim.noise is None for finding in findings)


def revision_issues(revisions: Sequence[Revision]) -> tuple[HealthIssue, ...]:
    """What the revisions of one poll give cause to tell."""
    issues = []
    flapping = [revision for revision in revisions if revision.flapping]
    reverted = [revision for revision in revisions if revision.reverted]
    ticking = [revision for revision in revisions if revision.clock_only]
    if flapping:
        issues.append(
            HealthIssue(
                "flipping",
                f"{describe_revisions(flapping)} back and forth between two versions. Each was told of once.",
            )
        )
    elif len(reverted) >= MIN_REVERTED_ENTRIES and 2 * len(reverted) > len(revisions):
        issues.append(
            HealthIssue(
                "rewound",
                f"It served an older copy of itself: {describe_revisions(reverted)} back to what was said before.",
            )
        )
    if ticking:
        ending = IGNORE_HINT if any(revision.alertable for revision in ticking) else "Nobody is alerted of that."
        issues.append(
            HealthIssue(
                "clock", f"At every poll {describe_revisions(ticking)} on in nothing but a time or counter. {ending}"
            )
        )
    return tuple(issues)


def describe_revisions(revisions: Sequence[Revision]) -> str:
    """`“Ferries today” goes`, `“Ferries today” and 3 more go`."""
    label = "".join(letter if letter.isprintable() else " " for letter in revisions[0].label[:MAX_LABEL_CHARS])
    quoted = f"“{label.strip()}”"
    return f"{quoted} goes" if len(revisions) == 1 else f"{quoted} and {len(revisions) - 1} more go"


def revision_label(title: str, findings: Sequence[Finding]) -> str:
    """What a revision is named by: a line that may alert, else its title, else the first line that moved."""
    alertable = [finding.claim.text for finding in findings if finding.claim.noise is None]
    return next(iter(alertable), "") or title or next((finding.claim.text for finding in findings), "an entry")
