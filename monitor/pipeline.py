"""The two halves of the program, poll and deliver. Read this module first.

    poll       fetch → parse → split → compare → match → decide → commit      one source at a time
                       └───────── assess(): pure, takes `now` ─────┘     │
                                                                the store (SQLite or PostgreSQL)
                                                                         │
    deliver                                   lease → render → send → record  one channel at a time

Findings, the alerts they cause and the messages owed are committed in one transaction, so a crash loses nothing. A
send is recorded after it succeeded: a crash in between sends the message again, with the same id.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import structlog

from monitor import metrics
from monitor.alerts.answer_links import answer_urls
from monitor.assess import Policy
from monitor.config.models import SourceConfig
from monitor.deliver.channels import Receipt
from monitor.deliver.render_settings import RenderSettings
from monitor.deliver.webhook_payload import split_into_posts
from monitor.errors import DeliveryError, SourceError, StoreError, UnreadableMessage
from monitor.heap import LARGE_BYTES
from monitor.model import Alert, Entry, Message
from monitor.net.failures import naming_proxy
from monitor.net.response import Response
from monitor.polling import incremental, outage, outcome
from monitor.polling.articles import EntriesWithArticles, with_articles
from monitor.polling.checks import cached_quiet_deadline, is_first_in_parts, reject_shrunk_feed
from monitor.polling.compared import PolledEntries, count_alerts
from monitor.polling.ingest import IngestResult, commit_poll
from monitor.polling.outcome import PollContext
from monitor.polling.steps import Ingest, StaleFingerprint, Step, take_step
from monitor.ruleset.rule import Rule
from monitor.runtime import Runtime
from monitor.sending import mark_unreadable_dead, record_failure, record_success
from monitor.sources.fetch import fetch_source
from monitor.sources.request import source_request
from monitor.sources.state import PollResult, SourceState
from monitor.store import outbox

log = structlog.get_logger()
Result = TypeVar("Result", Receipt, DeliveryError)
RECORD_PAUSES_S = (0.5, 2.0, 5.0)  # between tries to record the result of a send while the database fails
SEND_LEASE_S = 900.0  # after this a message whose sender died is sent again; longer than any send takes


# Poll


async def poll_source(runtime: Runtime, source_state: SourceState) -> None:
    """Poll one leased source and commit the outcome, a failure too, as its next state. That releases the lease."""
    started, poll = time.monotonic(), await start_poll(runtime, source_state)
    try:
        response = await fetch_polled(runtime, poll)
        await outage.note_response(runtime)
        if outcome.is_unchanged(poll, response):
            await finish_unchanged(runtime, poll, outcome.unchanged_outcome(poll, response))
            metrics.count_poll("unchanged", time.monotonic() - started)
        else:
            await parse_and_ingest(runtime, poll, response)
            metrics.count_poll("changed", time.monotonic() - started)
        if len(response.body or b"") > LARGE_BYTES:
            runtime.release_memory_soon()
    except SourceError as error:
        log.warning("poll failed", stage="poll", source=poll.source.name, code=error.code, error=str(error))
        await finish_poll(runtime, poll, await outage.outcome_of_failure(runtime, poll, error))
        metrics.count_poll("failed", time.monotonic() - started, error.code)


async def start_poll(runtime: Runtime, source_state: SourceState) -> PollContext:
    quiet_deadline = await cached_quiet_deadline(runtime, source_state)
    return PollContext(
        source=runtime.sources[source_state.name],
        previous=source_state,
        now=runtime.clock(),
        timezone=runtime.config.monitor.timezone,
        jitter=random.random(),  # noqa: S311
        quiet_deadline=quiet_deadline,
    )


async def fetch_polled(runtime: Runtime, poll: PollContext) -> Response:
    """Send the conditional request of a poll. Raises FetchError."""
    request = source_request(poll.source, poll.previous.etag, poll.previous.last_modified)
    with metrics.timed_stage("fetch"):
        return await fetch_source(
            poll.source, request, fetcher=runtime.fetcher, robots=runtime.robots, browser=runtime.browser
        )


async def parse_and_ingest(runtime: Runtime, poll: PollContext, response: Response) -> None:
    """Parse a changed response, assess its entries and commit the results.

    Raises ParseError, also if the source shrank so much that the response is not trusted.
    """
    source = poll.source
    with naming_proxy(response.proxy), metrics.timed_stage("parse"):
        feed = await incremental.parse_response(runtime, source, response)
        await reject_shrunk_feed(runtime, poll, feed)
    batch = EntriesWithArticles(feed.entries)
    if source.full_text:
        batch = await with_articles(runtime, source, feed.entries)
    is_baseline = source.first_poll == "baseline" and (
        not poll.previous.is_baselined
        or await runtime.run_in_store_thread(is_first_in_parts, runtime.store, source, feed)
    )
    polled = PolledEntries(
        source.name,
        batch.entries,
        partial(source_policy, runtime, source, is_baseline=is_baseline),
        partial(outcome.read_outcome, poll, response, feed, is_complete=batch.is_complete, issues=batch.issues),
        memory=runtime.config.monitor.memory,
        now=poll.now,
        fingerprint=feed.fingerprint,
    )
    try:
        result = await ingest_in_turns(runtime, polled)
    except StaleFingerprint:  # the fingerprint is deleted, so the whole feed is parsed this time
        await parse_and_ingest(runtime, poll, response)
        return
    runtime.quiet_deadlines.pop(source.name, None)
    announce_notices(runtime, poll, result.notices)
    log.info("poll finished", stage="poll", source=source.name, entries=len(feed.entries), alerts=result.alerts)
    if result.alerts:
        runtime.delivery_wanted.set()


def source_policy(runtime: Runtime, source: SourceConfig, *, is_baseline: bool) -> Policy:
    """Return the policy in force with the settings of a source."""
    ignore = runtime.ignore_patterns.get(source.name, ())
    return replace(runtime.policy, ignore=ignore, recurrence=source.recurrence, baseline=is_baseline)


async def ingest_in_turns(runtime: Runtime, polled: PolledEntries) -> IngestResult:
    """Ingest the entries of a poll, step by step in turn with other polls. Raises StaleFingerprint.

    The alerts of a step go out as soon as it is committed.
    """
    ingest = Ingest(polled)
    turns = runtime.ingest_lanes.of_length(longest_text(polled.entries))

    async def take_step_together(ingests: list[Ingest]) -> list[Step | None]:
        return await runtime.run_in_ingest_thread(partial(take_step, runtime.store, ingests))

    while True:
        step = await turns.next_step(ingest, ingest.worked_s, take_step_together)
        if isinstance(step, IngestResult):
            return step
        if step:
            runtime.delivery_wanted.set()


def longest_text(entries: Sequence[Entry]) -> int:
    return max((len(entry.article or entry.body) for entry in entries), default=0)


async def finish_unchanged(runtime: Runtime, poll: PollContext, result: PollResult) -> None:
    """Finish a poll whose response has not changed.

    If the state has not changed either, the result is written with the daemon's next transaction. The source stays
    leased until then, so a crash costs one extra request.
    """
    if result.state == poll.previous.state and not poll.previous.failures and not result.issues:
        runtime.pending_outcomes[poll.source.name] = result
    else:
        await finish_poll(runtime, poll, result)


async def finish_poll(runtime: Runtime, poll: PollContext, result: PollResult) -> None:
    """Commit the result of a poll without entries to assess."""
    announce_notices(runtime, poll, await runtime.run_in_store_thread(commit_result, runtime, poll, result))


def commit_result(runtime: Runtime, poll: PollContext, result: PollResult) -> list[Alert]:
    """Commit a poll's result in its own transaction and return the notices for the operator."""
    with runtime.store.write() as conn:
        return commit_poll(conn, poll.source.name, result, runtime.policy)


