"""The rules of novelty, on streams of made-up sentences."""

import pytest
from kit.replay_lines import DAY_HOURS, ReplayStream, novelty_by_claim

FERRY = "The ferry to Marnholm carries 240 passengers a day."
PIER = "The east pier is closed to visitors until further notice."
MARKET = "The fish market opens at dawn on Saturdays."


def test_a_revision_is_compared_with_the_entry_s_previous_version():
    findings = (
        ReplayStream()
        .say("port", "page", f"{FERRY}\n{PIER}")
        .say("port", "page", f"{FERRY.replace('240', '310')}\n{PIER}")
        .last_findings()
    )
    assert novelty_by_claim(findings) == {FERRY.replace("240", "310"): "changed"}
    (finding,) = findings.values()
    assert finding["changes"] == [{"kind": "number", "before": "240", "after": "310"}]
    assert finding["nearest"]["text"] == FERRY


def test_an_added_claim_is_new():
    findings = ReplayStream().say("port", "page", FERRY).say("port", "page", f"{FERRY}\n{MARKET}").last_findings()
    assert novelty_by_claim(findings) == {MARKET: "new"}


def test_a_removed_claim_is_withdrawn():
    findings = ReplayStream().say("port", "page", f"{FERRY}\n{MARKET}").say("port", "page", FERRY).last_findings()
    assert novelty_by_claim(findings) == {MARKET: "withdrawn"}


def test_a_claim_with_a_successor_is_not_withdrawn():
    findings = (
        ReplayStream()
        .say("port", "page", f"{FERRY}\n{PIER}")
        .say("port", "page", f"{FERRY}\n{PIER.replace('closed', 'open')}")
        .last_findings()
    )
    assert novelty_by_claim(findings) == {PIER.replace("closed", "open"): "changed"}


def test_a_sentence_added_next_to_an_edited_one_is_new():
    findings = (
        ReplayStream()
        .say("port", "page", "The ferry to Marnholm carries 240 passengers.")
        .say(
            "port",
            "page",
            "The ferry to Marnholm carries 310 passengers.\nThe ferry to Ostra carries 95 lorries and no passengers.",
        )
        .last_findings()
    )
    assert novelty_by_claim(findings) == {
        "The ferry to Marnholm carries 310 passengers.": "changed",
        "The ferry to Ostra carries 95 lorries and no passengers.": "new",
    }


def test_reordered_claims_have_no_findings():
    findings = (
        ReplayStream()
        .say("port", "page", f"{FERRY}\n{PIER}\n{MARKET}")
        .say("port", "page", f"{MARKET}\n{FERRY}\n{PIER}")
    )
    assert findings.last_findings() == {}


def test_joining_two_sentences_withdraws_nothing():
    findings = (
        ReplayStream()
        .say("port", "page", "The harbour office is closed. The ferry office in Marnholm stays open.")
        .say("port", "page", "The harbour office is closed and the ferry office in Marnholm stays open.")
        .last_findings()
    )
    assert "withdrawn" not in novelty_by_claim(findings).values()


def test_the_same_fact_in_other_words_from_another_source_is_repeated():
    findings = (
        ReplayStream()
        .say("port", "a", "Around 3,000 dock workers have been sent to the Halvik terminal.")
        .say("wire", "b", "About 3,000 dock workers were sent to the terminal at Halvik.", title="Evening news")
        .last_findings()
    )
    claim = findings["About 3,000 dock workers were sent to the terminal at Halvik."]
    assert (claim["novelty"], claim["nearest"]["source"]) == ("repeated", "port")


def test_late_wire_copy_of_an_old_figure_is_repeated_not_changed_backwards():
    findings = (
        ReplayStream()
        .say("port", "a", "", title="Halvik ferry sinking: 40 people are dead")
        .say("wire", "b", "", title="Halvik ferry sinking: 55 people are dead")
        .say("late", "c", "", title="40 people are dead in Halvik ferry sinking")
        .last_findings()
    )
    (claim,) = findings.values()
    assert (claim["novelty"], claim["nearest"]["source"]) == ("repeated", "port")


