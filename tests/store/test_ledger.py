from __future__ import annotations

import random
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import pytest
from kit.builders import (
    add_sources,
    commit_texts,
    content_hashes,
    example_assessment,
    example_finding,
    example_prior,
    plain_terms,
)
from rapidfuzz import fuzz, process

from monitor.model import Claim, Novelty, PriorClaim, Role
from monitor.store import ledger
from monitor.store.base import Store
from monitor.store.commit import commit_assessment
from monitor.store.connect import open_store
from monitor.store.ledger import MAX_EXACT_SAYINGS, MAX_SAYINGS_PER_CLAIM
from monitor.store.past import StoredHistory

BRIDGES = "Three bridges over the river are closed."


def candidates(store: Store, text: str, since: float = 0.0, **options: object) -> list[PriorClaim]:
    with store.read() as conn:
        return StoredHistory(conn, since=since).candidates([plain_terms(text)], **options)[0]  # type: ignore[arg-type]


def exact_matches(store: Store, text: str) -> list[PriorClaim]:
    with store.read() as conn:
        return StoredHistory(conn, since=0.0).exact_matches([text]).get(text, [])


def test_previous_update_returns_the_complete_latest_version(store: Store) -> None:
    commit_texts(store, ["Two bridges are closed."], at=100.0)
    commit_texts(store, [BRIDGES, "Schools stay open."], at=200.0, title="Second report")
    with store.read() as conn:
        assert (
            ledger.previous_update(conn, "wire", "e1")
            == example_assessment([BRIDGES, "Schools stay open."], at=200.0, title="Second report").update
        )
        assert ledger.previous_update(conn, "press", "e1") is None
        assert ledger.previous_update(conn, "wire", "e2") is None


def test_content_hashes_are_returned_for_known_entries(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0)
    commit_texts(store, ["Schools stay open."], at=300.0, entry="e2")
    with store.read() as conn:
        hashes = content_hashes(conn, "wire", ["e1", "e2", "e3"])
        assert content_hashes(conn, "press", ["e1"]) == {}
    assert hashes == {"e1": "hash at 100.0", "e2": "hash at 300.0"}


def test_keys_and_texts_with_unstorable_characters_can_be_stored_and_found(store: Store) -> None:
    commit_texts(store, ["A \ud800 b \0 c"], entry="e\0\ud800")
    with store.read() as conn:
        assert content_hashes(conn, "wire", ["e\0\ud800"]) == {"e\0\ud800": "hash at 100.0"}
        stored = ledger.previous_update(conn, "wire", "e\0\ud800")
    assert stored is not None
    assert stored.text == "A \ufffd b \ufffd c"
    assert exact_matches(store, "a \ud800 B \0 c")


def test_a_reworded_claim_is_found_with_its_source_entry_and_time(store: Store) -> None:
    commit_texts(store, [BRIDGES], title="Flood report", at=100.0)
    assert candidates(store, "The closed bridges over the river are three") == [
        PriorClaim(BRIDGES, "wire", "e1", 100.0, "st-1", "Flood report", url="https://wire.example/e1")
    ]


def test_a_claim_that_shares_no_term_is_not_found(store: Store) -> None:
    commit_texts(store, [BRIDGES])
    assert candidates(store, "Prices rose") == []
    assert candidates(store, "") == []


def test_candidates_are_sorted_by_shared_terms_and_then_newest_first(store: Store) -> None:
    commit_texts(store, ["red green blue", "red green white", "red black grey", "red green pink"])
    assert [prior.text for prior in candidates(store, "red green blue yellow")][:3] == [
        "red green blue",
        "red green pink",
        "red green white",
    ]
    assert len(candidates(store, "red", limit=2)) == 2


def test_the_results_of_several_queries_are_in_query_order(store: Store) -> None:
    commit_texts(store, ["red green", "blue white"])
    with store.read() as conn:
        results = StoredHistory(conn, since=0.0).candidates([["blue"], ["none"], [], ["green"]])
    assert [[prior.text for prior in result] for result in results] == [["blue white"], [], [], ["red green"]]


