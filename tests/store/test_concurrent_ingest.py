"""Entries compared on a snapshot while another poll commits: the same claim is new exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kit.builders import add_sources
from kit.ingest import commit_chunk, ingest_poll
from sqlalchemy import func, select

from monitor.assess import Policy
from monitor.evidence import Basis
from monitor.model import Entry, Novelty, Reason
from monitor.polling import compared as compared_entries
from monitor.polling import entries as polled_entries
from monitor.polling.compared import ChunkResult, ComparedChunk, IngestContext, PolledEntries, Snapshot
from monitor.polling.entries import compare_chunk
from monitor.polling.ingest import IngestResult, changed_entries, prepare
from monitor.polling.steps import Ingest, StaleFingerprint, take_step
from monitor.ruleset.load import load_rules
from monitor.sources.state import PollResult
from monitor.store import inverted_index
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.rows import finding_from_row
from monitor.store.schema import entries, findings, matches, updates

NOW = 1_800_000_000.0
GOOD = PollResult(NOW, "ok", None, None, 0, NOW, None, None, None, True)
SILO = "Grain silo number 7 in Torvald was destroyed by fire on Monday."
FERRY = "The night ferry to Brevik is cancelled until spring."
QUARRY = "A quarry near Aldor lost its licence after three accidents."


def entry(key: str, *sentences: str) -> Entry:
    return Entry(key, "", f"https://news.example/{key}", " ".join(sentences), published=NOW - 60)


def policy_for(folder: Path, query: str, **changes: object) -> Policy:
    folder.mkdir(exist_ok=True)
    (folder / "rule.yaml").write_text(f'name: watch\ntitle: Watch\nmatch: "{query}"\non: [new, changed]\n')
    rules, problems = load_rules(folder, builtin_aliases=None)
    assert not problems
    return replace(Policy(rules, channels_by_rule={"watch": ("desk",)}), **changes)  # type: ignore[arg-type]


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return policy_for(tmp_path / "rules", "silo OR ferry OR quarry")


@pytest.fixture
def store(any_store_url: str) -> Iterator[Store]:
    store = open_store(any_store_url)
    add_sources(store, "wire", "press", "radio")
    yield store
    store.close()


def polled(source: str, policy: Policy, *polled: Entry, now: float = NOW) -> PolledEntries:
    return PolledEntries(source, polled, lambda: policy, lambda *_: GOOD, memory=9e6, now=now)


def compare_on_snapshot(store: Store, one: PolledEntries) -> tuple[IngestContext, ComparedChunk]:
    """Compare the entries of a poll, as the first half of an ingest does."""
    with store.read() as conn:
        waiting, context, _ = prepare(conn, one)
        return context, compare_chunk(Snapshot(conn), context, iter(waiting), one.make_policy())


def commit(store: Store, policy: Policy, compared: tuple[IngestContext, ComparedChunk]) -> ChunkResult:
    with store.write() as conn:
        return commit_chunk(conn, *compared, policy)


def novelties(store: Store) -> list[tuple[str, str]]:
    """Return each finding's source and novelty, in the order of commits."""
    query = (
        select(entries.c.source, findings.c.novelty)
        .join(updates, updates.c.id == findings.c.update_id)
        .join(entries, entries.c.id == updates.c.entry_id)
        .order_by(findings.c.update_id, findings.c.position)
    )
    with store.read() as conn:
        return [(source, novelty) for source, novelty in conn.execute(query)]


def reasons(store: Store) -> list[str]:
    with store.read() as conn:
        return list(conn.scalars(select(matches.c.reason).order_by(matches.c.id)))


def test_a_claim_compared_at_the_same_time_by_two_polls_is_new_once(store: Store, policy: Policy) -> None:
    first = compare_on_snapshot(store, polled("wire", policy, entry("w1", SILO)))
    second = compare_on_snapshot(store, polled("press", policy, entry("p1", SILO)))
    assert commit(store, policy, first).alerts == 1
    assert commit(store, policy, second).alerts == 0
    assert novelties(store) == [("wire", "new"), ("press", "repeated")]


