"""The index against a plain dictionary of what it was told."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest

from monitor.store import inverted_index
from monitor.store.base import Store
from monitor.store.inverted_index import CLAIM_INDEX, COMPACTION_SLICES, MAX_LISTS_READ, STORY_INDEX

TERMS = [*range(-4, 5), 2**63 - 1, -(2**63)]


def found(store: Store, terms: Iterable[int] = TERMS, most: int = 10**6) -> dict[int, list[int]]:
    with store.read() as conn:
        counts = inverted_index.document_frequencies(conn, CLAIM_INDEX, list(terms))
        held = inverted_index.find_postings(conn, CLAIM_INDEX, counts, most)
    assert {term: len(ids) for term, ids in held.items()} == counts or most < 10**6
    return {term: sorted(ids) for term, ids in held.items()}


def test_rows_are_found_by_their_terms_filed_or_not(store: Store) -> None:
    with store.write() as conn:
        inverted_index.add_postings(conn, CLAIM_INDEX, {1: [5, 6], 2: [6]})
    assert found(store, [5, 6, 7]) == {5: [1], 6: [1, 2]}
    with store.write() as conn:
        inverted_index.flush(conn, CLAIM_INDEX)
    assert found(store, [5, 6, 7]) == {5: [1], 6: [1, 2]}
    with store.write() as conn:
        inverted_index.add_postings(conn, CLAIM_INDEX, {3: [6, 7]})
    assert found(store, [5, 6, 7]) == {5: [1], 6: [1, 2, 3], 7: [3]}


def test_the_indexes_of_claims_and_of_stories_are_apart(store: Store) -> None:
    with store.write() as conn:
        inverted_index.add_postings(conn, CLAIM_INDEX, {1: [5]})
        inverted_index.add_postings(conn, STORY_INDEX, {2: [5]})
        assert inverted_index.find_postings(conn, STORY_INDEX, {5: 1}, 10) == {5: [2]}
    assert found(store, [5]) == {5: [1]}


def test_what_was_undone_is_not_found(store: Store) -> None:
    with store.write() as conn:
        inverted_index.add_postings(conn, CLAIM_INDEX, {1: [5]})
    with pytest.raises(KeyboardInterrupt), store.write() as conn:
        inverted_index.add_postings(conn, CLAIM_INDEX, {2: [5, 6]})
        assert inverted_index.document_frequencies(conn, CLAIM_INDEX, [5, 6]) == {5: 2, 6: 1}
        raise KeyboardInterrupt
    with store.write() as conn:
        assert inverted_index.document_frequencies(conn, CLAIM_INDEX, [5, 6]) == {5: 1}
        inverted_index.add_postings(conn, CLAIM_INDEX, {2: [7]})
        assert inverted_index.document_frequencies(conn, CLAIM_INDEX, [5, 6, 7]) == {5: 1, 7: 1}
    assert found(store, [5, 6, 7]) == {5: [1], 7: [2]}


def test_a_filing_that_was_undone_has_not_been(store: Store) -> None:
    with store.write() as conn:
        inverted_index.add_postings(conn, CLAIM_INDEX, {1: [5]})
    with pytest.raises(KeyboardInterrupt), store.write() as conn:
        inverted_index.flush(conn, CLAIM_INDEX)
        raise KeyboardInterrupt
    with store.write() as conn:
        assert inverted_index.document_frequencies(conn, CLAIM_INDEX, [5]) == {5: 1}
    assert found(store, [5]) == {5: [1]}


def test_of_a_common_term_the_newest_rows_are_found(store: Store) -> None:
    for id in range(2 * MAX_LISTS_READ + 3):
        with store.write() as conn:
            inverted_index.add_postings(conn, CLAIM_INDEX, {id: [5]})
            if id < 2 * MAX_LISTS_READ:
                inverted_index.flush(conn, CLAIM_INDEX)
    assert found(store, [5], most=MAX_LISTS_READ + 5) == {5: list(range(MAX_LISTS_READ - 2, 2 * MAX_LISTS_READ + 3))}
    assert found(store, [5], most=2) == {5: list(range(2 * MAX_LISTS_READ, 2 * MAX_LISTS_READ + 3))}


@pytest.mark.parametrize("seed", range(3))
def test_it_finds_what_a_dictionary_would(store: Store, seed: int) -> None:
    chance = Random(seed)
    known: dict[int, set[int]] = {}
    for id in range(60):
        terms = set(chance.choices(TERMS, k=chance.randrange(4)))
        with store.write() as conn:
            inverted_index.add_postings(conn, CLAIM_INDEX, {id: terms})
            if chance.random() < 0.2:
                inverted_index.flush(conn, CLAIM_INDEX)
        for term in terms:
            known.setdefault(term, set()).add(id)
        if chance.random() < 0.2:
            assert found(store) == {term: sorted(ids) for term, ids in known.items()}
        if chance.random() < 0.1:
            left = {id for id in range(id + 1) if chance.random() < 0.7}
            clean(store, left)
            known = {term: ids & left for term, ids in known.items() if ids & left}
    assert found(store) == {term: sorted(ids) for term, ids in known.items()}


def test_what_is_listed_twice_is_swept_once(store: Store) -> None:
    for _ in range(2):
        with store.write() as conn:
            inverted_index.add_postings(conn, CLAIM_INDEX, {1: [5], 2: [5, 6]})
            inverted_index.flush(conn, CLAIM_INDEX)
    clean(store, {1})
    assert found(store, [5, 6]) == {5: [1]}


def clean(store: Store, left: set[int]) -> None:
    with store.write() as conn:
        inverted_index.flush(conn, CLAIM_INDEX)
        for piece in range(COMPACTION_SLICES):
            inverted_index.compact(conn, CLAIM_INDEX, piece, left)
