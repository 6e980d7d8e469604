"""What is odd about the entries that came, and about how revisions move."""

from __future__ import annotations

import pytest

from monitor.model import Change, ChangeKind, Claim, Entry, Finding, Noise, Novelty, Role
from monitor.sources.anomalies import KnownEntry, all_backdated, are_newest, detect_reannounced, detect_rewind
from monitor.sources.flapping import (
    FLAPPING_WINDOW_S,
    EntryVersion,
    Revision,
    describe_revisions,
    has_only_clock_changes,
    is_flapping,
    is_revert,
    revision_issues,
)

READ, OLD = 1000.0, 0.0


def fresh(count: int, *, published: float | None = 500.0) -> list[tuple[Entry, str]]:
    return [(Entry(f"e{n}", "", "", "", published=published), f"hash {n}") for n in range(count)]


def twins(count: int, last: float) -> dict[str, float]:
    return {f"hash {n}": last for n in range(count)}


def kinds(odd: object) -> list[str]:
    return [cause.kind for cause in getattr(odd, "issues", odd)]


@pytest.mark.parametrize(("known", "stale"), [(4, 0), (5, 5), (10, 10)])
def test_a_crowd_of_known_contents_is_no_news(known: int, stale: int) -> None:
    found = detect_reannounced(fresh(known), twins(known, READ), READ, OLD)
    assert len(found.stale_reasons) == stale
    assert kinds(found) == (["renumbered"] if stale else [])


def test_known_contents_among_mostly_new_ones_may_be_news() -> None:
    assert detect_reannounced(fresh(10), twins(5, READ), READ, OLD).stale_reasons == {}
    assert len(detect_reannounced(fresh(10), twins(6, READ), READ, OLD).stale_reasons) == 6


def test_contents_that_had_left_the_source_are_announced_again() -> None:
    assert kinds(detect_reannounced(fresh(6), twins(6, READ - 1), READ, OLD)) == ["reannounced"]


def test_a_crowd_from_before_the_memory_is_no_news_but_a_few_may_be() -> None:
    assert len(detect_reannounced(fresh(5, published=10.0), {}, READ, 20.0).stale_reasons) == 5
    assert detect_reannounced(fresh(4, published=10.0), {}, READ, 20.0).stale_reasons == {}
    assert detect_reannounced(fresh(9, published=None), {}, READ, 20.0).stale_reasons == {}


def seen(*firsts: float, last: float = READ) -> dict[str, KnownEntry]:
    return {f"s{n}": KnownEntry("", first, last) for n, first in enumerate(firsts)}


def test_an_older_copy_lacks_the_newest_and_has_again_what_had_left() -> None:
    assert kinds(detect_rewind(seen(1.0, 2.0), [(3.0, 0.0)], {"s0"}, [])) == ["rewound"]
    assert kinds(detect_rewind(seen(1.0, 4.0), [(3.0, 0.0)], {"s0"}, [])) == []


def test_a_newest_entry_that_is_taken_down_is_no_rewinding() -> None:
    assert kinds(detect_rewind(seen(1.0, 2.0), [(3.0, 0.0)], set(), [])) == []


def test_unknown_entries_are_stale_only_when_it_is_certain_that_the_copy_is_older() -> None:
    few, many = [(3.0, 0.0)], [(3.0, 0.0)] * 3
    assert detect_rewind(seen(1.0), few, set(), fresh(2)).stale_reasons == {}
    assert len(detect_rewind(seen(1.0), many, set(), fresh(2)).stale_reasons) == 2


def test_of_entries_seen_at_once_the_newer_one_is_the_one_published_later() -> None:
    known = {
        "a": KnownEntry("", 1.0, 1.0, 5.0),
        "b": KnownEntry("", 1.0, 1.0, 6.0),
        "c": KnownEntry("", 1.0, 1.0, 7.0),
    }
    assert are_newest(known, {"b", "c"})
    assert not are_newest(known, {"a", "b"})


def test_unknown_entries_are_backdated_when_all_are_older_than_the_newest_known_one() -> None:
    known = Entry("known", "", "", "", published=600.0)
    unknown = fresh(3)
    assert all_backdated(unknown, [known, *(entry for entry, _ in unknown)])
    late = (Entry("late", "", "", "", published=700.0), "hash")
    assert not all_backdated([*unknown, late], [known, late[0], *(entry for entry, _ in unknown)])
    assert not all_backdated([], [known])


def versions(*contents: str | None, recorded: float = 0.0) -> list[EntryVersion]:
    return [EntryVersion(n, content, recorded) for n, content in enumerate(contents)]


def test_two_versions_twice_each_within_days_are_flipping() -> None:
    assert is_flapping("a", versions("b", "a", "b"), now=10.0)
    assert not is_flapping("a", versions("b", "a"), now=10.0)
    assert not is_flapping("a", versions("b", "a", "c"), now=10.0)
    assert not is_flapping("a", versions("b", "a", "b"), now=FLAPPING_WINDOW_S + 1)
    assert not is_flapping("a", versions(None, "a", None), now=10.0)


def test_an_earlier_version_is_known_again() -> None:
    assert is_revert("a", versions("c", "b", "a"))
    assert not is_revert("d", versions("c", "b", "a"))


def test_one_entry_that_goes_back_was_corrected_many_are_an_older_copy() -> None:
    back, edited = Revision(reverted=True, label="x"), Revision(label="y")
    assert revision_issues([back]) == revision_issues([back] * 2) == revision_issues([back] * 3 + [edited] * 3) == ()
    assert kinds(revision_issues([back] * 3 + [edited])) == ["rewound"]


def found(novelty: Novelty, *changed: ChangeKind, quiet: Noise | None = None) -> Finding:
    claim = Claim("At 14:35", Role.SENTENCE, "", quiet)
    return Finding(claim, novelty, 90.0, tuple(Change(kind, "a", "b") for kind in changed), None, "st")


def test_only_times_make_a_revision_idle() -> None:
    assert has_only_clock_changes([found(Novelty.CHANGED, ChangeKind.DATE), found(Novelty.NEW, quiet=Noise.VOLATILE)])
    assert not has_only_clock_changes([found(Novelty.CHANGED, ChangeKind.DATE, ChangeKind.NUMBER)])
    assert not has_only_clock_changes([found(Novelty.NEW)])
    assert not has_only_clock_changes([found(Novelty.WITHDRAWN)])


def test_what_a_feed_calls_its_entries_is_harmless_in_a_notice() -> None:
    assert describe_revisions([Revision(label="Ferry\x1b[31m\nnews " + "x" * 500)]).startswith("“Ferry [31m news xxx")
    assert len(describe_revisions([Revision(label="x" * 500)] * 3)) < 200
