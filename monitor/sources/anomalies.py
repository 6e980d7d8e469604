"""Detects feeds that change all their ids, announce their archive again, or serve an older copy. Pure.

Compares the entries of a poll with those known before. The result is an `Anomaly`: the unknown entries that are not
news, and the issues to report to the operator.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.alerts.source_notices import HealthIssue
from monitor.model import Entry, Moment

MIN_BULK_ENTRIES = 5  # with fewer entries at once, it may be a coincidence
MIN_REWOUND_ENTRIES = 3  # with fewer of the newest entries missing, unknown entries are still news

FirstSeen = tuple[Moment, Moment]  # when an entry was first seen, then when it was published: the order of entries
FreshEntries = Sequence[tuple[Entry, str]]  # entries with unknown keys, each with the hash of its content


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """What the store knows of an entry."""

    content_hash: str
    first_seen: Moment
    last_seen: Moment
    published: Moment | None = None

    @property
    def first_seen_key(self) -> FirstSeen:
        """The sort key from older to newer entries."""
        return self.first_seen, self.published or 0.0


@dataclass(frozen=True, slots=True)
class Anomaly:
    """The fresh entries that are not news (their keys, each with the reason), and the issues to report."""

    stale_reasons: Mapping[str, str] = field(default_factory=dict)
    issues: tuple[HealthIssue, ...] = ()


def detect_reannounced(
    fresh: FreshEntries, last_seen_by_content: Mapping[str, Moment], last_read: Moment, memory_start: Moment
) -> Anomaly:
    """Find entries with unknown keys that are not news: most of many have known content, or many are older than
    `memory_start`.

    `last_seen_by_content` says when the source last had an entry with this content; `last_read` is the time of its
    previous poll.
    """
    repeated = {
        entry.key: "seen before under another id" for entry, content in fresh if content in last_seen_by_content
    }
    outdated = {entry.key: "older than the memory" for entry, _ in fresh if is_dated_before(entry, memory_start)}
    issues = []
    if len(repeated) < MIN_BULK_ENTRIES or 2 * len(repeated) <= len(fresh):
        repeated = {}
    else:
        last_seen = [last_seen_by_content[content] for entry, content in fresh if entry.key in repeated]
        still_present = sum(seen_at >= last_read for seen_at in last_seen)
        is_renumbered = 2 * still_present > len(repeated)
        issues.append(renumbered_issue(len(repeated)) if is_renumbered else reannounced_issue(len(repeated)))
    if len(outdated) < MIN_BULK_ENTRIES:
        outdated = {}
    elif not repeated:
        sentence = f"It published {len(outdated)} entries that are older than `memory`. No alerts were sent for them."
        issues.append(HealthIssue("reannounced", sentence))
    return Anomaly(outdated | repeated, tuple(issues))


def is_dated_before(entry: Entry, moment: Moment) -> bool:
    """False also for an entry without a date."""
    return entry.published is not None and entry.published < moment


def renumbered_issue(count: int) -> HealthIssue:
    sentence = f"{count} of its entries have new ids and unchanged content. No alerts were sent for them."
    return HealthIssue("renumbered", sentence)


def reannounced_issue(count: int) -> HealthIssue:
    sentence = f"{count} entries that had left the source are back. No alerts were sent for what they repeat."
    return HealthIssue("reannounced", sentence)


def reappeared_keys(known_entries: Mapping[str, KnownEntry], last_read: Moment) -> set[str]:
    """The keys of entries that were missing at the previous poll and seen before it."""
    return {key for key, known in known_entries.items() if known.last_seen < last_read}


def all_backdated(fresh: FreshEntries, entries: Collection[Entry]) -> bool:
    """Return true if there are fresh entries and all of them are dated before the newest known one."""
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
    """Detect that an older copy of the source was served, or its archive again.

    `missing` are the entries that the previous poll had and this one has not, by when they were first seen;
    `reappeared` are the keys that are back after an absence; `fresh` are the unknown entries if all are older than
    the known ones, else empty.
    """
    newest = max((known.first_seen_key for known in known_entries.values()), default=None)
    if missing and newest is not None and min(missing) > newest:
        is_certain = len(missing) >= MIN_REWOUND_ENTRIES
        stale_reasons = {entry.key: "part of an older copy" for entry, _ in fresh} if is_certain else {}
        if not reappeared and not stale_reasons:
            return Anomaly()
        entries = "entry is" if len(missing) == 1 else f"{len(missing)} entries are"
        sentence = f"It served an older copy: its newest {entries} missing and older entries are back."
        return Anomaly(stale_reasons, (HealthIssue("rewound", sentence),))
    if are_newest(known_entries, reappeared):
        sentence = f"It served an older copy: its newest {len(reappeared)} entries were missing and are back."
        return Anomaly(issues=(HealthIssue("rewound", sentence),))
    if len(reappeared) >= MIN_BULK_ENTRIES and len(missing) < len(reappeared):
        return Anomaly(issues=(reannounced_issue(len(reappeared)),))
    return Anomaly()


def are_newest(known_entries: Mapping[str, KnownEntry], reappeared: Collection[str]) -> bool:
    """Return true if at least two entries reappeared and all of them are newer than every other known entry."""
    other_keys = [known.first_seen_key for key, known in known_entries.items() if key not in reappeared]
    return (
        len(reappeared) > 1
        and bool(other_keys)
        and min(known_entries[key].first_seen_key for key in reappeared) > max(other_keys)
    )
