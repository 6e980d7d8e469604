"""An entry that comes again under another address, or with a label before its headline, is not news."""

import pytest
from kit.replay_lines import ReplayStream

from monitor.text.labels import without_label

TITLE = "Council approves the Marnholm bridge"
TEXT = (
    "The council of Marnholm approved the bridge over the Selby on Tuesday. "
    "The vote was close. Opponents said they would go to court. The bridge will cost 40 million euros."
)


def novelties(results, entry):
    return {
        record["claim"]: record["novelty"]
        for record in results
        if record["type"] == "finding" and record["entry"] == entry
    }


def posted_twice(first, second, *, title=TITLE, again=TITLE, text=TEXT):
    return (
        ReplayStream()
        .say("paper", first, text, title=title)
        .say("paper", second, text, title=again, hours_later=2.0)
        .results()
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("4711", "4712"),
        ("https://paper.example/?p=12", "https://paper.example/council-approves-bridge"),
        ("https://paper.example/news/council-bridge", "https://paper.example/politics/council-bridge"),
        ("https://paper.example/a/900001", "https://paper.example/a/900244"),
        ("http://old.example/story-7", "https://new.example/story-7"),
    ],
)
def test_the_same_entry_under_another_key_is_repeated(first, second):
    assert set(novelties(posted_twice(first, second), second).values()) == {"repeated"}


@pytest.mark.parametrize(
    "label",
    [
        "BREAKING: ",
        "Exclusive: ",
        "VIDEO - ",
        "UPDATE 2-",
        "Breaking | ",
        "Eilmeldung: ",
        "СРОЧНО: ",
        "Última hora: ",
    ],
)
def test_a_label_before_the_headline_makes_nothing_new(label):
    results = posted_twice("a1", "b2", again=label + TITLE)
    assert set(novelties(results, "b2").values()) == {"repeated"}


def test_a_reposted_entry_with_an_added_claim_has_only_that_as_news():
    results = (
        ReplayStream()
        .say("paper", "a1", TEXT, title=TITLE)
        .say("paper", "b2", f"{TEXT} Work begins in Ostra on 4 May.", title=f"UPDATE 1-{TITLE}", hours_later=2.0)
        .results()
    )
    found = novelties(results, "b2")
    assert found["Work begins in Ostra on 4 May."] == "new"
    assert found["The bridge will cost 40 million euros."] == "repeated"


def test_pages_that_share_only_formulas_are_no_reposts():
    formulas = "Check the rules before you travel. Keep a copy of your papers. Follow the advice of the authorities."
    results = (
        ReplayStream()
        .say("advice", "https://advice.example/ostra/safety", formulas, title="Safety")
        .say("advice", "https://advice.example/selby/safety", formulas, title="Safety", hours_later=2.0)
        .results()
    )
    assert "new" in novelties(results, "https://advice.example/selby/safety").values()


def test_a_page_with_other_facts_is_no_repost_of_one_with_the_same_formulas():
    formulas = "Check the rules before you travel. Keep a copy of your papers. In an emergency, call 112."
    results = (
        ReplayStream()
        .say("advice", "https://advice.example/ostra/safety", f"{formulas} Lake Ostra is closed.", title="Safety")
        .say(
            "advice",
            "https://advice.example/selby/safety",
            f"{formulas} Visas for Selby are free. A curfew begins at 22:00 in Halvik.",
            title="Safety",
            hours_later=2.0,
        )
        .results()
    )
    assert "new" in {novelties(results, "https://advice.example/selby/safety")["In an emergency, call 112."]}


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("BREAKING: VIDEO: Ferry sinks", "Ferry sinks"),
        ("UPDATE 1-Ferry sinks", "Ferry sinks"),
        ("Live updates: Ferry sinks", "Ferry sinks"),
        ("Update: ", "Update: "),
        ("HALVIK: Ferry sinks", "HALVIK: Ferry sinks"),
        ("Video shows a sinking ferry", "Video shows a sinking ferry"),
        ("Live-fire exercise off Selby", "Live-fire exercise off Selby"),
    ],
)
def test_only_words_of_the_trade_are_labels(text, rest):
    assert without_label(text) == rest
