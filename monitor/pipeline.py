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
from monitor.alerts.notices import notice, notices, of_dead, of_refused, of_unreached
from monitor.articles import Followed, followed
from monitor.closing import close_poll
from monitor.config import SourceConfig
from monitor.config.marks import mark_of
from monitor.deliver.channels import Receipt
from monitor.deliver.retry import next_try
from monitor.engine import Engine
from monitor.errors import DeliveryError, SourceError, Unreadable
from monitor.intake import Mistaken, take_in
from monitor.model import Alert, Message, Moment
from monitor.outcome import Poll
from monitor.ruleset.rule import Rule
from monitor.sources.fetch import Fetched, Request
from monitor.sources.habit import SHORTEST
from monitor.sources.shrink import believed
from monitor.standing import may_be_shrunk, shrunk, silence
from monitor.store import outbox
from monitor.store.record import tell
from monitor.store.sources import PollOutcome, SourceRow

log = structlog.get_logger()

SEND_LEASE = 900.0  # seconds after which a message whose sender died is sent again; every send ends long before
UNANSWERED = 5  # tries of a message that is never answered for which its channel waits, before others may pass it


async def poll(engine: Engine, row: SourceRow) -> None:
    """Polls one leased source to the end: whatever happens becomes its state, and its lease is given back."""
    source = engine.sources[row.name]
    quiet_after = await silence_of(engine, row)
    this = Poll(source, row, engine.clock(), engine.config.monitor.timezone, random.random(), quiet_after)  # noqa: S311
    try:
        fetched = await fetch(engine, source, row)
        if outcome.unchanged(this, fetched):
            await keep_still(engine, this, outcome.still(this, fetched))
        else:
            await read(engine, this, fetched)
    except SourceError as error:
        log.warning("source failed", stage="poll", source=source.name, code=error.code, error=str(error))
        await conclude(engine, this, outcome.failed(this, error))


async def silence_of(engine: Engine, row: SourceRow) -> Moment | None:
    """When the source's silence will be against its habit. Looked up once for each piece of its news, and not while
    that is so fresh that no habit can be hurt."""
    if row.state != "quiet" and row.last_read and engine.clock() - row.last_read < SHORTEST:
        return None
    if row.entries and row.name not in engine.silences:
        engine.silences[row.name] = await engine.in_store(silence, engine.store, row.name, engine.clock())
    return engine.silences.get(row.name)


async def read(engine: Engine, this: Poll, fetched: Fetched) -> None:
    """Parses what came and commits what it brings. Raises ParseError, also for what is not believed."""
    source = this.source
    feed = await unseen.read(engine, source, fetched)
    if may_be_shrunk(source, feed) and not believed(this.row.error_code, this.row.failures):
        doubt = await engine.in_store(shrunk, engine.store, source, feed, engine.ignore[source.name])
        if doubt:
            raise doubt
    baseline = source.first_poll == "baseline" and not this.row.baselined
    found = await followed(engine, source, feed.entries) if source.full_text else Followed(feed.entries)
    try:
        async with engine.intakes:
            taken = await engine.in_store(
                take_in,
                engine.store,
                source.name,
                found.entries,
                replace(engine.listening, ignore=engine.ignore[source.name], baseline=baseline),
                partial(outcome.read, this, fetched, feed, whole=found.whole, causes=found.causes),
                memory=engine.config.monitor.memory,
                now=this.now,
                imprint=feed.imprint,
            )
    except Mistaken:
        await read(engine, this, fetched)
        return
    engine.silences.pop(source.name, None)
    tell_notices(engine, this, taken.notices)
    log.info("source read", stage="poll", source=source.name, entries=len(feed.entries), alerts=taken.alerts)
    if taken.alerts:
        engine.committed.set()


async def fetch(engine: Engine, source: SourceConfig, row: SourceRow) -> Fetched:
    """The answer to a conditional request; a page is asked for only as its site's robots.txt allows."""
    request = Request(source.url, row.etag, row.last_modified, source.headers, source.auth)
    return await (engine.robots if source.kind == "page" else engine.fetcher).fetch(request)


async def keep_still(engine: Engine, this: Poll, found: PollOutcome) -> None:
    """Keeps the outcome of a poll that found nothing changed. What was so before waits for the daemon's next
    transaction: until then the source stays leased, so a crash costs one more request and no more."""
    if found.state == this.row.state and not this.row.failures and not found.causes:
        engine.unwritten[this.source.name] = found
    else:
        await conclude(engine, this, found)


def write_outcome(engine: Engine, this: Poll, found: PollOutcome) -> list[Alert]:
    """Commits what a poll came to when it brought nothing to assess; what the operator is told."""
    with engine.store.write() as conn:
        return close_poll(conn, this.source.name, found, engine.listening)


async def conclude(engine: Engine, this: Poll, found: PollOutcome) -> None:
    """Ends a poll that brought nothing to assess."""
    tell_notices(engine, this, await engine.in_store(write_outcome, engine, this, found))


def tell_notices(engine: Engine, this: Poll, told: Sequence[Alert]) -> None:
    """Logs what the operator is told of the source, and has it delivered."""
    for alert in told:
        log.warning(f"notice: {alert.title}", stage="poll", source=this.source.name, why=alert.reason)
    if told:
        engine.committed.set()


async def deliver(engine: Engine, channel: str) -> None:
    """Sends what is due on one channel, oldest first, until nothing is."""
    while message := await engine.in_store(lease, engine, channel):
        await send(engine, message)


def lease(engine: Engine, channel: str) -> Message | None:
    """Takes the channel's next due message for this process alone. One that cannot be read any more is dead."""
    while True:
        try:
            with engine.store.write() as conn:
                return outbox.lease(conn, channel, engine.clock(), lease=SEND_LEASE)
        except Unreadable as error:
            bury(engine, channel, error)


