"""An entry that says what an earlier entry of its source said is news again some time later."""

import pytest
from kit.replay_lines import DAY_HOURS, ReplayStream

SIREN = "The sirens of Halvik are tested at noon."
CLOSED = "The Ostra tunnel is closed to trucks because of high winds."


def announced_twice(text, hours, title="Notice", source="town"):
    return (
        ReplayStream()
        .say(source, "n-1", text, title=title)
        .say(source, "n-2", text, title=title, hours_later=hours)
        .results()
    )


def last_finding(results, claim):
    return [record for record in results if record["type"] == "finding" and record["claim"] == claim][-1]


@pytest.mark.parametrize("text", [SIREN, CLOSED])
def test_an_event_that_recurs_is_new_and_stands_beside_the_last_one(text):
    finding = last_finding(announced_twice(text, 7 * DAY_HOURS), text)
    assert (finding["novelty"], finding["nearest"]["entry"]) == ("new", "n-1")
    assert finding["evidence"]["basis"] == "it happened again"


@pytest.mark.parametrize("text", [SIREN, CLOSED])
def test_the_same_words_within_the_recurrence_are_repeated(text):
    assert last_finding(announced_twice(text, 3.0), text)["novelty"] == "repeated"


def test_a_new_occurrence_has_a_story_of_its_own():
    results = announced_twice(SIREN, 7 * DAY_HOURS)
    stories = {record["story"] for record in results if record["type"] == "update"}
    assert len(stories) == 2


def test_an_entry_that_repeats_only_a_part_is_no_new_occurrence():
    results = (
        ReplayStream()
        .say("town", "n-1", f"{SIREN} {CLOSED}", title="Notice")
        .say("town", "n-2", SIREN, title="Reminder", hours_later=7 * DAY_HOURS)
        .results()
    )
    assert last_finding(results, SIREN)["novelty"] == "repeated"


def test_another_source_with_the_same_words_is_no_new_occurrence():
    results = (
        ReplayStream()
        .say("town", "n-1", SIREN, title="Notice")
        .say("wire", "w-1", SIREN, title="Notice", hours_later=7 * DAY_HOURS)
        .results()
    )
    assert last_finding(results, SIREN)["novelty"] == "repeated"
