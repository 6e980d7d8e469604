"""Figures in prose are parsed with their value, bound, unit and counted words."""

import pytest

from monitor.text.analysis import analyze
from monitor.text.lexicon.figures import CURRENCY_CODES


def figures(text):
    return [(q.low, q.high, q.bound, q.unit) for q in analyze(text).numbers]


CASES = [
    ("around 3,000 soldiers", (3000, 3000, "about", "")),
    ("over 3,000 soldiers", (3000, 3000, "over", "")),
    ("up to 12,000 personnel", (12000, 12000, "most", "")),
    ("at least 500 officers", (500, 500, "least", "")),
    ("no more than 40 buses", (40, 40, "most", "")),
    ("fewer than 40 buses", (40, 40, "under", "")),
    ("3,000+ soldiers", (3000, 3000, "least", "")),
    ("60 or more boats", (60, 60, "least", "")),
    ("a dozen boats", (12, 12, "", "")),
    ("two dozen boats", (24, 24, "", "")),
    ("twenty-three boats", (23, 23, "", "")),
    ("two hundred and ten thousand people", (210_000, 210_000, "", "")),
    ("half a million people", (500_000, 500_000, "", "")),
    ("12K people", (12_000, 12_000, "", "")),
    ("25 thousand people", (25_000, 25_000, "", "")),
    ("12 000 people", (12_000, 12_000, "", "")),
    ("1.5 million people", (1_500_000, 1_500_000, "", "")),
    ("1.234.567 people", (1_234_567, 1_234_567, "", "")),
    ("10-12 thousand men", (10_000, 12_000, "", "")),
    ("between 10 and 12 men", (10, 12, "", "")),
    ("aged 18 to 60", (18, 60, "", "")),
    ("$1.5bn in aid", (1.5e9, 1.5e9, "", "usd")),
    ("20 million euros", (2e7, 2e7, "", "eur")),
    ("5 per cent", (5, 5, "", "%")),
    ("7.5%", (7.5, 7.5, "", "%")),
    ("0,05 percent", (0.05, 0.05, "", "%")),
    ("20km away", (20, 20, "", "km")),
    ("50 kilometers away", (50, 50, "", "km")),
    ("a 5.4-magnitude quake", (5.4, 5.4, "", "magnitude")),
    ("magnitude 5.4 quake", (5.4, 5.4, "", "magnitude")),
    ("близько 3 тис. осіб", (3000, 3000, "about", "")),
    ("двадцять п'ять осіб", (25, 25, "", "")),
    ("более 40 человек", (40, 40, "over", "")),
    ("3000名士兵", (3000, 3000, "", "")),
    ("٣٠٠٠ جندي", (3000, 3000, "", "")),
]


@pytest.mark.parametrize(("text", "figure"), CASES)
def test_a_figure_is_parsed_with_its_range_bound_and_unit(text, figure):
    assert figures(text) == [figure]


def test_ordinals_are_distinguished_from_counts():
    assert [q.is_ordinal for q in analyze("the 3rd round, the third round, 3 rounds").numbers] == [True, True, False]


def test_names_with_digits_are_not_figures():
    analysis = analyze("Two F-16s near the A43 carried COVID-19 tests.")
    assert [q.low for q in analysis.numbers] == [2]
    assert {"f-16s", "a43", "covid-19"} <= {term.word.folded for term in analysis.terms.values()}


def test_a_projection_is_marked():
    assert [q.is_projected for q in analyze("The toll could pass 20,000. It stands at 9,000.").numbers] == [
        True,
        False,
    ]


def test_a_figure_counts_words_after_it_or_before_it():
    counted = [q.counted_keys for q in analyze("3 dead, 4 hurt; the death toll rises to 15").numbers]
    assert [set(a) & {"=kill"} for a in counted] == [{"=kill"}, set(), {"=kill"}]


def test_the_span_of_a_figure_includes_its_bound():
    text = "Some say up to 12,000, others at least 500."
    assert [text[q.start : q.end] for q in analyze(text).numbers] == ["up to 12,000", "at least 500"]


def test_speeds_and_currency_codes_are_units():
    texts = ["120 km/h", "120km/h", "80 miles per hour", "5 per cent", "EUR 3m", "40 m / s"]
    assert [analyze(text).numbers[0].unit for text in texts] == ["kmh", "kmh", "mph", "%", "eur", "mps"]


@pytest.mark.parametrize("code", sorted(CURRENCY_CODES))
def test_a_currency_code_is_before_or_after_its_figure(code):
    assert [(q.low, q.unit) for q in analyze(f"{code} 3m and 5 {code}").numbers] == [
        (3_000_000, code.lower()),
        (5, code.lower()),
    ]


def test_a_fraction_of_a_percentage_point_is_in_basis_points():
    texts = ["half a percentage point", "a quarter of a percentage point", "a quarter point", "half a million"]
    assert [(q.low, q.unit) for text in texts for q in analyze(text).numbers] == [
        (50, "bp"),
        (25, "bp"),
        (25, "bp"),
        (500_000, ""),
    ]


def test_a_run_of_digits_too_long_for_a_float_is_not_a_figure():
    assert analyze("Order 12345678901234567 came.").numbers == ()
