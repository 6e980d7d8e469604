"""What is odd about the entries that came, and about how revisions move."""

from __future__ import annotations

import pytest

from monitor.model import Change, Claim, Entry, Finding, Kind, Novelty, Quiet, Role
from monitor.sources.moves import FLIPPING, Move, Version, causes_of, flips, idle, such, went_back
from monitor.sources.odd import Seen, backdated, gone_back, is_newest, told_again

READ, OLD = 1000.0, 0.0


def fresh(count: int, *, published: float | None = 500.0) -> list[tuple[Entry, str]]:
    return [(Entry(f"e{n}", "", "", "", published=published), f"hash {n}") for n in range(count)]


def twins(count: int, last: float) -> dict[str, float]:
    return {f"hash {n}": last for n in range(count)}


def kinds(odd: object) -> list[str]:
    return [cause.kind for cause in getattr(odd, "causes", odd)]


@pytest.mark.parametrize(("known", "stale"), [(4, 0), (5, 5), (10, 10)])
def test_a_crowd_of_known_contents_is_no_news(known: int, stale: int) -> None:
    found = told_again(fresh(known), twins(known, READ), READ, OLD)
    assert len(found.stale) == stale
    assert kinds(found) == (["renumbered"] if stale else [])


def test_known_contents_among_mostly_new_ones_may_be_news() -> None:
    assert told_again(fresh(10), twins(5, READ), READ, OLD).stale == {}
    assert len(told_again(fresh(10), twins(6, READ), READ, OLD).stale) == 6


def test_contents_that_had_left_the_source_are_announced_again() -> None:
    assert kinds(told_again(fresh(6), twins(6, READ - 1), READ, OLD)) == ["reannounced"]


def test_a_crowd_from_before_the_memory_is_no_news_but_a_few_may_be() -> None:
    assert len(told_again(fresh(5, published=10.0), {}, READ, 20.0).stale) == 5
    assert told_again(fresh(4, published=10.0), {}, READ, 20.0).stale == {}
    assert told_again(fresh(9, published=None), {}, READ, 20.0).stale == {}


def seen(*firsts: float, last: float = READ) -> dict[str, Seen]:
    return {f"s{n}": Seen("", first, last) for n, first in enumerate(firsts)}


def test_an_older_copy_lacks_the_newest_and_has_again_what_had_left() -> None:
    assert kinds(gone_back(seen(1.0, 2.0), [(3.0, 0.0)], {"s0"}, [])) == ["rewound"]
    assert kinds(gone_back(seen(1.0, 4.0), [(3.0, 0.0)], {"s0"}, [])) == []


def test_a_newest_entry_that_is_taken_down_is_no_rewinding() -> None:
    assert kinds(gone_back(seen(1.0, 2.0), [(3.0, 0.0)], set(), [])) == []


def test_unknown_entries_are_stale_only_when_it_is_certain_that_the_copy_is_older() -> None:
    few, many = [(3.0, 0.0)], [(3.0, 0.0)] * 3
    assert gone_back(seen(1.0), few, set(), fresh(2)).stale == {}
    assert len(gone_back(seen(1.0), many, set(), fresh(2)).stale) == 2


def test_of_entries_seen_at_once_the_newer_one_is_the_one_published_later() -> None:
    known = {"a": Seen("", 1.0, 1.0, 5.0), "b": Seen("", 1.0, 1.0, 6.0), "c": Seen("", 1.0, 1.0, 7.0)}
    assert is_newest(known, {"b", "c"})
    assert not is_newest(known, {"a", "b"})


def test_unknown_entries_are_backdated_when_all_are_older_than_the_newest_known_one() -> None:
    known = Entry("known", "", "", "", published=600.0)
    unknown = fresh(3)
    assert backdated(unknown, [known, *(entry for entry, _ in unknown)])
    late = (Entry("late", "", "", "", published=700.0), "hash")
    assert not backdated([*unknown, late], [known, late[0], *(entry for entry, _ in unknown)])
    assert not backdated([], [known])


def versions(*contents: str | None, recorded: float = 0.0) -> list[Version]:
    return [Version(n, content, recorded) for n, content in enumerate(contents)]


def test_two_versions_twice_each_within_days_are_flipping() -> None:
    assert flips("a", versions("b", "a", "b"), now=10.0)
    assert not flips("a", versions("b", "a"), now=10.0)
    assert not flips("a", versions("b", "a", "c"), now=10.0)
    assert not flips("a", versions("b", "a", "b"), now=FLIPPING + 1)
    assert not flips("a", versions(None, "a", None), now=10.0)


def test_an_earlier_version_is_known_again() -> None:
    assert went_back("a", versions("c", "b", "a"))
    assert not went_back("d", versions("c", "b", "a"))


def test_one_entry_that_goes_back_was_corrected_many_are_an_older_copy() -> None:
    back, edited = Move(back=True, named="x"), Move(named="y")
    assert causes_of([back]) == causes_of([back] * 2) == causes_of([back] * 3 + [edited] * 3) == ()
    assert kinds(causes_of([back] * 3 + [edited])) == ["rewound"]


def found(novelty: Novelty, *changed: Kind, quiet: Quiet | None = None) -> Finding:
    claim = Claim("At 14:35", Role.SENTENCE, "", quiet)
    return Finding(claim, novelty, 90.0, tuple(Change(kind, "a", "b") for kind in changed), None, "st")


def test_only_times_make_a_revision_idle() -> None:
    assert idle([found(Novelty.CHANGED, Kind.DATE), found(Novelty.NEW, quiet=Quiet.VOLATILE)])
    assert not idle([found(Novelty.CHANGED, Kind.DATE, Kind.NUMBER)])
    assert not idle([found(Novelty.NEW)])
    assert not idle([found(Novelty.WITHDRAWN)])


def test_what_a_feed_calls_its_entries_is_harmless_in_a_notice() -> None:
    assert such([Move(named="Ferry\x1b[31m\nnews " + "x" * 500)]).startswith("“Ferry [31m news xxx")
    assert len(such([Move(named="x" * 500)] * 3)) < 200
