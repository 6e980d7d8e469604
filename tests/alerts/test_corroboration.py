"""Which sources are independent, and which copy another source."""

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
WENT_DOWN = "Off Halvik a ferry went down."
DETAILS = (
    "with forty people and a cargo of timber on board, and boats from three harbours searched for survivors all night"
)
LONG_SENTENCE = f"A ferry sank off Halvik on Sunday in a storm {DETAILS}, the coastguard said."


def claim(source: str, at: float, text: str = SANK, withdrawn_at: float | None = None) -> PriorClaim:
    url = f"https://{source}.example/1"
    return PriorClaim(text, source, f"{source}-1", at, "st-1", withdrawn_at=withdrawn_at, url=url)


def lengthened(prior: PriorClaim) -> PriorClaim:
    """The claim in so many words that another source with the same words must have copied them."""
    return replace(prior, text=f"{prior.text.rstrip('.')} {DETAILS}, the coastguard of the county said on Sunday.")


def independent_of_story(*claims: PriorClaim) -> list[str]:
    """The independent sources of a story with these claims."""
    return [report.source for report in independent_reports(source_reports(claims))]


def independent_of_claim(*claims: PriorClaim) -> list[str]:
    """The independent sources of one claim, made in these words."""
    return [report.source for report in independent_reports(reports_of_claim(claims))]


def other_source_names(*claims: PriorClaim, source: str = "wire", novelty: Novelty = Novelty.NEW) -> list[str]:
    """The other sources of a finding of `source`."""
    finding = make_alert_finding(SANK, source=source, novelty=novelty)
    return [prior.source for prior in other_sources(finding, claims)]


def test_sources_with_the_same_words_count_once() -> None:
    in_capitals = claim("b", 3, "THE FERRY SANK OFF HALVIK")
    assert independent_of_story(claim("wire", 1), claim("a", 2), in_capitals) == ["wire"]


def test_a_source_that_adds_its_own_words_is_independent() -> None:
    assert independent_of_story(claim("wire", 1), claim("desk", 2), claim("desk", 3, WENT_DOWN)) == ["wire", "desk"]


def test_a_headline_above_an_agencys_sentence_does_not_make_a_source_independent() -> None:
    agency = [claim("wire", 1, LONG_SENTENCE), claim("wire", 1, "Ferry down off Halvik")]
    headline = claim("paper", 2, "Tragedy at sea: ferry lost")
    assert independent_of_claim(*agency, headline, claim("paper", 2, LONG_SENTENCE)) == ["wire"]
    same_headline = claim("paper", 2, "FERRY DOWN OFF HALVIK")
    assert independent_of_claim(*agency, claim("paper", 2, WENT_DOWN), same_headline) == ["wire", "paper"]


def test_a_source_that_made_the_claim_before_it_copied_another_is_independent() -> None:
    own, agency, copy = (
        claim("paper", 1, WENT_DOWN),
        claim("wire", 2, LONG_SENTENCE),
        claim("paper", 3, LONG_SENTENCE),
    )
    assert independent_of_claim(own, agency, copy) == ["paper", "wire"]


def test_an_entry_without_the_agencys_sentence_is_independent() -> None:
    later = replace(claim("paper", 4, WENT_DOWN), entry="paper-2")
    agency, copy = claim("wire", 1, LONG_SENTENCE), claim("paper", 2, LONG_SENTENCE)
    assert independent_of_claim(agency, copy, later) == ["wire", "paper"]


def test_the_time_of_a_claim_decides_who_was_first_not_the_order_of_arrival() -> None:
    assert independent_of_story(claim("copy", 2), claim("wire", 1)) == ["wire"]


def test_of_claims_made_at_the_same_moment_the_first_given_is_the_original() -> None:
    assert independent_of_story(claim("a", 1), claim("b", 1)) == ["a"]


@pytest.mark.parametrize(
    ("needed", "why"), [(1, ""), (2, ""), (3, "2 of 3 independent sources; copy repeats wire word for word")]
)
def test_missing_corroboration_names_the_copies(needed: int, why: str) -> None:
    reports = source_reports([claim("wire", 1), claim("copy", 2), claim("desk", 3, WENT_DOWN)])
    assert corroboration_gap(reports, needed) == why


def test_other_sources_leave_out_the_source_itself_and_copies() -> None:
    claims = (claim("wire", 1), claim("copy", 2), claim("desk", 3, WENT_DOWN), claim("late", 4, WENT_DOWN))
    long_claims = [lengthened(prior) for prior in claims]
    assert other_source_names(*long_claims) == ["desk"]
    assert other_source_names(*long_claims, source="copy") == ["wire", "desk"]
    assert other_source_names(*long_claims, source="late") == ["wire", "desk"]


def test_other_sources_leave_out_withdrawn_claims() -> None:
    assert other_source_names(claim("wire", 1), claim("desk", 2, WENT_DOWN, withdrawn_at=5)) == []


def test_a_copy_is_still_a_copy_after_its_source_rewrites_the_claim() -> None:
    claims = [claim("wire", 1, withdrawn_at=5), claim("copy", 2), claim("wire", 5, WENT_DOWN)]
    assert other_source_names(*map(lengthened, claims)) == []


def test_a_short_claim_in_the_same_words_is_not_a_copy() -> None:
    claims = (claim("wire", 1), claim("press", 2), claim("desk", 3, WENT_DOWN))
    assert other_source_names(*claims) == ["press", "desk"]


def test_other_sources_of_a_withdrawn_claim_are_those_that_keep_it() -> None:
    claims = [claim("wire", 1, withdrawn_at=5), claim("copy", 2), claim("desk", 3, WENT_DOWN, withdrawn_at=4)]
    assert other_source_names(*claims, novelty=Novelty.WITHDRAWN) == ["copy"]


def test_another_source_comes_with_its_first_claim_and_its_address() -> None:
    first, second = claim("desk", 2, WENT_DOWN), replace(claim("desk", 3), text="More.")
    others = other_sources(make_alert_finding(SANK, source="wire"), [claim("wire", 1), first, second])
    assert [(prior.at, prior.text, prior.url) for prior in others] == [(2, WENT_DOWN, "https://desk.example/1")]