def test_a_changed_figure_is_compared_with_the_latest_one():
    findings = (
        ReplayStream()
        .say("port", "a", "", title="Halvik ferry sinking: 40 people are dead")
        .say("wire", "b", "", title="Halvik ferry sinking: 55 people are dead")
        .say("desk", "c", "", title="Halvik ferry sinking: 70 people are dead")
        .last_findings()
    )
    (claim,) = findings.values()
    assert claim["novelty"] == "changed"
    assert claim["changes"] == [{"kind": "number", "before": "55", "after": "70"}]


def test_a_projection_does_not_replace_the_figure():
    findings = (
        ReplayStream()
        .say("port", "a", "", title="Halvik ferry sinking: 40 people are dead")
        .say("wire", "b", "", title="Halvik ferry sinking: the dead could pass 200")
        .say("desk", "c", "", title="Halvik ferry sinking: 55 people are dead")
        .last_findings()
    )
    (claim,) = findings.values()
    assert [change["before"] for change in claim["changes"] if change["kind"] == "number"] == ["40"]


NOTICE = "Carry your identity card at all times and show it when asked."


def findings_with(stream, words):
    return [record for record in stream.results() if record["type"] == "finding" and words in record["claim"]]


def withdrawn_stories(stream):
    """Map the claims withdrawn by the last update to their stories."""
    findings = stream.last_findings()
    return {claim: finding["story"] for claim, finding in findings.items() if finding["novelty"] == "withdrawn"}


def pages(*countries):
    stream = ReplayStream()
    for country in countries:
        stream.say("office", f"{country}#advice", f"{country} has ports.\n{NOTICE}", title="advice")
    return stream


def test_the_same_words_about_another_subject_are_new_in_the_same_story():
    notices = [
        record for record in pages("norland", "ostland", "westmark").results() if record.get("claim") == NOTICE
    ]
    assert [finding["novelty"] for finding in notices] == ["new", "new", "new"]
    assert len({finding["story"] for finding in notices}) == 1


def test_one_notice_edited_on_every_page_is_one_story():
    stream = pages("norland", "ostland", "westmark")
    edited = NOTICE.replace("identity card", "passport")
    for country in ("norland", "ostland", "westmark"):
        stream.say("office", f"{country}#advice", f"{country} has ports.\n{edited}", title="advice")
    notices = [record for record in stream.results() if record.get("claim") == edited]
    assert len(notices) == 3
    assert len({finding["story"] for finding in notices}) == 1


def test_a_series_in_time_is_one_subject():
    findings = (
        ReplayStream()
        .say("brief", "march-1", f"<ul><li>{PIER}</li></ul>", title="Harbour brief, March 1")
        .say("brief", "march-2", f"<ul><li>{PIER}</li></ul>", title="Harbour brief, March 2")
        .last_findings()
    )
    assert findings[PIER]["novelty"] == "repeated"


@pytest.mark.parametrize(("after", "novelty"), [(5.0, "repeated"), (3 * DAY_HOURS, "new")])
def test_a_removed_claim_that_returns_is_repeated_within_a_day_and_new_later(after, novelty):
    findings = (
        ReplayStream()
        .say("port", "page", f"{FERRY}\n{PIER}")
        .say("port", "page", FERRY)
        .say("port", "page", f"{FERRY}\n{PIER}", hours_later=after)
        .last_findings()
    )
    assert novelty_by_claim(findings) == {PIER: novelty}


def test_volatile_lines_are_not_news():
    findings = (
        ReplayStream()
        .say("port", "page", f"{FERRY}\n\nUpdated 3 minutes ago\n\n120 views")
        .say("port", "page", f"{FERRY}\n\nUpdated 9 minutes ago\n\n151 views")
        .last_findings()
    )
    assert set(novelty_by_claim(findings).values()) <= {"repeated"}


def test_a_question_is_not_news():
    findings = (
        ReplayStream()
        .say("port", "page", FERRY)
        .say("port", "page", f"{FERRY}\nWhat is known about the ferry?")
        .last_findings()
    )
    assert novelty_by_claim(findings) == {"What is known about the ferry?": "repeated"}


def test_one_notice_with_each_page_s_own_name_is_one_story():
    stream = ReplayStream()
    for country in ("Norland", "Ostland", "Westmark"):
        notice = f"Dual citizens must enter {country} with the passport of {country}."
        stream.say("office", f"{country}#advice", f"{country} has ports.\n{notice}", title="advice")
    notices = findings_with(stream, "Dual")
    assert [finding["novelty"] for finding in notices] == ["new", "new", "new"]
    assert len({finding["story"] for finding in notices}) == 1
    assert notices[2]["nearest"]["entry"] == "Norland#advice"


