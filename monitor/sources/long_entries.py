"""Entries that are too long to be read whole, and the notice about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from monitor.alerts.source_notices import HealthIssue
from monitor.text.split import MAX_CLAIMS

MAX_TITLE_CHARS = 80


class CutEntry(NamedTuple):
    """An entry of which about `left_out` sentences were not read."""

    title: str
    left_out: int


def long_entry_issue(cut_entries: Sequence[CutEntry]) -> HealthIssue:
    """Return the issue to report for entries that were not read whole; the one that lost most is named."""
    longest = max(cut_entries, key=lambda entry: entry.left_out)
    others = len(cut_entries) - 1
    more = f" {others} more {'entries were' if others > 1 else 'entry was'} cut as well." if others else ""
    title = longest.title[:MAX_TITLE_CHARS] or "without a title"
    return HealthIssue(
        "long",
        f"At most {MAX_CLAIMS:,} sentences of an entry are read. About {longest.left_out:,} more of the entry "
        f"“{title}” were not read.{more}",
    )
