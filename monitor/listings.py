"""The JSON of listings, shared by commands and the web API. Times are ISO 8601 in UTC, to the second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from monitor.deliver.delivery_status import wait_reason
from monitor.deliver.headline import alert_headline
from monitor.model import OPEN_DELIVERY_STATES
from monitor.serialize import format_iso

if TYPE_CHECKING:
    from monitor.alerts.corroboration import SourceReport
    from monitor.alerts.feedback import Feedback
    from monitor.alerts.silences import Silence
    from monitor.alerts.source_notices import SourceNotice
    from monitor.alerts.story_summary import StorySummary
    from monitor.model import Moment
    from monitor.rule_report import RuleRow
    from monitor.store.reports.alerts import AlertRow
    from monitor.store.reports.claim_search import FoundClaim
    from monitor.store.reports.daemon import DaemonStatus
    from monitor.store.reports.deliveries import DeliveryRow
    from monitor.store.reports.status import Status


def iso_seconds(moment: Moment | None) -> str | None:
    return None if moment is None else format_iso(moment // 1)


def notice_json(notice: SourceNotice) -> dict[str, Any]:
    return {"kind": notice.kind, "said": notice.text, "since": iso_seconds(notice.since)}


def delivery_json(row: DeliveryRow, now: Moment) -> dict[str, Any]:
    """Return a delivery. `due` is None once it is sent or dead; `why` says what it waits for."""
    return {
        "id": row.id,
        "alert": row.alert_id,
        "title": row.title,
        "channel": row.channel,
        "message": row.message_id,
        "state": row.state,
        "attempts": row.attempts,
        "due": iso_seconds(row.due) if row.state in OPEN_DELIVERY_STATES else None,
        "error": row.error,
        "detail": row.detail,
        "sent_at": iso_seconds(row.sent_at),
        "waits": row.batch_reason,
        "headline": row.headline,
        "behind": row.blocked_by,
        "held_until": iso_seconds(row.held_until),
        "why": wait_text(row, now),
    }


def status_text(row: DeliveryRow, now: Moment) -> str:
    """Return what a delivery waits for, and its error or the channel's answer."""
    return "; ".join(part for part in (wait_text(row, now), row.error or row.detail) if part)


def feedback_json(feedback: Feedback) -> dict[str, Any]:
    return {"said": str(feedback.kind), "at": iso_seconds(feedback.at), "by": feedback.by, "note": feedback.note}


def wait_text(row: DeliveryRow, now: Moment) -> str | None:
    """Return why a delivery has not been sent yet, and until when; None once it is sent or dead."""
    wait = wait_reason(row, now)
    if wait is None:
        return None
    return wait.text if wait.until is None else f"{wait.text}, until {iso_seconds(wait.until)}"


def silence_json(silence: Silence, now: Moment) -> dict[str, Any]:
    return {
        "id": silence.id,
        "state": silence_state(silence, now),
        "rule": silence.rule,
        "source": silence.source,
        "story": silence.story,
        "match": silence.match,
        "mode": str(silence.mode),
        "claims": list(silence.claims),
        "reason": silence.reason,
        "by": silence.by,
        "made": iso_seconds(silence.made),
        "until": iso_seconds(silence.until),
    }


def silence_state(silence: Silence, now: Moment) -> str:
    return "active" if silence.until > now else "ended"


def status_json(status: Status) -> dict[str, Any]:
    return {
        "sources": status.sources,
        "messages": status.messages,
        "entries": status.counts.entries,
        "updates": status.counts.updates,
        "claims": status.counts.claims,
        "stories": status.counts.stories,
        "alerts": status.counts.alerts,
        "alerts_today": status.alerts_today,
        "held": status.pending_matches,
        "last_poll": iso_seconds(status.last_poll),
        "next_poll": iso_seconds(status.next_poll),
        "oldest_owed": iso_seconds(status.oldest_owed),
        "decided_today": status.decided_today,
        "rules_refused_at": iso_seconds(status.rules_refused_at),
        "rules_refused": list(status.rules_refused),
        "notices": status.notices,
        "never_polled": status.never_polled,
    }


