from __future__ import annotations

import random
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

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


def near(store: Store, text: str, since: float = 0.0, **given: object) -> list[PriorClaim]:
    with store.read() as conn:
        return StoredHistory(conn, since=since).candidates([plain_terms(text)], **given)[0]  # type: ignore[arg-type]


def exact(store: Store, text: str) -> list[PriorClaim]:
    with store.read() as conn:
        return StoredHistory(conn, since=0.0).exact_matches([text]).get(text, [])


def test_the_latest_version_of_an_entry_comes_back_whole(store: Store) -> None:
    commit_texts(store, ["Two bridges are closed."], at=100.0)
    commit_texts(store, [BRIDGES, "Schools stay open."], at=200.0, title="Second report")
    with store.read() as conn:
        assert (
            ledger.previous_update(conn, "wire", "e1")
            == example_assessment([BRIDGES, "Schools stay open."], at=200.0, title="Second report").update
        )
        assert ledger.previous_update(conn, "press", "e1") is None
        assert ledger.previous_update(conn, "wire", "e2") is None


def test_content_hashes_tell_which_entries_are_known_and_unchanged(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0)
    commit_texts(store, ["Schools stay open."], at=300.0, entry="e2")
    with store.read() as conn:
        found = content_hashes(conn, "wire", ["e1", "e2", "e3"])
        assert content_hashes(conn, "press", ["e1"]) == {}
    assert found == {"e1": "hash at 100.0", "e2": "hash at 300.0"}


def test_keys_that_no_database_takes_are_kept_all_the_same(store: Store) -> None:
    commit_texts(store, ["A \ud800 b \0 c"], entry="e\0\ud800")
    with store.read() as conn:
        assert content_hashes(conn, "wire", ["e\0\ud800"]) == {"e\0\ud800": "hash at 100.0"}
        kept = ledger.previous_update(conn, "wire", "e\0\ud800")
    assert kept is not None
    assert kept.text == "A \ufffd b \ufffd c"
    assert exact(store, "a \ud800 B \0 c")


def test_a_claim_in_other_words_is_found_with_who_said_it_where_and_when(store: Store) -> None:
    commit_texts(store, [BRIDGES], title="Flood report", at=100.0)
    assert near(store, "The closed bridges over the river are three") == [
        PriorClaim(BRIDGES, "wire", "e1", 100.0, "st-1", "Flood report", url="https://wire.example/e1")
    ]


def test_a_claim_that_shares_no_term_is_not_found(store: Store) -> None:
    commit_texts(store, [BRIDGES])
    assert near(store, "Prices rose") == []
    assert near(store, "") == []


def test_the_claim_that_shares_most_comes_first_and_of_equals_the_newest(store: Store) -> None:
    commit_texts(store, ["red green blue", "red green white", "red black grey", "red green pink"])
    assert [said.text for said in near(store, "red green blue yellow")][:3] == [
        "red green blue",
        "red green pink",
        "red green white",
    ]
    assert len(near(store, "red", limit=2)) == 2


def test_several_queries_are_answered_in_their_order(store: Store) -> None:
    commit_texts(store, ["red green", "blue white"])
    with store.read() as conn:
        found = StoredHistory(conn, since=0.0).candidates([["blue"], ["none"], [], ["green"]])
    assert [[said.text for said in one] for one in found] == [["blue white"], [], [], ["red green"]]


def test_a_claim_that_several_say_gives_one_saying_for_each_subject_the_earliest_first(store: Store) -> None:
    commit_texts(store, [BRIDGES], source="press", entry="p1", at=50.0, title="Germany")
    commit_texts(store, [BRIDGES], source="wire", entry="w1", at=60.0, title="France")
    commit_texts(store, [BRIDGES], source="wire", entry="w2", at=70.0, title="France")
    assert [(said.source, said.entry, said.title) for said in near(store, BRIDGES)] == [
        ("press", "p1", "Germany"),
        ("wire", "w1", "France"),
    ]


def test_a_claim_on_hundreds_of_pages_gives_a_few_sayings(store: Store) -> None:
    with store.write() as conn:
        for n in range(300):
            one = example_assessment([BRIDGES], entry=f"e{n}", at=float(n), title=f"Page {n}")
            commit_assessment(conn, one, content_hash="h", now=float(n))
    assert [said.entry for said in near(store, BRIDGES)] == [f"e{n}" for n in range(MAX_SAYINGS_PER_CLAIM)]
    assert len(exact(store, BRIDGES)) == MAX_EXACT_SAYINGS


def test_only_what_the_named_sources_said_counts(store: Store) -> None:
    commit_texts(store, [BRIDGES], source="press", at=50.0)
    commit_texts(store, [BRIDGES], source="wire", at=60.0)
    commit_texts(store, ["Four bridges over the river are closed."], source="press", entry="p2", at=70.0)

    assert [said.source for said in near(store, BRIDGES, sources=frozenset({"wire"}))] == ["wire"]
    assert near(store, BRIDGES, sources=frozenset({"nobody"})) == []


def test_what_was_last_said_before_the_horizon_is_forgotten_and_what_still_stands_is_not(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0)
    commit_texts(store, [BRIDGES], source="press", at=100.0)
    with store.write() as conn:
        ledger.mark_entries_seen(conn, "press", ["e1"], 900.0)
        ledger.mark_entries_seen(conn, "press", [], 950.0)
    assert [said.source for said in near(store, BRIDGES, since=500.0)] == ["press"]
    assert near(store, BRIDGES, since=901.0) == []


