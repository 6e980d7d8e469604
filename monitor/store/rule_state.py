"""The stored state of rules: late decisions, rejected rule files, renames, lookback, and matches of removed rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, and_, delete, func, null, select, update

from monitor.model import Decision, Moment, Reason
from monitor.store.commit import alert_claim_hashes, insert_decision
from monitor.store.meta import delete_meta, load_meta, save_meta
from monitor.store.schema import alerts, awaited, claims, matches, metadata, updates
from monitor.units import DAY

if TYPE_CHECKING:
    from monitor.ruleset.rule import Rule

# Keys of `meta`.
REFUSED_RULES_KEY = "rules refused"
RULE_NAMES_KEY = "rule names"
LOOKED_BACK_KEY = "rules that looked back"
MISSING_RULES_KEY = "rules that are missed"

MAX_REFUSAL_PROBLEMS = 20  # problems of rejected rules that are stored
MISSING_RULE_GRACE_S = DAY  # seconds after which the pending matches of a missing rule are dropped
DROP_BATCH_MATCHES = 1_000  # matches dropped in one statement
RULE_REMOVED_DETAIL = "the rule was deleted or disabled before the alert was sent"
TEMPORARY_NAME = "{} "  # never a valid rule name; makes it possible to swap the names of two rules

# Decisions about updates that were committed before


def last_update_id(conn: Connection) -> int:
    """Return the number of the update that was committed last; 0 if there is none."""
    return conn.scalar(select(func.max(updates.c.id))) or 0


def already_matched(conn: Connection, rules: Sequence[str]) -> set[tuple[int, str]]:
    """Return the pairs of update id and rule name for which a match of one of these rules is stored."""
    query = select(matches.c.update_id, matches.c.rule).where(matches.c.rule.in_(rules))
    return {(row.update_id, row.rule) for row in conn.execute(query)}


def insert_late_decision(conn: Connection, decision: Decision, update_id: int, now: Moment) -> None:
    """Insert a decision about an update that was committed before."""
    alert = decision.pending_alert or decision.alert
    hashes = alert_claim_hashes(alert) if alert else []
    claims_query = select(claims.c.text_hash, claims.c.id).where(claims.c.text_hash.in_(hashes))
    insert_decision(conn, decision, update_id, {row.text_hash: row.id for row in conn.execute(claims_query)}, now)


def set_match_reason(conn: Connection, alert_id: str, reason: Reason, detail: str) -> None:
    """Set the reason of the match of an alert, after the alert was routed."""
    conn.execute(update(matches).where(matches.c.alert_id == alert_id).values(reason=reason.value, detail=detail))


# Rejected rule files


def mark_rules_refused(conn: Connection, problems: Sequence[str], now: Moment) -> None:
    """Record that the rules on disk were rejected."""
    save_meta(conn, REFUSED_RULES_KEY, {"at": now, "problems": list(problems[:MAX_REFUSAL_PROBLEMS])})


def mark_rules_accepted(conn: Connection) -> None:
    """Record that the rules on disk are in use."""
    delete_meta(conn, [REFUSED_RULES_KEY])


def load_rules_refusal(conn: Connection) -> tuple[Moment | None, tuple[str, ...]]:
    """Return when the rules on disk were rejected and their first problems; (None, ()) if they are in use."""
    stored = load_meta(conn, REFUSED_RULES_KEY)
    return stored.get("at"), tuple(stored.get("problems", ()))


# Renamed rules


def apply_rule_renames(conn: Connection, rules: Iterable[Rule], previous: Iterable[Rule] = ()) -> dict[str, str]:
    """Move the history of each renamed rule to its new name; return the new names by the old ones.

    `previous` are the rules that this worker has used until now: what it decided under an old name after another
    worker had applied the rename is moved as well.
    """
    current_names = {rule.id or rule.name: rule.name for rule in rules}
    stored_names: dict[str, str] = load_meta(conn, RULE_NAMES_KEY)
    new_names = {stored_names[id]: name for id, name in current_names.items() if stored_names.get(id, name) != name}
    if new_names:
        for table in (table for table in metadata.tables.values() if "rule" in table.c):
            rename_rule_rows(conn, table, new_names)
        rename_pending_alerts(conn, new_names)
    used_names = {rule.id or rule.name: rule.name for rule in previous}
    late_names = {used_names[id]: name for id, name in current_names.items() if used_names.get(id, name) != name}
    rename_late_rows(
        conn, {old: new for old, new in late_names.items() if old not in {*new_names, *current_names.values()}}
    )
    if any(stored_names.get(id) != name for id, name in current_names.items()):
        save_meta(conn, RULE_NAMES_KEY, {**stored_names, **current_names})
    return new_names


def rename_rule_rows(conn: Connection, table: Table, new_names: Mapping[str, str]) -> None:
    """Rename the rules in a table; in a primary key, rows of a removed rule of the new name are deleted first."""
    if "rule" in table.primary_key.columns:
        conn.execute(delete(table).where(table.c.rule.in_(set(new_names.values()) - new_names.keys())))
    for old in new_names:
        conn.execute(update(table).where(table.c.rule == old).values(rule=TEMPORARY_NAME.format(old)))
    for old, new in new_names.items():
        conn.execute(update(table).where(table.c.rule == TEMPORARY_NAME.format(old)).values(rule=new))


def rename_late_rows(conn: Connection, new_names: Mapping[str, str]) -> None:
    """Rename the rules in alerts and matches, which have no keys that could be there already."""
    for old, new in new_names.items():
        for table in (alerts, matches):
            conn.execute(update(table).where(table.c.rule == old).values(rule=new))
    if new_names:
        rename_pending_alerts(conn, new_names)


def rename_pending_alerts(conn: Connection, new_names: Mapping[str, str]) -> None:
    """Rename the rules in the pending alerts of held matches."""
    pending_query = select(matches.c.id, matches.c.waiting).where(matches.c.waiting.is_not(None))
    for id, alert in conn.execute(pending_query).all():
        if alert["rule"] in new_names:
            renamed_alert = alert | {"rule": new_names[alert["rule"]]}
            conn.execute(update(matches).where(matches.c.id == id).values(waiting=renamed_alert))


# Lookback of new rules


def load_lookback_seconds(conn: Connection) -> dict[str, float]:
    """Return how many seconds each rule has looked back, by rule id."""
    return load_meta(conn, LOOKED_BACK_KEY)


def save_lookback_seconds(conn: Connection, seconds: Mapping[str, float]) -> None:
    """Store how many seconds these rules have looked back; other rules keep theirs."""
    save_meta(conn, LOOKED_BACK_KEY, load_lookback_seconds(conn) | dict(seconds))


# Removed rules


def drop_pending_of_missing(conn: Connection, running_rules: Collection[str], now: Moment) -> None:
    """Drop the matches that await corroboration of rules seen missing for MISSING_RULE_GRACE_S.

    `running_rules` are rule names. The time counts from the first call in which a rule was missing.
    """
    is_pending = and_(matches.c.waiting.is_not(None), matches.c.reason == Reason.AWAITING_CORROBORATION.value)
    missing_rules = set(conn.scalars(select(matches.c.rule).distinct().where(is_pending))).difference(running_rules)
    stored_since = load_meta(conn, MISSING_RULES_KEY)
    missing_since = {rule: stored_since.get(rule, now) for rule in missing_rules}
    if missing_since != stored_since:
        save_meta(conn, MISSING_RULES_KEY, missing_since)
    for rule, since in missing_since.items():
        if now - since >= MISSING_RULE_GRACE_S:
            drop_pending(conn, conn.scalars(select(matches.c.id).where(is_pending, matches.c.rule == rule)).all())


def drop_pending(conn: Connection, match_ids: Sequence[int]) -> None:
    """Drop the pending alerts of matches of a removed rule; the matches are kept with that reason."""
    columns = {"reason": Reason.RULE_REMOVED.value, "detail": RULE_REMOVED_DETAIL, "waiting": null(), "opens": None}
    for start in range(0, len(match_ids), DROP_BATCH_MATCHES):
        batch = match_ids[start : start + DROP_BATCH_MATCHES]
        conn.execute(update(matches).where(matches.c.id.in_(batch)).values(columns))
        conn.execute(delete(awaited).where(awaited.c.match_id.in_(batch)))
