"""A source that suddenly shrank, or a page that is replaced at once, is rejected three times, then accepted."""

from __future__ import annotations

import pytest

from monitor.sources.health import (
    SUSPICIOUS_SHRINK,
    is_shrinkage_accepted,
    list_shrinkage_error,
    page_shrinkage_error,
    replacement_error,
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


NOTICES = ("Notices of the harbour", "The ferry from Halvik sails at 14:00.", "Pier 3 is closed until Friday.")


@pytest.mark.parametrize(
    "now",
    [
        ("Tere", "Palun oodake hetk.", "Teie brauserit kontrollitakse."),
        ("ご利用ありがとうございます", "しばらくお待ちください"),
        ("x",),
    ],
)
def test_a_page_replaced_by_a_short_foreign_text_is_rejected(now: tuple[str, ...]) -> None:
    error = replacement_error(NOTICES, now, what="claims of the page")
    assert error is not None
    assert error.code == SUSPICIOUS_SHRINK
    assert str(error).startswith("all 3 claims of the page were replaced by others at once")


@pytest.mark.parametrize(
    "now",
    [
        (NOTICES[0], "All lines are cancelled because of the storm."),
        ("News", "The ferry from Halvik sails at 16:30."),
        ("Harbour", "A new ferry for Halvik was christened.", "Pier 4 opens on Saturday."),
        (
            "Minutes of the council",
            *("The council discussed the budget of the library at length." for _ in range(40)),
        ),
        (),
    ],
)
def test_a_page_that_kept_a_line_or_some_words_or_is_long_is_accepted(now: tuple[str, ...]) -> None:
    assert replacement_error(NOTICES, now, what="claims") is None


def test_a_page_of_one_or_two_changing_sentences_is_accepted() -> None:
    assert (
        replacement_error(("All lines run on time.", "Wind is weak."), ("Storm closes harbour.",), what="claims")
        is None
    )


def test_pages_in_scripts_without_spaces_are_compared_by_pairs_of_letters() -> None:
    before = ("港口通知", "从哈尔维克出发的渡轮于周五启航。", "三号码头关闭至周五。")
    assert replacement_error(before, ("三号码头今天重新开放，渡轮照常启航。",), what="claims") is None
    assert replacement_error(before, ("请输入验证码以继续访问。",), what="claims") is not None