def test_a_claim_of_several_entries_gives_the_earliest_saying_of_each_subject(store: Store) -> None:
    commit_texts(store, [BRIDGES], source="press", entry="p1", at=50.0, title="Germany")
    commit_texts(store, [BRIDGES], source="wire", entry="w1", at=60.0, title="France")
    commit_texts(store, [BRIDGES], source="wire", entry="w2", at=70.0, title="France")
    assert [(prior.source, prior.entry, prior.title) for prior in candidates(store, BRIDGES)] == [
        ("press", "p1", "Germany"),
        ("wire", "w1", "France"),
    ]


def test_the_number_of_sayings_of_a_common_claim_is_limited(store: Store) -> None:
    with store.write() as conn:
        for n in range(300):
            assessment = example_assessment([BRIDGES], entry=f"e{n}", at=float(n), title=f"Page {n}")
            commit_assessment(conn, assessment, content_hash="h", now=float(n))
    assert [prior.entry for prior in candidates(store, BRIDGES)] == [f"e{n}" for n in range(MAX_SAYINGS_PER_CLAIM)]
    assert len(exact_matches(store, BRIDGES)) == MAX_EXACT_SAYINGS


def test_candidates_can_be_limited_to_sources(store: Store) -> None:
    commit_texts(store, [BRIDGES], source="press", at=50.0)
    commit_texts(store, [BRIDGES], source="wire", at=60.0)
    commit_texts(store, ["Four bridges over the river are closed."], source="press", entry="p2", at=70.0)

    assert [prior.source for prior in candidates(store, BRIDGES, sources=frozenset({"wire"}))] == ["wire"]
    assert candidates(store, BRIDGES, sources=frozenset({"nobody"})) == []


def test_candidates_leave_out_claims_last_published_before_since(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0)
    commit_texts(store, [BRIDGES], source="press", at=100.0)
    with store.write() as conn:
        ledger.mark_entries_seen(conn, "press", ["e1"], 900.0)
        ledger.mark_entries_seen(conn, "press", [], 950.0)
    assert [prior.source for prior in candidates(store, BRIDGES, since=500.0)] == ["press"]
    assert candidates(store, BRIDGES, since=901.0) == []


def test_a_withdrawn_claim_has_the_time_of_its_withdrawal_until_it_is_published_again(store: Store) -> None:
    commit_texts(store, [BRIDGES, "Schools stay open."], at=100.0)
    withdrawn = example_finding(BRIDGES, Novelty.WITHDRAWN, nearest=example_prior("wire", BRIDGES))
    commit_texts(store, ["Schools stay open."], at=200.0, findings=[withdrawn])
    assert [prior.withdrawn_at for prior in candidates(store, BRIDGES)] == [200.0]
    assert [prior.withdrawn_at for prior in exact_matches(store, "Schools stay open.")] == [None]

    commit_texts(store, [BRIDGES, "Schools stay open."], at=300.0, findings=[example_finding(BRIDGES)])
    assert [(prior.at, prior.withdrawn_at) for prior in candidates(store, BRIDGES)] == [(100.0, None)]


def test_own_claims_are_found_whatever_their_age_and_number_of_other_sayings(store: Store) -> None:
    for n in range(MAX_EXACT_SAYINGS + 5):
        commit_texts(store, [BRIDGES], entry=f"e{n}", at=float(n))
    last_entry = f"e{MAX_EXACT_SAYINGS + 4}"
    with store.read() as conn:
        history = StoredHistory(conn, since=1e9)
        own_claims = history.own_claims("wire", last_entry, [BRIDGES.upper(), "Schools stay open."])
        assert history.own_claims("press", last_entry, [BRIDGES]) == {}
        assert history.own_claims("wire", last_entry, []) == {}
    assert {text: prior.entry for text, prior in own_claims.items()} == {BRIDGES.upper(): last_entry}


def test_exact_matches_can_be_limited_to_sources(store: Store) -> None:
    commit_texts(store, [BRIDGES], source="press", at=50.0)
    commit_texts(store, [BRIDGES], source="wire", at=60.0)
    with store.read() as conn:
        history = StoredHistory(conn, since=0.0)
        matches = history.exact_matches([BRIDGES], sources=frozenset({"wire"}))
        assert history.exact_matches([BRIDGES], sources=frozenset({"nobody"})) == {}
    assert [prior.source for prior in matches[BRIDGES]] == ["wire"]


