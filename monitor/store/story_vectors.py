"""The term vectors of stories, and the search for stories that share the heaviest words of a new entry."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from struct import calcsize, pack, unpack_from

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # its ON CONFLICT compiles for SQLite as well

from monitor.compare.stories import StoryCandidate
from monitor.compare.term_vectors import (
    HASH_BUCKETS,
    DocumentFrequency,
    TermVector,
    heaviest,
    is_word_term,
    merge_decayed,
)
from monitor.model import Moment, PriorClaim
from monitor.store import inverted_index
from monitor.store.inverted_index import STORY_INDEX
from monitor.store.schema import entries, gist_letters, gists
from monitor.store.sql import execute_many
from monitor.text.normalize import hash64

MAX_LOOKUP_WORDS = 12  # heaviest words of a vector that are looked up
MAX_STORIES_PER_WORD = 300  # stories read for one word, newest first
MAX_CANDIDATE_STORIES = 16  # stories compared with a new entry
# Entries of one story whose n-grams are counted: a story with many entries must not make its n-grams common.
MAX_COUNTED_ENTRIES = 5
ANY_STORY_TERM = hash64("")  # a term of every story, whose frequency is the number of stories

SELECT_STORY_VECTORS = (
    select(entries.c.title, entries.c.source, entries.c.key, gists.c.at, gists.c.story, gists.c.weights)
    .join(entries, entries.c.id == gists.c.entry_id)
    .where(gists.c.id.in_(bindparam("ids", expanding=True)), gists.c.at >= bindparam("since"))
    .order_by(gists.c.id)
)
SELECT_VECTORS_OF_STORIES = select(gists).where(gists.c.story.in_(bindparam("stories", expanding=True)))
INSERT_STORY_VECTOR = insert(gists).returning(gists.c.story, gists.c.id)
UPDATE_STORY_VECTOR = (
    update(gists)
    .where(gists.c.id == bindparam("_id"))
    .values(at=bindparam("_at"), members=bindparam("_members"), weights=bindparam("_weights"))
)
SELECT_NGRAM_COUNTS = select(gist_letters.c.counts)
_INSERT_NGRAM_COUNTS = upsert(gist_letters)
UPSERT_NGRAM_COUNTS = _INSERT_NGRAM_COUNTS.on_conflict_do_update(
    index_elements=[gist_letters.c.id], set_={"counts": _INSERT_NGRAM_COUNTS.excluded.counts}
)


class StoryFrequencies:
    """The document frequencies of one snapshot: of words, over stories, and of n-grams, over counted entries.

    What was read once is kept, for the other entries of a poll.
    """

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._word_counts: Counter[int] = Counter()
        self._ngram_counts: array[int] | None = None

    def of_words(self, words: Collection[int]) -> Mapping[int, int]:
        """Return the frequencies of words, and maybe of others."""
        missing = {*words, ANY_STORY_TERM}.difference(self._word_counts)
        if missing:
            counts = inverted_index.document_frequencies(self._conn, STORY_INDEX, missing)
            self._word_counts.update({word: counts.get(word, 0) for word in missing})
        return self._word_counts

    def of(self, words: Collection[int]) -> tuple[DocumentFrequency, DocumentFrequency]:
        """Return the document frequencies of words and of all n-grams."""
        self.of_words(words)
        if self._ngram_counts is None:
            self._ngram_counts = load_ngram_counts(self._conn)
        return (
            DocumentFrequency(self._word_counts[ANY_STORY_TERM], self._word_counts),
            DocumentFrequency(self._ngram_counts[HASH_BUCKETS], self._ngram_counts),
        )


def heaviest_words(vector: Mapping[int, float]) -> list[int]:
    """Return the words of a vector that are looked up."""
    return sorted(filter(is_word_term, vector), key=vector.__getitem__, reverse=True)[:MAX_LOOKUP_WORDS]


def candidate_stories(
    conn: Connection, vector: Mapping[int, float], frequencies: StoryFrequencies, since: Moment
) -> list[StoryCandidate]:
    """Return the stories active since a moment that share most of the vector's heaviest words, oldest first."""
    words = heaviest_words(vector)
    counts = frequencies.of_words(words)
    known = {word: counts[word] for word in words if counts[word]}
    stories_by_word = inverted_index.find_postings(conn, STORY_INDEX, known, MAX_STORIES_PER_WORD)
    shared_weights: dict[int, float] = {}
    for word, ids in stories_by_word.items():
        weight = vector[word] ** 2
        for id in ids:
            shared_weights[id] = shared_weights.get(id, 0.0) + weight
    by_weight = sorted(shared_weights, key=lambda id: (shared_weights[id], id), reverse=True)
    nearest_ids = by_weight[:MAX_CANDIDATE_STORIES]
    rows = conn.execute(SELECT_STORY_VECTORS, {"ids": nearest_ids, "since": since}).all() if nearest_ids else ()
    return [
        StoryCandidate(
            PriorClaim(row.title, row.source, row.key, row.at, row.story, row.title), unpack_vector(row.weights)
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class NewEntryVector:
    """The term vector of a new entry, its story, the entry's row id and the time of its update."""

    vector: TermVector
    story: str
    entry_id: int
    at: Moment


@dataclass(slots=True)
class StoryVector:
    """The vector of a story as it will be stored; `id` is None for a new story."""

    id: int | None
    entry_id: int
    at: Moment
    members: int
    vector: TermVector
    new_words: set[int] = field(default_factory=set)


def save_story_vectors(conn: Connection, entries: Sequence[NewEntryVector]) -> None:
    """Merge the vectors of new entries into those of their stories."""
    entries = [entry for entry in entries if entry.vector]
    if not entries:
        return
    stories = load_story_vectors(conn, {entry.story for entry in entries})
    counted = [entry.vector for entry in entries if add_to_story(stories, entry)]
    if counted:
        count_ngrams(conn, counted)
    new_stories = [(name, story) for name, story in stories.items() if story.id is None]
    if new_stories:
        rows = [
            {
                "entry_id": story.entry_id,
                "story": name,
                "at": story.at,
                "members": story.members,
                "weights": pack_vector(story.vector),
            }
            for name, story in new_stories
        ]
        for name, id in conn.execute(INSERT_STORY_VECTOR, rows):
            stories[name].id = id
    new_names = {name for name, _ in new_stories}
    changed = [
        {"_id": story.id, "_at": story.at, "_members": story.members, "_weights": pack_vector(story.vector)}
        for name, story in stories.items()
        if name not in new_names
    ]
    execute_many(conn, UPDATE_STORY_VECTOR, changed)
    words_by_story = {story.id: story.new_words for story in stories.values() if story.id and story.new_words}
    if words_by_story:
        inverted_index.add_postings(conn, STORY_INDEX, words_by_story)


def load_story_vectors(conn: Connection, stories: Collection[str]) -> dict[str, StoryVector]:
    """Return the stored vectors among those of these stories."""
    return {
        row.story: StoryVector(row.id, row.entry_id, row.at, row.members, unpack_vector(row.weights))
        for row in conn.execute(SELECT_VECTORS_OF_STORIES, {"stories": list(stories)})
    }


def add_to_story(stories: dict[str, StoryVector], entry: NewEntryVector) -> bool:
    """Add an entry to its story. Return whether its n-grams count: a story's first entries only."""
    words = {term for term in entry.vector if not 0 <= term < HASH_BUCKETS}
    story = stories.get(entry.story)
    if story is None:
        vector = heaviest(entry.vector)
        stories[entry.story] = StoryVector(None, entry.entry_id, entry.at, 1, vector, {*words, ANY_STORY_TERM})
        return True
    story.new_words |= words.difference(story.vector)
    story.vector = merge_decayed(story.vector, entry.vector, entry.at - story.at)
    story.at = max(entry.at, story.at)
    story.members += 1
    return story.members <= MAX_COUNTED_ENTRIES


def load_ngram_counts(conn: Connection) -> array[int]:
    """Return how many entries contain each n-gram, by bucket, followed by how many entries were counted."""
    counts = array("I")
    counts.frombytes(conn.scalar(SELECT_NGRAM_COUNTS) or bytes(counts.itemsize * (HASH_BUCKETS + 1)))
    return counts


def count_ngrams(conn: Connection, entries: Sequence[Iterable[int]]) -> None:
    """Count the n-grams of more entries, which have these terms."""
    counts = load_ngram_counts(conn)
    for term, times in Counter(chain.from_iterable(entries)).items():
        if 0 <= term < HASH_BUCKETS:  # not a word
            counts[term] += times
    counts[HASH_BUCKETS] += len(entries)
    conn.execute(UPSERT_NGRAM_COUNTS, {"id": 1, "counts": counts.tobytes()})


def pack_vector(vector: TermVector) -> bytes:
    """Pack a vector: number of words, 64-bit word hashes, 16-bit n-gram buckets, 16-bit float weights of both."""
    ngrams = [term for term in vector if 0 <= term < HASH_BUCKETS]
    words = [term for term in vector if not 0 <= term < HASH_BUCKETS]
    layout = f"<I{len(words)}q{len(ngrams)}H{len(vector)}e"
    return pack(
        layout, len(words), *words, *ngrams, *map(vector.__getitem__, words), *map(vector.__getitem__, ngrams)
    )


def unpack_vector(stored: bytes) -> TermVector:
    (word_count,) = unpack_from("<I", stored)
    ngram_count = (len(stored) - calcsize(f"<I{word_count}q{word_count}e")) // calcsize("<He")
    term_count = word_count + ngram_count
    values = unpack_from(f"<{word_count}q{ngram_count}H{term_count}e", stored, calcsize("<I"))
    return dict(zip(values[:term_count], values[term_count:], strict=True))
