"""API: counts and times that show whether the daemon works."""

from __future__ import annotations

from monitor.listings import status_json
from monitor.store.reports.status import load_status
from monitor.web.api_operation import Call, Operation
from monitor.web.api_schema import ApiModel, IsoTime
from monitor.web.endpoint import Site


class StatusItem(ApiModel):
    """What `monitor status --json` reports: counts by state, by kind and by reason, and times."""

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


def get_status(site: Site, _call: Call) -> StatusItem:
    with site.store.read() as conn:
        report = load_status(conn, site.clock())
    return StatusItem.model_validate(status_json(report))


OPERATIONS = (Operation("GET", "/status", "getStatus", "Counts and times", get_status, StatusItem),)
