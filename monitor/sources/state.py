"""The stored state of a source, and the state after a poll."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.alerts.source_notices import HealthIssue, SourceNotice
from monitor.model import Moment


@dataclass(frozen=True, slots=True)
class SourceState:
    """The state of a source. `entries` counts all ever seen (for a leased source: 1 if there are any); `failures`
    counts failed polls in a row; `notices` are the visible ones, and set in listings only. `paused_at` is when a user
    paused it: a source that paused because it is gone has the state `paused` without that."""

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
    paused_at: Moment | None = None
    notices: tuple[SourceNotice, ...] = ()


@dataclass(frozen=True, slots=True)
class PollResult:
    """The state of a source after a poll. `error` is None if it succeeded; `issues` are those to report."""

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
