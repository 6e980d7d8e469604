"""The two halves of the program, to be read first.

    poll       fetch → parse → split → compare → match → decide → commit      one source at a time
                       └───────── assess(): pure, takes `now` ─────┘     │
                                                                the store (SQLite or PostgreSQL)
                                                                         │
    deliver                                   lease → render → send → record  one channel at a time

Findings, the alerts they cause and the messages owed are committed in one transaction, so a crash loses nothing. A
send is recorded after it succeeded: a crash in between repeats it, under the same id.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import structlog

from monitor import outcome, unseen
from monitor.alerts.notices import (
    channel_notice,
    dead_message_notice,
    notice_messages,
    outage_notice,
    refused_recipient_notice,
)
from monitor.articles import EntriesWithArticles, with_articles
from monitor.closing import commit_poll
from monitor.config import SourceConfig
from monitor.config.marks import settings_fingerprint
from monitor.deliver.channels import Receipt
from monitor.deliver.retry import next_attempt_time
from monitor.engine import Runtime
from monitor.errors import DeliveryError, SourceError, UnreadableMessage
from monitor.intake import StaleFingerprint, ingest_poll
from monitor.model import Alert, Message, Moment
from monitor.outcome import PollContext
from monitor.ruleset.rule import Rule
from monitor.sources.fetch import Request, Response
from monitor.sources.habit import MIN_QUIET_S
from monitor.sources.shrink import is_shrinkage_accepted
from monitor.standing import check_shrinkage, find_quiet_deadline, needs_shrink_check
from monitor.store import outbox
from monitor.store.record import enqueue_notices
from monitor.store.sources import PollResult, SourceState

log = structlog.get_logger()

SEND_LEASE_S = 900.0  # seconds after which a message whose sender died is sent again; every send ends long before
MAX_UNANSWERED_TRIES = (
    5  # tries of a message that is never answered for which its channel waits, before others may pass it
)


async def poll_source(runtime: Runtime, source_state: SourceState) -> None:
    """Polls one leased source to the end: whatever happens becomes its state, and its lease is given back."""
    source = runtime.sources[source_state.name]
    quiet_deadline = await cached_quiet_deadline(runtime, source_state)
    now, jitter = runtime.clock(), random.random()  # noqa: S311
    poll = PollContext(source, source_state, now, runtime.config.monitor.timezone, jitter, quiet_deadline)
    try:
        response = await fetch_source(runtime, source, source_state)
        if outcome.is_unchanged(poll, response):
            await defer_unchanged(runtime, poll, outcome.unchanged_outcome(poll, response))
        else:
            await parse_and_ingest(runtime, poll, response)
    except SourceError as error:
        log.warning("source failed", stage="poll", source=source.name, code=error.code, error=str(error))
        await finish_poll(runtime, poll, outcome.failed_outcome(poll, error))


async def cached_quiet_deadline(runtime: Runtime, source_state: SourceState) -> Moment | None:
    """When the source's silence will be against its habit. Looked up once for each piece of its news, and not while
    that is so fresh that no habit can be hurt."""
    if (
        source_state.state != "quiet"
        and source_state.last_read
        and runtime.clock() - source_state.last_read < MIN_QUIET_S
    ):
        return None
    if source_state.entries and source_state.name not in runtime.quiet_deadlines:
        runtime.quiet_deadlines[source_state.name] = await runtime.run_in_store_thread(
            find_quiet_deadline, runtime.store, source_state.name, runtime.clock()
        )
    return runtime.quiet_deadlines.get(source_state.name)


async def parse_and_ingest(runtime: Runtime, poll: PollContext, response: Response) -> None:
    """Parses what came and commits what it brings. Raises ParseError, also for what is not believed."""
    source = poll.source
    feed = await unseen.parse_response(runtime, source, response)
    if needs_shrink_check(source, feed) and not is_shrinkage_accepted(
        poll.previous.error_code, poll.previous.failures
    ):
        rejection = await runtime.run_in_store_thread(
            check_shrinkage, runtime.store, source, feed, runtime.ignore_patterns[source.name]
        )
        if rejection:
            raise rejection
    baseline = source.first_poll == "baseline" and not poll.previous.is_baselined
    batch = (
        await with_articles(runtime, source, feed.entries) if source.full_text else EntriesWithArticles(feed.entries)
    )
    try:
        async with runtime.ingest_slots:
            result = await runtime.run_in_store_thread(
                ingest_poll,
                runtime.store,
                source.name,
                batch.entries,
                replace(runtime.policy, ignore=runtime.ignore_patterns[source.name], baseline=baseline),
                partial(
                    outcome.read_outcome, poll, response, feed, is_complete=batch.is_complete, issues=batch.issues
                ),
                memory=runtime.config.monitor.memory,
                now=poll.now,
                fingerprint=feed.fingerprint,
            )
    except StaleFingerprint:
        await parse_and_ingest(runtime, poll, response)
        return
    runtime.quiet_deadlines.pop(source.name, None)
    announce_notices(runtime, poll, result.notices)
    log.info("source read", stage="poll", source=source.name, entries=len(feed.entries), alerts=result.alerts)
    if result.alerts:
        runtime.delivery_wanted.set()


async def fetch_source(runtime: Runtime, source: SourceConfig, source_state: SourceState) -> Response:
    """The answer to a conditional request; a page is asked for only as its site's robots.txt allows."""
    request = Request(source.url, source_state.etag, source_state.last_modified, source.headers, source.auth)
    return await (runtime.robots if source.kind == "page" else runtime.fetcher).fetch(request)