def bury(engine: Engine, channel: str, error: Unreadable) -> None:
    """Gives a message up that cannot be read, which another channel is told."""
    now, title = engine.clock(), f"Channel {channel} has missed an alert"
    with engine.store.write() as conn:
        outbox.dead(conn, error.message, str(error), now)
        told = notice(channel, title, f"An alert did not reach the channel: {error}.", str(error), now)
        tell(conn, addressed_notices(engine, told, channel, now))
    log.error("message dead", stage="deliver", channel=channel, message=error.message, error=str(error))


async def send(engine: Engine, message: Message) -> None:
    """Renders and sends one leased message and records what came of it."""
    try:
        receipt = await rendered_and_sent(engine, message)
    except DeliveryError as error:
        await engine.in_store(write_failure, engine, message, error)
    except Exception as error:  # a fault of ours must end as a retry or a dead letter too; its text may hold a secret
        log.error("unexpected failure", stage="deliver", channel=message.channel, error=type(error).__name__)
        sentence = f"unexpected {type(error).__name__} while sending"
        await engine.in_store(write_failure, engine, message, DeliveryError(sentence))
    else:
        await engine.in_store(write_sent, engine, message, receipt)


async def rendered_and_sent(engine: Engine, message: Message) -> Receipt:
    """The channel's receipt, with what was wrong with a template put before it. Raises DeliveryError."""
    settings, config = engine.config.channels[message.channel], engine.config
    template = template_of(message, engine.listening.rules.rules) or settings.template
    zone, url = config.monitor.timezone, config.web.url
    rendered = await engine.press.render(message, settings.type, engine.templates, zone, url, template)
    receipt = await engine.notifiers[message.channel].send(message, rendered)
    if rendered.note:
        log.warning("template failed", stage="deliver", channel=message.channel, error=rendered.note)
        return replace(receipt, detail=f"{receipt.detail}; {rendered.note}")
    return receipt


def template_of(message: Message, rules: Sequence[Rule]) -> str | None:
    """The template that the rules of a message name; None if they do not name the same."""
    named = {rule.name: rule.template for rule in rules}
    found = {named.get(alert.rule) for alert in message.alerts}
    return found.pop() if len(found) == 1 else None


def write_sent(engine: Engine, message: Message, receipt: Receipt) -> None:
    """Records that the channel took the message, and names the recipients that it refused."""
    refused = [f"refused for {whom}: {why}" for whom, why in receipt.refused.items()]
    now, said = engine.clock(), "; ".join((receipt.detail, *refused))
    due = next_due(message, DeliveryError(said), now) if receipt.later else None
    lost = {whom: why for whom, why in receipt.refused.items() if due is None or whom not in receipt.later}
    with engine.store.write() as conn:
        if due is None:
            outbox.sent(conn, message.id, now, said, receipt.handle)
        else:
            outbox.partly(conn, message.id, due, said, receipt.later)
        outbox.let_go(conn, message.channel)
        tell(conn, notices_of_refused(engine, message, lost, now))
    speak = log.warning if refused else log.info
    speak("message sent", stage="deliver", channel=message.channel, message=message.id, detail=receipt.detail)


def write_failure(engine: Engine, message: Message, error: DeliveryError) -> None:
    """Records that it did not: when to try again, or that the message is dead, which another channel is told."""
    now = engine.clock()
    due = None if error.permanent else next_due(message, error, now)
    with engine.store.write() as conn:
        if due is None:
            outbox.dead(conn, message.id, str(error), now)
        else:
            outbox.retrying(conn, message.id, due, str(error))
            if error.unreached or (error.unanswered and message.attempt < UNANSWERED):
                outbox.hold(conn, message.channel, due, mark_of(engine.config.channels[message.channel]))
        tell(conn, notices_of(engine, message, error, dead=due is None, now=now))
    speak = log.error if due is None else log.warning
    fate = "message dead" if due is None else "message to be retried"
    speak(fate, stage="deliver", channel=message.channel, message=message.id, error=str(error))


def notices_of(
    engine: Engine, message: Message, error: DeliveryError, *, dead: bool, now: Moment
) -> tuple[Message, ...]:
    """What people are told of a failure, over channels other than the one that failed."""
    if dead and message.left_to is not None:
        return notices_of_refused(engine, message, dict.fromkeys(message.left_to, str(error)), now)
    alert = None
    if dead:
        alert = of_dead(message, str(error), now)
    elif error.unreached:
        alert = of_unreached(message, str(error), now)
    return addressed_notices(engine, alert, message.channel, now)


def notices_of_refused(
    engine: Engine, message: Message, refused: Mapping[str, str], now: Moment
) -> tuple[Message, ...]:
    """What people are told of recipients that did not get what others got, and why."""
    told = (of_refused(message, whom, why, now) for whom, why in refused.items())
    return tuple(one for alert in told for one in addressed_notices(engine, alert, message.channel, now, partly=True))


def addressed_notices(
    engine: Engine, alert: Alert | None, broken: str, now: Moment, *, partly: bool = False
) -> tuple[Message, ...]:
    """The notice about a channel for those that are to hear of it."""
    fallback = {name: settings.fallback for name, settings in engine.config.channels.items()}
    return notices(alert, broken, fallback, engine.config.alerts.notify, now, partly=partly)


def next_due(message: Message, error: DeliveryError, now: Moment) -> Moment | None:
    """When a message that was not taken is tried again; None when it has been tried for long enough."""
    return next_try(
        message.attempt,
        now=now,
        created=message.created,
        retry_after=error.retry_after,
        jitter=random.random(),  # noqa: S311
    )
