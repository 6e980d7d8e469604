"""Headlines of findings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.delivery import make_alert, make_alert_finding, make_figure_finding, make_prior_claim

from monitor.compare.verdict import judge
from monitor.deliver.excerpt import excerpt
from monitor.deliver.headline import MAX_HEADLINE_CHARS, alert_headline, finding_headline
from monitor.deliver.sanitize import sanitize
from monitor.model import Change, ChangeKind, Novelty, Relation
from monitor.text.analysis import analyze

N = ChangeKind.NUMBER


@pytest.mark.parametrize(
    ("before", "after", "change", "matched", "expected"),
    [
        (
            "Around 3,000 soldiers are in Kursk.",
            "Up to 12,000 personnel are in Kursk.",
            Change(N, "Around 3,000", "Up to 12,000"),
            ("personnel",),
            "Up to 12,000 personnel are in Kursk (was around 3,000)",
        ),
        (
            "Police counted 40 cases.",
            "In Lyon, police counted more than 55 confirmed cases of measles.",
            Change(N, "40", "more than 55"),
            ("measles",),
            "In Lyon, police counted more than 55 confirmed cases of measles (was 40)",
        ),
        (
            "It may have killed 12 people.",
            "It killed at least 15 people, officials said.",
            Change(N, "12", "at least 15"),
            (),
            "It killed at least 15 people, officials said (was 12)",
        ),
        (
            "Twelve were killed at sea.",
            "At least 15 people died when a ferry sank.",
            Change(N, "Twelve", "At least 15"),
            ("ferry",),
            "At least 15 people died when a ferry sank (was twelve)",
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
            "Версія 3.2 вийшла (was 3.1)",
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


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (
            "The storm killed 9 people and hurt 40 others.",
            "The storm killed 14 people and hurt 60 others.",
            "The storm killed 14 people and hurt 60 others (was 9 people, 40 others)",
        ),
        ("The Selby bridge is not open.", "The Selby bridge is open.", "The Selby bridge is open (was not open)"),
        ("The Selby bridge is closed.", "The Selby bridge is open.", "The Selby bridge is open (was closed)"),
        (
            "The Selby bridge is partly open to cars.",
            "The Selby bridge is open to cars.",
            "The Selby bridge is open to cars (was partly open)",
        ),
        ("Trains stop at Ostra today.", "Trains stop in Halvik today.", "Trains stop in Halvik today (was at Ostra)"),
        (
            "Many trains run, and buses replace ferries.",
            "Trains run, and some buses replace ferries.",
            "Trains run, and some buses replace ferries",
        ),
    ],
)
def test_the_headline_has_all_that_was_replaced_in_one_place(before: str, now: str, expected: str) -> None:
    changes = judge(analyze(before), analyze(now), Relation.REVISION).changes
    changes = tuple(change for change in changes if change.kind is N)
    finding = make_alert_finding(now, novelty=Novelty.CHANGED, nearest=make_prior_claim(before), changes=changes)
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
        "Up to 12,000 personnel from North Korea are in Kursk",
        "around 3,000",
    )


def headline_of_change(before: str, now: str, title: str = "", heading: str = "", rule: str = "Rule title") -> str:
    """Return the headline of an edit as the program judges it."""
    verdict = judge(analyze(before), analyze(now), Relation.REVISION)
    finding = make_alert_finding(
        now,
        novelty=Novelty.CHANGED,
        nearest=make_prior_claim(before),
        changes=verdict.changes,
        entry_title=title,
        heading=heading,
    )
    return str(finding_headline(finding, rule))


@pytest.mark.parametrize(
    ("before", "now", "title", "expected"),
    [
        ("45,000 cars", "145,000 cars", "Ford recall", "Ford recall: 145,000 cars (was 45,000)"),
        ("515", "530", "Chapels in Norland", "Chapels in Norland: 530 (was 515)"),
        ("3.1%", "3.4%", "Inflation in May", "Inflation in May: 3.4% (was 3.1%)"),
        (
            "The company will cut 400 jobs in Ohio.",
            "The company will cut 500 jobs in Ohio.",
            "Varda Steel to close a line",
            "Varda Steel to close a line: The company will cut 500 jobs in Ohio (was 400)",
        ),
        (
            "A court in Turin sentenced the mayor to 4 years in prison.",
            "A court in Turin sentenced the mayor to 6 years in prison.",
            "News of the courts",
            "A court in Turin sentenced the mayor to 6 years in prison (was 4 years)",
        ),
        (
            "Winds reach 120 km/h near the coast.",
            "Winds reach 140 km/h near the coast.",
            "Storm Ida",
            "Storm Ida: Winds reach 140 km/h near the coast (was 120 km/h)",
        ),
        ("Загинули 12 людей.", "Загинули 15 людей.", "Удар по Сумах", "Удар по Сумах: Загинули 15 людей (was 12)"),
        ("12 Tote", "15 Tote", "Zugunglück bei Halle", "Zugunglück bei Halle: 15 Tote (was 12)"),
        ("死者12人", "死者15人", "能登地震", "能登地震: 死者15人 (was 12)"),
        (
            "About 7% of requests fail.",
            "About 1% of requests fail.",
            "Quillmail: slow sign-ins in Bergen",
            "Quillmail: slow sign-ins in Bergen – About 1% of requests fail (was about 7%)",
        ),
    ],
)
def test_a_figure_has_the_title_of_its_entry_unless_the_claim_names_its_owner(
    before: str, now: str, title: str, expected: str
) -> None:
    assert headline_of_change(before, now, title) == expected


def test_the_previous_figure_has_the_thing_counted_if_the_claim_has_several_figures() -> None:
    before, now = (
        "Officials in Leeds confirmed 180 cases and 9 deaths.",
        "Officials in Leeds confirmed 214 cases and 9 deaths.",
    )
    assert headline_of_change(before, now) == f"{now[:-1]} (was 180 cases)"


@pytest.mark.parametrize(
    ("before", "now", "title", "expected"),
    [
        ("Tanks | 1,450", "Tanks | 1,456", "", "Tanks: 1,456 (was 1,450)"),
        ("Tanks ‒ 1450 (+2).", "Tanks ‒ 1456 (+6).", "Army losses", "Army losses: Tanks ‒ 1456 (+6) (was 1450)"),
        ("Price: €329", "Price: €349", "Lumio headphones", "Lumio headphones – Price: €349 (was €329)"),
        ("Ferries: running", "Ferries: suspended", "Selby port", "Selby port – Ferries: suspended (was running)"),
        ("Iowa | 45 | 2 | 7", "Iowa | 45 | 3 | 7", "", "Iowa: 3 (was 2)"),
    ],
)
def test_a_row_has_its_label_and_the_value_that_changed(before: str, now: str, title: str, expected: str) -> None:
    assert headline_of_change(before, now, title) == expected


@pytest.mark.parametrize(
    ("claim", "title", "heading", "expected"),
    [
        ("61 deaths", "Cholera in Beira", "", "Cholera in Beira: 61 deaths"),
        ("12 vessels", "", "Port of Selby", "Port of Selby: 12 vessels"),
        ("$3.49", "Fuel today", "", "Fuel today: $3.49"),
        ("9 Harbor Street", "Storm Ida", "Shelters:", "Storm Ida, Shelters: 9 Harbor Street"),
        ("Old Mill Road", "", "Closed roads", "Closed roads: Old Mill Road"),
        ("Quill, which was bought in May, closed.", "Quill goes under", "", "Quill, which was bought in May, closed"),
        ("61 left", "61 left", "", "Missing hikers: 61 left"),
        ("Two", "", "", "Missing hikers: Two"),
        ("Tenants need a new key.", "Fire in Bani", "For tenants", "Fire in Bani: Tenants need a new key"),
        ("They left the city of Bani.", "Militia in retreat", "", "Militia in retreat: They left the city of Bani"),
        ("$3.49", "Fuel today", "Diesel", "Fuel today, Diesel: $3.49"),
        ("515", "30 November", "Masts", "Masts: 515"),
        (
            "The recall covers lots A-3988 to A-3992.",
            "Alba jam",
            "",
            "Alba jam: The recall covers lots A-3988 to A-3992",
        ),
        (
            "A fix for slow mail in Bergen is ready.",
            "Quill: slow mail in Bergen",
            "",
            "Quill: A fix for slow mail in Bergen is ready",
        ),
        ("Up to 40 soldiers left Selby.", "Morning bulletin", "", "Up to 40 soldiers left Selby"),
        ("The Bank of Norland raised its rate.", "Morning bulletin", "", "The Bank of Norland raised its rate"),
        ("BREAKING: Two Bani Ministers Resign Over Leak", "Bulletin", "", "Two Bani Ministers Resign Over Leak"),
        ("Stop using the drill.", "Alba drills", "", "Alba drills: Stop using the drill"),
        (
            "Three die as a bus falls off a bridge.",
            "Three die as bus falls off bridge",
            "",
            "Three die as a bus falls off a bridge",
        ),
    ],
)
def test_a_claim_that_does_not_say_its_matter_has_a_title_before_it(
    claim: str, title: str, heading: str, expected: str
) -> None:
    finding = make_alert_finding(claim, entry_title=title, heading=heading)
    assert str(finding_headline(finding, "Missing hikers")) == expected


def test_a_long_title_is_cut_before_words_that_lead_nowhere() -> None:
    claim = "They lost 1,456 tanks on the long road to the harbor before the first snow of the winter fell."
    title = "The losses of the northern army in the campaigns of the spring"
    headline = str(finding_headline(make_alert_finding(claim, entry_title=title)))
    assert headline.startswith("The losses of the northern army…: They lost 1,456 tanks")


def test_a_title_takes_the_room_that_a_short_claim_leaves() -> None:
    title = "Quillmail: slow delivery of outgoing mail in the harbor district"
    finding = make_alert_finding("About 3% of messages wait.", entry_title=title)
    assert str(finding_headline(finding)) == f"{title} – About 3% of messages wait"


LONG = (
    "The first clash between the river guards and the men of the northern column that came over the pass took place "
    "on {}."
)


@pytest.mark.parametrize(
    "end", ["", " The ministry in Bani told reporters so in the evening, after days of silence."]
)
def test_a_long_claim_is_shortened_around_what_changed(end: str) -> None:
    headline = headline_of_change(LONG.format("4 May") + end, LONG.format("5 May") + end)
    assert headline.startswith("The first clash between the river")
    assert " … " in headline
    assert "took place on 5 May" in headline
    assert headline.endswith("(was 4 May)")
    assert len(headline) <= MAX_HEADLINE_CHARS


@pytest.mark.parametrize(("before", "now"), [("One", "Two"), ("Forty", "Fifty")])
def test_a_bare_figure_that_was_compared_without_changes_has_the_figure_before(before: str, now: str) -> None:
    finding = make_alert_finding(now, novelty=Novelty.CHANGED, nearest=make_prior_claim(f"{before}."))
    assert str(finding_headline(finding, "Missing hikers")) == f"Missing hikers: {now} (was {before.lower()})"


def test_the_matched_words_of_a_long_new_claim_are_in_the_headline() -> None:
    claim = LONG.format("5 May, and 40 horses drowned in the ford near Selby, the guards said")
    headline = str(finding_headline(make_alert_finding(claim, matched=("horses", "drowned"))))
    assert headline.startswith("The first clash between the river")
    assert "40 horses" in headline


def test_added_words_at_the_end_of_a_long_claim_are_in_the_headline() -> None:
    headline = headline_of_change(LONG.format("5 May"), LONG.format("5 May near Selby"))
    assert headline.endswith("near Selby")


def test_the_headline_of_an_alert_names_its_rule_if_nothing_else_says_the_matter() -> None:
    assert alert_headline(make_alert(make_alert_finding("61"), title="Cholera")) == "Cholera: 61"
    assert alert_headline(make_alert(make_alert_finding("\x00"), title="Cholera")) == "Cholera"


@given(st.text(max_size=300), st.integers(0, 300), st.integers(0, 300), st.integers(30, 120))
def test_an_excerpt_has_at_most_its_limit(text: str, start: int, end: int, limit: int) -> None:
    start, end = sorted((min(start, len(text)), min(end, len(text))))
    assert len(excerpt(text, start, end, limit)) <= limit


@given(
    st.text(max_size=300),
    st.text(max_size=80),
    st.text(max_size=80),
    st.sampled_from(ChangeKind),
    st.text(max_size=90),
)
def test_any_text_gives_a_short_and_sanitized_headline(
    claim: str, before: str, after: str, kind: ChangeKind, title: str
) -> None:
    finding = make_alert_finding(
        claim,
        novelty=Novelty.CHANGED,
        nearest=make_prior_claim(before),
        changes=(Change(kind, before, after),),
        matched=(after,),
        entry_title=title,
        heading=after,
    )
    headline = str(finding_headline(finding, title))
    assert len(headline) <= MAX_HEADLINE_CHARS
    assert sanitize(headline) == headline.strip()
