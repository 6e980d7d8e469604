"""Who says something on their own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from kit.delivery import make_alert_finding

from monitor.alerts.corroboration import (
    corroboration_gap,
    independent_reports,
    other_sources,
    reports_of_claim,
    source_reports,
)
from monitor.model import Novelty, PriorClaim

SANK = "The ferry sank off Halvik."
DOWN = "Off Halvik a ferry went down."
LONG = (
    "with forty people and a cargo of timber on board, and boats from three harbours searched for survivors all night"
)
SENTENCE = f"A ferry sank off Halvik on Sunday in a storm {LONG}, the coastguard said."


def says(source: str, at: float, text: str = SANK, gone: float | None = None) -> PriorClaim:
    return PriorClaim(text, source, f"{source}-1", at, "st-1", withdrawn_at=gone, url=f"https://{source}.example/1")


def own(*sayings: PriorClaim) -> list[str]:
    return [voice.source for voice in independent_reports(source_reports(sayings))]


def long(said: PriorClaim) -> PriorClaim:
    """The saying in so many words that who has the same has copied them."""
    return replace(said, text=f"{said.text.rstrip('.')} {LONG}, the coastguard of the county said on Sunday.")


def also(*sayings: PriorClaim, source: str = "wire", novelty: Novelty = Novelty.NEW) -> list[str]:
    """Who else says so, of a finding of `source`."""
    return [said.source for said in other_sources(make_alert_finding(SANK, source=source, novelty=novelty), sayings)]


def test_the_same_words_are_one_source_however_many_carry_them() -> None:
    assert own(says("wire", 1), says("a", 2), says("b", 3, "“THE FERRY SANK OFF HALVIK”".strip("“”"))) == ["wire"]


def test_a_source_is_its_own_that_adds_words_of_its_own() -> None:
    assert own(says("wire", 1), says("desk", 2), says("desk", 3, DOWN)) == ["wire", "desk"]


def on_it(*sayings: PriorClaim) -> list[str]:
    """Who says one claim on their own."""
    return [voice.source for voice in independent_reports(reports_of_claim(sayings))]


def test_a_headline_of_ones_own_above_an_agencys_sentence_is_no_voice_of_ones_own() -> None:
    agency = [says("wire", 1, SENTENCE), says("wire", 1, "Ferry down off Halvik")]
    assert on_it(*agency, says("paper", 2, "Tragedy at sea: ferry lost"), says("paper", 2, SENTENCE)) == ["wire"]
    assert on_it(*agency, says("paper", 2, DOWN), says("paper", 2, "FERRY DOWN OFF HALVIK")) == ["wire", "paper"]


def test_who_said_it_before_carrying_another_stays_a_voice_of_its_own() -> None:
    assert on_it(says("paper", 1, DOWN), says("wire", 2, SENTENCE), says("paper", 3, SENTENCE)) == ["paper", "wire"]


def test_another_entry_without_the_agencys_sentence_is_a_voice_of_its_own() -> None:
    later = replace(says("paper", 4, DOWN), entry="paper-2")
    assert on_it(says("wire", 1, SENTENCE), says("paper", 2, SENTENCE), later) == ["wire", "paper"]


def test_who_was_first_is_told_by_when_it_was_said_not_by_when_it_came() -> None:
    assert own(says("copy", 2), says("wire", 1)) == ["wire"]


def test_of_one_moment_the_one_that_came_first_is_the_source() -> None:
    assert own(says("a", 1), says("b", 1)) == ["a"]


@pytest.mark.parametrize(
    ("needed", "why"), [(1, ""), (2, ""), (3, "2 of 3 independent sources; copy repeats wire word for word")]
)
def test_what_is_missing_says_who_only_repeats(needed: int, why: str) -> None:
    assert corroboration_gap(source_reports([says("wire", 1), says("copy", 2), says("desk", 3, DOWN)]), needed) == why


def test_who_else_says_so_is_neither_the_source_itself_nor_a_copy() -> None:
    told = [long(one) for one in (says("wire", 1), says("copy", 2), says("desk", 3, DOWN), says("late", 4, DOWN))]
    assert also(*told) == ["desk"]
    assert also(*told, source="copy") == ["wire", "desk"]
    assert also(*told, source="late") == ["wire", "desk"]


def test_who_took_it_back_says_so_no_more() -> None:
    assert also(says("wire", 1), says("desk", 2, DOWN, gone=5)) == []


def test_a_copy_stays_one_when_its_source_finds_other_words() -> None:
    told = [says("wire", 1, gone=5), says("copy", 2), says("wire", 5, DOWN)]
    assert also(*map(long, told)) == []


def test_a_few_words_are_nobodys_copy() -> None:
    assert also(says("wire", 1), says("press", 2), says("desk", 3, DOWN)) == ["press", "desk"]


def test_of_what_one_takes_back_others_stay() -> None:
    told = [says("wire", 1, gone=5), says("copy", 2), says("desk", 3, DOWN, gone=4)]
    assert also(*told, novelty=Novelty.WITHDRAWN) == ["copy"]


def test_where_it_can_be_read_comes_with_it() -> None:
    told = other_sources(
        make_alert_finding(SANK, source="wire"),
        [says("wire", 1), says("desk", 2, DOWN), replace(says("desk", 3), text="More.")],
    )
    assert [(said.at, said.text, said.url) for said in told] == [(2, DOWN, "https://desk.example/1")]
