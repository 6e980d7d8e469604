"""The term vectors of stories, and the search for stories that share the heaviest words of a new entry."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping
from struct import calcsize, pack, unpack_from

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # its ON CONFLICT compiles for SQLite as well

from monitor.compare.stories import StoryCandidate
from monitor.compare.term_vectors import HASH_BUCKETS, DocumentFrequency, TermVector, is_word_term, merge_decayed
from monitor.model import Moment, PriorClaim
from monitor.store import inverted_index
from monitor.store.inverted_index import STORY_INDEX
from monitor.store.schema import entries, gist_letters, gists
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
SELECT_VECTOR_OF_STORY = select(gists).where(gists.c.story == bindparam("story"))
INSERT_STORY_VECTOR = insert(gists).returning(gists.c.id)
UPDATE_STORY_VECTOR = (
    update(gists)
    .where(gists.c.id == bindparam("_id"))
    .values(at=bindparam("_at"), members=gists.c.members + 1, weights=bindparam("_weights"))
)
SELECT_NGRAM_COUNTS = select(gist_letters.c.counts)
_INSERT_NGRAM_COUNTS = upsert(gist_letters)
UPSERT_NGRAM_COUNTS = _INSERT_NGRAM_COUNTS.on_conflict_do_update(
    index_elements=[gist_letters.c.id], set_={"counts": _INSERT_NGRAM_COUNTS.excluded.counts}
)


def story_document_frequencies(
    conn: Connection, words: Collection[int], ngrams: Collection[int]
) -> tuple[DocumentFrequency, DocumentFrequency]:
    """Return the document frequencies of the words, over stories, and of the n-grams, over counted entries."""
    story_counts = inverted_index.document_frequencies(conn, STORY_INDEX, {*words, ANY_STORY_TERM})
    ngram_counts = load_ngram_counts(conn)
    return (
        DocumentFrequency(story_counts.pop(ANY_STORY_TERM, 0), story_counts),
        DocumentFrequency(ngram_counts[HASH_BUCKETS], {ngram: ngram_counts[ngram] for ngram in ngrams}),
    )


def candidate_stories(conn: Connection, vector: Mapping[int, float], since: Moment) -> list[StoryCandidate]:
    """Return the stories active since a moment that share most of the vector's heaviest words, oldest first."""
    words = sorted(filter(is_word_term, vector), key=vector.__getitem__, reverse=True)[:MAX_LOOKUP_WORDS]
    frequencies = inverted_index.document_frequencies(conn, STORY_INDEX, words)
    stories_by_word = inverted_index.find_postings(conn, STORY_INDEX, frequencies, MAX_STORIES_PER_WORD)
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


def save_story_vector(conn: Connection, vector: Mapping[int, float], story: str, entry_id: int, at: Moment) -> None:
    """Merge the vector of a new entry into that of its story."""
    if not vector:
        return
    existing = conn.execute(SELECT_VECTOR_OF_STORY, {"story": story}).one_or_none()
    story_vector: TermVector = {} if existing is None else unpack_vector(existing.weights)
    if existing is None:
        weights = merge_decayed({}, vector, 0.0)
        values = {"entry_id": entry_id, "story": story, "at": at, "members": 1, "weights": pack_vector(weights)}
        vector_id: int = conn.execute(INSERT_STORY_VECTOR, values).scalar_one()
    else:
        vector_id = existing.id
        weights = merge_decayed(story_vector, vector, at - existing.at)
        conn.execute(
            UPDATE_STORY_VECTOR, {"_id": vector_id, "_at": max(at, existing.at), "_weights": pack_vector(weights)}
        )
    if existing is None or existing.members < MAX_COUNTED_ENTRIES:
        count_ngrams(conn, vector)
    new_words = {term for term in vector if is_word_term(term) and term not in story_vector}
    if existing is None:
        new_words.add(ANY_STORY_TERM)
    if new_words:
        inverted_index.add_postings(conn, STORY_INDEX, {vector_id: new_words})


def load_ngram_counts(conn: Connection) -> array[int]:
    """Return how many entries contain each n-gram, by bucket, followed by how many entries were counted."""
    counts = array("I")
    counts.frombytes(conn.scalar(SELECT_NGRAM_COUNTS) or bytes(counts.itemsize * (HASH_BUCKETS + 1)))
    return counts


def count_ngrams(conn: Connection, terms: Iterable[int]) -> None:
    """Count the n-grams of one more entry."""
    counts = load_ngram_counts(conn)
    for term in terms:
        if not is_word_term(term):
            counts[term] += 1
    counts[HASH_BUCKETS] += 1
    conn.execute(UPSERT_NGRAM_COUNTS, {"id": 1, "counts": counts.tobytes()})


def pack_vector(vector: TermVector) -> bytes:
    """Pack a vector: number of words, 64-bit word hashes, 16-bit n-gram buckets, 16-bit float weights of both."""
    words = [term for term in vector if is_word_term(term)]
    ngrams = [term for term in vector if not is_word_term(term)]
    layout = f"<I{len(words)}q{len(ngrams)}H{len(vector)}e"
    return pack(layout, len(words), *words, *ngrams, *(vector[term] for term in (*words, *ngrams)))


def unpack_vector(stored: bytes) -> TermVector:
    (word_count,) = unpack_from("<I", stored)
    ngram_count = (len(stored) - calcsize(f"<I{word_count}q{word_count}e")) // calcsize("<He")
    term_count = word_count + ngram_count
    values = unpack_from(f"<{word_count}q{ngram_count}H{term_count}e", stored, calcsize("<I"))
    return dict(zip(values[:term_count], values[term_count:], strict=True))
