"""One edit made in several entries at once, each with a story of its own."""

import pytest
from kit.replay_lines import ReplayStream

from monitor.compare.bundles import bundle_of
from monitor.model import Claim, Finding, Novelty, PriorClaim, Role, Update

RECORDS = "Status: open\n\nSeverity: high\n\nVendor: Acme"
PATCH = "The vendor will publish a patch for all affected models in June."


def edited(text, *, entries=("one", "two"), hours=0.0):
    """The findings of an edit that adds `text` to incident pages, `hours` apart."""
    stream = ReplayStream()
    for entry in entries:
        stream.say("lab", entry, RECORDS, title=f"{entry.title()} gateway")
    for entry in entries:
        stream.say("lab", entry, f"{RECORDS}\n\n{text}", title=f"{entry.title()} gateway", hours_later=hours)
    return [record for record in stream.results() if record["type"] == "finding" and record["claim"] == text]


def test_the_same_edit_of_two_records_is_one_bundle_of_two_stories():
    first, second = edited(PATCH)
    assert first["novelty"] == second["novelty"] == "new"
    assert first["bundle"] == second["bundle"] is not None
    assert first["story"] != second["story"]


def test_an_edit_days_later_is_another_bundle():
    first, second = edited(PATCH, hours=80.0)
    assert first["bundle"] != second["bundle"]


@pytest.mark.parametrize("text", ["It is resolved.", "Owner: Jon Lie"])
def test_a_short_sentence_or_a_record_is_the_state_of_its_own_entry(text):
    assert [finding["bundle"] for finding in edited(text)] == [None, None]


def test_edits_with_other_figures_are_other_bundles():
    stream = ReplayStream()
    for entry in ("one", "two"):
        stream.say("lab", entry, RECORDS, title=f"{entry.title()} gateway")
    for entry, count in (("one", 300), ("two", 700)):
        text = f"{RECORDS}\n\nAbout {count} owners of old gateways in Norland have installed the patch."
        stream.say("lab", entry, text, title=f"{entry.title()} gateway")
    bundles = {record["bundle"] for record in stream.results() if "installed" in record.get("claim", "")}
    assert len(bundles) == 2


def test_a_withdrawal_and_an_addition_of_the_same_words_are_two_bundles():
    update = Update("lab", "two", 100.0, "Two gateway", "", "")
    claim = Claim(PATCH, Role.SENTENCE)
    prior = PriorClaim(PATCH, "lab", "one", 90.0, "st-1", withdrawn_at=95.0)
    added, withdrawn = (
        Finding(claim, novelty, 0.0, (), None, "st-2") for novelty in (Novelty.NEW, Novelty.WITHDRAWN)
    )
    assert bundle_of(update, added, [prior]) != bundle_of(update, withdrawn, [prior])


ADVICE = "Travellers should drink only boiled or bottled water and avoid raw shellfish."


@pytest.mark.parametrize(("others", "withdrawn"), [(3, False), (2, True)])
def test_a_formula_that_a_page_drops_is_not_withdrawn(others, withdrawn):
    stream = ReplayStream()
    countries = ["norland", *("ostland", "westmark", "velden")[:others]]
    for country in countries:
        stream.say(
            "office", country, f"{ADVICE}\n\nThe capital of {country.title()} has a port.", title=country.title()
        )
    stream.say("office", "norland", "The capital of Norland has a port.", title="Norland", hours_later=100.0)
    assert [finding["novelty"] for finding in stream.last_findings().values()] == ["withdrawn"] * withdrawn
