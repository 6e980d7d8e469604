"""Whether two claims are about the same subject."""

import pytest

from monitor.compare.candidates import verdict_without_names
from monitor.compare.subject import SUBJECT_KEY, SubjectNames, is_other_subject, mask_subject, names_from_titles
from monitor.compare.word_changes import quote_terms
from monitor.model import Claim, PriorClaim, Role, Update
from monitor.text.analysis import analyze

CLAIM = Claim("Tap water is safe.", Role.SENTENCE, "Health")


def is_other(
    entry, title, source="office", *, now="norland#advice", now_title="advice", claim=CLAIM, heading="Health"
):
    prior = PriorClaim(claim.text, source, entry, 0.0, "st-1", title, heading)
    return is_other_subject(claim, Update("office", now, 1.0, now_title, "", ""), prior)


@pytest.mark.parametrize(
    ("entry", "title", "expected"),
    [
        ("westmark#advice", "advice", True),
        ("norland#advice", "advice", False),
        ("south norland#advice", "advice", True),
        ("the republic of norland#advice", "advice", True),
        ("norland#advice-evening-update", "advice", False),
    ],
)
def test_pages_of_a_series_are_distinguished_by_their_keys(entry, title, expected):
    assert is_other(entry, title) is expected


def test_pages_of_a_series_are_distinguished_by_their_titles():
    assert is_other("e2", "Westmark travel advice", now="e1", now_title="Norland travel advice")


def test_a_series_in_time_is_one_subject():
    assert not is_other("march-2", "Harbour brief, March 2", now="march-1", now_title="Harbour brief, March 1")


def test_entries_of_other_sources_are_never_another_subject():
    assert not is_other("westmark#advice", "advice", source="wire")


def test_another_heading_of_the_same_page_is_another_subject():
    assert is_other("norland#advice", "advice", heading="Ferries")
    assert not is_other("norland#advice", "advice", heading="Health care")


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Guinea travel advice", "Equatorial Guinea travel advice"),
        ("Congo travel advice", "Democratic Republic of the Congo travel advice"),
        ("Sudan: Travel Advice", "South Sudan: Travel Advice"),
        ("Niger travel advice", "Nigeria travel advice"),
        ("Advice for Norland", "Advice for Upper Norland"),
    ],
)
def test_a_longer_name_is_another_subject(one, two):
    assert is_other("e2", two, now="e1", now_title=one)
    assert is_other("e2", one, now="e1", now_title=two)
    assert not is_other("e2", one, now="e1", now_title=one)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Ferry sinks", "Ferry sinks off Halvik"),
        ("Ferry Sinks", "Ferry Sinks Off Halvik"),
        ("Halvik port reopens", "Halvik port reopens after two days"),
        ("Harbour brief", "Harbour brief, evening edition"),
    ],
)
def test_a_headline_with_more_detail_is_the_same_subject(one, two):
    assert not is_other("e2", two, now="e1", now_title=one)
    assert not is_other("e2", one, now="e1", now_title=two)


def test_headings_with_different_places_are_different_subjects():
    sudan = Claim(CLAIM.text, Role.SENTENCE, "Ports of Sudan")
    assert is_other("norland#advice", "advice", claim=sudan, heading="Ports of South Sudan")
    assert not is_other("norland#advice", "advice", claim=sudan, heading="Ports")


@pytest.mark.parametrize(
    ("one", "two", "names"),
    [
        ("France travel advice", "Spain travel advice", ("France", "Spain")),
        ("Guinea travel advice", "Equatorial Guinea travel advice", ("Guinea", "Equatorial Guinea")),
        ("Advice for Isle of Norr", "Advice for Ostland", ("Isle of Norr", "Ostland")),
    ],
)
def test_the_name_of_a_subject_is_the_differing_part_of_its_title(one, two, names):
    assert names_from_titles(one, two) == SubjectNames(*names)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("Read about the rules if you live in France.", "Read about the rules if you live in Spain.", True),
        ("French police may check passports.", "Spanish police may check passports.", True),
        ("French police may check passports.", "Spanish police may check visas and phones.", False),
        ("A curfew holds in France from 10 pm.", "A curfew holds in Spain from 11 pm.", False),
        ("You can cross from France into Spain.", "You can cross from Spain into Italy.", False),
        ("Tap water is safe in France.", "Tap water is not safe in Spain.", False),
        ("Tap water is safe.", "Tap water is safe in Spain.", False),
    ],
)
def test_a_notice_with_each_page_s_own_name_is_one_notice(before, now, expected):
    verdict = verdict_without_names(analyze(before), analyze(now), SubjectNames("Spain", "France"))
    assert (verdict is not None) is expected


def test_mask_subject_replaces_the_subject_with_one_term_at_its_first_position():
    analysis = analyze("The ferries of Halvik stop on Monday, the Halvik council said.")
    masked = mask_subject(analysis, "Halvik")
    assert list(masked.terms) == [*(key for key in analysis.terms if key != "halvik"), SUBJECT_KEY]
    assert quote_terms(masked, [masked.terms[SUBJECT_KEY]]) == "Halvik"
    assert [quote_terms(masked, [term]) for key, term in masked.terms.items() if key != SUBJECT_KEY] == [
        quote_terms(analysis, [term]) for key, term in analysis.terms.items() if key != "halvik"
    ]
