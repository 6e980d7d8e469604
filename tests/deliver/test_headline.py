"""Headlines of findings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.delivery import make_alert_finding, make_figure_finding, make_prior_claim

from monitor.deliver.headline import MAX_HEADLINE_CHARS, finding_headline
from monitor.deliver.sanitize import sanitize
from monitor.model import Change, ChangeKind, Novelty

N = ChangeKind.NUMBER


@pytest.mark.parametrize(
    ("before", "after", "change", "matched", "expected"),
    [
        (
            "Around 3,000 soldiers are in Kursk.",
            "Up to 12,000 personnel are in Kursk.",
            Change(N, "Around 3,000", "Up to 12,000"),
            ("personnel",),
            "Up to 12,000 personnel (was around 3,000)",
        ),
        (
            "Police counted 40 cases.",
            "In Lyon, police counted more than 55 confirmed cases of measles.",
            Change(N, "40", "more than 55"),
            ("measles",),
            "more than 55 confirmed cases (was 40)",
        ),
        (
            "It may have killed 12 people.",
            "It killed at least 15 people, officials said.",
            Change(N, "12", "at least 15"),
            (),
            "at least 15 people (was 12)",
        ),
        (
            "Twelve were killed at sea.",
            "At least 15 people died when a ferry sank.",
            Change(N, "Twelve", "At least 15"),
            ("ferry",),
            "At least 15 people died (was twelve)",
        ),
        (
            "Around 3,000 soldiers came.",
            "Twelve thousand soldiers came.",
            Change(N, "Around 3,000", "12,000"),
            (),
            "Twelve thousand soldiers came (was around 3,000)",
        ),
        (
            "Версія 3.1 вийшла.",
            "Версія 3.2 вийшла.",
            Change(N, "3.1", "3.2"),
            (),
            "3.2 вийшла (was 3.1)",
        ),
        (
            "The summit is on 3 May.",
            "The summit is on 5 May.",
            Change(ChangeKind.DATE, "3 May", "5 May"),
            (),
            "The summit is on 5 May (was 3 May)",
        ),
        (
            "Russia captured Toretsk.",
            "Russia did not capture Toretsk.",
            Change(ChangeKind.NEGATION, "", "not"),
            (),
            "Russia did not capture Toretsk",
        ),
        (
            "Troops moved to Kursk.",
            "Troops will move to Belgorod.",
            Change(ChangeKind.PLACE, "Kursk", "Belgorod"),
            (),
            "Troops will move to Belgorod (was Kursk)",
        ),
        (
            "The plant is open.",
            "The plant in Ohio is open.",
            Change(ChangeKind.ADDED, "", "in Ohio"),
            (),
            "The plant in Ohio is open",
        ),
    ],
)
def test_the_headline_says_what_changed(
    before: str, after: str, change: Change, matched: tuple[str, ...], expected: str
) -> None:
    finding = make_alert_finding(
        after, novelty=Novelty.CHANGED, nearest=make_prior_claim(before), changes=(change,), matched=matched
    )
    assert str(finding_headline(finding)) == expected


def test_the_headline_of_a_new_claim_is_the_shortened_claim() -> None:
    assert (
        str(finding_headline(make_alert_finding("Three ships left. " * 20)))
        == ("Three ships left. " * 6).strip(" .") + "…"
    )


def test_the_headline_of_a_withdrawn_claim_says_withdrawn() -> None:
    finding = make_alert_finding("Ten ships left.", novelty=Novelty.WITHDRAWN)
    assert str(finding_headline(finding)) == "withdrawn: Ten ships left"


def test_a_removed_negation_is_not_hidden_behind_a_date() -> None:
    changes = (Change(ChangeKind.DATE, "Monday", "Wednesday"), Change(ChangeKind.NEGATION, "not", ""))
    claim = "Soldiers have taken part, Kyiv said on Wednesday."
    finding = make_alert_finding(
        claim, novelty=Novelty.CHANGED, nearest=make_prior_claim("Soldiers have not taken part."), changes=changes
    )
    assert str(finding_headline(finding)) == claim.rstrip(".")


def test_the_current_and_the_previous_value_are_separate() -> None:
    assert (finding_headline(make_figure_finding()).current, finding_headline(make_figure_finding()).previous) == (
        "Up to 12,000 personnel",
        "around 3,000",
    )


@given(st.text(max_size=300), st.text(max_size=80), st.text(max_size=80), st.sampled_from(ChangeKind))
def test_any_text_gives_a_short_and_sanitized_headline(claim: str, before: str, after: str, kind: ChangeKind) -> None:
    finding = make_alert_finding(
        claim,
        novelty=Novelty.CHANGED,
        nearest=make_prior_claim(before),
        changes=(Change(kind, before, after),),
        matched=(after,),
    )
    headline = str(finding_headline(finding))
    assert len(headline) <= MAX_HEADLINE_CHARS
    assert sanitize(headline) == headline.strip()
