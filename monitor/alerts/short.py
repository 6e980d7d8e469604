"""Which changes can be told in a few words, as before → after or "(was …)"."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.model import Change, ChangeKind

SHORT_KINDS = (
    ChangeKind.NUMBER,
    ChangeKind.DATE,
    ChangeKind.NAME,
    ChangeKind.PLACE,
)  # what reads well so, most telling first


def short_changes(changes: Sequence[Change]) -> list[Change]:
    """Those that read well so. None if a "not" came or went: a date that moved would hide it."""
    if any(change.kind is ChangeKind.NEGATION for change in changes):
        return []
    return [change for change in changes if change.kind in SHORT_KINDS]
