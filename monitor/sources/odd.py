"""Feeds that misbehave: they change all their ids, announce their archive again, or serve an older copy.

Pure. What came is held against what was known of it; the answer is which entries are no news though they are fresh,
and what the operator is to be told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.alerts.upkeep import Cause
from monitor.model import Entry, Moment

CROWD = 5  # entries that must come at once before they are taken for an archive
GONE_BACK = 3  # newest entries that must be missing before what is unknown is taken for a part of an older copy

Came = tuple[Moment, Moment]  # when an entry was first seen and, for those seen at once, when it was published
Fresh = Sequence[tuple[Entry, str]]  # entries with the hash of their content


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an entry: the hash of its content, and when it was first seen, last seen and published."""

    content: str
    first: Moment
    last: Moment
    published: Moment | None = None

    @property
    def came(self) -> Came:
        """By what it is told which of two entries is the newer."""
        return self.first, self.published or 0.0


@dataclass(frozen=True, slots=True)
class Oddity:
    """Fresh entries that are no news, by key, each with the reason; and what the operator is to be told."""

    stale: Mapping[str, str] = field(default_factory=dict)
    causes: tuple[Cause, ...] = ()


def told_again(fresh: Fresh, twins: Mapping[str, Moment], read: Moment, oldest: Moment) -> Oddity:
    """Entries of unknown keys that are no news: most of a crowd has contents that are known, or a crowd is older than
    what is remembered.

    `twins` gives for a content when the source last showed it, `read` is when the source was last looked at, and
    `oldest` how far the memory goes back.
    """
    again = {entry.key: "said before under another id" for entry, content in fresh if content in twins}
    aged = {entry.key: "older than the memory" for entry, _ in fresh if is_older(entry, oldest)}
    causes = []
    if len(again) < CROWD or 2 * len(again) <= len(fresh):
        again = {}
    else:
        stood = sum(1 for entry, content in fresh if entry.key in again and twins[content] >= read)
        causes.append(renumbered(len(again)) if 2 * stood > len(again) else reannounced(len(again)))
    if len(aged) < CROWD:
        aged = {}
    elif not again:
        said = f"It brought {len(aged)} entries that are older than the memory goes back. Nobody was alerted of them."
        causes.append(Cause("reannounced", said))
    return Oddity(aged | again, tuple(causes))


def is_older(entry: Entry, moment: Moment) -> bool:
    """Does the entry itself say that it is older?"""
    return entry.published is not None and entry.published < moment


def renumbered(count: int) -> Cause:
    """The same entries came under other ids."""
    said = f"{count} of its entries came under new ids and say what they said before. Nobody was alerted of them."
    return Cause("renumbered", said)


def reannounced(count: int) -> Cause:
    """Entries that had left the source are back in it."""
    said = f"{count} entries that it had shown before are announced again. Nobody was alerted of what they repeat."
    return Cause("reannounced", said)


def returned(seen: Mapping[str, Seen], read: Moment) -> set[str]:
    """The keys of entries that were not there when the source was last looked at, but before."""
    return {key for key, one in seen.items() if one.last < read}


def backdated(fresh: Fresh, entries: Collection[Entry]) -> bool:
    """Are all unknown entries dated before the newest of the known ones?"""
    unknown = {entry.key for entry, _ in fresh}
    dated = [entry.published for entry in entries if entry.published is not None and entry.key not in unknown]
    newest = max(dated, default=None)
    return bool(fresh) and newest is not None and all(is_older(entry, newest) for entry, _ in fresh)


def gone_back(seen: Mapping[str, Seen], missing: Sequence[Came], back: Collection[str], fresh: Fresh) -> Oddity:
    """An older copy of the source is served, or its archive again.

    `missing` says when entries that stood last time and stand no more first came; `back` are those that
    returned; `fresh` are the unknown ones, if they are all older than what is known.
    """
    newest = max((one.came for one in seen.values()), default=None)
    if missing and newest is not None and min(missing) > newest:
        certain = len(missing) >= GONE_BACK
        stale = {entry.key: "part of an older copy" for entry, _ in fresh} if certain else {}
        said = f"It served an older copy of itself: its newest {len(missing)} are missing, and what had left is back."
        return Oddity(stale, (Cause("rewound", said),)) if back or stale else Oddity()
    if is_newest(seen, back):
        said = f"It had served an older copy of itself: its newest {len(back)} were missing and are back."
        return Oddity(causes=(Cause("rewound", said),))
    if len(back) >= CROWD and len(missing) < len(back):
        return Oddity(causes=(reannounced(len(back)),))
    return Oddity()


def is_newest(seen: Mapping[str, Seen], back: Collection[str]) -> bool:
    """Are the entries that returned the newest of all?"""
    others = [one.came for key, one in seen.items() if key not in back]
    return len(back) > 1 and bool(others) and min(seen[key].came for key in back) > max(others)
