"""Feeds that misbehave: they change all their ids, announce their archive again, or serve an older copy.

Pure. What came is held against what was known of it; the answer is which entries are no news though they are fresh,
and what the operator is to be told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.model import Entry, HealthIssue, Moment

MIN_BULK_ENTRIES = 5  # entries that must come at once before they are taken for an archive
MIN_REWOUND_ENTRIES = (
    3  # newest entries that must be missing before what is unknown is taken for a part of an older copy
)

FirstSeen = tuple[Moment, Moment]  # when an entry was first seen and, for those seen at once, when it was published
FreshEntries = Sequence[tuple[Entry, str]]  # entries with the hash of their content


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """What is known of an entry: the hash of its content, and when it was first seen, last seen and published."""

    content_hash: str
    first_seen: Moment
    last_seen: Moment
    published: Moment | None = None

    @property
    def first_seen_key(self) -> FirstSeen:
        """By what it is told which of two entries is the newer."""
        return self.first_seen, self.published or 0.0


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Fresh entries that are no news, by key, each with the reason; and what the operator is to be told."""

    stale_reasons: Mapping[str, str] = field(default_factory=dict)
    issues: tuple[HealthIssue, ...] = ()


def detect_reannounced(
    fresh: FreshEntries, last_seen_by_content: Mapping[str, Moment], last_read: Moment, memory_start: Moment
) -> Anomaly:
    """Entries of unknown keys that are no news: most of a crowd has contents that are known, or a crowd is older than
    what is remembered.

    `twins` gives for a content when the source last showed it, `read` is when the source was last looked at, and
    `oldest` how far the memory goes back.
    """
    repeated = {
        entry.key: "said before under another id" for entry, content in fresh if content in last_seen_by_content
    }
    outdated = {entry.key: "older than the memory" for entry, _ in fresh if is_dated_before(entry, memory_start)}
    issues = []
    if len(repeated) < MIN_BULK_ENTRIES or 2 * len(repeated) <= len(fresh):
        repeated = {}
    else:
        still_present = sum(
            1 for entry, content in fresh if entry.key in repeated and last_seen_by_content[content] >= last_read
        )
        issues.append(
            renumbered_issue(len(repeated)) if 2 * still_present > len(repeated) else reannounced_issue(len(repeated))
        )
    if len(outdated) < MIN_BULK_ENTRIES:
        outdated = {}
    elif not repeated:
        sentence = f"It brought {len(outdated)} entries that are older than the memory goes back. Nobody was alerted of them."
        issues.append(HealthIssue("reannounced", sentence))
    return Anomaly(outdated | repeated, tuple(issues))


def is_dated_before(entry: Entry, moment: Moment) -> bool:
    """Does the entry itself say that it is older?"""
    return entry.published is not None and entry.published < moment


def renumbered_issue(count: int) -> HealthIssue:
    """The same entries came under other ids."""
    sentence = f"{count} of its entries came under new ids and say what they said before. Nobody was alerted of them."
    return HealthIssue("renumbered", sentence)


def reannounced_issue(count: int) -> HealthIssue:
    """Entries that had left the source are back in it."""
    sentence = (
        f"{count} entries that it had shown before are announced again. Nobody was alerted of what they repeat."
    )
    return HealthIssue("reannounced", sentence)


def reappeared_keys(known_entries: Mapping[str, KnownEntry], last_read: Moment) -> set[str]:
    """The keys of entries that were not there when the source was last looked at, but before."""
    return {key for key, known in known_entries.items() if known.last_seen < last_read}


def all_backdated(fresh: FreshEntries, entries: Collection[Entry]) -> bool:
    """Are all unknown entries dated before the newest of the known ones?"""
    unknown_keys = {entry.key for entry, _ in fresh}
    known_dates = [
        entry.published for entry in entries if entry.published is not None and entry.key not in unknown_keys
    ]
    newest = max(known_dates, default=None)
    return bool(fresh) and newest is not None and all(is_dated_before(entry, newest) for entry, _ in fresh)


def detect_rewind(
    known_entries: Mapping[str, KnownEntry],
    missing: Sequence[FirstSeen],
    reappeared: Collection[str],
    fresh: FreshEntries,
) -> Anomaly:
    """An older copy of the source is served, or its archive again.

    `missing` says when entries that stood last time and stand no more first came; `back` are those that
    returned; `fresh` are the unknown ones, if they are all older than what is known.
    """
    newest = max((known.first_seen_key for known in known_entries.values()), default=None)
    if missing and newest is not None and min(missing) > newest:
        is_certain = len(missing) >= MIN_REWOUND_ENTRIES
        stale_reasons = {entry.key: "part of an older copy" for entry, _ in fresh} if is_certain else {}
        sentence = (
            f"It served an older copy of itself: its newest {len(missing)} are missing, and what had left is back."
        )
        return (
            Anomaly(stale_reasons, (HealthIssue("rewound", sentence),)) if reappeared or stale_reasons else Anomaly()
        )
    if are_newest(known_entries, reappeared):
        sentence = f"It had served an older copy of itself: its newest {len(reappeared)} were missing and are back."
        return Anomaly(issues=(HealthIssue("rewound", sentence),))
    if len(reappeared) >= MIN_BULK_ENTRIES and len(missing) < len(reappeared):
        return Anomaly(issues=(reannounced_issue(len(reappeared)),))
    return Anomaly()


def are_newest(known_entries: Mapping[str, KnownEntry], reappeared: Collection[str]) -> bool:
    """Are the entries that returned the newest of all?"""
    other_keys = [known.first_seen_key for key, known in known_entries.items() if key not in reappeared]
    return (
        len(reappeared) > 1
        and bool(other_keys)
        and min(known_entries[key].first_seen_key for key in reappeared) > max(other_keys)
    )