def test_entries_that_share_claims_are_found(store: Store) -> None:
    shared = [BRIDGES, "The ferry runs every hour.", "The pass is open."]
    for number in range(3):  # e0 says one of them, e2 all three
        commit_texts(store, shared[: number + 1], entry=f"e{number}", at=100.0 + number)
    commit_texts(store, shared, source="press", entry="e9", at=50.0)
    own = example_assessment(shared, entry="own").update
    with store.read() as conn:
        history = StoredHistory(conn, since=0.0)
        found = history.entries_saying(own, [text.upper() for text in shared], 2)
        assert history.entries_saying(own, ["The pass is shut."], 1) == []
        assert StoredHistory(conn, since=1e9).entries_saying(own, shared, 1) == []
    assert [(entry.entry, entry.shared, entry.at) for entry in found] == [("e2", 3, 102.0), ("e1", 2, 101.0)]


def test_an_edit_withdraws_the_claim_it_replaces(store: Store) -> None:
    commit_texts(store, ["Two bridges are closed."], at=100.0)
    commit_texts(store, [BRIDGES], at=200.0)
    assert [prior.withdrawn_at for prior in exact_matches(store, "Two bridges are closed.")] == [200.0]


def test_exact_matches_ignore_case_and_spacing(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0)
    assert [prior.text for prior in exact_matches(store, "THREE bridges  over the river are closed")] == [BRIDGES]
    assert exact_matches(store, "Two bridges over the river are closed.") == []


def test_a_claim_keeps_its_heading(store: Store) -> None:
    assessment = example_assessment([BRIDGES])
    with store.write() as conn:
        claim = Claim(BRIDGES, Role.BULLET, "Transport")
        commit_assessment(conn, replace(assessment, claims=(claim,)), content_hash="h", now=1.0)
    assert [prior.heading for prior in exact_matches(store, BRIDGES)] == ["Transport"]


def test_the_story_of_an_entry_is_that_of_its_latest_version(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0, story="st-1")
    commit_texts(store, ["Two bridges are closed."], at=200.0, story="st-2")
    with store.read() as conn:
        assert StoredHistory(conn, since=0.0).story("wire", "e1") == "st-2"
        assert StoredHistory(conn, since=0.0).story("wire", "e9") is None


def test_claims_without_terms_are_only_found_by_exact_match(store: Store) -> None:
    assessment = example_assessment(["Read more"])
    with store.write() as conn:
        commit_assessment(conn, replace(assessment, index_terms=((),)), content_hash="h", now=1.0)
    assert candidates(store, "Read more") == []
    assert [prior.text for prior in exact_matches(store, "read more")] == ["Read more"]


def random_sentences(rng: random.Random, count: int) -> list[str]:
    """Sentences of 21 made-up words, of which few are common and most are rare."""
    vocabulary = ["".join(rng.choices("abcdefghilmnoprstu", k=rng.randint(3, 9))) for _ in range(6000)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(vocabulary))))
    return [" ".join(rng.choices(vocabulary, cum_weights=weights, k=21)) for _ in range(count)]


@pytest.mark.slow
def test_the_nearest_of_thousands_of_claims_is_among_the_candidates(database_path: Path) -> None:
    rng = random.Random(4)
    sentences = random_sentences(rng, 4000)
    store = open_store(f"sqlite:///{database_path}")
    add_sources(store, "wire")
    for first in range(0, len(sentences), 400):
        commit_texts(store, sentences[first : first + 400], entry=f"e{first}")
    sorted_words = {text: " ".join(sorted(text.split())) for text in sentences}
    searched = found = 0
    for _ in range(200):
        query = rng.choice(sentences).split()
        for _ in range(rng.randint(1, 4)):
            query[rng.randrange(21)] = rng.choice(sentences).split()[0]
        rng.shuffle(query)
        _, score, nearest = process.extractOne(" ".join(sorted(query)), sorted_words, scorer=fuzz.ratio)
        if score >= 80:
            searched += 1
            found += nearest in {prior.text for prior in candidates(store, " ".join(query))}
    store.close()
    assert searched > 100
    assert found / searched >= 0.98
