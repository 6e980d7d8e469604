from __future__ import annotations

from itertools import pairwise

from kit.builders import commit_texts, example_alert, example_finding, example_message, example_prior, sent_decision
from sqlalchemy import func, select

from monitor.model import Decision, Match, Novelty, Reason
from monitor.sources.state import PollResult
from monitor.store import alerts, ledger, outbox, schema
from monitor.store.base import Store
from monitor.store.past import StoredHistory
from monitor.store.reports.alerts import load_alert_page
from monitor.store.reports.deliveries import load_delivery_page
from monitor.store.reports.explain import explain_update
from monitor.store.retention import compact_indexes, delete_history, retention_steps, unindex_claims
from monitor.store.sources import record_polls

LONG_AGO, RECENTLY, NOW = 100.0, 9_000.0, 10_000.0
GOOD = PollResult(RECENTLY, "ok", None, None, 0, NOW, None, None, None, True)
BRIDGES, SCHOOLS = "Three bridges are closed.", "All schools are open."


def delete_all_history(store: Store, before: float) -> None:
    """Delete history in batches of two rows."""
    assert len(list(delete_history(store, before, limit=2))) < 100


def unindex_and_compact(store: Store, since: float) -> int:
    with store.write() as conn:
        unindexed_count = unindex_claims(conn, since, 0)
    list(compact_indexes(store))
    return unindexed_count


def run_retention(store: Store, *, since: float, before: float | None = None) -> None:
    list(retention_steps(store, since=since, before=before))


def row_count(store: Store, name: str) -> int:
    with store.read() as conn:
        return int(conn.execute(select(func.count()).select_from(schema.metadata.tables[name])).scalar_one())


def test_a_claim_no_longer_published_leaves_the_index_and_returns_when_published_again(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=LONG_AGO)
    commit_texts(store, [SCHOOLS], entry="e2", at=RECENTLY)
    assert unindex_and_compact(store, since=5_000.0) == 1
    assert (row_count(store, "postings"), row_count(store, "terms")) == (4, 4)
    with store.read() as conn:
        history = StoredHistory(conn, since=0.0)
        assert history.candidates([["bridges"]]) == [[]]
        assert [prior.text for prior in history.candidates([["schools"]])[0]] == [SCHOOLS]

    commit_texts(store, [BRIDGES], entry="e3", at=NOW)
    with store.read() as conn:
        assert {prior.entry for prior in StoredHistory(conn, since=5_000.0).candidates([["bridges"]])[0]} == {"e3"}


def test_a_claim_still_published_stays_in_the_index(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=LONG_AGO)
    with store.write() as conn:
        ledger.mark_entries_seen(conn, "wire", ["e1"], RECENTLY)
    assert unindex_and_compact(store, since=5_000.0) == 0
    with store.read() as conn:
        assert len(StoredHistory(conn, since=5_000.0).candidates([["bridges"]])[0]) == 1


def test_a_claim_published_again_before_compaction_keeps_its_postings(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=LONG_AGO)
    with store.write() as conn:
        assert unindex_claims(conn, 5_000.0, 0) == 1
    commit_texts(store, [BRIDGES], entry="e2", at=RECENTLY)
    assert unindex_and_compact(store, since=5_000.0) == 0
    with store.read() as conn:
        assert len(StoredHistory(conn, since=5_000.0).candidates([["bridges", "three"]])[0]) == 1


def test_the_claims_of_an_unchanged_page_count_as_said_until_its_last_good_poll(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=LONG_AGO)
    commit_texts(store, [SCHOOLS], entry="fallen out of the feed", at=LONG_AGO)
    with store.write() as conn:
        ledger.mark_entries_seen(conn, "wire", ["e1"], LONG_AGO + 1)
        record_polls(conn, {"wire": GOOD})
    run_retention(store, since=5_000.0)
    with store.read() as conn:
        history = StoredHistory(conn, since=5_000.0)
        assert [prior.entry for prior in history.candidates([["bridges"]])[0]] == ["e1"]
        assert history.candidates([["schools"]]) == [[]]


def test_retention_unindexes_old_claims_and_deletes_old_history(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0)
    commit_texts(store, [SCHOOLS], at=200.0)
    run_retention(store, since=5_000.0)
    assert (row_count(store, "postings"), row_count(store, "updates")) == (0, 2)
    run_retention(store, since=5_000.0, before=5_000.0)
    assert (row_count(store, "updates"), row_count(store, "claims")) == (1, 1)


def test_old_versions_are_deleted_except_the_latest_of_each_entry(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0)
    commit_texts(store, [SCHOOLS], at=200.0)
    commit_texts(store, ["Roads are."], at=300.0)
    delete_all_history(store, before=5_000.0)
    assert (row_count(store, "updates"), row_count(store, "findings")) == (1, 1)
    with store.read() as conn:
        latest = ledger.previous_update(conn, "wire", "e1")
    assert latest is not None
    assert latest.text == "Roads are."