@pytest.mark.parametrize(("hours_later", "stories"), [(DAY_HOURS, 1), (60 * DAY_HOURS, 2)])
def test_the_same_sentence_about_another_subject_months_later_is_another_event(hours_later, stories):
    stream = pages("Norland", "Ostland")
    for country in ("Norland", "Ostland"):
        text = f"{country} has ports.\n{NOTICE}\nAvoid all travel to {country}."
        stream.say("office", f"{country}#advice", text, title="advice", hours_later=hours_later)
    warnings = findings_with(stream, "Avoid all")
    assert [finding["novelty"] for finding in warnings] == ["new", "new"]
    assert len({finding["story"] for finding in warnings}) == stories


def test_what_one_edit_removes_is_one_story():
    closed, safe = "The coast road is closed by snow.", "Tap water is safe to drink."
    gale = "## Gale\n\nGusts reach 130 km/h at Halvik.\n\nFerries stay in port until the wind drops.\n\n"
    stream = ReplayStream().say("port", "page", f"{gale}## Health\n\n{safe}\n\n{closed}", title="Notes")
    stream.say("port", "page", f"## Health\n\n{safe}", title="Notes", hours_later=20 * DAY_HOURS)
    stories = withdrawn_stories(stream)
    assert len(stories) == 3
    assert len(set(stories.values())) == 1


def test_a_changed_title_keeps_the_entry_s_story_at_any_age():
    stream = ReplayStream().say("port", "a", PIER, title="Halvik ferry sinking: 40 people are dead")
    stream.say(
        "port",
        "a",
        PIER.replace("closed", "open"),
        title="Halvik ferry sinking: 55 are dead",
        hours_later=60 * DAY_HOURS,
    )
    titles = findings_with(stream, "sinking")
    assert [finding["novelty"] for finding in titles] == ["new", "changed"]
    assert len({finding["story"] for finding in titles}) == 1


def test_takeaways_withdrawn_the_next_day_keep_their_stories():
    takeaways = ["Ferries to Halvik were stopped by ice.", "The mayor of Ostra resigned over the harbour loan."]
    bullets = "".join(f"<li>{takeaway}</li>" for takeaway in takeaways)
    stream = ReplayStream().say("brief", "page", f"<ul>{bullets}</ul>", title="Key takeaways of the day")
    stream.say(
        "brief",
        "page",
        "<ul><li>Bread prices rose.</li></ul>",
        title="Key takeaways of the day",
        hours_later=DAY_HOURS,
    )
    stories = withdrawn_stories(stream)
    assert set(stories) == set(takeaways)
    assert len(set(stories.values())) == 2


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
def test_a_sentence_that_only_restates_the_headline_is_repeated(title, body, novelty):
    findings = ReplayStream().say("port", "a", body, title=title).last_findings()
    assert novelty_by_claim(findings) == {title: "new", body: novelty}


def test_a_figure_changed_in_headline_and_body_is_one_change():
    findings = (
        ReplayStream()
        .say("port", "a", "Rescuers findings 40 dead in Halvik.", title="40 dead in Halvik")
        .say("port", "a", "Rescuers findings 55 dead in Halvik.", title="Rescuers findings 55 dead in Halvik")
        .last_findings()
    )
    assert novelty_by_claim(findings) == {
        "Rescuers findings 55 dead in Halvik": "changed",
        "40 dead in Halvik": "withdrawn",
    }


def test_a_headline_repeated_verbatim_in_the_body_is_new_once():
    findings = ReplayStream().say(
        "port", "a", "Ice stopped all ferries. Ice stopped all ferries.", title="Ice stopped all ferries"
    )
    assert list(novelty_by_claim(findings.last_findings()).values()) == ["new"]


def test_one_sentence_under_two_headings_is_new_under_both():
    text = "## Norland\nThe border is closed.\n\n## Ostland\nThe border is closed now."
    findings = ReplayStream().say("office", "page", text, title="Borders").last_findings()
    assert novelty_by_claim(findings)["The border is closed now."] == "new"
