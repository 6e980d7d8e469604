"""What is kept of a feed to recognise its items by when it has changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.model import Entry


@dataclass(frozen=True, slots=True)
class FeedFingerprint:
    """A feed as it was last read: `frame` is a hash of all around its items, `ttl` the seconds that it asked for,
    and `entries` are those of its items, by the hash of their bytes."""

    skeleton_hash: str
    ttl: float | None
    entries_by_hash: Mapping[str, Entry]
