"""What the store knows of the rules themselves: the name that each id has, how far each has looked back, and which
hold something although they run no more.

Rows carry the rule's name, which people know it by. When a rule is renamed its past goes on under the new name, so
that nothing is told twice, throttles and silences hold, and what is held still finds its channels.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, and_, delete, null, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.model import Moment, Reason
from monitor.store.schema import awaited, matches, meta, metadata

if TYPE_CHECKING:
    from monitor.ruleset.rule import Rule

NAMES, LOOKED, MISSED = "rule names", "rules that looked back", "rules that are missed"
GRACE = 86400.0  # seconds in which a rule may come back to what it holds
BATCH = 1_000  # matches that are ended at a time
GONE = "its rule was deleted or disabled before this could be told"
PASSING = "{} "  # no rule can have such a name: for a moment, so that two rules may exchange theirs


def carry_on(conn: Connection, rules: Iterable[Rule]) -> dict[str, str]:
    """Lets each rule that was renamed go on with its past; the new names by the old ones."""
    names = {rule.id or rule.name: rule.name for rule in rules}
    known: dict[str, str] = noted(conn, NAMES)
    renamed = {known[id]: name for id, name in names.items() if known.get(id, name) != name}
    if renamed:
        for table in (table for table in metadata.tables.values() if "rule" in table.c):
            rename(conn, table, renamed)
        rename_held(conn, renamed)
    if any(known.get(id) != name for id, name in names.items()):
        note(conn, NAMES, {**known, **names})
    return renamed


def rename(conn: Connection, table: Table, renamed: Mapping[str, str]) -> None:
    """Moves the rows of renamed rules. What a rule that is gone was told under a new name makes room for it."""
    if "rule" in table.primary_key.columns:
        conn.execute(delete(table).where(table.c.rule.in_(set(renamed.values()) - renamed.keys())))
    for old in renamed:
        conn.execute(update(table).where(table.c.rule == old).values(rule=PASSING.format(old)))
    for old, new in renamed.items():
        conn.execute(update(table).where(table.c.rule == PASSING.format(old)).values(rule=new))


def rename_held(conn: Connection, renamed: Mapping[str, str]) -> None:
    """The alerts that held matches will become bear the new names too."""
    held = select(matches.c.id, matches.c.waiting).where(matches.c.waiting.is_not(None))
    for id, alert in conn.execute(held).all():
        if alert["rule"] in renamed:
            now = alert | {"rule": renamed[alert["rule"]]}
            conn.execute(update(matches).where(matches.c.id == id).values(waiting=now))


def looked_back(conn: Connection) -> dict[str, float]:
    """How many seconds each rule has looked back, by its id."""
    return noted(conn, LOOKED)


def note_looked_back(conn: Connection, seconds: Mapping[str, float]) -> None:
    """Some rules have looked back so far."""
    note(conn, LOOKED, looked_back(conn) | dict(seconds))


def noted(conn: Connection, key: str) -> dict[str, Any]:
    """A table of `meta`; empty if it was never written."""
    value = conn.scalar(select(meta.c.value).where(meta.c.key == key))
    found: dict[str, Any] = json.loads(value) if value else {}
    return found


def note(conn: Connection, key: str, value: Mapping[str, object]) -> None:
    """Writes a table of `meta`."""
    row = insert(meta).values(key=key, value=json.dumps(value))
    conn.execute(row.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": row.excluded.value}))


def drop(conn: Connection, held: Sequence[int]) -> None:
    """Ends the waiting of matches whose rule does not run any more; they are kept, with the reason."""
    ended = {"reason": Reason.GONE.value, "detail": GONE, "waiting": null(), "opens": None}
    for at in range(0, len(held), BATCH):
        some = held[at : at + BATCH]
        conn.execute(update(matches).where(matches.c.id.in_(some)).values(ended))
        conn.execute(delete(awaited).where(awaited.c.match_id.in_(some)))


def drop_gone(conn: Connection, runs: Collection[str], now: Moment) -> None:
    """Ends what waits for other sources for a rule that has not run for GRACE seconds, as far as that was seen.

    `runs` are the names of the rules that run.
    """
    held = and_(matches.c.waiting.is_not(None), matches.c.reason == Reason.CORROBORATION.value)
    gone = set(conn.scalars(select(matches.c.rule).distinct().where(held))).difference(runs)
    known = noted(conn, MISSED)
    since = {rule: known.get(rule, now) for rule in gone}
    if since != known:
        note(conn, MISSED, since)
    for rule, at in since.items():
        if now - at >= GRACE:
            drop(conn, conn.scalars(select(matches.c.id).where(held, matches.c.rule == rule)).all())
