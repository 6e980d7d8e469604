"""The numbers that a text states for rules: which are facts, which forecasts, which earlier values."""

import pytest

from monitor.text.stated_numbers import NumberKind, stated_numbers

STATED, FORECAST, EARLIER = NumberKind


def numbers(text: str) -> list[tuple[str, NumberKind]]:
    return [(text[number.start : number.end], number.kind) for number in stated_numbers(text)]


@pytest.mark.parametrize(
    "text",
    [
        "The yard will lay off 240 welders",
        "The yard plans to lay off 240 welders",
        "The yard expects to hire 240 welders",
        "The yard may close and 240 welders may go",
        "The yard intends to hire up to 240 welders",
        "The yard hopes to hire 240 welders",
        "240 welders are set to go",
        "240 welders would lose their jobs",
        "Ostra Marine to shed 240 jobs",
        "A plan announced on Monday to cut 240 jobs",
        "The storm is to hit 240 homes",
        "Its target of 240 ships",
        "The toll could pass 240",
        "Верф планує звільнити 240 людей",
    ],
)
def test_a_forecast_or_plan_is_marked(text: str) -> None:
    assert [kind for _, kind in numbers(text)] == [FORECAST]


@pytest.mark.parametrize(
    "text",
    [
        "The yard laid off 240 welders",
        "The planned attack killed 240 people",
        "The yard, which will move, has 240 welders",
        "Its 240 welders will strike",
        "The yard may close; 240 welders were fired",
        "240 welders, who will be paid, left",
        "240 people could not return home",
        "In May 240 welders left",
        "Hopes fade for the harbour as 240 die",
        "Rescuers seek 240 passengers",
        "Higher-than-expected floods hit 240 homes",
        "Talks on the plan stall after 240 deaths",
        "They struck targets, killing 240 men",
        "Ferries to Ostra carry 240 people",
        "240 welders left and others may follow",
    ],
)
def test_a_fact_is_no_forecast(text: str) -> None:
    assert [kind for _, kind in numbers(text)] == [STATED]


def test_all_figures_of_a_list_are_forecasts() -> None:
    assert [kind for _, kind in numbers("They will send 100 tents, 20 pumps and 3,000 blankets")] == [FORECAST] * 3


@pytest.mark.parametrize(
    ("text", "now", "earlier"),
    [
        ("The rate rose from 4.25% to 4.5%", "4.5%", "4.25%"),
        ("The rate fell from 4.5 to 4.25%", "4.25%", "4.5"),
        ("The rate is 4.5%, up from 4.25%", "4.5%", "4.25%"),
        ("The rate rose to 4.5% from 4.25%", "4.5%", "4.25%"),
        ("3 ferries left (was 12)", "3", "12"),
        ("Prices rose 3.1%, compared with 3.4%", "3.1%", "3.4%"),
        ("Prices rose 3.1% against 3.4%", "3.1%", "3.4%"),
        ("The staff fell from 9,000 welders to 4,000", "4,000", "9,000"),
        ("Prices rose 3.1%, and 3.4% a year earlier", "3.1%", "3.4%"),
    ],
)
def test_the_earlier_value_of_a_change_is_marked(text: str, now: str, earlier: str) -> None:
    assert dict(numbers(text)) == {now: STATED, earlier: EARLIER}


def test_a_change_written_as_a_range_has_its_upper_end() -> None:
    (number,) = stated_numbers("The staff rose from 3,000 to 12,000 welders")
    assert (number.low, number.high, number.kind) == (12_000, 12_000, STATED)


@pytest.mark.parametrize(
    "text",
    ["It moved from 20 depots to 500 shops", "They fought against 3,000 men and 40 guns", "2 of the 20 homes burnt"],
)
def test_a_number_without_a_change_is_a_stated_one(text: str) -> None:
    assert {kind for _, kind in numbers(text)} == {STATED}


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("10 to 12 ships", (10, 12)),
        ("a range of 4.25%-4.5%", (4.25, 4.5)),
        ("between $3m and $5m", (3_000_000, 5_000_000)),
        ("from 3 to 5 ships", (5, 5)),
    ],
)
def test_a_range_has_two_ends(text: str, ends: tuple[float, float]) -> None:
    (number,) = stated_numbers(text)
    assert (number.low, number.high) == ends


@pytest.mark.parametrize(
    "text",
    [
        "CVE-2031-20417 is fixed",
        "Docket No. 31-204",
        "release v12.4.1",
        "call 555-010-4567",
        "on 3 May 2031",
        "the 3rd round",
        "CVSS v3.1 vector",
        "CVSS:3.1/AV:N",
    ],
)
def test_digits_of_identifiers_and_dates_are_no_numbers(text: str) -> None:
    assert stated_numbers(text) == ()


def test_scores_are_not_the_version_of_the_scoring_system() -> None:
    for text in ("a CVSS v3.1 score of 9.8", "CVSS 3.1 base score: 9.8", "CVSS 4.0 severity 9.8", "CVSS:3.1 9.8"):
        assert [number.high for number in stated_numbers(text)] == [9.8], text


def test_a_label_before_a_headline_is_no_part_of_it() -> None:
    text = "UPDATE 2-Yard lays off 240 welders"
    assert numbers(text) == [("240", STATED)]


def test_a_text_without_numbers_has_none() -> None:
    assert stated_numbers("") == stated_numbers("No ferry left.") == ()
