"""What users do from a command or the web UI: answer an alert, create a silence, poll or pause a source, retry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.alerts.feedback import Feedback, FeedbackKind, build_mute, labeled_pairs
from monitor.alerts.silences import Silence, SilenceMode
from monitor.model import Moment
from monitor.store import feedback, outbox, silences, source_pauses, sources
from monitor.store.base import Store
from monitor.store.reports.alerts import find_alert

MESSAGES_DUE, SOURCES_DUE = "messages", "sources"  # topics of notices to the workers (`monitor.daemon.wakeups`)


@dataclass(frozen=True, slots=True)
class RecordedFeedback:
    """A stored answer, and the mute that it created, if any. A repeat was stored before and changed nothing."""

    feedback: Feedback
    mute: Silence | None
    is_repeat: bool = False


def record_feedback(
    store: Store, answer: Feedback, memory: float, *, keep_same: bool = False
) -> RecordedFeedback | None:
    """Store an answer to an alert; None if there is no such alert.

    *Not news* mutes similar findings of the rule for `memory` seconds. A later answer ends that mute. With
    `keep_same`, an answer that is the alert's answer already changes nothing.
    """
    with store.write() as conn:
        row = find_alert(conn, answer.alert_id)
        if row is None:
            return None
        previous = feedback.feedback_by_alert(conn, [answer.alert_id]).get(answer.alert_id)
        if keep_same and previous and previous.kind is answer.kind:
            return RecordedFeedback(previous, None, is_repeat=True)
        mute = build_mute(row.alert, answer, memory)
        if previous and previous.kind is FeedbackKind.NOT_NEWS:
            silences.unmute(conn, mute, answer.at)
        answer = replace(answer, pairs=tuple(labeled_pairs(row.alert, answer.kind)))
        feedback.save_feedback(conn, answer)
        if answer.kind is not FeedbackKind.NOT_NEWS or not row.alert.findings:
            return RecordedFeedback(answer, None)
        return RecordedFeedback(answer, replace(mute, id=silences.insert_silence(conn, mute)))


def create_silence(store: Store, silence: Silence) -> Silence:
    """Store a silence, and return it with its id.

    One that ends when the facts change also gets the claims of recent alerts, to compare later findings with.
    """
    with store.write() as conn:
        if silence.mode is SilenceMode.UNTIL_FACTS_CHANGE:
            silence = replace(silence, claims=silences.recent_alert_claims(conn, silence))
        return replace(silence, id=silences.insert_silence(conn, silence))


def request_polls(store: Store, names: Sequence[str], now: Moment) -> None:
    """Make sources due now, for this process or a running daemon."""
    with store.write() as conn:
        sources.make_due(conn, names, now)
    store.notify(SOURCES_DUE)


def set_source_paused(store: Store, name: str, paused: bool, now: Moment) -> None:
    """Pause a source, or resume it: then it is due now."""
    with store.write() as conn:
        (source_pauses.pause_source if paused else source_pauses.resume_source)(conn, name, now)
    if not paused:
        store.notify(SOURCES_DUE)


def retry_delivery(store: Store, delivery_id: int, now: Moment) -> bool:
    """Make a dead or retrying delivery due now; False if there is none with this id."""
    return retry_deliveries(store, [delivery_id], now) > 0


def retry_deliveries(store: Store, delivery_ids: Sequence[int], now: Moment) -> int:
    """Make the messages of dead or retrying deliveries due now, and return how many these are."""
    with store.write() as conn:
        requeued = sum(outbox.requeue(conn, delivery_id, now) for delivery_id in delivery_ids)
    store.notify(MESSAGES_DUE)
    return requeued
