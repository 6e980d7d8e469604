"""The inverted index, compared with a plain dictionary."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from monitor.store import inverted_index
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.inverted_index import CLAIM_INDEX, COMPACTION_SLICES, MAX_LISTS_READ, STORY_INDEX

TERMS = [*range(-4, 5), 2**63 - 1, -(2**63)]


def postings(store: Store, terms: Iterable[int] = TERMS, limit: int = 10**6) -> dict[int, list[int]]:
    with store.read() as conn:
        counts = inverted_index.document_frequencies(conn, CLAIM_INDEX, list(terms))
        ids_by_term = inverted_index.find_postings(conn, CLAIM_INDEX, counts, limit)
    assert {term: len(ids) for term, ids in ids_by_term.items()} == counts or limit < 10**6
    return {term: sorted(ids) for term, ids in ids_by_term.items()}


def test_rows_are_found_by_their_terms_before_and_after_a_flush(store: Store) -> None:
    with store.write() as conn:
        inverted_index.add_postings(conn, CLAIM_INDEX, {1: [5, 6], 2: [6]})
    assert postings(store, [5, 6, 7]) == {5: [1], 6: [1, 2]}
    with store.write() as conn:
        inverted_index.flush(conn, CLAIM_INDEX)
    assert postings(store, [5, 6, 7]) == {5: [1], 6: [1, 2]}
    with store.write() as conn:
        inverted_index.add_postings(conn, CLAIM_INDEX, {3: [6, 7]})
    assert postings(store, [5, 6, 7]) == {5: [1], 6: [1, 2, 3], 7: [3]}


def test_the_claim_index_and_the_story_index_are_separate(store: Store) -> None:
    with store.write() as conn:
        inverted_index.add_postings(conn, CLAIM_INDEX, {1: [5]})
        inverted_index.add_postings(conn, STORY_INDEX, {2: [5]})
        assert inverted_index.find_postings(conn, STORY_INDEX, {5: 1}, 10) == {5: [2]}
    assert postings(store, [5]) == {5: [1]}


def test_rows_of_a_rolled_back_transaction_are_not_found(store: Store) -> None:
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
    assert postings(store, [5, 6, 7]) == {5: [1], 7: [2]}


def test_another_process_can_reuse_the_row_numbers_of_a_rolled_back_transaction(database_path: Path) -> None:
    """With SQLite the last pending row of both may even be the same."""
    first, second = (open_store(f"sqlite:///{database_path}") for _ in range(2))
    with pytest.raises(KeyboardInterrupt), first.write() as conn:
        inverted_index.add_postings(conn, CLAIM_INDEX, {1: [5], 2: [6]})
        raise KeyboardInterrupt
    with second.write() as conn:
        inverted_index.add_postings(conn, CLAIM_INDEX, {1: [7], 2: [6]})
    with first.write() as conn:
        assert inverted_index.document_frequencies(conn, CLAIM_INDEX, [5, 6, 7]) == {6: 1, 7: 1}
    first.close()
    second.close()


def test_rows_that_another_process_adds_and_flushes_are_found(shared_store_url: str) -> None:
    first, second = (open_store(shared_store_url) for _ in range(2))
    for store, row, term in ((first, 1, 5), (second, 2, 6), (first, 3, 7)):
        with store.write() as conn:
            inverted_index.add_postings(conn, CLAIM_INDEX, {row: [term, 9]})
    with second.write() as conn:
        inverted_index.flush(conn, CLAIM_INDEX)
        inverted_index.add_postings(conn, CLAIM_INDEX, {4: [8, 9]})
    expected = {5: [1], 6: [2], 7: [3], 8: [4], 9: [1, 2, 3, 4]}
    assert [postings(store, range(10)) for store in (first, second)] == [expected, expected]
    first.close()
    second.close()


def test_a_rolled_back_flush_leaves_the_rows_pending(store: Store) -> None:
    with store.write() as conn:
        inverted_index.add_postings(conn, CLAIM_INDEX, {1: [5]})
    with pytest.raises(KeyboardInterrupt), store.write() as conn:
        inverted_index.flush(conn, CLAIM_INDEX)
        raise KeyboardInterrupt
    with store.write() as conn:
        assert inverted_index.document_frequencies(conn, CLAIM_INDEX, [5]) == {5: 1}
    assert postings(store, [5]) == {5: [1]}


def test_only_the_newest_rows_of_a_common_term_are_returned(store: Store) -> None:
    for id in range(2 * MAX_LISTS_READ + 3):
        with store.write() as conn:
            inverted_index.add_postings(conn, CLAIM_INDEX, {id: [5]})
            if id < 2 * MAX_LISTS_READ:
                inverted_index.flush(conn, CLAIM_INDEX)
    assert postings(store, [5], limit=MAX_LISTS_READ + 5) == {
        5: list(range(MAX_LISTS_READ - 2, 2 * MAX_LISTS_READ + 3))
    }
    assert postings(store, [5], limit=2) == {5: [2 * MAX_LISTS_READ + 1, 2 * MAX_LISTS_READ + 2]}


@pytest.mark.parametrize("seed", range(3))
def test_the_index_matches_a_dictionary(store: Store, seed: int) -> None:
    rng = Random(seed)
    expected: dict[int, set[int]] = {}
    for id in range(60):
        terms = set(rng.choices(TERMS, k=rng.randrange(4)))
        with store.write() as conn:
            inverted_index.add_postings(conn, CLAIM_INDEX, {id: terms})
            if rng.random() < 0.2:
                inverted_index.flush(conn, CLAIM_INDEX)
        for term in terms:
            expected.setdefault(term, set()).add(id)
        if rng.random() < 0.2:
            assert postings(store) == {term: sorted(ids) for term, ids in expected.items()}
        if rng.random() < 0.1:
            live = {id for id in range(id + 1) if rng.random() < 0.7}
            compact_all(store, live)
            expected = {term: ids & live for term, ids in expected.items() if ids & live}
    assert postings(store) == {term: sorted(ids) for term, ids in expected.items()}


def test_compaction_removes_duplicate_rows(store: Store) -> None:
    for _ in range(2):
        with store.write() as conn:
            inverted_index.add_postings(conn, CLAIM_INDEX, {1: [5], 2: [5, 6]})
            inverted_index.flush(conn, CLAIM_INDEX)
    compact_all(store, {1})
    assert postings(store, [5, 6]) == {5: [1]}


def compact_all(store: Store, live_ids: set[int]) -> None:
    with store.write() as conn:
        inverted_index.flush(conn, CLAIM_INDEX)
        for slice_number in range(COMPACTION_SLICES):
            inverted_index.compact(conn, CLAIM_INDEX, slice_number, live_ids)


def test_pending_rows_are_read_again_after_memory_was_released(shared_store_url: str) -> None:
    store = open_store(shared_store_url)
    with store.write() as conn:
        inverted_index.add_postings(conn, CLAIM_INDEX, {1: [5]})
    assert postings(store, [5]) == {5: [1]}
    with store.read() as in_use:
        before = inverted_index.document_frequencies(in_use, CLAIM_INDEX, [5])
        store.release_memory()
        assert inverted_index.document_frequencies(in_use, CLAIM_INDEX, [5]) == before == {5: 1}
    with store.read() as conn:
        assert CLAIM_INDEX.name not in conn.info
    with store.write() as conn:
        assert CLAIM_INDEX.name not in conn.info
        inverted_index.add_postings(conn, CLAIM_INDEX, {2: [5]})
    assert postings(store, [5]) == {5: [1, 2]}
    store.close()