def test_a_claim_that_its_entry_dropped_says_since_when_and_is_back_when_said_again(store: Store) -> None:
    commit_texts(store, [BRIDGES, "Schools stay open."], at=100.0)
    gone = example_finding(BRIDGES, Novelty.WITHDRAWN, nearest=example_prior("wire", BRIDGES))
    commit_texts(store, ["Schools stay open."], at=200.0, findings=[gone])
    assert [said.withdrawn_at for said in near(store, BRIDGES)] == [200.0]
    assert [said.withdrawn_at for said in exact(store, "Schools stay open.")] == [None]

    commit_texts(store, [BRIDGES, "Schools stay open."], at=300.0, findings=[example_finding(BRIDGES)])
    assert [(said.at, said.withdrawn_at) for said in near(store, BRIDGES)] == [(100.0, None)]


def test_what_an_entry_itself_has_said_is_found_however_many_others_say_it_and_however_long_ago(store: Store) -> None:
    for n in range(MAX_EXACT_SAYINGS + 5):
        commit_texts(store, [BRIDGES], entry=f"e{n}", at=float(n))
    last = f"e{MAX_EXACT_SAYINGS + 4}"
    with store.read() as conn:
        known = StoredHistory(conn, since=1e9)
        found = known.own_claims("wire", last, [BRIDGES.upper(), "Schools stay open."])
        assert known.own_claims("press", last, [BRIDGES]) == {}
        assert known.own_claims("wire", last, []) == {}
    assert {text: said.entry for text, said in found.items()} == {BRIDGES.upper(): last}


def test_word_for_word_can_be_asked_of_some_sources_only(store: Store) -> None:
    commit_texts(store, [BRIDGES], source="press", at=50.0)
    commit_texts(store, [BRIDGES], source="wire", at=60.0)
    with store.read() as conn:
        known = StoredHistory(conn, since=0.0)
        found = known.exact_matches([BRIDGES], sources=frozenset({"wire"}))
        assert known.exact_matches([BRIDGES], sources=frozenset({"nobody"})) == {}
    assert [said.source for said in found[BRIDGES]] == ["wire"]


def test_an_edited_claim_makes_its_predecessor_gone(store: Store) -> None:
    commit_texts(store, ["Two bridges are closed."], at=100.0)
    commit_texts(store, [BRIDGES], at=200.0)
    assert [said.withdrawn_at for said in exact(store, "Two bridges are closed.")] == [200.0]


def test_word_for_word_looks_past_case_and_spacing(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0)
    assert [said.text for said in exact(store, "THREE bridges  over the river are closed")] == [BRIDGES]
    assert exact(store, "Two bridges over the river are closed.") == []


def test_a_claim_keeps_what_it_stood_under(store: Store) -> None:
    one = example_assessment([BRIDGES])
    with store.write() as conn:
        under = Claim(BRIDGES, Role.BULLET, "Transport")
        commit_assessment(conn, replace(one, claims=(under,)), content_hash="h", now=1.0)
    assert [said.heading for said in exact(store, BRIDGES)] == ["Transport"]


def test_the_story_of_an_entry_is_that_of_its_latest_version(store: Store) -> None:
    commit_texts(store, [BRIDGES], at=100.0, story="st-1")
    commit_texts(store, ["Two bridges are closed."], at=200.0, story="st-2")
    with store.read() as conn:
        assert StoredHistory(conn, since=0.0).story("wire", "e1") == "st-2"
        assert StoredHistory(conn, since=0.0).story("wire", "e9") is None


def test_claims_without_terms_are_found_word_for_word_only(store: Store) -> None:
    one = example_assessment(["Read more"])
    with store.write() as conn:
        commit_assessment(conn, replace(one, index_terms=((),)), content_hash="h", now=1.0)
    assert near(store, "Read more") == []
    assert [said.text for said in exact(store, "read more")] == ["Read more"]


def generated(chance: random.Random, count: int) -> list[str]:
    """Sentences of 21 made-up words, of which few are common and most are rare."""
    vocabulary = ["".join(chance.choices("abcdefghilmnoprstu", k=chance.randint(3, 9))) for _ in range(6000)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(vocabulary))))
    return [" ".join(chance.choices(vocabulary, cum_weights=weights, k=21)) for _ in range(count)]


def test_the_nearest_of_thousands_is_among_the_candidates(database_path: Path) -> None:
    chance = random.Random(4)
    said = generated(chance, 4000)
    store = open_store(f"sqlite:///{database_path}")
    add_sources(store, "wire")
    for first in range(0, len(said), 400):
        commit_texts(store, said[first : first + 400], entry=f"e{first}")
    every = {text: " ".join(sorted(text.split())) for text in said}
    looked_for = found = 0
    for _ in range(200):
        query = chance.choice(said).split()
        for _ in range(chance.randint(1, 4)):
            query[chance.randrange(21)] = chance.choice(said).split()[0]
        chance.shuffle(query)
        _, score, nearest = process.extractOne(" ".join(sorted(query)), every, scorer=fuzz.ratio)
        if score >= 80:
            looked_for += 1
            found += nearest in {one.text for one in near(store, " ".join(query))}
    store.close()
    assert looked_for > 100
    assert found / looked_for >= 0.98
