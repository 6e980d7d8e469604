"""API: counts and times that show whether the daemon works."""

from __future__ import annotations

from monitor.listings import status_json
from monitor.store.reports.status import TableCounts, count_tables, load_status
from monitor.web.api_operation import Call, Operation
from monitor.web.api_schema import ApiModel, IsoTime
from monitor.web.count_cache import cached
from monitor.web.endpoint import Site


class StatusItem(ApiModel):
    """What `monitor status --json` reports: counts by state, by kind and by reason, and times.

    The numbers of entries, updates, claims, stories, alerts and sent messages are up to a minute old.
    """

    sources: dict[str, int]
    messages: dict[str, int]
    entries: int
    updates: int
    claims: int
    stories: int
    alerts: int
    alerts_today: int
    held: int
    last_poll: IsoTime | None
    next_poll: IsoTime | None
    oldest_owed: IsoTime | None
    decided_today: dict[str, int]
    rules_refused_at: IsoTime | None
    rules_refused: list[str]
    notices: dict[str, int]
    never_polled: int


def get_status(site: Site, _call: Call) -> StatusItem:
    counts = cached(site.store, "tables", lambda: read_table_counts(site))
    with site.store.read() as conn:
        report = load_status(conn, site.clock(), counts)
    return StatusItem.model_validate(status_json(report))


def read_table_counts(site: Site) -> TableCounts:
    with site.store.read() as conn:
        return count_tables(conn)


OPERATIONS = (Operation("GET", "/status", "getStatus", "Counts and times", get_status, StatusItem),)
