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

NONE: Mapping[int, float] = {}
BRIDGE, RIVER, DAM, TAX = map(hash64, ("bridge", "river", "dam", "tax"))


def gist(letters: Mapping[int, float] = NONE, **words: float) -> TermVector:
    return {hash64(word): weight for word, weight in words.items()} | dict(letters)


def about(store: Store, entry: str, what: TermVector, at: float = 100.0, story: str = "st-1") -> None:
    """Commits a new entry that is about these words."""
    one = replace(
        example_assessment([f"News of {entry}."], entry=entry, at=at, title=entry, story=story), story_vector=what
    )
    with store.write() as conn:
        commit_assessment(conn, one, content_hash="h", now=at)


def told(store: Store, what: TermVector, since: float = 0.0) -> list[StoryCandidate]:
    with store.read() as conn:
        return StoredHistory(conn, since=0.0).candidate_stories(what, since)


def akin(store: Store, what: TermVector, since: float = 0.0) -> list[str]:
    return [one.opening.entry for one in told(store, what, since)]


def test_a_story_is_found_by_what_its_entries_were_about(store: Store) -> None:
    about(store, "flood", gist(bridge=3.0, river=1.0))
    about(store, "more flood", gist(bridge=2.0, dam=1.0))
    about(store, "budget", gist(tax=4.0), story="st-2")
    assert [(one.opening, one.vector) for one in told(store, gist(dam=1.0))] == [
        (PriorClaim("flood", "wire", "flood", 100.0, "st-1", "flood"), gist(bridge=5.0, river=1.0, dam=1.0))
    ]


def test_what_was_said_long_ago_weighs_less(store: Store) -> None:
    about(store, "flood", gist(bridge=4.0))
    about(store, "more flood", gist(dam=1.0), at=100.0 + STORY_HALF_LIFE_S)
    about(store, "found late", gist(dam=1.0), at=100.0)
    (one,) = told(store, gist(dam=1.0))
    assert one.vector == gist(bridge=2.0, dam=2.0)
    assert one.opening.at == 100.0 + STORY_HALF_LIFE_S


def test_what_shares_no_word_or_is_too_old_is_not_found(store: Store) -> None:
    about(store, "flood", gist(bridge=3.0), at=100.0)
    about(store, "late flood", gist(bridge=3.0), at=900.0, story="st-2")
    assert akin(store, gist(tax=1.0)) == []
    assert akin(store, gist()) == []
    assert akin(store, gist(bridge=1.0), since=500.0) == ["late flood"]


def test_a_story_that_is_still_told_of_is_not_too_old(store: Store) -> None:
    about(store, "flood", gist(bridge=3.0), at=100.0)
    about(store, "more flood", gist(bridge=3.0), at=900.0)
    assert akin(store, gist(bridge=1.0), since=500.0) == ["flood"]


def test_of_many_the_nearest_are_found(store: Store) -> None:
    about(store, "both", gist(bridge=1.0, river=1.0), story="st-both")
    for n in range(MAX_CANDIDATE_STORIES + 5):
        about(store, f"e{n}", gist(bridge=1.0), story=f"st-{n}")
    found = akin(store, gist(bridge=1.0, river=1.0))
    assert len(found) == MAX_CANDIDATE_STORIES < MAX_STORIES_PER_WORD
    assert "both" in found
    assert "e0" not in found


def test_it_is_counted_how_many_stories_are_about_a_word(store: Store) -> None:
    about(store, "flood", gist(bridge=3.0, river=1.0))
    about(store, "more flood", gist(bridge=2.0))
    about(store, "old bridge", gist(bridge=2.0), story="st-2")
    with store.read() as conn:
        words, _ = StoredHistory(conn, since=0.0).document_frequencies([BRIDGE, RIVER, TAX], [])
    assert words == (2, {BRIDGE: 2, RIVER: 1})


def test_a_story_that_many_tell_does_not_make_its_letters_common(store: Store) -> None:
    for n in range(MAX_COUNTED_ENTRIES + 3):
        about(store, f"flood {n}", gist({7: 3.0}, bridge=1.0))
    about(store, "budget", gist({9: 4.0}, tax=1.0), story="st-2")
    with store.read() as conn:
        _, letters = StoredHistory(conn, since=0.0).document_frequencies([], [7, 8, 9])
    assert letters == (MAX_COUNTED_ENTRIES + 1, {7: MAX_COUNTED_ENTRIES, 8: 0, 9: 1})


def test_groups_of_letters_weigh_and_are_not_looked_up(store: Store) -> None:
    about(store, "flood", gist({7: 1.0}, bridge=3.0))
    assert akin(store, {7: 1.0}) == []


def test_a_story_keeps_its_heaviest_terms(store: Store) -> None:
    about(store, "flood", gist(**{f"word{n}": float(n + 1) for n in range(MAX_VECTOR_TERMS)}))
    about(store, "more flood", gist(dam=1000.0))
    (one,) = told(store, gist(dam=1.0))
    assert len(one.vector) == MAX_VECTOR_TERMS
    assert DAM in one.vector
    assert hash64("word0") not in one.vector


def test_what_ended_stories_were_about_is_let_go_of(store: Store) -> None:
    about(store, "flood", gist(bridge=3.0), at=100.0)
    about(store, "late flood", gist(bridge=3.0), at=900.0, story="st-2")
    with store.write() as conn:
        assert delete_story_vectors(conn, 500.0) == 1
    compact_indexes(store)
    assert akin(store, gist(bridge=1.0)) == ["late flood"]
    with store.read() as conn:
        assert StoredHistory(conn, since=0.0).document_frequencies([BRIDGE], [])[0] == (1, {BRIDGE: 1})
    with store.write() as conn:
        assert delete_story_vectors(conn, 5_000.0) == 1
    assert akin(store, gist(bridge=1.0)) == []


@pytest.mark.parametrize(
    "kept", [{}, gist(bridge=0.5), {7: 0.25}, gist({0: 0.5, HASH_BUCKETS - 1: 2.0}, bridge=0.125, river=31.0)]
)
def test_a_gist_is_kept_whole(kept: TermVector) -> None:
    assert unpack_vector(pack_vector(kept)) == kept