def announce_notices(runtime: Runtime, poll: PollContext, notices: Sequence[Alert]) -> None:
    """Log the notices about a source and wake the delivery."""
    metrics.count_all(count_alerts(notices))
    for notice in notices:
        log.warning(f"notice: {notice.title}", stage="poll", source=poll.source.name, why=notice.reason)
    if notices:
        runtime.delivery_wanted.set()


# Deliver


async def deliver_channel(runtime: Runtime, channel: str) -> None:
    """Send everything that is due on one channel, oldest first."""
    while message := await runtime.run_in_store_thread(lease_message, runtime, channel):
        await send_message(runtime, message)


def lease_message(runtime: Runtime, channel: str) -> Message | None:
    """Lease the channel's next due message to this process. A message that cannot be decoded is marked dead.

    A webhook receives every alert: those that do not fit into one post are queued behind it in further ones.
    """
    split = split_into_posts if runtime.config.channels[channel].type == "webhook" else None
    while True:
        try:
            with runtime.store.write() as conn:
                return outbox.lease_message(
                    conn,
                    channel,
                    runtime.clock(),
                    lease_seconds=SEND_LEASE_S,
                    split=split,
                    worker=runtime.worker.id,
                )
        except UnreadableMessage as error:
            mark_unreadable_dead(runtime, channel, error)


