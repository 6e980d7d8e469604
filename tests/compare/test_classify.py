"""What novelty means: each of its rules, on streams of our own sentences."""

import pytest
from kit.replay_lines import DAY_HOURS, ReplayStream, novelty_by_claim

FERRY = "The ferry to Marnholm carries 240 passengers a day."
PIER = "The east pier is closed to visitors until further notice."
MARKET = "The fish market opens at dawn on Saturdays."


def test_a_revision_is_judged_by_its_own_previous_version():
    found = (
        ReplayStream()
        .say("port", "page", f"{FERRY}\n{PIER}")
        .say("port", "page", f"{FERRY.replace('240', '310')}\n{PIER}")
        .last_findings()
    )
    assert novelty_by_claim(found) == {FERRY.replace("240", "310"): "changed"}
    (moved,) = found.values()
    assert moved["changes"] == [{"kind": "number", "before": "240", "after": "310"}]
    assert moved["nearest"]["text"] == FERRY


def test_what_was_added_is_new():
    found = ReplayStream().say("port", "page", FERRY).say("port", "page", f"{FERRY}\n{MARKET}").last_findings()
    assert novelty_by_claim(found) == {MARKET: "new"}


def test_what_is_no_longer_said_is_withdrawn():
    found = ReplayStream().say("port", "page", f"{FERRY}\n{MARKET}").say("port", "page", FERRY).last_findings()
    assert novelty_by_claim(found) == {MARKET: "withdrawn"}


def test_a_claim_with_a_successor_is_not_withdrawn():
    found = (
        ReplayStream()
        .say("port", "page", f"{FERRY}\n{PIER}")
        .say("port", "page", f"{FERRY}\n{PIER.replace('closed', 'open')}")
        .last_findings()
    )
    assert novelty_by_claim(found) == {PIER.replace("closed", "open"): "changed"}


def test_a_sentence_beside_the_edited_one_does_not_take_its_predecessor():
    found = (
        ReplayStream()
        .say("port", "page", "The ferry to Marnholm carries 240 passengers.")
        .say(
            "port",
            "page",
            "The ferry to Marnholm carries 310 passengers.\nThe ferry to Ostra carries 95 lorries and no passengers.",
        )
        .last_findings()
    )
    assert novelty_by_claim(found) == {
        "The ferry to Marnholm carries 310 passengers.": "changed",
        "The ferry to Ostra carries 95 lorries and no passengers.": "new",
    }


def test_claims_in_another_order_are_silence():
    found = (
        ReplayStream()
        .say("port", "page", f"{FERRY}\n{PIER}\n{MARKET}")
        .say("port", "page", f"{MARKET}\n{FERRY}\n{PIER}")
    )
    assert found.last_findings() == {}


def test_joined_sentences_withdraw_nothing():
    found = (
        ReplayStream()
        .say("port", "page", "The harbour office is closed. The ferry office in Marnholm stays open.")
        .say("port", "page", "The harbour office is closed and the ferry office in Marnholm stays open.")
        .last_findings()
    )
    assert "withdrawn" not in novelty_by_claim(found).values()


def test_the_same_thing_told_elsewhere_in_other_words_is_repeated():
    found = (
        ReplayStream()
        .say("port", "a", "Around 3,000 dock workers have been sent to the Halvik terminal.")
        .say("wire", "b", "About 3,000 dock workers were sent to the terminal at Halvik.", title="Evening news")
        .last_findings()
    )
    claim = found["About 3,000 dock workers were sent to the terminal at Halvik."]
    assert (claim["novelty"], claim["nearest"]["source"]) == ("repeated", "port")


def test_late_wire_copy_of_an_old_figure_is_repeated_not_changed_backwards():
    found = (
        ReplayStream()
        .say("port", "a", "", title="Halvik ferry sinking: 40 people are dead")
        .say("wire", "b", "", title="Halvik ferry sinking: 55 people are dead")
        .say("late", "c", "", title="40 people are dead in Halvik ferry sinking")
        .last_findings()
    )
    (claim,) = found.values()
    assert (claim["novelty"], claim["nearest"]["source"]) == ("repeated", "port")


def test_a_moved_figure_is_shown_beside_the_latest_one_people_know():
    found = (
        ReplayStream()
        .say("port", "a", "", title="Halvik ferry sinking: 40 people are dead")
        .say("wire", "b", "", title="Halvik ferry sinking: 55 people are dead")
        .say("desk", "c", "", title="Halvik ferry sinking: 70 people are dead")
        .last_findings()
    )
    (claim,) = found.values()
    assert claim["novelty"] == "changed"
    assert claim["changes"] == [{"kind": "number", "before": "55", "after": "70"}]


