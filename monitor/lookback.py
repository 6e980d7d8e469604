"""Lets a rule that says `since: 7d` look back, once: it tells of what it would have told in that time.

The stored updates are read as a back-test reads them, beside the daemon's other work; what the rule finds is
committed together with the note that it has looked back. What came with a source's first poll stays untold, and what
the rule judged when it came is not judged again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog

from monitor.alerts.address import addressed, decisions_named
from monitor.alerts.decide import Held, decide
from monitor.archive import stored
from monitor.assess import Listening
from monitor.backtest import Kept, holding, parted
from monitor.config import Config
from monitor.engine import Engine
from monitor.model import Decision, Moment, Reason
from monitor.ruleset.rule import Rule, RuleSet
from monitor.store import Store
from monitor.store.known import Known
from monitor.store.late import judged, keep_late, last_update, name_fate
from monitor.store.record import record_releases
from monitor.store.rulebook import looked_back, note_looked_back

log = structlog.get_logger()

DAY = 86400.0


async def look_back(engine: Engine) -> None:
    """Tells of what the rules that never looked back, or not so far, find in what is stored."""
    listening, now = engine.listening, engine.clock()
    asking = [rule for rule in listening.rules.rules if rule.since is not None]
    if not asking:
        return
    # The store's thread comes to this after every poll that was begun with other rules.
    rules, last = await engine.in_store(owing, engine.store, asking)
    if not rules:
        return
    found = await asyncio.to_thread(finds, engine.store, engine.config, listening, rules, last, now)
    alerts = await engine.in_store(tell_late, engine.store, listening, rules, found, now)
    log.info("looked back", stage="rules", rules=[rule.name for rule in rules], alerts=alerts)
    if alerts:
        engine.committed.set()


def owing(store: Store, asking: Sequence[Rule]) -> tuple[list[Rule], int]:
    """The rules that have still to look back, and the last update that they look at."""
    with store.read() as conn:
        looked = looked_back(conn)
        return [rule for rule in asking if (rule.since or 0.0) > looked.get(rule.id, 0.0)], last_update(conn)


def finds(
    store: Store, config: Config, listening: Listening, rules: Sequence[Rule], last: int, now: Moment
) -> list[tuple[Kept, Held]]:
    """What each rule holds for, oldest first."""
    asked, since = parted(RuleSet(tuple(rules))), {rule.name: now - (rule.since or 0.0) for rule in rules}
    with store.read() as conn:
        return [
            (one, held)
            for one in stored(conn, config, min(since.values()), [asked], listening.tags)
            if one.number <= last and not one.baseline
            for held in holding(asked, one, listening.tags)
            if one.recorded >= since[held.rule.name]
        ]


def tell_late(
    store: Store, listening: Listening, rules: Sequence[Rule], found: Sequence[tuple[Kept, Held]], now: Moment
) -> int:
    """Commits what was found as one message a channel, and that the rules have looked back; how many alerts."""
    notify, wishes = listening.notify, listening.wishes
    with store.write() as conn:
        before = judged(conn, [rule.name for rule in rules])
        known = Known(conn, since=now)
        told: list[Decision] = []
        for one, held in found:
            if (one.number, held.rule.name) in before:
                continue
            for decision in decide(
                one.update, [held], known, baseline=False, now=now, aliases=listening.rules.aliases
            ):
                late = said_late(decision, held.rule)
                keep_late(conn, late, one.number, now)
                told += [late] if late.alert else []
        messages = addressed([d.alert for d in told if d.alert], notify, wishes, known, now)
        record_releases(conn, (), messages, now)
        for decision in decisions_named(told, messages, notify, wishes):
            if decision.alert and decision.reason is not Reason.SENT:
                name_fate(conn, decision.alert.id, decision.reason, decision.detail)
        note_looked_back(conn, {rule.id: rule.since or 0.0 for rule in rules})
    return len(told)


def said_late(decision: Decision, rule: Rule) -> Decision:
    """The decision, which says that the rule looked back."""
    why = f"looked back {(rule.since or 0.0) / DAY:g}d"
    alert = decision.alert and replace(decision.alert, reason=f"{decision.alert.reason}; {why}")
    waiting = decision.waiting and replace(decision.waiting, reason=f"{decision.waiting.reason}; {why}")
    detail = "; ".join(filter(None, (decision.detail, why)))
    return replace(decision, detail=detail, alert=alert, waiting=waiting)
