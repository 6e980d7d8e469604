from __future__ import annotations

from dataclasses import replace

from kit.saying import assessment

from monitor.model import Said
from monitor.store import Store
from monitor.store.gists import NEWEST, SHOWN
from monitor.store.known import Known
from monitor.store.record import record
from monitor.store.retention import forget_gists


def about(store: Store, entry: str, at: float = 100.0, story: str = "st-1", **gist: float) -> None:
    """Commits a new entry that is about these words."""
    one = replace(assessment([f"News of {entry}."], entry=entry, at=at, title=entry, story=story), gist=gist)
    with store.write() as conn:
        record(conn, one, content_hash="h", now=at)


def akin(store: Store, since: float = 0.0, **gist: float) -> list[str]:
    with store.read() as conn:
        return [told.said.entry for told in Known(conn, since=0.0).akin(gist, since)]


def test_an_earlier_update_about_the_same_words_is_found_with_its_story(store: Store) -> None:
    about(store, "flood", bridge=3.0, river=1.0)
    about(store, "more flood", at=200.0, bridge=2.0)
    about(store, "budget", story="st-2", tax=4.0)
    with store.read() as conn:
        found = Known(conn, since=0.0).akin({"bridge": 1.0}, 0.0)
    assert [(told.said, told.gist, told.members) for told in found] == [
        (Said("flood", "wire", "flood", 100.0, "st-1", "flood"), {"bridge": 3.0, "river": 1.0}, 2),
        (Said("more flood", "wire", "more flood", 200.0, "st-1", "more flood"), {"bridge": 2.0}, 2),
    ]


def test_what_shares_no_word_or_is_too_old_is_not_found(store: Store) -> None:
    about(store, "flood", at=100.0, bridge=3.0)
    about(store, "late flood", at=900.0, bridge=3.0)
    assert akin(store, tax=1.0) == []
    assert akin(store) == []
    assert akin(store, since=500.0, bridge=1.0) == ["late flood"]


def test_of_many_the_nearest_are_found(store: Store) -> None:
    about(store, "both", bridge=1.0, river=1.0)
    for n in range(SHOWN + 5):
        about(store, f"e{n}", bridge=1.0)
    found = akin(store, bridge=1.0, river=1.0)
    assert len(found) == SHOWN < NEWEST
    assert "both" in found
    assert "e0" not in found


def test_it_is_counted_how_many_updates_are_about_a_word(store: Store) -> None:
    about(store, "flood", bridge=3.0, river=1.0)
    about(store, "more flood", bridge=2.0)
    with store.read() as conn:
        assert Known(conn, since=0.0).commonness(["bridge", "river", "tax"]) == (2, {"bridge": 2, "river": 1})


def test_groups_of_letters_weigh_and_are_not_looked_up(store: Store) -> None:
    about(store, "flood", **{"bridge": 3.0, "=bri": 1.0})
    assert akin(store, **{"=bri": 1.0}) == []


def test_what_old_updates_were_about_is_let_go_of(store: Store) -> None:
    about(store, "flood", at=100.0, bridge=3.0)
    about(store, "late flood", at=900.0, bridge=3.0)
    with store.write() as conn:
        forget_gists(conn, 500.0)
    assert akin(store, bridge=1.0) == ["late flood"]
    with store.write() as conn:
        forget_gists(conn, 5_000.0)
    assert akin(store, bridge=1.0) == []
