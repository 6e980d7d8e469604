"""Detection of anomalies in the entries of a poll, and of revisions without news."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from monitor.alerts.source_notices import HealthIssue
from monitor.model import Change, ChangeKind, Claim, Entry, Finding, Noise, Novelty, Role
from monitor.sources.anomalies import (
    Anomaly,
    KnownEntry,
    all_backdated,
    are_newest,
    detect_reannounced,
    detect_rewind,
)
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

LAST_READ, MEMORY_START = 1000.0, 0.0


def fresh_entries(count: int, *, published: float | None = 500.0) -> list[tuple[Entry, str]]:
    return [(Entry(f"e{n}", "", "", "", published=published), f"hash {n}") for n in range(count)]


def detect_known_content(entry_count: int, known_count: int, last_seen: float = LAST_READ) -> Anomaly:
    """Of `entry_count` fresh entries, `known_count` have content that was last seen at `last_seen`."""
    last_seen_by_content = {f"hash {n}": last_seen for n in range(known_count)}
    return detect_reannounced(fresh_entries(entry_count), last_seen_by_content, LAST_READ, MEMORY_START)


def issue_kinds(issues: Iterable[HealthIssue]) -> list[str]:
    return [issue.kind for issue in issues]


@pytest.mark.parametrize(("known", "stale"), [(4, 0), (5, 5), (10, 10)])
def test_at_least_five_entries_with_known_content_are_stale(known: int, stale: int) -> None:
    anomaly = detect_known_content(known, known)
    assert len(anomaly.stale_reasons) == stale
    assert issue_kinds(anomaly.issues) == (["renumbered"] if stale else [])


def test_known_content_is_not_stale_if_most_entries_are_new() -> None:
    assert detect_known_content(10, 5).stale_reasons == {}
    assert len(detect_known_content(10, 6).stale_reasons) == 6


def test_content_that_had_left_the_source_is_reannounced() -> None:
    assert issue_kinds(detect_known_content(6, 6, last_seen=LAST_READ - 1).issues) == ["reannounced"]


def test_at_least_five_entries_older_than_the_memory_are_stale() -> None:
    assert len(detect_reannounced(fresh_entries(5, published=10.0), {}, LAST_READ, 20.0).stale_reasons) == 5
    assert detect_reannounced(fresh_entries(4, published=10.0), {}, LAST_READ, 20.0).stale_reasons == {}
    assert detect_reannounced(fresh_entries(9, published=None), {}, LAST_READ, 20.0).stale_reasons == {}


def known_entries(*firsts: float, last: float = LAST_READ) -> dict[str, KnownEntry]:
    return {f"s{n}": KnownEntry("", first, last) for n, first in enumerate(firsts)}


def test_an_older_copy_lacks_the_newest_entries_and_has_older_ones_again() -> None:
    assert issue_kinds(detect_rewind(known_entries(1.0, 2.0), [(3.0, 0.0)], {"s0"}, []).issues) == ["rewound"]
    assert issue_kinds(detect_rewind(known_entries(1.0, 4.0), [(3.0, 0.0)], {"s0"}, []).issues) == []


def test_a_deleted_newest_entry_is_not_a_rewind() -> None:
    assert issue_kinds(detect_rewind(known_entries(1.0, 2.0), [(3.0, 0.0)], set(), []).issues) == []


def test_unknown_entries_are_stale_only_if_the_copy_is_certainly_older() -> None:
    one_missing, three_missing = [(3.0, 0.0)], [(3.0, 0.0)] * 3
    assert detect_rewind(known_entries(1.0), one_missing, set(), fresh_entries(2)).stale_reasons == {}
    assert len(detect_rewind(known_entries(1.0), three_missing, set(), fresh_entries(2)).stale_reasons) == 2


def test_entries_first_seen_together_are_ordered_by_publication() -> None:
    known = {
        "a": KnownEntry("", 1.0, 1.0, 5.0),
        "b": KnownEntry("", 1.0, 1.0, 6.0),
        "c": KnownEntry("", 1.0, 1.0, 7.0),
    }
    assert are_newest(known, {"b", "c"})
    assert not are_newest(known, {"a", "b"})


def test_entries_are_backdated_if_all_are_older_than_the_newest_known_one() -> None:
    known = Entry("known", "", "", "", published=600.0)
    unknown = fresh_entries(3)
    assert all_backdated(unknown, [known, *(entry for entry, _ in unknown)])
    late = (Entry("late", "", "", "", published=700.0), "hash")
    assert not all_backdated([*unknown, late], [known, late[0], *(entry for entry, _ in unknown)])
    assert not all_backdated([], [known])


def versions(*contents: str | None, recorded: float = 0.0) -> list[EntryVersion]:
    return [EntryVersion(n, content, recorded) for n, content in enumerate(contents)]


def test_two_contents_twice_each_within_days_are_flapping() -> None:
    assert is_flapping("a", versions("b", "a", "b"), now=10.0)
    assert not is_flapping("a", versions("b", "a"), now=10.0)
    assert not is_flapping("a", versions("b", "a", "c"), now=10.0)
    assert not is_flapping("a", versions("b", "a", "b"), now=FLAPPING_WINDOW_S + 1)
    assert not is_flapping("a", versions(None, "a", None), now=10.0)


def test_the_content_of_an_earlier_version_is_a_revert() -> None:
    assert is_revert("a", versions("c", "b", "a"))
    assert not is_revert("d", versions("c", "b", "a"))


def test_a_few_reverts_are_corrections_and_many_are_an_older_copy() -> None:
    reverted, edited = Revision(reverted=True, label="x"), Revision(label="y")
    for revisions in ([reverted], [reverted] * 2, [reverted] * 3 + [edited] * 3):
        assert revision_issues(revisions) == ()
    assert issue_kinds(revision_issues([reverted] * 3 + [edited])) == ["rewound"]


def make_finding(novelty: Novelty, *changed: ChangeKind, noise: Noise | None = None) -> Finding:
    claim = Claim("At 14:35", Role.SENTENCE, "", noise)
    return Finding(claim, novelty, 90.0, tuple(Change(kind, "a", "b") for kind in changed), None, "st")


def test_a_revision_has_only_clock_changes_if_only_times_changed() -> None:
    assert has_only_clock_changes(
        [make_finding(Novelty.CHANGED, ChangeKind.DATE), make_finding(Novelty.NEW, noise=Noise.VOLATILE)]
    )
    assert not has_only_clock_changes([make_finding(Novelty.CHANGED, ChangeKind.DATE, ChangeKind.NUMBER)])
    assert not has_only_clock_changes([make_finding(Novelty.NEW)])
    assert not has_only_clock_changes([make_finding(Novelty.WITHDRAWN)])


def test_entry_titles_in_notices_are_printable_and_short() -> None:
    assert describe_revisions([Revision(label="Ferry\x1b[31m\nnews " + "x" * 500)]).startswith("“Ferry [31m news xxx")
    assert len(describe_revisions([Revision(label="x" * 500)] * 3)) < 200
