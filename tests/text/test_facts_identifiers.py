"""Identifiers are found with kind and key, and what they contain is no figure, date or denial."""

import time

import pytest

from monitor.text.analysis import analyze, analyze_quickly, index_terms
from monitor.text.facts.identifiers import find_identifiers


def keys(text):
    return [(one.kind, one.key) for one in find_identifiers(text)]


FOUND = [
    ("CVE-2031-20417 is exploited.", [("cve", "cve-2031-20417")]),
    ("See GHSA-7xq2-44mf-p9c3.", [("ghsa", "ghsa-7xq2-44mf-p9c3")]),
    ("Advisory ICSA-31-204-07 is out.", [("icsa", "icsa-31-204-07")]),
    ("RHSA-2031:0417 and USN-6071-1", [("rhsa", "rhsa-2031:0417"), ("usn", "usn-6071-1")]),
    ("The court heard No. 31-1044.", [("docket", "docket 31-1044")]),
    ("Docket No. 31-1044 was filed.", [("docket", "docket 31-1044")]),
    ("Case 2:31-cv-00417 was closed.", [("docket", "2:31-cv-00417")]),
    ("Lot 20417 is recalled.", [("lot", "lot 20417")]),
    ("The recall covers lots K-4100 to K-4106.", [("lot", "k-4100")]),
    ("Ticket 7715 was closed.", [("ticket", "ticket 7715")]),
    ("Recall No. 417 was widened.", [("recall", "recall 417")]),
    ("Release 2031-04-B-017", [("release", "2031-04-b-017")]),
    ("The 61st Mechanized Brigade withdrew.", [("unit", "61 brigade")]),
    ("The 7th and 9th Brigades withdrew.", [("unit", "7 brigade"), ("unit", "9 brigade")]),
    ("The Fifth Fleet sailed.", [("unit", "5 fleet")]),
    ("61-ша окрема механізована бригада відійшла.", [("unit", "61 brigade")]),
    ("Flight 418 turned back.", [("flight", "flight 418")]),
    ("The plane, QX418, turned back.", [("flight", "qx418")]),
    ("The destroyer (DDG-994) sailed.", [("hull", "ddg-994")]),
    ("Call (555) 010-4477 now.", [("phone", "5550104477")]),
    ("Call 1-555-010-4477 now.", [("phone", "5550104477")]),
    ("Gateway 2.3.1 fixes a crash.", [("version of gateway", "2.3.1")]),
    ("The build is 10.0.26100.", [("version", "10.0.26100")]),
    ("See https://example.org/2031/x-17.", [("link", "https://example.org/2031/x-17")]),
    ("Highway 50 and State Route 32", [("road", "road 50"), ("road", "road 32")]),
    ("школа № 5 зачинена", [("№ школ", "школ 5")]),
]


@pytest.mark.parametrize(("text", "found"), FOUND)
def test_identifiers_have_kind_and_key(text, found):
    assert keys(text) == found
    assert not analyze(text).numbers
    assert not analyze(text).dates


@pytest.mark.parametrize(
    "text",
    [
        "Group to Release 33 Hostages",
        "Order 5000 tanks now.",
        "Flight 12 hours late",
        "The F-16, T-72, Kh-101 and AIM-120 are weapons.",
        "COVID-19 cases rose by 417.",
        "The No. 3 seed lost.",
        "On 14.02.2031 about 1.234.567 people voted.",
        "On March 8th Danish brigades marched.",
        "Magnitude 5.4 at 12:30 on 2031-06-08",
        "EURO-2032 opens in June.",
    ],
)
def test_figures_and_names_of_types_are_no_identifiers(text):
    assert find_identifiers(text) == ()


def test_claims_without_identifiers_share_an_empty_tuple():
    assert analyze("Floods hit the valley.").identifiers is analyze("12 people fled.").identifiers


def test_no_before_a_number_is_no_denial():
    assert not analyze("The court heard No. 31-1044.").cues


def test_an_identifier_is_one_name_under_which_a_claim_is_found():
    one, other = "Docket No. 31-1044 was reopened.", "The judge dismissed case no. 31-1044."
    shared = set(index_terms(analyze(one))) & set(index_terms(analyze(other)))
    assert shared == {"@#docket 31-1044"}


@pytest.mark.parametrize("text", ["Lot 20417 burnt.", "See https://example.org/a-1/b for CVE-2031-20417."])
def test_the_quick_analysis_has_the_terms_of_the_full_one(text):
    quick = set(analyze_quickly(text).terms)
    assert set(analyze(text).terms) <= quick


def test_the_words_of_a_link_are_no_terms():
    assert set(analyze("Report: https://example.org/flood-kills-12").terms) == set(analyze("Report:").terms)


HOSTILE = ["1", "a-", "AB-", "1st ", "a.", "(530", "No. ", "lot 1", "x1@", "1.1.", "61-ша ", "+1 ", "https://", "a/"]


@pytest.mark.parametrize("part", HOSTILE)
def test_the_time_is_linear_in_the_length(part):
    start = time.process_time()
    find_identifiers(part * (20_000 // len(part)) + "1")
    assert time.process_time() - start < 2