def test_a_projection_is_not_the_figure():
    told = (
        ReplayStream()
        .say("port", "a", "", title="Halvik ferry sinking: 40 people are dead")
        .say("wire", "b", "", title="Halvik ferry sinking: the dead could pass 200")
        .say("desk", "c", "", title="Halvik ferry sinking: 55 people are dead")
        .last_findings()
    )
    (claim,) = told.values()
    assert [change["before"] for change in claim["changes"] if change["kind"] == "number"] == ["40"]


NOTICE = "Carry your identity card at all times and show it when asked."


def pages(*countries):
    stream = ReplayStream()
    for country in countries:
        stream.say("office", f"{country}#advice", f"{country} has ports.\n{NOTICE}", title="advice")
    return stream


def test_the_same_words_about_another_subject_are_new_and_join_the_story():
    told = [one for one in pages("norland", "ostland", "westmark").results() if one.get("claim") == NOTICE]
    assert [one["novelty"] for one in told] == ["new", "new", "new"]
    assert len({one["story"] for one in told}) == 1


def test_one_notice_edited_on_every_page_is_one_story():
    stream = pages("norland", "ostland", "westmark")
    edited = NOTICE.replace("identity card", "passport")
    for country in ("norland", "ostland", "westmark"):
        stream.say("office", f"{country}#advice", f"{country} has ports.\n{edited}", title="advice")
    told = [one for one in stream.results() if one.get("claim") == edited]
    assert len(told) == 3
    assert len({one["story"] for one in told}) == 1


def test_a_series_in_time_is_one_subject():
    found = (
        ReplayStream()
        .say("brief", "march-1", f"<ul><li>{PIER}</li></ul>", title="Harbour brief, March 1")
        .say("brief", "march-2", f"<ul><li>{PIER}</li></ul>", title="Harbour brief, March 2")
        .last_findings()
    )
    assert found[PIER]["novelty"] == "repeated"


@pytest.mark.parametrize(("after", "novelty"), [(5.0, "repeated"), (3 * DAY_HOURS, "new")])
def test_what_comes_back_within_a_day_flips_and_later_is_news(after, novelty):
    found = (
        ReplayStream()
        .say("port", "page", f"{FERRY}\n{PIER}")
        .say("port", "page", FERRY)
        .say("port", "page", f"{FERRY}\n{PIER}", hours_later=after)
        .last_findings()
    )
    assert novelty_by_claim(found) == {PIER: novelty}


def test_volatile_lines_are_silence():
    found = (
        ReplayStream()
        .say("port", "page", f"{FERRY}\n\nUpdated 3 minutes ago\n\n120 views")
        .say("port", "page", f"{FERRY}\n\nUpdated 9 minutes ago\n\n151 views")
        .last_findings()
    )
    assert set(novelty_by_claim(found).values()) <= {"repeated"}


def test_a_question_is_not_news():
    found = (
        ReplayStream()
        .say("port", "page", FERRY)
        .say("port", "page", f"{FERRY}\nWhat is known about the ferry?")
        .last_findings()
    )
    assert novelty_by_claim(found) == {"What is known about the ferry?": "repeated"}


def test_one_notice_in_which_each_page_names_its_own_subject_is_one_story():
    stream = ReplayStream()
    for country in ("Norland", "Ostland", "Westmark"):
        notice = f"Dual citizens must enter {country} with the passport of {country}."
        stream.say("office", f"{country}#advice", f"{country} has ports.\n{notice}", title="advice")
    told = [one for one in stream.results() if one["type"] == "finding" and one["claim"].startswith("Dual")]
    assert [one["novelty"] for one in told] == ["new", "new", "new"]
    assert len({one["story"] for one in told}) == 1
    assert told[2]["nearest"]["entry"] == "Norland#advice"


@pytest.mark.parametrize(("apart", "stories"), [(DAY_HOURS, 1), (60 * DAY_HOURS, 2)])
def test_the_same_sentence_about_another_subject_months_later_is_another_event(apart, stories):
    stream = pages("Norland", "Ostland")
    for country in ("Norland", "Ostland"):
        warned = f"{country} has ports.\n{NOTICE}\nAvoid all travel to {country}."
        stream.say("office", f"{country}#advice", warned, title="advice", hours_later=apart)
    told = [one for one in stream.results() if one["type"] == "finding" and one["claim"].startswith("Avoid")]
    assert [one["novelty"] for one in told] == ["new", "new"]
    assert len({one["story"] for one in told}) == stories


