"""The index against a plain dictionary of what it was told."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest

from monitor.store import Store, index
from monitor.store.index import CLAIMS, LISTS, SLICES, STORIES

TERMS = [*range(-4, 5), 2**63 - 1, -(2**63)]


def found(store: Store, terms: Iterable[int] = TERMS, most: int = 10**6) -> dict[int, list[int]]:
    with store.read() as conn:
        counts = index.holders(conn, CLAIMS, list(terms))
        held = index.holding(conn, CLAIMS, counts, most)
    assert {term: len(ids) for term, ids in held.items()} == counts or most < 10**6
    return {term: sorted(ids) for term, ids in held.items()}


def test_rows_are_found_by_their_terms_filed_or_not(store: Store) -> None:
    with store.write() as conn:
        index.add(conn, CLAIMS, {1: [5, 6], 2: [6]})
    assert found(store, [5, 6, 7]) == {5: [1], 6: [1, 2]}
    with store.write() as conn:
        index.file(conn, CLAIMS)
    assert found(store, [5, 6, 7]) == {5: [1], 6: [1, 2]}
    with store.write() as conn:
        index.add(conn, CLAIMS, {3: [6, 7]})
    assert found(store, [5, 6, 7]) == {5: [1], 6: [1, 2, 3], 7: [3]}


def test_the_indexes_of_claims_and_of_stories_are_apart(store: Store) -> None:
    with store.write() as conn:
        index.add(conn, CLAIMS, {1: [5]})
        index.add(conn, STORIES, {2: [5]})
        assert index.holding(conn, STORIES, {5: 1}, 10) == {5: [2]}
    assert found(store, [5]) == {5: [1]}


def test_what_was_undone_is_not_found(store: Store) -> None:
    with store.write() as conn:
        index.add(conn, CLAIMS, {1: [5]})
    with pytest.raises(KeyboardInterrupt), store.write() as conn:
        index.add(conn, CLAIMS, {2: [5, 6]})
        assert index.holders(conn, CLAIMS, [5, 6]) == {5: 2, 6: 1}
        raise KeyboardInterrupt
    with store.write() as conn:
        assert index.holders(conn, CLAIMS, [5, 6]) == {5: 1}
        index.add(conn, CLAIMS, {2: [7]})
        assert index.holders(conn, CLAIMS, [5, 6, 7]) == {5: 1, 7: 1}
    assert found(store, [5, 6, 7]) == {5: [1], 7: [2]}


def test_a_filing_that_was_undone_has_not_been(store: Store) -> None:
    with store.write() as conn:
        index.add(conn, CLAIMS, {1: [5]})
    with pytest.raises(KeyboardInterrupt), store.write() as conn:
        index.file(conn, CLAIMS)
        raise KeyboardInterrupt
    with store.write() as conn:
        assert index.holders(conn, CLAIMS, [5]) == {5: 1}
    assert found(store, [5]) == {5: [1]}


def test_of_a_common_term_the_newest_rows_are_found(store: Store) -> None:
    for id in range(2 * LISTS + 3):
        with store.write() as conn:
            index.add(conn, CLAIMS, {id: [5]})
            if id < 2 * LISTS:
                index.file(conn, CLAIMS)
    assert found(store, [5], most=LISTS + 5) == {5: list(range(LISTS - 2, 2 * LISTS + 3))}
    assert found(store, [5], most=2) == {5: list(range(2 * LISTS, 2 * LISTS + 3))}


@pytest.mark.parametrize("seed", range(3))
def test_it_finds_what_a_dictionary_would(store: Store, seed: int) -> None:
    chance = Random(seed)
    known: dict[int, set[int]] = {}
    for id in range(60):
        terms = set(chance.choices(TERMS, k=chance.randrange(4)))
        with store.write() as conn:
            index.add(conn, CLAIMS, {id: terms})
            if chance.random() < 0.2:
                index.file(conn, CLAIMS)
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
            index.add(conn, CLAIMS, {1: [5], 2: [5, 6]})
            index.file(conn, CLAIMS)
    clean(store, {1})
    assert found(store, [5, 6]) == {5: [1]}


def clean(store: Store, left: set[int]) -> None:
    with store.write() as conn:
        index.file(conn, CLAIMS)
        for piece in range(SLICES):
            index.sweep(conn, CLAIMS, piece, left)
