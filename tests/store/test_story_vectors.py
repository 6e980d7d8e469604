from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from kit.builders import example_assessment

from monitor.compare.stories import StoryCandidate
from monitor.compare.term_vectors import HASH_BUCKETS, MAX_VECTOR_TERMS, STORY_HALF_LIFE_S, TermVector
from monitor.model import PriorClaim
from monitor.store.base import Store
from monitor.store.commit import commit_assessment
from monitor.store.past import StoredHistory
from monitor.store.retention import compact_indexes, delete_story_vectors
from monitor.store.story_vectors import (
    MAX_CANDIDATE_STORIES,
    MAX_COUNTED_ENTRIES,
    MAX_STORIES_PER_WORD,
    pack_vector,
    unpack_vector,
)
from monitor.text.normalize import hash64

NO_NGRAMS: Mapping[int, float] = {}
BRIDGE, RIVER, DAM, TAX = map(hash64, ("bridge", "river", "dam", "tax"))


def vector(ngrams: Mapping[int, float] = NO_NGRAMS, **words: float) -> TermVector:
    return {hash64(word): weight for word, weight in words.items()} | dict(ngrams)


def commit_entry(store: Store, entry: str, story_vector: TermVector, at: float = 100.0, story: str = "st-1") -> None:
    """Commit a new entry with this term vector."""
    assessment = replace(
        example_assessment([f"News of {entry}."], entry=entry, at=at, title=entry, story=story),
        story_vector=story_vector,
    )
    with store.write() as conn:
        commit_assessment(conn, assessment, content_hash="h", now=at)


def candidate_stories(store: Store, story_vector: TermVector, since: float = 0.0) -> list[StoryCandidate]:
    with store.read() as conn:
        return StoredHistory(conn, since=0.0).candidate_stories(story_vector, since)


def candidate_entries(store: Store, story_vector: TermVector, since: float = 0.0) -> list[str]:
    return [story.opening.entry for story in candidate_stories(store, story_vector, since)]


def test_a_story_is_found_by_the_words_of_its_entries(store: Store) -> None:
    commit_entry(store, "flood", vector(bridge=3.0, river=1.0))
    commit_entry(store, "more flood", vector(bridge=2.0, dam=1.0))
    commit_entry(store, "budget", vector(tax=4.0), story="st-2")
    assert [(story.opening, story.vector) for story in candidate_stories(store, vector(dam=1.0))] == [
        (PriorClaim("flood", "wire", "flood", 100.0, "st-1", "flood"), vector(bridge=5.0, river=1.0, dam=1.0))
    ]


def test_older_entries_weigh_less_in_the_story_vector(store: Store) -> None:
    commit_entry(store, "flood", vector(bridge=4.0))
    commit_entry(store, "more flood", vector(dam=1.0), at=100.0 + STORY_HALF_LIFE_S)
    commit_entry(store, "found late", vector(dam=1.0), at=100.0)
    (story,) = candidate_stories(store, vector(dam=1.0))
    assert story.vector == vector(bridge=2.0, dam=2.0)
    assert story.opening.at == 100.0 + STORY_HALF_LIFE_S


def test_stories_without_shared_words_or_too_old_are_not_found(store: Store) -> None:
    commit_entry(store, "flood", vector(bridge=3.0), at=100.0)
    commit_entry(store, "late flood", vector(bridge=3.0), at=900.0, story="st-2")
    assert candidate_entries(store, vector(tax=1.0)) == []
    assert candidate_entries(store, vector()) == []
    assert candidate_entries(store, vector(bridge=1.0), since=500.0) == ["late flood"]


def test_a_new_entry_keeps_an_old_story_active(store: Store) -> None:
    commit_entry(store, "flood", vector(bridge=3.0), at=100.0)
    commit_entry(store, "more flood", vector(bridge=3.0), at=900.0)
    assert candidate_entries(store, vector(bridge=1.0), since=500.0) == ["flood"]


def test_only_the_nearest_of_many_stories_are_found(store: Store) -> None:
    commit_entry(store, "both", vector(bridge=1.0, river=1.0), story="st-both")
    for n in range(MAX_CANDIDATE_STORIES + 5):
        commit_entry(store, f"e{n}", vector(bridge=1.0), story=f"st-{n}")
    entries = candidate_entries(store, vector(bridge=1.0, river=1.0))
    assert len(entries) == MAX_CANDIDATE_STORIES < MAX_STORIES_PER_WORD
    assert "both" in entries
    assert "e0" not in entries


def test_word_frequencies_count_stories(store: Store) -> None:
    commit_entry(store, "flood", vector(bridge=3.0, river=1.0))
    commit_entry(store, "more flood", vector(bridge=2.0))
    commit_entry(store, "old bridge", vector(bridge=2.0), story="st-2")
    with store.read() as conn:
        words, _ = StoredHistory(conn, since=0.0).document_frequencies([BRIDGE, RIVER, TAX])
    assert (words.total, [words.by_term[word] for word in (BRIDGE, RIVER, TAX)]) == (2, [2, 1, 0])


def test_the_entries_of_one_story_counted_for_ngram_frequencies_are_limited(store: Store) -> None:
    for n in range(MAX_COUNTED_ENTRIES + 3):
        commit_entry(store, f"flood {n}", vector({7: 3.0}, bridge=1.0))
    commit_entry(store, "budget", vector({9: 4.0}, tax=1.0), story="st-2")
    with store.read() as conn:
        _, ngrams = StoredHistory(conn, since=0.0).document_frequencies([])
    counts = [ngrams.by_term[ngram] for ngram in (7, 8, 9)]
    assert (ngrams.total, counts) == (MAX_COUNTED_ENTRIES + 1, [MAX_COUNTED_ENTRIES, 0, 1])


def test_ngrams_are_not_looked_up(store: Store) -> None:
    commit_entry(store, "flood", vector({7: 1.0}, bridge=3.0))
    assert candidate_entries(store, {7: 1.0}) == []


def test_a_story_keeps_its_heaviest_terms(store: Store) -> None:
    commit_entry(store, "flood", vector(**{f"word{n}": float(n + 1) for n in range(MAX_VECTOR_TERMS)}))
    commit_entry(store, "more flood", vector(dam=1000.0))
    (story,) = candidate_stories(store, vector(dam=1.0))
    assert len(story.vector) == MAX_VECTOR_TERMS
    assert DAM in story.vector
    assert hash64("word0") not in story.vector


def test_vectors_of_ended_stories_are_deleted(store: Store) -> None:
    commit_entry(store, "flood", vector(bridge=3.0), at=100.0)
    commit_entry(store, "late flood", vector(bridge=3.0), at=900.0, story="st-2")
    with store.write() as conn:
        assert delete_story_vectors(conn, 500.0, 10) == 1
    list(compact_indexes(store))
    assert candidate_entries(store, vector(bridge=1.0)) == ["late flood"]
    with store.read() as conn:
        words, _ = StoredHistory(conn, since=0.0).document_frequencies([BRIDGE])
    assert (words.total, words.by_term[BRIDGE]) == (1, 1)
    with store.write() as conn:
        assert delete_story_vectors(conn, 5_000.0, 10) == 1
    assert candidate_entries(store, vector(bridge=1.0)) == []


@pytest.mark.parametrize(
    "original", [{}, vector(bridge=0.5), {7: 0.25}, vector({0: 0.5, HASH_BUCKETS - 1: 2.0}, bridge=0.125, river=31.0)]
)
def test_packing_a_vector_is_lossless(original: TermVector) -> None:
    assert unpack_vector(pack_vector(original)) == original