def test_only_sent_and_dead_messages_are_deleted(store: Store) -> None:
    for n in range(1, 6):
        alert = example_alert(f"al-{n}", at=LONG_AGO)
        commit_texts(
            store,
            [BRIDGES],
            entry=f"e{n}",
            decisions=[sent_decision(alert)],
            messages=[example_message(f"m{n}", alert, thread=f"st-{n}")],
        )
    with store.write() as conn:
        outbox.mark_sent(conn, "m1", 150.0, "")
        outbox.mark_dead(conn, "m2", "550 nobody", 150.0)
        outbox.schedule_retry(conn, "m3", NOW, "451 later")
    delete_all_history(store, before=5_000.0)
    with store.read() as conn:
        assert {row.message_id for row in load_delivery_page(conn)} == {"m3", "m4", "m5"}
        assert {row.alert.id for row in load_alert_page(conn)} == {"al-3", "al-4", "al-5"}
        explanation = explain_update(conn, 3)
    assert explanation is not None
    assert [match.alert_id for match in explanation.matches] == ["al-3"]
    with store.write() as conn:
        message = outbox.lease_message(conn, "desk", NOW, lease_seconds=1.0)
    assert message is not None
    assert [alert.id for alert in message.alerts] == ["al-3"]


def test_pending_matches_are_kept_whatever_their_age(store: Store) -> None:
    pending_decision = Decision(
        Match("bridges", (0,), ()), Reason.AWAITING_CORROBORATION, "", pending_alert=example_alert(text=BRIDGES)
    )
    commit_texts(store, [BRIDGES], at=100.0, decisions=[pending_decision])
    commit_texts(store, [SCHOOLS], at=200.0)
    unindex_and_compact(store, since=5_000.0)
    delete_all_history(store, before=5_000.0)
    with store.read() as conn:
        assert len(alerts.pending_for(conn, [BRIDGES])) == 1
        assert explain_update(conn, 1) is not None


def test_a_withdrawn_claim_is_deleted_once_it_is_unindexed(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0)
    withdrawn = example_finding(BRIDGES, Novelty.WITHDRAWN, nearest=example_prior("wire", BRIDGES))
    commit_texts(store, [SCHOOLS], at=200.0, findings=[withdrawn, example_finding(SCHOOLS)])
    delete_all_history(store, before=5_000.0)
    assert (row_count(store, "sayings"), row_count(store, "claims")) == (1, 2)
    unindex_and_compact(store, since=5_000.0)
    delete_all_history(store, before=5_000.0)
    assert row_count(store, "claims") == 1
    commit_texts(store, [BRIDGES], at=RECENTLY)
    with store.read() as conn:
        assert len(StoredHistory(conn, since=0.0).candidates([["bridges"]])[0]) == 1


def test_a_sent_message_is_kept_while_a_later_one_of_its_thread_is_owed(store: Store) -> None:
    for n in (1, 2):
        alert = example_alert(f"al-{n}", at=LONG_AGO)
        commit_texts(
            store,
            [BRIDGES],
            entry=f"e{n}",
            decisions=[sent_decision(alert)],
            messages=[example_message(f"m{n}", alert)],
        )
    with store.write() as conn:
        outbox.mark_sent(conn, "m1", 150.0, "", "handle of m1")

    delete_all_history(store, before=5_000.0)

    with store.write() as conn:
        message = outbox.lease_message(conn, "desk", NOW, lease_seconds=1.0)
    assert message is not None
    assert message.id == "m2"
    assert message.reply_to is not None
    assert message.reply_to.thread_ref == "handle of m1"


def test_counted_and_throttled_matches_are_kept_whatever_their_age(store: Store) -> None:
    counted = Decision(
        Match("bridges", (0,), ()), Reason.COUNTED, "", pending_alert=example_alert("al-1"), count_key="wire"
    )
    throttled = Decision(
        Match("roads", (0,), ()), Reason.THROTTLED, "", pending_alert=example_alert("al-2"), throttled_until=NOW
    )
    commit_texts(store, [BRIDGES], at=LONG_AGO, decisions=[counted, throttled])
    commit_texts(store, [SCHOOLS], at=LONG_AGO + 1)

    run_retention(store, since=5_000.0, before=5_000.0)

    assert (row_count(store, "matches"), row_count(store, "updates")) == (2, 2)


def test_claims_in_memory_are_kept(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=LONG_AGO)
    commit_texts(store, [BRIDGES], entry="e2", at=RECENTLY)

    run_retention(store, since=5_000.0, before=5_000.0)

    with store.read() as conn:
        priors = StoredHistory(conn, since=5_000.0).candidates([["bridges"]])[0]
    assert [prior.text for prior in priors] == [BRIDGES]


def test_a_transaction_deletes_a_bounded_number_of_rows(store: Store) -> None:
    for n in range(7):
        commit_texts(store, [f"Bridge {n} is closed."], at=LONG_AGO + n)
    counts = [row_count(store, "updates")]
    counts += [row_count(store, "updates") for _ in delete_history(store, 5_000.0, limit=2)]

    assert counts[-1] == 1
    assert max(before - after for before, after in pairwise(counts)) == 2