async def defer_unchanged(runtime: Runtime, poll: PollContext, result: PollResult) -> None:
    """Keeps the outcome of a poll that found nothing changed. What was so before waits for the daemon's next
    transaction: until then the source stays leased, so a crash costs one more request and no more."""
    if result.state == poll.previous.state and not poll.previous.failures and not result.issues:
        runtime.pending_outcomes[poll.source.name] = result
    else:
        await finish_poll(runtime, poll, result)


def write_outcome(runtime: Runtime, poll: PollContext, result: PollResult) -> list[Alert]:
    """Commits what a poll came to when it brought nothing to assess; what the operator is told."""
    with runtime.store.write() as conn:
        return commit_poll(conn, poll.source.name, result, runtime.policy)


async def finish_poll(runtime: Runtime, poll: PollContext, result: PollResult) -> None:
    """Ends a poll that brought nothing to assess."""
    announce_notices(runtime, poll, await runtime.run_in_store_thread(write_outcome, runtime, poll, result))


def announce_notices(runtime: Runtime, poll: PollContext, alerts: Sequence[Alert]) -> None:
    """Logs what the operator is told of the source, and has it delivered."""
    for alert in alerts:
        log.warning(f"notice: {alert.title}", stage="poll", source=poll.source.name, why=alert.reason)
    if alerts:
        runtime.delivery_wanted.set()


async def deliver_channel(runtime: Runtime, channel: str) -> None:
    """Sends what is due on one channel, oldest first, until nothing is."""
    while message := await runtime.run_in_store_thread(lease_message, runtime, channel):
        await send_message(runtime, message)


def lease_message(runtime: Runtime, channel: str) -> Message | None:
    """Takes the channel's next due message for this process alone. One that cannot be read any more is dead."""
    while True:
        try:
            with runtime.store.write() as conn:
                return outbox.lease_message(conn, channel, runtime.clock(), lease_seconds=SEND_LEASE_S)
        except UnreadableMessage as error:
            mark_unreadable_dead(runtime, channel, error)


def mark_unreadable_dead(runtime: Runtime, channel: str, error: UnreadableMessage) -> None:
    """Gives a message up that cannot be read, which another channel is told."""
    now, title = runtime.clock(), f"Channel {channel} has missed an alert"
    with runtime.store.write() as conn:
        outbox.mark_dead(conn, error.message_id, str(error), now)
        alert = channel_notice(channel, title, f"An alert did not reach the channel: {error}.", str(error), now)
        enqueue_notices(conn, route_notice(runtime, alert, channel, now))
    log.error("message dead", stage="deliver", channel=channel, message=error.message_id, error=str(error))


async def send_message(runtime: Runtime, message: Message) -> None:
    """Renders and sends one leased message and records what came of it."""
    try:
        receipt = await render_and_send(runtime, message)
    except DeliveryError as error:
        await runtime.run_in_store_thread(record_failure, runtime, message, error)
    except Exception as error:  # a fault of ours must end as a retry or a dead letter too; its text may hold a secret
        log.error("unexpected failure", stage="deliver", channel=message.channel, error=type(error).__name__)
        sentence = f"unexpected {type(error).__name__} while sending"
        await runtime.run_in_store_thread(record_failure, runtime, message, DeliveryError(sentence))
    else:
        await runtime.run_in_store_thread(record_success, runtime, message, receipt)


