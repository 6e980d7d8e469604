"""Record the result of each send: sent, to retry, or dead, with the notices that follow from it."""

from __future__ import annotations

import random
from collections.abc import Mapping

import structlog

from monitor import metrics
from monitor.alerts.channel_notices import (
    channel_notice,
    dead_message_notice,
    notice_messages,
    outage_notice,
    refused_recipient_notice,
)
from monitor.config.fingerprint import settings_fingerprint
from monitor.deliver.backoff import next_attempt_time
from monitor.deliver.channels import Receipt
from monitor.errors import DeliveryError, UnreadableMessage
from monitor.model import Alert, Message, Moment
from monitor.runtime import Runtime
from monitor.store import outbox
from monitor.store.commit import enqueue_notices

log = structlog.get_logger()
MAX_UNANSWERED_TRIES = 5  # a message without an answer pauses its channel this often, then others may overtake it


def mark_unreadable_dead(runtime: Runtime, channel: str, error: UnreadableMessage) -> None:
    """Mark a message dead that cannot be decoded, and notify other channels."""
    now, title = runtime.clock(), f"Channel {channel} has missed an alert"
    with runtime.store.write() as conn:
        outbox.mark_dead(conn, error.message_id, str(error), now)
        notice = channel_notice(channel, title, f"An alert did not reach the channel: {error}.", str(error), now)
        enqueue_notices(conn, route_notice(runtime, notice, channel, now))
    metrics.count("sends", channel, "dead")
    log.error("message dead", stage="deliver", channel=channel, message=error.message_id, error=str(error))


def record_success(runtime: Runtime, message: Message, receipt: Receipt) -> None:
    """Record a message as sent. Retry recipients that were deferred, and notify about the other rejected ones."""
    rejections = [f"rejected for {recipient}: {cause}" for recipient, cause in receipt.rejected.items()]
    now, detail = runtime.clock(), "; ".join((receipt.detail, *rejections))
    retry_at = next_retry_at(message, DeliveryError(detail), now) if receipt.retry_recipients else None
    undelivered = {
        recipient: cause
        for recipient, cause in receipt.rejected.items()
        if retry_at is None or recipient not in receipt.retry_recipients
    }
    with runtime.store.write() as conn:
        if retry_at is None:
            outbox.mark_sent(conn, message.id, now, detail, receipt.thread_ref)
        else:
            outbox.mark_partial(conn, message.id, retry_at, detail, receipt.retry_recipients)
        outbox.resume_channel(conn, message.channel)
        enqueue_notices(conn, refusal_notices(runtime, message, undelivered, now))
    metrics.count("sends", message.channel, "sent" if retry_at is None else "retrying")
    log_event = log.warning if rejections else log.info
    log_event("message sent", stage="deliver", channel=message.channel, message=message.id, detail=receipt.detail)


def record_failure(runtime: Runtime, message: Message, error: DeliveryError) -> None:
    """Schedule a retry of a message, or mark it dead and notify other channels."""
    now = runtime.clock()
    retry_at = None if error.permanent else next_retry_at(message, error, now)
    with runtime.store.write() as conn:
        if retry_at is None:
            outbox.mark_dead(conn, message.id, str(error), now)
        else:
            outbox.schedule_retry(conn, message.id, retry_at, str(error))
            if error.channel_down or (error.outcome_unknown and message.attempt < MAX_UNANSWERED_TRIES):
                fingerprint = settings_fingerprint(runtime.config.channels[message.channel])
                outbox.pause_channel(conn, message.channel, retry_at, fingerprint)
        enqueue_notices(conn, failure_notices(runtime, message, error, is_dead=retry_at is None, now=now))
    metrics.count("sends", message.channel, "dead" if retry_at is None else "retrying")
    log_event = log.error if retry_at is None else log.warning
    event = "message dead" if retry_at is None else "send failed, retry scheduled"
    log_event(event, stage="deliver", channel=message.channel, message=message.id, error=str(error))


def failure_notices(
    runtime: Runtime, message: Message, error: DeliveryError, *, is_dead: bool, now: Moment
) -> tuple[Message, ...]:
    """Return the notices about a failure, for channels other than the one that failed."""
    if is_dead and message.remaining_recipients is not None:
        return refusal_notices(runtime, message, dict.fromkeys(message.remaining_recipients, str(error)), now)
    notice = None
    if is_dead:
        notice = dead_message_notice(message, str(error), now)
    elif error.channel_down:
        notice = outage_notice(message, str(error), now)
    return route_notice(runtime, notice, message.channel, now)


def refusal_notices(
    runtime: Runtime, message: Message, rejections: Mapping[str, str], now: Moment
) -> tuple[Message, ...]:
    """Return the notices about recipients of a message that others received. `rejections`: cause by recipient."""
    notices = (refused_recipient_notice(message, recipient, cause, now) for recipient, cause in rejections.items())
    return tuple(
        notice_message
        for notice in notices
        for notice_message in route_notice(runtime, notice, message.channel, now, is_partial=True)
    )


def route_notice(
    runtime: Runtime, notice: Alert | None, failed_channel: str, now: Moment, *, is_partial: bool = False
) -> tuple[Message, ...]:
    """Return one message for each channel that gets the notice."""
    fallbacks = {name: settings.fallback for name, settings in runtime.config.channels.items()}
    default_channels = runtime.config.alerts.notify
    return notice_messages(notice, failed_channel, fallbacks, default_channels, now, is_partial=is_partial)


def next_retry_at(message: Message, error: DeliveryError, now: Moment) -> Moment | None:
    """Return when to retry a message; None once it has been retried for long enough."""
    return next_attempt_time(
        message.attempt,
        now=now,
        created=message.created,
        retry_after=error.retry_after,
        jitter=random.random(),  # noqa: S311
    )
