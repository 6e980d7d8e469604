from __future__ import annotations

from dataclasses import replace

from kit.saying import assessment
from sqlalchemy import func, select

from monitor.compare.gist import HALF_LIFE, LARGEST
from monitor.model import Said
from monitor.store import Store
from monitor.store.gists import COUNTED, NEWEST, SHOWN
from monitor.store.known import Known
from monitor.store.record import record
from monitor.store.retention import SLICES, forget_gists, sweep_gists
from monitor.store.schema import gist_postings


def about(store: Store, entry: str, at: float = 100.0, story: str = "st-1", **gist: float) -> None:
    """Commits a new entry that is about these words."""
    one = replace(assessment([f"News of {entry}."], entry=entry, at=at, title=entry, story=story), gist=gist)
    with store.write() as conn:
        record(conn, one, content_hash="h", now=at)


def akin(store: Store, since: float = 0.0, **gist: float) -> list[str]:
    with store.read() as conn:
        return [told.said.entry for told in Known(conn, since=0.0).akin(gist, since)]


def test_a_story_is_found_by_what_its_entries_were_about(store: Store) -> None:
    about(store, "flood", bridge=3.0, river=1.0)
    about(store, "more flood", at=100.0, bridge=2.0, dam=1.0)
    about(store, "budget", story="st-2", tax=4.0)
    with store.read() as conn:
        found = Known(conn, since=0.0).akin({"dam": 1.0}, 0.0)
    assert [(told.said, told.gist) for told in found] == [
        (Said("flood", "wire", "flood", 100.0, "st-1", "flood"), {"bridge": 5.0, "river": 1.0, "dam": 1.0})
    ]


def test_what_was_said_long_ago_weighs_less(store: Store) -> None:
    about(store, "flood", bridge=4.0)
    about(store, "more flood", at=100.0 + HALF_LIFE, dam=1.0)
    about(store, "found late", at=100.0, dam=1.0)
    with store.read() as conn:
        (told,) = Known(conn, since=0.0).akin({"dam": 1.0}, 0.0)
    assert told.gist == {"bridge": 2.0, "dam": 2.0}
    assert told.said.at == 100.0 + HALF_LIFE


def test_what_shares_no_word_or_is_too_old_is_not_found(store: Store) -> None:
    about(store, "flood", at=100.0, bridge=3.0)
    about(store, "late flood", at=900.0, story="st-2", bridge=3.0)
    assert akin(store, tax=1.0) == []
    assert akin(store) == []
    assert akin(store, since=500.0, bridge=1.0) == ["late flood"]


def test_a_story_that_is_still_told_of_is_not_too_old(store: Store) -> None:
    about(store, "flood", at=100.0, bridge=3.0)
    about(store, "more flood", at=900.0, bridge=3.0)
    assert akin(store, since=500.0, bridge=1.0) == ["flood"]


def test_of_many_the_nearest_are_found(store: Store) -> None:
    about(store, "both", story="st-both", bridge=1.0, river=1.0)
    for n in range(SHOWN + 5):
        about(store, f"e{n}", story=f"st-{n}", bridge=1.0)
    found = akin(store, bridge=1.0, river=1.0)
    assert len(found) == SHOWN < NEWEST
    assert "both" in found
    assert "e0" not in found


def test_it_is_counted_how_many_updates_are_about_a_word(store: Store) -> None:
    about(store, "flood", bridge=3.0, river=1.0)
    about(store, "more flood", bridge=2.0)
    with store.read() as conn:
        assert Known(conn, since=0.0).commonness(["bridge", "river", "tax"]) == (2, {"bridge": 2, "river": 1})


def test_a_story_that_many_tell_does_not_make_its_words_common(store: Store) -> None:
    for n in range(COUNTED + 3):
        about(store, f"flood {n}", bridge=3.0)
    about(store, "budget", story="st-2", tax=4.0)
    with store.read() as conn:
        assert Known(conn, since=0.0).commonness(["bridge", "tax"]) == (COUNTED + 1, {"bridge": COUNTED, "tax": 1})


def test_groups_of_letters_weigh_and_are_not_looked_up(store: Store) -> None:
    about(store, "flood", **{"bridge": 3.0, "=brid": 1.0})
    assert akin(store, **{"=brid": 1.0}) == []


def test_a_story_keeps_its_heaviest_terms(store: Store) -> None:
    about(store, "flood", **{f"word{n}": float(n + 1) for n in range(LARGEST)})
    about(store, "more flood", dam=1000.0)
    with store.read() as conn:
        (told,) = Known(conn, since=0.0).akin({"dam": 1.0}, 0.0)
    assert len(told.gist) == LARGEST
    assert "dam" in told.gist
    assert "word0" not in told.gist


def test_what_ended_stories_were_about_is_let_go_of(store: Store) -> None:
    about(store, "flood", at=100.0, bridge=3.0)
    about(store, "late flood", at=900.0, story="st-2", bridge=3.0)
    with store.write() as conn:
        assert forget_gists(conn, 500.0) == 1
        for piece in range(SLICES):
            sweep_gists(conn, piece)
        assert conn.scalar(select(func.count()).select_from(gist_postings)) == 1
    assert akin(store, bridge=1.0) == ["late flood"]
    with store.write() as conn:
        assert forget_gists(conn, 5_000.0) == 1
    assert akin(store, bridge=1.0) == []
