"""A sudden shrink is not believed at first, and after three times it is."""

from __future__ import annotations

import pytest

from monitor.sources.health import (
    SUSPICIOUS_SHRINK,
    is_shrinkage_accepted,
    list_shrinkage_error,
    page_shrinkage_error,
)


@pytest.mark.parametrize(("before", "now"), [(40, 7), (5, 0), (3, 0), (100, 1)])
def test_a_page_that_lost_more_than_four_fifths_is_suspicious(before: int, now: int) -> None:
    found = page_shrinkage_error(before, now)
    assert found is not None
    assert found.code == SUSPICIOUS_SHRINK
    assert str(found).startswith(f"the page has {now} of its {before} claims left")


@pytest.mark.parametrize(("before", "now"), [(40, 8), (5, 1), (2, 0), (0, 0), (0, 9), (9, 90)])
def test_a_page_that_kept_a_fifth_or_never_had_much_is_not(before: int, now: int) -> None:
    assert page_shrinkage_error(before, now) is None


def test_a_list_that_is_empty_all_at_once_is_suspicious() -> None:
    assert list_shrinkage_error(3, 0) is not None
    assert list_shrinkage_error(30, 1) is None
    assert list_shrinkage_error(2, 0) is None


def test_it_is_believed_after_three_times_running() -> None:
    assert [is_shrinkage_accepted(SUSPICIOUS_SHRINK, failures) for failures in range(5)] == [
        False,
        False,
        False,
        True,
        True,
    ]
    assert not is_shrinkage_accepted("timeout", 9)
    assert not is_shrinkage_accepted(None, 0)
