"""Figures, negations, one more of a kind, and several claims together, in reports of different sources."""

from __future__ import annotations

import pytest
from kit.replay_lines import DAY_HOURS, finding_after


def number_change(before: str, after: str) -> dict[str, str]:
    return {"kind": "number", "before": before, "after": after}


@pytest.mark.parametrize(
    ("template", "before", "after"),
    [
        pytest.param("The explosion in Korsby killed {} people.", "8", "11", id="accident"),
        pytest.param("The toll of the Korsby blast rose to 8 dead and {} wounded.", "20", "31", id="one of two"),
        pytest.param("The central bank of Norland raised its rate to {}.", "4.5 percent", "4.75 percent", id="rate"),
        pytest.param("Hospitals in Velden have admitted {} flu patients.", "130", "184", id="health"),
        pytest.param("Brennhof AG will cut {} jobs at its plant in Tarnsund.", "2,300", "2,900", id="company"),
        pytest.param("The wildfire near Velden covers {} hectares.", "900", "1,350", id="fire"),
        pytest.param("Korsby has sold {} season tickets.", "4,000", "5,500", id="sport"),
    ],
)
def test_a_moved_figure_is_changed_after_its_last_value(template: str, before: str, after: str) -> None:
    earlier = template.format(before)
    finding = finding_after(template.format(after), earlier)
    assert (finding["novelty"], finding["nearest"]["text"]) == ("changed", earlier)
    assert finding["changes"] == [number_change(before, after)]


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        pytest.param(
            "Norland's central bank raised its key rate to 4.5 percent.",
            "Ostland's central bank raised its key rate to 3.5 percent.",
            id="owner: bank",
        ),
        pytest.param(
            "The Halvik hospital admitted 40 patients on Friday.",
            "The Korsby hospital admitted 22 patients on Friday.",
            id="owner: hospital",
        ),
        pytest.param(
            "The river Orre rose to 5.2 metres in Lindal.",
            "The river Orre rose to 4.1 metres in Dolvik.",
            id="owner: gauge",
        ),
        pytest.param("Turnout in Velden was 61 percent.", "Turnout in Korsby was 54 percent.", id="owner: town"),
        pytest.param(
            "The quake near Velden had a magnitude of 5.1.",
            "The quake near Velden had a depth of 12 kilometres.",
            id="unit: quake",
        ),
        pytest.param(
            "Snowfall in Lindal reached 40 centimetres.", "Gusts in Lindal reached 110 km/h.", id="unit: weather"
        ),
        pytest.param(
            "The storm damaged 12 vessels in Halvik.",
            "The storm damaged 3 warehouses in Halvik.",
            id="counted: ships",
        ),
        pytest.param("The Tarnsund clinic has 40 beds.", "The Tarnsund clinic has 25 nurses.", id="counted: beds"),
        pytest.param("Ostra sold 300 goats to Velden.", "Ostra sold 40 cows to Velden.", id="counted: animals"),
        pytest.param(
            "The explosion in Korsby killed 8 people.", "The explosion in Korsby injured 23 people.", id="verb: toll"
        ),
        pytest.param(
            "The clinic in Velden discharged 12 patients.",
            "The clinic in Velden admitted 30 patients.",
            id="verb: patients",
        ),
        pytest.param("Korsby sold 4,000 tickets.", "Korsby printed 9,000 tickets.", id="verb: tickets"),
    ],
)
def test_a_figure_of_another_owner_unit_thing_or_verb_is_new(earlier: str, now: str) -> None:
    finding = finding_after(now, earlier)
    assert (finding["novelty"], finding["changes"]) == ("new", [])


