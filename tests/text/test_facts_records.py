"""Records: claims that state one value under a label."""

from __future__ import annotations

from time import perf_counter

import pytest

from monitor.model import Claim, Noise, Role
from monitor.text.facts.records import Record, parse_record


def record(text: str, role: Role = Role.SENTENCE) -> Record:
    parsed = parse_record(Claim(text, role))
    assert parsed is not None
    return parsed


@pytest.mark.parametrize(
    ("text", "label", "value_key"),
    [
        ("Due date: 2031-03-24", "due date", "2031 03 24"),
        ("Severity: High", "severity", "high"),
        ("Exploited in the wild: Unknown", "exploited in the wild", "unknown"),
        ("tanks ‒ 732 pcs,", "tanks", "732"),
        ("helicopters – 188 (+2),", "helicopters", "188"),
        ("boats‒ about 41,350 (+180)", "boats", "41350"),
        ("Water level: 4.2 m (−0.3)", "water level", "42"),
        ("Started: 09:14 UTC.", "started", "09 14 utc"),
        ("Збитки: 1 200 будинків", "збитки", "1200"),
    ],
)
def test_a_label_and_a_value_are_a_record(text: str, label: str, value_key: str) -> None:
    parsed = record(text)

    assert (parsed.labels, parsed.value_key, parsed.is_short) == ((label,), value_key, True)


def test_the_first_cell_of_a_table_row_is_its_label() -> None:
    parsed = record("Beds occupied | 312 | 9 %", Role.ROW)

    assert (parsed.labels, parsed.value) == (("beds occupied",), "312 | 9 %")


def test_a_label_in_two_languages_has_two_keys() -> None:
    assert record("кораблі / boats – 15").labels == ("кораблі", "boats")


def test_a_sentence_after_a_label_is_not_a_short_value() -> None:
    parsed = record("Required action: Apply the update, or disconnect the device until one is available.")

    assert not parsed.is_short


@pytest.mark.parametrize(
    "claim",
    [
        Claim("The ferry – 40 years old – sank off Halvik.", Role.SENTENCE),
        Claim("Rescuers searched the valley for two days.", Role.SENTENCE),
        Claim("BREAKING: Bridge closed", Role.SENTENCE),
        Claim("Recall: 4,000 kettles", Role.TITLE),
        Claim("Updated: 3 minutes ago", Role.SENTENCE, noise=Noise.VOLATILE),
        Claim("12 – 14 March", Role.SENTENCE),
    ],
    ids=lambda claim: claim.text,
)
def test_prose_titles_and_noise_are_no_records(claim: Claim) -> None:
    assert parse_record(claim) is None


def test_growth_and_unit_are_not_part_of_the_value() -> None:
    assert record("boats – 15 (+1) pcs").value_key == record("boats – 15 (+0),").value_key
    assert record("boats – 16 (+1) pcs").value_key != record("boats – 15 (+1) pcs").value_key


@pytest.mark.parametrize("text", ["a" * 50_000, "a: " * 20_000, "a – " * 20_000, "x" * 79 + " " * 50_000 + ":"])
def test_hostile_texts_are_parsed_in_linear_time(text: str) -> None:
    started = perf_counter()
    parse_record(Claim(text, Role.SENTENCE))

    assert perf_counter() - started < 2.0
