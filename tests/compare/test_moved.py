"""An entry at another scheme, host or slug is the same entry: an edit on the way is a change, and nothing recurs."""

import pytest
from kit.replay_lines import DAY_HOURS, ReplayStream, novelty_by_claim

from monitor.compare.moved import is_moved

TITLE = "Harbour board fines the Selby line"
FINE = "The harbour board of Ostra fined the Selby line 4,000 crowns on Friday."
APPEAL = "The line said it would appeal."
TEXT = f"{FINE} {APPEAL}"
MOVES = [
    ("http://port.example/news/board-fines", "https://port.example/news/board-fines"),
    ("http://port.example/news/board-fines", "https://www.port.example/news/board-fines/"),
    ("https://port.example/news/board-fines.html", "https://m.port.example/news/board-fines"),
    ("https://port.example/news/board-fines-the-line", "https://harbour.example/news/board-fines-the-line"),
    ("https://port.example/?p=7311", "https://harbour.example/?p=7311"),
    ("https://port.example/news/731-board-fines", "https://port.example/news/731-board-fines-selby-line"),
    ("https://port.example/news/fine-88123", "https://port.example/sea/88123-board-acts"),
]
OTHER_SLUG = ("https://port.example/news/board-fines", "https://port.example/news/board-fines-selby-line")
NOT_MOVED = [
    ("https://port.example/ferries/ostra", "https://port.example/ferries/selby"),
    ("https://ostra.example/alerts/fire", "https://brevik.example/alerts/fire"),
    ("https://port.example/lines/101-north", "https://port.example/lines/101-south"),
    ("https://port.example/list?id=731", "https://port.example/list?id=732"),
    ("https://port.example/log#ostra", "https://port.example/log#selby"),
    ("https://port.example/2026/11/board", "https://port.example/2026/12/board"),
    ("https://port.example/", "https://www.port.example/"),
    ("https://port.example/news/board-fines", "https://port.example/news/board-fines-2"),
    ("https://port.example/news/board-fines", "https://port.example/news/board-fines 20833"),
    ("n-731", "n-732"),
    ("http://[", "http://["),
]


def moved(old: str, new: str, text: str, *, title: str = TITLE, hours: float = 2.0) -> dict[str, str]:
    """Return the novelty of each claim of an entry that was at `old` before, with `TEXT`."""
    stream = ReplayStream().say("port", old, TEXT, title=TITLE).say("port", new, text, title=title, hours_later=hours)
    return novelty_by_claim(stream.last_findings())


@pytest.mark.parametrize(("old", "new"), [*MOVES, OTHER_SLUG])
@pytest.mark.parametrize("title", [TITLE, f"UPDATE: {TITLE}"])
def test_only_what_was_edited_in_an_entry_that_moved_is_news(old: str, new: str, title: str) -> None:
    edited = FINE.replace("4,000", "9,000")
    novelties = moved(old, new, f"{edited} {APPEAL}", title=title)
    assert novelties == {title: "repeated", edited: "changed", APPEAL: "repeated"}


@pytest.mark.parametrize(("old", "new"), MOVES)
def test_an_entry_that_moved_days_later_is_no_new_occurrence(old: str, new: str) -> None:
    assert set(moved(old, new, TEXT, hours=3 * DAY_HOURS).values()) == {"repeated"}


@pytest.mark.parametrize(("old", "new"), [OTHER_SLUG, *NOT_MOVED[:5]])
def test_an_entry_with_only_the_same_title_may_recur(old: str, new: str) -> None:
    assert "new" in moved(old, new, TEXT, hours=3 * DAY_HOURS).values()


def test_the_address_of_an_entry_with_another_title_does_not_matter() -> None:
    old, new = MOVES[0]
    title = "Brevik opens a school"
    assert moved(old, new, "It has room for 90 children.", title=title)[title] == "new"


@pytest.mark.parametrize(("old", "new", "is_certain"), [*((*pair, True) for pair in MOVES), (*OTHER_SLUG, False)])
def test_an_address_that_differs_in_scheme_host_or_slug_is_that_of_the_same_entry(
    old: str, new: str, is_certain: bool
) -> None:
    assert is_moved(old, new, TITLE.casefold()) is is_certain


@pytest.mark.parametrize(("old", "new"), NOT_MOVED)
def test_other_addresses_are_those_of_other_entries(old: str, new: str) -> None:
    assert is_moved(old, new, TITLE.casefold()) is None
