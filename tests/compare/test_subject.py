"""Whether the same words were said of the same subject."""

import pytest

from monitor.compare.subject import other_subject
from monitor.model import Claim, Role, Said, Update

CLAIM = Claim("Tap water is safe.", Role.SENTENCE, "Health")


def other(entry, title, source="office", *, now="norland#advice", now_title="advice", claim=CLAIM, heading="Health"):
    said = Said(claim.text, source, entry, 0.0, "st-1", title, heading)
    return other_subject(claim, Update("office", now, 1.0, now_title, "", ""), said)


@pytest.mark.parametrize(
    ("entry", "title", "wanted"),
    [
        ("westmark#advice", "advice", True),
        ("norland#advice", "advice", False),
    ],
)
def test_pages_of_a_series_are_told_apart_by_their_keys(entry, title, wanted):
    assert other(entry, title) is wanted


def test_pages_of_a_series_are_told_apart_by_their_titles():
    assert other("e2", "Westmark travel advice", now="e1", now_title="Norland travel advice")


def test_a_series_in_time_is_one_subject():
    assert not other("march-2", "Harbour brief, March 2", now="march-1", now_title="Harbour brief, March 1")


def test_other_sources_speak_of_the_same_subject():
    assert not other("westmark#advice", "advice", source="wire")


def test_another_heading_of_the_same_page_is_another_subject():
    assert other("norland#advice", "advice", heading="Ferries")
    assert not other("norland#advice", "advice", heading="Health care")
