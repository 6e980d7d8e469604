"""What the store keeps of each source, and what a poll changes in it."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.alerts.source_notices import SourceNotice
from monitor.model import HealthIssue, Moment


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source's state. `entries` counts those ever seen, but of a source that was leased it is 1 when there are any;
    `failures` counts the polls that failed in a row; `notices`, in listings, are those that stand."""

    name: str
    url: str
    kind: str
    etag: str | None
    last_modified: str | None
    body_hash: str | None
    state: str
    error: str | None
    failures: int
    last_good: Moment | None
    next_poll: Moment
    is_baselined: bool
    entries: int
    error_code: str | None = None
    last_read: Moment | None = None
    adaptive_interval: float | None = None
    notices: tuple[SourceNotice, ...] = ()


@dataclass(frozen=True, slots=True)
class PollResult:
    """What a poll came to: the source's state from now on. `error` is None when it was good.

    `causes` are what the operator may have to be told.
    """

    polled_at: Moment
    state: str
    error: str | None
    error_code: str | None
    failures: int
    next_poll: Moment
    etag: str | None
    last_modified: str | None
    body_hash: str | None
    is_baselined: bool
    adaptive_interval: float | None = None
    issues: tuple[HealthIssue, ...] = ()
