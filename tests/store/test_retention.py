from __future__ import annotations

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
from monitor.store.retention import compact_indexes, delete_history, run_retention, unindex_claims
from monitor.store.sources import record_poll

LONG_AGO, LATELY, NOW = 100.0, 9_000.0, 10_000.0
GOOD = PollResult(LATELY, "ok", None, None, 0, NOW, None, None, None, True)
BRIDGES, SCHOOLS = "Three bridges are closed.", "All schools are open."


def run_out(store: Store, before: float) -> None:
    """Discards until nothing is left to."""
    for _ in range(100):
        with store.write() as conn:
            if delete_history(conn, before, limit=2) == 0:
                return
    raise AssertionError("discarding never ends")


def clean_index(store: Store, since: float) -> int:
    with store.write() as conn:
        forgotten = unindex_claims(conn, since, 0)
    compact_indexes(store)
    return forgotten


def size(store: Store, name: str) -> int:
    with store.read() as conn:
        return int(conn.execute(select(func.count()).select_from(schema.metadata.tables[name])).scalar_one())


def test_what_nobody_says_any_more_leaves_the_index_and_comes_back_when_said_again(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=LONG_AGO)
    commit_texts(store, [SCHOOLS], entry="e2", at=LATELY)
    assert clean_index(store, since=5_000.0) == 1
    assert (size(store, "postings"), size(store, "terms")) == (4, 4)
    with store.read() as conn:
        known = StoredHistory(conn, since=0.0)
        assert known.candidates([["bridges"]]) == [[]]
        assert [said.text for said in known.candidates([["schools"]])[0]] == [SCHOOLS]

    commit_texts(store, [BRIDGES], entry="e3", at=NOW)
    with store.read() as conn:
        assert {said.entry for said in StoredHistory(conn, since=5_000.0).candidates([["bridges"]])[0]} == {"e3"}


def test_a_claim_that_still_stands_is_not_forgotten(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=LONG_AGO)
    with store.write() as conn:
        ledger.mark_entries_seen(conn, "wire", ["e1"], LATELY)
    assert clean_index(store, since=5_000.0) == 0
    with store.read() as conn:
        assert len(StoredHistory(conn, since=5_000.0).candidates([["bridges"]])[0]) == 1


def test_a_claim_said_again_before_the_sweep_loses_nothing(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=LONG_AGO)
    with store.write() as conn:
        assert unindex_claims(conn, 5_000.0, 0) == 1
    commit_texts(store, [BRIDGES], entry="e2", at=LATELY)
    assert clean_index(store, since=5_000.0) == 0
    with store.read() as conn:
        assert len(StoredHistory(conn, since=5_000.0).candidates([["bridges", "three"]])[0]) == 1


def test_a_page_that_does_not_change_goes_on_saying_what_it_says(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=LONG_AGO)
    commit_texts(store, [SCHOOLS], entry="fallen out of the feed", at=LONG_AGO)
    with store.write() as conn:
        ledger.mark_entries_seen(conn, "wire", ["e1"], LONG_AGO + 1)
        record_poll(conn, "wire", GOOD)
    run_retention(store, since=5_000.0)
    with store.read() as conn:
        known = StoredHistory(conn, since=5_000.0)
        assert [said.entry for said in known.candidates([["bridges"]])[0]] == ["e1"]
        assert known.candidates([["schools"]]) == [[]]


def test_a_days_work_forgets_and_cuts_the_history(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0)
    commit_texts(store, [SCHOOLS], at=200.0)
    run_retention(store, since=5_000.0)
    assert (size(store, "postings"), size(store, "updates")) == (0, 2)
    run_retention(store, since=5_000.0, before=5_000.0)
    assert (size(store, "updates"), size(store, "claims")) == (1, 1)


def test_old_versions_go_and_each_entry_keeps_its_latest(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0)
    commit_texts(store, [SCHOOLS], at=200.0)
    commit_texts(store, ["Roads are."], at=300.0)
    run_out(store, before=5_000.0)
    assert (size(store, "updates"), size(store, "findings")) == (1, 1)
    with store.read() as conn:
        latest = ledger.previous_update(conn, "wire", "e1")
    assert latest is not None
    assert latest.text == "Roads are."


def test_no_message_goes_before_it_was_sent_or_given_up(store: Store) -> None:
    for n in range(1, 6):
        one = example_alert(f"al-{n}", at=LONG_AGO)
        commit_texts(
            store, [BRIDGES], entry=f"e{n}", decisions=[sent_decision(one)], messages=[example_message(f"m{n}", one)]
        )
    with store.write() as conn:
        outbox.mark_sent(conn, "m1", 150.0, "")
        outbox.mark_dead(conn, "m2", "550 nobody", 150.0)
        outbox.schedule_retry(conn, "m3", NOW, "451 later")
    run_out(store, before=5_000.0)
    with store.read() as conn:
        assert {row.message_id for row in load_delivery_page(conn)} == {"m3", "m4", "m5"}
        assert {row.alert.id for row in load_alert_page(conn)} == {"al-3", "al-4", "al-5"}
        found = explain_update(conn, 3)
    assert found is not None
    assert [match.alert_id for match in found.matches] == ["al-3"]
    with store.write() as conn:
        first = outbox.lease_message(conn, "desk", NOW, lease_seconds=1.0)
    assert first is not None
    assert [one.id for one in first.alerts] == ["al-3"]


def test_what_is_held_is_kept_however_old(store: Store) -> None:
    held = Decision(
        Match("bridges", (0,), ()), Reason.AWAITING_CORROBORATION, "", pending_alert=example_alert(text=BRIDGES)
    )
    commit_texts(store, [BRIDGES], at=100.0, decisions=[held])
    commit_texts(store, [SCHOOLS], at=200.0)
    clean_index(store, since=5_000.0)
    run_out(store, before=5_000.0)
    with store.read() as conn:
        assert len(alerts.pending_for(conn, [BRIDGES])) == 1
        assert explain_update(conn, 1) is not None


def test_a_claim_that_all_have_dropped_goes_once_it_is_forgotten(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0)
    gone = example_finding(BRIDGES, Novelty.WITHDRAWN, nearest=example_prior("wire", BRIDGES))
    commit_texts(store, [SCHOOLS], at=200.0, findings=[gone, example_finding(SCHOOLS)])
    run_out(store, before=5_000.0)
    assert (size(store, "sayings"), size(store, "claims")) == (1, 2)
    clean_index(store, since=5_000.0)
    run_out(store, before=5_000.0)
    assert size(store, "claims") == 1
    commit_texts(store, [BRIDGES], at=LATELY)
    with store.read() as conn:
        assert len(StoredHistory(conn, since=0.0).candidates([["bridges"]])[0]) == 1