async def send_message(runtime: Runtime, message: Message) -> None:
    """Render and send one leased message, then record the result."""
    try:
        receipt = await render_and_send(runtime, message)
    except DeliveryError as error:
        await record_result(runtime, record_failure, message, error)
    except Exception as error:  # a bug must end as a retry or dead letter too; the error's text may hold a secret
        log.error("unexpected failure", stage="deliver", channel=message.channel, error=type(error).__name__)
        sentence = f"unexpected {type(error).__name__} while sending"
        await record_result(runtime, record_failure, message, DeliveryError(sentence))
    else:
        await record_result(runtime, record_success, message, receipt)


async def record_result(
    runtime: Runtime, record: Callable[[Runtime, Message, Result], None], message: Message, result: Result
) -> None:
    """Record the result of a send. A message whose result is not recorded is sent again when its lease expires."""
    for pause_s in (*RECORD_PAUSES_S, None):
        try:
            await runtime.run_in_store_thread(record, runtime, message, result)
            break
        except StoreError as error:
            if pause_s is None:
                raise
            log.error("store failed", stage="deliver", channel=message.channel, error=str(error))
            await asyncio.sleep(pause_s)


async def render_and_send(runtime: Runtime, message: Message) -> Receipt:
    """Return the channel's receipt; its detail names a template that failed. Raises DeliveryError."""
    config = runtime.config
    channel = config.channels[message.channel]
    settings = RenderSettings(
        config.monitor.timezone,
        config.web.url,
        shared_template(message, runtime.policy.rules.rules) or channel.template,
        answer_urls(message, config.web.url, runtime.answer_key),
        channel.severity_marker,
    )
    with metrics.timed_stage("render"):
        rendered = await runtime.render_pool.render(message, channel.type, runtime.templates, settings)
    with metrics.timed_stage("send"):
        receipt = await runtime.notifiers[message.channel].send(message, rendered)
    if rendered.note:
        log.warning("template failed", stage="deliver", channel=message.channel, error=rendered.note)
        return replace(receipt, detail=f"{receipt.detail}; {rendered.note}")
    return receipt


def shared_template(message: Message, rules: Sequence[Rule]) -> str | None:
    """Return the template that all rules of a message name; None if they differ."""
    template_by_rule = {rule.name: rule.template for rule in rules}
    templates = {template_by_rule.get(alert.rule) for alert in message.alerts}
    return templates.pop() if len(templates) == 1 else None