def test_a_claim_that_another_poll_has_changed_meanwhile_is_changed(store: Store, policy: Policy) -> None:
    first = compare_on_snapshot(store, polled("wire", policy, entry("w1", "The fire in Torvald killed 12 people.")))
    second = compare_on_snapshot(store, polled("press", policy, entry("p1", "The fire in Torvald killed 15 people.")))
    commit(store, policy, first)
    commit(store, policy, second)
    assert novelties(store) == [("wire", "new"), ("press", "changed")]


def test_a_claim_without_index_terms_is_new_once(store: Store, policy: Policy) -> None:
    first = compare_on_snapshot(store, polled("wire", policy, entry("w1", "It was not so then, and so it is now.")))
    second = compare_on_snapshot(store, polled("press", policy, entry("p1", "It was not so then, and so it is now.")))
    commit(store, policy, first)
    commit(store, policy, second)
    assert [novelty for _, novelty in novelties(store)].count("new") <= 1


def test_unrelated_entries_are_not_compared_again(
    store: Store, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest_poll(store, polled("radio", policy, entry("r1", FERRY)))
    first = compare_on_snapshot(store, polled("wire", policy, entry("w1", SILO)))
    second = compare_on_snapshot(store, polled("press", policy, entry("p1", QUARRY)))
    commit(store, policy, first)
    with monkeypatch.context() as patch:
        patch.delattr(polled_entries, "compare")
        commit(store, policy, second)
    assert novelties(store) == [("radio", "new"), ("wire", "new"), ("press", "new")]


def test_entries_of_one_poll_that_say_the_same_are_new_once(store: Store, policy: Policy) -> None:
    result = ingest_poll(store, polled("wire", policy, entry("w1", SILO), entry("w2", FERRY), entry("w3", SILO)))
    assert result.alerts == 2
    assert sorted(novelties(store)) == [("wire", "new"), ("wire", "new"), ("wire", "repeated")]


def test_entries_are_compared_again_if_the_index_was_flushed_meanwhile(
    store: Store, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compare_on_snapshot(store, polled("wire", policy, entry("w1", SILO)))
    second = compare_on_snapshot(store, polled("press", policy, entry("p1", SILO)))
    monkeypatch.setattr(inverted_index, "FLUSH_THRESHOLD_TERMS", 1)
    commit(store, policy, first)
    commit(store, policy, second)
    assert novelties(store) == [("wire", "new"), ("press", "repeated")]


def test_an_entry_that_another_worker_committed_is_not_committed_again(store: Store, policy: Policy) -> None:
    compared = compare_on_snapshot(store, polled("wire", policy, entry("w1", SILO)))
    assert ingest_poll(store, polled("wire", policy, entry("w1", SILO))).alerts == 1
    assert commit(store, policy, compared).alerts == 0
    assert novelties(store) == [("wire", "new")]


def test_an_entry_that_another_worker_revised_is_compared_with_that_revision(store: Store, policy: Policy) -> None:
    ingest_poll(store, polled("wire", policy, entry("w1", SILO)))
    compared = compare_on_snapshot(store, polled("wire", policy, entry("w1", SILO, FERRY, QUARRY), now=NOW + 60))
    ingest_poll(store, polled("wire", policy, entry("w1", SILO, FERRY), now=NOW + 30))
    commit(store, policy, compared)
    assert novelties(store) == [("wire", "new"), ("wire", "new"), ("wire", "new")]
    with store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(updates)) == 3


def test_rules_edited_between_comparing_and_committing_decide(store: Store, policy: Policy, tmp_path: Path) -> None:
    compared = compare_on_snapshot(store, polled("wire", policy, entry("w1", SILO)))
    edited = policy_for(tmp_path / "edited", "ferry")
    assert commit(store, edited, compared).alerts == 0
    assert reasons(store) == []


def test_alerts_of_one_poll_are_decided_one_after_another(store: Store, tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text(
        "name: silos\ntitle: Silos\nmatch: silo*\non: [new, changed]\nthrottle: 1 per 1h\n"
    )
    rules, _ = load_rules(tmp_path, builtin_aliases=None)
    policy = Policy(rules, channels_by_rule={"silos": ("desk",)})
    figures = [entry(f"w{count}", f"The fire in Torvald destroyed {count} silos.") for count in (3, 5, 8)]
    assert ingest_poll(store, polled("wire", policy, *figures)).alerts == 1
    assert sorted(reasons(store)) == [Reason.SENT, Reason.THROTTLED, Reason.THROTTLED]


def test_a_first_poll_is_recorded_without_comparing_and_found_by_later_news(store: Store, policy: Policy) -> None:
    baseline = replace(policy, baseline=True)
    first = (entry("w1", SILO, FERRY), entry("w2", SILO))
    assert ingest_poll(store, polled("wire", baseline, *first)).alerts == 0
    with store.read() as conn:
        recorded = list(map(finding_from_row, conn.execute(select(findings).order_by(findings.c.update_id))))
    assert {finding.novelty for finding in recorded} == {Novelty.NEW}
    assert {finding.evidence and finding.evidence.basis for finding in recorded} == {Basis.FIRST_READ}
    assert len({finding.story for finding in recorded}) == 2
    assert set(reasons(store)) == {Reason.BASELINE}

    repeated = ingest_poll(store, polled("press", policy, entry("p1", FERRY), now=NOW + 60))
    changed = entry("p2", "Grain silo number 9 in Torvald was destroyed by fire on Monday.")
    assert repeated.alerts == 0
    ingest_poll(store, polled("press", policy, changed, now=NOW + 90))
    assert novelties(store)[-2:] == [("press", "repeated"), ("press", "changed")]


def test_a_long_first_poll_is_committed_in_chunks(
    store: Store, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polled_entries, "BASELINE_CHUNK_ENTRIES", 3)
    baseline = replace(policy, baseline=True)
    many = [entry(f"w{number}", f"Lorry {number} left the port of Halvik at dawn.") for number in range(8)]
    ingest_poll(store, polled("wire", baseline, *many))
    with store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(entries)) == 8
    with store.read() as conn:
        assert changed_entries(many, {}) and not prepare(conn, polled("wire", baseline, *many)).waiting


def alerts_of(step: object) -> int:
    assert isinstance(step, IngestResult)
    return step.alerts


def test_polls_that_take_a_step_together_have_a_claim_new_once(store: Store, policy: Policy) -> None:
    polls = [
        polled("wire", policy, entry("w1", SILO)),
        polled("press", policy, entry("p1", SILO), entry("p2", FERRY)),
    ]
    steps = take_step(store, [Ingest(poll) for poll in polls])
    assert list(map(alerts_of, steps)) == [1, 1]
    assert sorted(novelties(store)) == [("press", "new"), ("press", "repeated"), ("wire", "new")]


def test_a_poll_that_cannot_be_stored_ends_no_other_of_its_step(store: Store, policy: Policy) -> None:
    unstorable = replace(GOOD, failures=object())  # type: ignore[arg-type]
    bad = replace(polled("press", policy, entry("p1", QUARRY)), make_outcome=lambda *_: unstorable)
    unread = replace(polled("radio", policy, entry("r1", FERRY)), make_policy=lambda: 1 / 0)
    good, failed, broken = take_step(
        store, [Ingest(polled("wire", policy, entry("w1", SILO))), Ingest(bad), Ingest(unread)]
    )
    assert alerts_of(good) == 1
    assert isinstance(failed, Exception)
    assert isinstance(broken, ZeroDivisionError)
    assert novelties(store) == [("wire", "new")]


def test_a_poll_with_a_stale_fingerprint_ends_no_other_of_its_step(store: Store, policy: Policy) -> None:
    stale = polled("press", policy, replace(entry("p1", QUARRY), known_hash="other"))
    ended, good = take_step(store, [Ingest(stale), Ingest(polled("wire", policy, entry("w1", SILO)))])
    assert isinstance(ended, StaleFingerprint)
    assert alerts_of(good) == 1
    assert novelties(store) == [("wire", "new")]


def test_polls_that_a_step_has_no_time_for_keep_waiting(
    store: Store, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compared_entries, "CHUNK_CPU_S", 0.0)
    polls = [Ingest(polled("wire", policy, entry("w1", SILO))), Ingest(polled("press", policy, entry("p1", FERRY)))]
    first, none = take_step(store, polls)
    assert (alerts_of(first), none) == (1, None)
    assert [alerts_of(step) for step in take_step(store, polls[1:])] == [1]