def test_a_section_that_goes_is_one_matter():
    closed, safe = "The coast road is closed by snow.", "Tap water is safe to drink."
    gale = "## Gale\n\nGusts reach 130 km/h at Halvik.\n\nFerries stay in port until the wind drops.\n\n"
    stream = ReplayStream().say("port", "page", f"{gale}## Health\n\n{safe}\n\n{closed}", title="Notes")
    stream.say("port", "page", f"## Health\n\n{safe}", title="Notes", hours_later=20 * DAY_HOURS)
    gone = {one["claim"]: one["story"] for one in stream.last_findings().values() if one["novelty"] == "withdrawn"}
    assert len(gone) == 3
    assert len(set(gone.values()) - {gone[closed]}) == 1


def test_a_title_that_moves_keeps_its_entry_s_story_however_old():
    stream = ReplayStream().say("port", "a", PIER, title="Halvik ferry sinking: 40 people are dead")
    stream.say(
        "port",
        "a",
        PIER.replace("closed", "open"),
        title="Halvik ferry sinking: 55 are dead",
        hours_later=60 * DAY_HOURS,
    )
    told = [one for one in stream.results() if one["type"] == "finding" and "sinking" in one["claim"]]
    assert [one["novelty"] for one in told] == ["new", "changed"]
    assert len({one["story"] for one in told}) == 1


def test_takeaways_that_go_the_next_day_keep_their_stories():
    takeaways = ["Ferries to Halvik were stopped by ice.", "The mayor of Ostra resigned over the harbour loan."]
    listed = "".join(f"<li>{one}</li>" for one in takeaways)
    stream = ReplayStream().say("brief", "page", f"<ul>{listed}</ul>", title="Key takeaways of the day")
    stream.say(
        "brief",
        "page",
        "<ul><li>Bread prices rose.</li></ul>",
        title="Key takeaways of the day",
        hours_later=DAY_HOURS,
    )
    gone = {claim: one["story"] for claim, one in stream.last_findings().items() if one["novelty"] == "withdrawn"}
    assert set(gone) == set(takeaways)
    assert len(set(gone.values())) == 2


@pytest.mark.parametrize(
    ("title", "body", "novelty"),
    [
        ("Hill Farm cheese recalled", "Hill Farm cheese has been recalled.", "repeated"),
        ("Hill Farm cheese recalled", "Hill Farm recalls 400 cheeses.", "new"),
        ("Halvik", "About 900 ferries left Halvik.", "new"),
        ("The east pier is not closed", "The east pier is closed.", "new"),
        ("The east pier may be closed", "The east pier is closed.", "new"),
        ("All piers are closed", "All but two piers are closed.", "new"),
        ("Ferry sunk off Halvik", "The ferry Marta was sunk off Halvik.", "new"),
        ("Ferry sunk off Halvik", "A ferry was sunk off Halvik on Monday.", "new"),
    ],
)
def test_a_sentence_that_tells_the_headline_again_is_no_second_news(title, body, novelty):
    found = ReplayStream().say("port", "a", body, title=title).last_findings()
    assert novelty_by_claim(found) == {title: "new", body: novelty}


def test_a_figure_that_moves_in_headline_and_body_is_told_once():
    found = (
        ReplayStream()
        .say("port", "a", "Rescuers found 40 dead in Halvik.", title="40 dead in Halvik")
        .say("port", "a", "Rescuers found 55 dead in Halvik.", title="Rescuers found 55 dead in Halvik")
        .last_findings()
    )
    assert novelty_by_claim(found) == {
        "Rescuers found 55 dead in Halvik": "changed",
        "40 dead in Halvik": "withdrawn",
    }


def test_a_headline_that_is_said_again_word_for_word_stays_news():
    found = ReplayStream().say(
        "port", "a", "Ice stopped all ferries. Ice stopped all ferries.", title="Ice stopped all ferries"
    )
    assert list(novelty_by_claim(found.last_findings()).values()) == ["new"]


def test_one_sentence_under_two_headings_of_an_update_is_news_of_both():
    text = "## Norland\nThe border is closed.\n\n## Ostland\nThe border is closed now."
    found = ReplayStream().say("office", "page", text, title="Borders").last_findings()
    assert novelty_by_claim(found)["The border is closed now."] == "new"
