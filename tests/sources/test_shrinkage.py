"""A source that suddenly shrank is rejected three times, then accepted."""

from __future__ import annotations

import pytest

from monitor.sources.health import (
    SUSPICIOUS_SHRINK,
    is_shrinkage_accepted,
    list_shrinkage_error,
    page_shrinkage_error,
)


@pytest.mark.parametrize(("before", "now"), [(40, 7), (5, 0), (3, 0), (100, 1)])
def test_a_page_that_lost_more_than_four_fifths_is_rejected(before: int, now: int) -> None:
    error = page_shrinkage_error(before, now)
    assert error is not None
    assert error.code == SUSPICIOUS_SHRINK
    assert str(error).startswith(f"the page has {now} of its {before} claims left")


@pytest.mark.parametrize(("before", "now"), [(40, 8), (5, 1), (2, 0), (0, 0), (0, 9), (9, 90)])
def test_a_page_that_kept_a_fifth_or_was_small_is_accepted(before: int, now: int) -> None:
    assert page_shrinkage_error(before, now) is None


def test_a_source_that_lost_all_entries_at_once_is_rejected() -> None:
    assert list_shrinkage_error(3, 0) is not None
    assert list_shrinkage_error(30, 1) is None
    assert list_shrinkage_error(2, 0) is None


def test_shrinkage_is_accepted_after_three_rejections_in_a_row() -> None:
    accepted = [is_shrinkage_accepted(SUSPICIOUS_SHRINK, failures) for failures in range(5)]
    assert accepted == [False, False, False, True, True]
    assert not is_shrinkage_accepted("timeout", 9)
    assert not is_shrinkage_accepted(None, 0)
