"""Which lookups the rows added after a snapshot may change."""

from __future__ import annotations

import pytest

from monitor.compare.overlap import LaterRows, Lookups


def later(*claims: set[int], stories: tuple[set[int], ...] = (), texts: tuple[int, ...] = ()) -> LaterRows:
    rows = LaterRows()
    rows.add(claims, stories, texts)
    return rows


def lookups(*claims: set[int], story: frozenset[int] = frozenset(), texts: frozenset[int] = frozenset()) -> Lookups:
    return Lookups(tuple(map(frozenset, claims)), story, texts)


@pytest.mark.parametrize(
    ("rows", "looked_up", "expected"),
    [
        (later(), lookups({1, 2, 3}), False),
        (later({1, 2, 9}), lookups({1, 2, 3}), True),
        (later({1, 8, 9}), lookups({1, 2, 3}), False),
        (later({1, 7}, {2, 8}), lookups({1, 2, 3}), False),  # one term with each of two claims
        (later({1}), lookups({1, 2, 3}), True),  # the other claim has no more terms
        (later({1, 8, 9}), lookups({1}), True),
        (later({1, 8, 9}), lookups(set()), False),
        (later(stories=({4, 5, 6},)), lookups(story=frozenset({4, 5, 7})), True),
        (later(stories=({4, 6},)), lookups(story=frozenset({4, 5})), False),
        (later({4, 5}), lookups(story=frozenset({4, 5})), False),  # a claim is not a story
        (later(texts=(77,)), lookups({1, 2}, texts=frozenset({77})), True),
        (LaterRows(is_complete=False), lookups({1, 2}), True),
    ],
)
def test_rows_overlap_with_lookups_of_which_they_share_enough(
    rows: LaterRows, looked_up: Lookups, expected: bool
) -> None:
    assert rows.overlap(looked_up) is expected
