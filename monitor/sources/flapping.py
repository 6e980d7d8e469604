"""Detects revisions that bring no news: back to an earlier version, back and forth, or only a clock or counter that
moved. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.alerts.source_notices import HealthIssue
from monitor.model import ChangeKind, Finding, Moment, Noise, Novelty
from monitor.units import DAY

MAX_COMPARED_VERSIONS = 4  # of one entry
MIN_REVERTED_ENTRIES = 3  # fewer entries that revert were probably corrected
FLAPPING_WINDOW_S = 3 * DAY
MAX_LABEL_CHARS = 120
IGNORE_HINT = "To suppress these alerts, add an `ignore` pattern to the source."


@dataclass(frozen=True, slots=True)
class EntryVersion:
    """One version of an entry; `content_hash` is None if it was not kept."""

    update_id: int
    content_hash: str | None
    recorded_at: Moment


@dataclass(frozen=True, slots=True)
class Revision:
    """How one revision changed its entry, whether it may cause alerts, the title or line that names it, and the lines
    that move at every poll."""

    reverted: bool = False
    flapping: bool = False
    clock_only: bool = False
    alertable: bool = False
    label: str = ""
    moving_lines: tuple[str, ...] = ()


def is_revert(content: str, versions: Sequence[EntryVersion]) -> bool:
    """Return true if a revision has the content of a version before the latest. `versions` are newest first."""
    return content in [version.content_hash for version in versions[1:]]


def is_flapping(content: str, versions: Sequence[EntryVersion], now: Moment) -> bool:
    """Return true if an entry alternates: two contents, twice each, within FLAPPING_WINDOW_S."""
    if len(versions) < 3 or now - versions[2].recorded_at > FLAPPING_WINDOW_S:
        return False
    newest, previous, oldest = versions[:3]
    return (
        previous.content_hash == content
        and newest.content_hash is not None
        and newest.content_hash == oldest.content_hash
    )


def has_only_clock_changes(findings: Sequence[Finding]) -> bool:
    """Return true if only times and counters changed."""
    return all(is_clock_change(finding) for finding in findings)


def is_clock_change(finding: Finding) -> bool:
    """Return true for a line that shows the time, and for a claim with only a date or time changed."""
    kinds = {change.kind for change in finding.changes}
    is_date_change = finding.novelty is Novelty.CHANGED and kinds == {ChangeKind.DATE}
    return finding.claim.noise is Noise.VOLATILE or is_date_change


def is_alertable(findings: Sequence[Finding]) -> bool:
    """Return true if any finding may cause an alert."""
    return any(finding.claim.noise is None for finding in findings)


def revision_issues(revisions: Sequence[Revision]) -> tuple[HealthIssue, ...]:
    """The issues to report for the revisions of one poll."""
    issues = []
    flapping = [revision for revision in revisions if revision.flapping]
    reverted = [revision for revision in revisions if revision.reverted]
    ticking = [revision for revision in revisions if revision.clock_only]
    if flapping:
        sentence = f"Entries alternate between two versions: {describe_revisions(flapping)}. Alerts were sent once."
        issues.append(HealthIssue("flipping", sentence))
    elif len(reverted) >= MIN_REVERTED_ENTRIES and 2 * len(reverted) > len(revisions):
        sentence = f"It served an older copy: earlier versions of {describe_revisions(reverted)} are back."
        issues.append(HealthIssue("rewound", sentence))
    if ticking:
        hint = IGNORE_HINT if any(revision.alertable for revision in ticking) else "No alerts are sent for this."
        sentence = f"Only a time or counter changes at every poll: {describe_revisions(ticking)}. {hint}"
        issues.append(HealthIssue("clock", sentence))
    return tuple(issues)


def describe_revisions(revisions: Sequence[Revision]) -> str:
    """`“Ferries today”` or `“Ferries today” and 3 more`, in printable characters."""
    quoted = quoted_label(revisions[0].label)
    return quoted if len(revisions) == 1 else f"{quoted} and {len(revisions) - 1} more"


def quoted_label(text: str) -> str:
    """Return the beginning of a text from a source in quotes, in printable characters."""
    label = "".join(letter if letter.isprintable() else " " for letter in text[:MAX_LABEL_CHARS])
    return f"“{label.strip()}”"


def revision_label(title: str, findings: Sequence[Finding]) -> str:
    """What to call a revision: a line that may alert, else its title, else the first changed line."""
    alertable = [finding.claim.text for finding in findings if finding.claim.noise is None]
    return next(iter(alertable), "") or title or next((finding.claim.text for finding in findings), "an entry")