@pytest.mark.parametrize(
    ("template", "one", "other"),
    [
        pytest.param("The Bank of Norland cut its key rate by {}.", "a quarter point", "25 basis points", id="rate"),
        pytest.param("The drought destroyed {} the wheat crop in Velden.", "half of", "50% of", id="harvest"),
        pytest.param("The drought destroyed {} the wheat crop in Velden.", "half of", "50 percent of", id="percent"),
        pytest.param("{} of the players of Korsby are injured.", "A quarter", "25%", id="sport"),
        pytest.param("Brennhof AG lost {} euros in 2025.", "1.2 billion", "1,200 million", id="company"),
        pytest.param("Korsby paid {} euros for the striker Jonas Velt.", "3.5 million", "3,500,000", id="transfer"),
        pytest.param("{} ships are waiting off Halvik.", "A dozen", "Twelve", id="shipping"),
        pytest.param("The clinic in Velden treated {} children.", "two dozen", "24", id="health"),
        pytest.param("The oil spill at Tarnsund spread over 3 {}.", "kilometres", "km", id="distance"),
    ],
)
def test_an_equal_value_in_another_unit_or_spelling_is_repeated(template: str, one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        earlier = template.format(first)
        finding = finding_after(template.format(second), earlier)
        assert (finding["novelty"], finding["nearest"]["text"]) == ("repeated", earlier)


@pytest.mark.parametrize(
    ("template", "before", "after", "change"),
    [
        pytest.param(
            "The Bank of Norland cut its key rate by {}.",
            "a quarter point",
            "50 basis points",
            number_change("quarter point", "50 basis points"),
            id="rate",
        ),
        pytest.param(
            "Frost killed {} the vines near Lindal.",
            "half of",
            "70% of",
            number_change("half", "70%"),
            id="harvest",
        ),
    ],
)
def test_a_moved_value_in_another_unit_is_changed(
    template: str, before: str, after: str, change: dict[str, str]
) -> None:
    finding = finding_after(template.format(after), template.format(before))
    assert (finding["novelty"], finding["changes"]) == ("changed", [change])


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        pytest.param(
            "No damage was reported at the Halvik refinery.",
            "There were no reports of damage at the Halvik refinery.",
            id="no damage",
        ),
        pytest.param(
            "No injuries were reported after the train derailed at Lindal.",
            "Nobody was injured when the train derailed at Lindal.",
            id="no injuries",
        ),
        pytest.param(
            "No casualties were reported after the shelling of Sarna.",
            "There were no casualties after the shelling of Sarna.",
            id="no casualties",
        ),
        pytest.param(
            "No customer records were stolen from Brennhof AG.",
            "Thieves stole no customer records from Brennhof AG.",
            id="passive with no",
        ),
        pytest.param(
            "A customs patrol seized the tanker Orla near Halvik.",
            "The tanker Orla was seized by a customs patrol near Halvik.",
            id="passive, shipping",
        ),
        pytest.param(
            "Tarnsund beat Korsby in the cup final.", "Korsby was beaten by Tarnsund in the cup final.", id="sport"
        ),
        pytest.param(
            "The ferry could not leave Halvik because of fog.",
            "Because of fog the ferry was unable to leave Halvik.",
            id="unable",
        ),
    ],
)
def test_a_reworded_negation_or_passive_is_repeated(earlier: str, now: str) -> None:
    finding = finding_after(now, earlier)
    assert (finding["novelty"], finding["nearest"]["text"]) == ("repeated", earlier)


@pytest.mark.parametrize(
    ("earlier", "now", "before", "after"),
    [
        pytest.param(
            "The Halvik refinery was damaged.", "The Halvik refinery was not damaged.", "", "not", id="industry"
        ),
        pytest.param("The Lindal pass is not closed.", "The Lindal pass is closed.", "not", "", id="traffic"),
        pytest.param(
            "Brennhof AG has not paid its suppliers in Ostra.",
            "Brennhof AG has paid its suppliers in Ostra.",
            "not",
            "",
            id="company",
        ),
        pytest.param(
            "The clinic in Velden found no bacteria in the milk.",
            "The clinic in Velden found bacteria in the milk.",
            "no",
            "",
            id="health",
        ),
    ],
)
def test_an_added_or_removed_not_is_changed(earlier: str, now: str, before: str, after: str) -> None:
    finding = finding_after(now, earlier)
    assert (finding["novelty"], finding["nearest"]["text"]) == ("changed", earlier)
    assert finding["changes"] == [{"kind": "negation", "before": before, "after": after}]


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        pytest.param(
            "A bomb was found at the railway station in Korsby.",
            "Police defused another bomb at the railway station in Korsby.",
            id="another bomb",
        ),
        pytest.param(
            "A cargo ship ran aground in the Marn strait.",
            "One more cargo ship ran aground in the Marn strait.",
            id="one more ship",
        ),
        pytest.param(
            "A patient in Velden died of the fever.",
            "One more patient in Velden died of the fever.",
            id="one more patient",
        ),
        pytest.param("A fan died in the stadium of Korsby.", "A third fan died in the stadium of Korsby.", id="3rd"),
        pytest.param(
            "A shell hit the market hall in Sarna.", "A second shell hit the market hall in Sarna.", id="second"
        ),
    ],
)
def test_one_more_thing_of_the_same_kind_is_new(earlier: str, now: str) -> None:
    assert finding_after(now, earlier)["novelty"] == "new"


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        pytest.param(
            "Another bomb was found at the railway station in Korsby.",
            "Another bomb has been found at the Korsby railway station.",
            id="bomb",
        ),
        pytest.param(
            "One more cargo ship ran aground in the Marn strait.",
            "One more cargo ship has run aground in the Marn strait.",
            id="ship",
        ),
    ],
)
def test_one_more_of_a_kind_is_repeated_if_that_one_was_reported(earlier: str, now: str) -> None:
    assert finding_after(now, earlier)["novelty"] == "repeated"