async def render_and_send(runtime: Runtime, message: Message) -> Receipt:
    """The channel's receipt, with what was wrong with a template put before it. Raises DeliveryError."""
    settings, config = runtime.config.channels[message.channel], runtime.config
    template = shared_template(message, runtime.policy.rules.rules) or settings.template
    timezone, web_url = config.monitor.timezone, config.web.url
    rendered = await runtime.render_pool.render(
        message, settings.type, runtime.templates, timezone, web_url, template
    )
    receipt = await runtime.notifiers[message.channel].send(message, rendered)
    if rendered.note:
        log.warning("template failed", stage="deliver", channel=message.channel, error=rendered.note)
        return replace(receipt, detail=f"{receipt.detail}; {rendered.note}")
    return receipt


def shared_template(message: Message, rules: Sequence[Rule]) -> str | None:
    """The template that the rules of a message name; None if they do not name the same."""
    template_by_rule = {rule.name: rule.template for rule in rules}
    templates = {template_by_rule.get(alert.rule) for alert in message.alerts}
    return templates.pop() if len(templates) == 1 else None


def record_success(runtime: Runtime, message: Message, receipt: Receipt) -> None:
    """Records that the channel took the message, and names the recipients that it refused."""
    rejections = [f"refused for {recipient}: {cause}" for recipient, cause in receipt.rejected.items()]
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
    log_event = log.warning if rejections else log.info
    log_event("message sent", stage="deliver", channel=message.channel, message=message.id, detail=receipt.detail)


def record_failure(runtime: Runtime, message: Message, error: DeliveryError) -> None:
    """Records that it did not: when to try again, or that the message is dead, which another channel is told."""
    now = runtime.clock()
    retry_at = None if error.permanent else next_retry_at(message, error, now)
    with runtime.store.write() as conn:
        if retry_at is None:
            outbox.mark_dead(conn, message.id, str(error), now)
        else:
            outbox.schedule_retry(conn, message.id, retry_at, str(error))
            if error.channel_down or (error.outcome_unknown and message.attempt < MAX_UNANSWERED_TRIES):
                outbox.pause_channel(
                    conn, message.channel, retry_at, settings_fingerprint(runtime.config.channels[message.channel])
                )
        enqueue_notices(conn, failure_notices(runtime, message, error, is_dead=retry_at is None, now=now))
    log_event = log.error if retry_at is None else log.warning
    event = "message dead" if retry_at is None else "message to be retried"
    log_event(event, stage="deliver", channel=message.channel, message=message.id, error=str(error))


def failure_notices(
    runtime: Runtime, message: Message, error: DeliveryError, *, is_dead: bool, now: Moment
) -> tuple[Message, ...]:
    """What people are told of a failure, over channels other than the one that failed."""
    if is_dead and message.remaining_recipients is not None:
        return refusal_notices(runtime, message, dict.fromkeys(message.remaining_recipients, str(error)), now)
    alert = None
    if is_dead:
        alert = dead_message_notice(message, str(error), now)
    elif error.channel_down:
        alert = outage_notice(message, str(error), now)
    return route_notice(runtime, alert, message.channel, now)


def refusal_notices(
    runtime: Runtime, message: Message, rejections: Mapping[str, str], now: Moment
) -> tuple[Message, ...]:
    """What people are told of recipients that did not get what others got, and why."""
    alerts = (refused_recipient_notice(message, recipient, cause, now) for recipient, cause in rejections.items())
    return tuple(
        notice_message
        for alert in alerts
        for notice_message in route_notice(runtime, alert, message.channel, now, is_partial=True)
    )


def route_notice(
    runtime: Runtime, alert: Alert | None, failed_channel: str, now: Moment, *, is_partial: bool = False
) -> tuple[Message, ...]:
    """The notice about a channel for those that are to hear of it."""
    fallbacks = {name: settings.fallback for name, settings in runtime.config.channels.items()}
    return notice_messages(alert, failed_channel, fallbacks, runtime.config.alerts.notify, now, is_partial=is_partial)


def next_retry_at(message: Message, error: DeliveryError, now: Moment) -> Moment | None:
    """When a message that was not taken is tried again; None when it has been tried for long enough."""
    return next_attempt_time(
        message.attempt,
        now=now,
        created=message.created,
        retry_after=error.retry_after,
        jitter=random.random(),  # noqa: S311
    )