def daemon_json(daemon: DaemonStatus) -> dict[str, Any]:
    """Return whether a daemon runs, and its checks. What its processes have in common is that of the first one."""
    first = daemon.processes[0] if daemon.processes else None
    return {
        "running": daemon.is_running,
        "status": daemon.status,
        "pid": daemon.pid,
        "since": iso_seconds(min((process.started for process in daemon.processes), default=None)),
        "version": first and first.version,
        "config": first and first.config,
        "checks": {
            name: {"status": check.status, "since": iso_seconds(check.since), "reason": check.reason or None}
            for name, check in daemon.checks.items()
        },
        "workers": [
            {"pid": process.pid, "host": process.host, "version": process.version, "at": iso_seconds(process.at)}
            for process in daemon.processes
        ],
    }


def story_summary_json(summary: StorySummary, alerts: Sequence[tuple[AlertRow, Feedback | None]]) -> dict[str, Any]:
    """Return a story: its sources, the series of each figure, and its alerts with the answer to each."""
    return {
        "story": summary.id,
        "lead": summary.lead,
        "opened": iso_seconds(summary.opened_at),
        "last": iso_seconds(summary.last_at),
        "independent": summary.independent_count,
        "sources": [source_report_json(report) for report in summary.source_reports],
        "figures": [
            [
                {"at": iso_seconds(point.at), "value": point.value, "text": point.text, "source": point.source}
                for point in series.points
            ]
            for series in summary.figures
        ],
        "counted": [series.counted for series in summary.figures],
        "alerts": [alert_summary_json(row, feedback) for row, feedback in alerts],
    }


def alert_summary_json(row: AlertRow, feedback: Feedback | None) -> dict[str, Any]:
    """Return an alert as one row of a list, with the answer to it."""
    alert = row.alert
    fields = {"id": alert.id, "at": iso_seconds(alert.at), "rule": alert.rule, "severity": str(alert.severity)}
    return fields | {"headline": alert_headline(alert), "answer": feedback and str(feedback.kind)}


def source_report_json(report: SourceReport) -> dict[str, Any]:
    """Return a source of a story. `copies` is the source that it only repeats, None if it is independent."""
    origin = {"source": report.source, "at": iso_seconds(report.first_claim.at), "url": report.first_claim.url}
    return origin | {"claims": report.claim_count, "copies": report.copied_from or None}


def rule_json(row: RuleRow) -> dict[str, Any]:
    activity = row.activity
    never_matched = row.watched_since if activity.last_match is None else None
    return {
        "rule": row.name,
        "enabled": bool(row.severity),
        "severity": row.severity or None,
        "alerts": activity.alerts,
        "acknowledged": activity.acknowledged,
        "not_news": activity.not_news,
        "noise": activity.noise,
        "last_alert": iso_seconds(activity.last_alert),
        "last_match": iso_seconds(activity.last_match),
        "never_matched_since": iso_seconds(never_matched),
    }


def found_claim_json(found: FoundClaim, update: int | None) -> dict[str, Any]:
    """Return a claim of a search: its first saying, in `update`, the matched words, and who has said it."""
    first = found.sayings[0]
    return {
        "claim": first.text,
        "at": iso_seconds(first.at),
        "update": update,
        "source": first.source,
        "entry": first.entry,
        "title": first.title,
        "heading": first.heading,
        "story": first.story,
        "matched": list(found.matched),
        "sayings": len(found.sayings),
        "sources": sorted({prior.source for prior in found.sayings}),
        "gone": all(prior.withdrawn_at is not None for prior in found.sayings),
    }


def public_url(url: str) -> str:
    """Return a URL without user, password, query and fragment, which may contain secrets; "" if it is invalid."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="…" if parts.query else "", fragment="").geturl()