AGROUND = "The ferry Orla ran aground near Halvik on Saturday."
LEAK = "The ferry Orla has a leak and its passengers were evacuated by helicopter."
BREWERY = "Brennhof AG bought the brewery in Tarnsund."
CANTEEN = "Brennhof AG will close the canteen and the museum of the brewery."
SCHOOL = "A measles outbreak closed the primary school in Velden."
TENT = "The hospital in Velden set up a tent for children with measles."


@pytest.mark.parametrize(
    ("parts", "now"),
    [
        pytest.param(
            (AGROUND, LEAK),
            "The ferry Orla, which ran aground near Halvik, has a leak and its passengers were evacuated.",
            id="shipping",
        ),
        pytest.param(
            (BREWERY, CANTEEN),
            "Brennhof AG, which bought the brewery in Tarnsund, will close its canteen and museum.",
            id="company",
        ),
        pytest.param(
            (SCHOOL, TENT),
            "The measles outbreak in Velden closed the primary school, and the hospital set up a tent for children.",
            id="health",
        ),
    ],
)
def test_a_sentence_that_several_claims_state_together_is_repeated(parts: tuple[str, ...], now: str) -> None:
    finding = finding_after(now, *parts)
    assert (finding["novelty"], finding["evidence"]["basis"]) == ("repeated", "several claims together say it")
    assert {finding["nearest"]["text"], *finding["evidence"]["together_with"]} == set(parts)


@pytest.mark.parametrize(
    ("parts", "now", "days_later"),
    [
        pytest.param(
            (AGROUND, LEAK),
            "The ferry Orla ran aground near Halvik and its passengers were evacuated by helicopter to Marnholm.",
            0.1,
            id="name, shipping",
        ),
        pytest.param(
            (BREWERY, CANTEEN),
            "Brennhof AG, which bought the brewery in Tarnsund, will close its canteen and museum in Lindal.",
            0.1,
            id="name, company",
        ),
        pytest.param(
            (AGROUND, LEAK),
            "The ferry Orla ran aground near Halvik and its 63 passengers were evacuated by helicopter.",
            0.1,
            id="figure, shipping",
        ),
        pytest.param(
            (SCHOOL, TENT),
            "The measles outbreak in Velden closed the primary school, and the hospital set up a tent"
            " for 45 children.",
            0.1,
            id="figure, health",
        ),
        pytest.param(
            (AGROUND, LEAK),
            "The ferry Orla ran aground near Halvik today and its passengers were evacuated by helicopter.",
            5,
            id="day, shipping",
        ),
        pytest.param(
            (SCHOOL, TENT),
            "Measles closed the primary school in Velden today, and the hospital set up a tent for children.",
            5,
            id="day, health",
        ),
        pytest.param(
            (AGROUND, LEAK),
            "The ferry Orla ran aground near Halvik, but its passengers were not evacuated by helicopter.",
            0.1,
            id="negation, shipping",
        ),
        pytest.param(
            (
                "CVE-2026-11873 affects the Lumo mail gateway.",
                "The Lumo mail gateway allows remote code execution by attachments.",
            ),
            "CVE-2026-22104 in the Lumo mail gateway allows remote code execution by attachments.",
            0.1,
            id="identifier, vulnerability",
        ),
    ],
)
def test_several_claims_do_not_state_another_name_figure_day_or_identifier(
    parts: tuple[str, ...], now: str, days_later: float
) -> None:
    assert finding_after(now, *parts, hours_later=days_later * DAY_HOURS)["novelty"] == "new"
