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
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import structlog

from monitor.config.models import SourceConfig
from monitor.deliver.channels import Receipt
from monitor.errors import DeliveryError, SourceError, UnreadableMessage
from monitor.model import Alert, Message, Moment
from monitor.net.response import Request, Response
from monitor.polling import incremental, outcome
from monitor.polling.articles import EntriesWithArticles, with_articles
from monitor.polling.checks import check_shrinkage, find_quiet_deadline, needs_shrink_check
from monitor.polling.ingest import StaleFingerprint, commit_poll, ingest_poll
from monitor.polling.outcome import PollContext
from monitor.ruleset.rule import Rule
from monitor.runtime import Runtime
from monitor.sending import mark_unreadable_dead, record_failure, record_success
from monitor.sources.health import MIN_QUIET_S, is_shrinkage_accepted
from monitor.sources.state import PollResult, SourceState
from monitor.store import outbox

log = structlog.get_logger()
SEND_LEASE_S = 900.0  # seconds after which a message whose sender died is sent again; every send ends long before


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
    feed = await incremental.parse_response(runtime, source, response)
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
