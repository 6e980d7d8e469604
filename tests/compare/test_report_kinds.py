"""What is new and what was said before: long sentences, added predicates, identifiers, speakers and subjects."""

from __future__ import annotations

import pytest
from kit.replay_lines import finding_after


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        pytest.param(
            "The regional fisheries council of Ostra agreed after a long night session to extend the spring closure"
            " of the herring grounds off Halvik by two weeks so that young fish can reach the open sea.",
            "The regional fisheries council of Ostra agreed after a short morning session to buy a second patrol"
            " vessel from a shipyard in Marnholm so that inspectors can reach the outer islands.",
            id="fishing",
        ),
        pytest.param(
            "Engineers of the Velden electricity company worked through the weekend to repair the substation at"
            " Korsby after floodwater entered the basement and cut power to the eastern suburbs and the hospital.",
            "Engineers of the Velden electricity company travelled to the coast to inspect the wind farm at Tarnsund"
            " after an audit found cracks in the towers and questioned the quality of the steel.",
            id="company",
        ),
        pytest.param(
            "Forces of the Northern Command advanced along the railway embankment west of Dolvik and took up"
            " positions in the old brickworks after several days of artillery fire on the town.",
            "Forces of the Northern Command withdrew from the river crossing east of Dolvik and blew up the road"
            " bridge after several days of drone attacks on the supply depots.",
            id="war",
        ),
        pytest.param(
            "Doctors at the Hesselby clinic are treating children from three schools for stomach cramps after a lunch"
            " of chicken salad that a kitchen in Ostra had prepared and delivered without cooling.",
            "Doctors at the Hesselby clinic are asking the parliament for a law on night shifts after a survey of"
            " young surgeons that a union in Ostra had prepared and published without warning.",
            id="health",
        ),
    ],
)
def test_a_long_sentence_that_shares_only_its_frame_is_new(earlier: str, now: str) -> None:
    assert finding_after(now, earlier)["novelty"] == "new"


@pytest.mark.parametrize(
    ("earlier", "now", "added"),
    [
        pytest.param(
            "The trawler Signe Maria sank off Halvik on Monday.",
            "The trawler Signe Maria, which sank off Halvik on Monday, was raised by a salvage crane.",
            "raised",
            id="shipping",
        ),
        pytest.param(
            "Striker Jonas Velt tore a knee ligament in the match against Korsby.",
            "Striker Jonas Velt, who tore a knee ligament in the match against Korsby, announced his retirement.",
            "retirement",
            id="sport",
        ),
        pytest.param(
            "Brennhof AG bought the brewery in Tarnsund.",
            "Brennhof AG, which bought the brewery in Tarnsund, is closing the plant.",
            "closing",
            id="company",
        ),
        pytest.param(
            "The former mayor Ilse Kramer was arrested on Thursday.",
            "The former mayor Ilse Kramer, who was arrested on Thursday, escaped from custody.",
            "escaped",
            id="police",
        ),
        pytest.param(
            "The vaccine Oravent was approved by the medicines agency.",
            "The vaccine Oravent, which was approved by the medicines agency, causes fainting in teenagers.",
            "fainting",
            id="health",
        ),
        pytest.param(
            "Shells damaged the water tower of Sarna.",
            "The water tower of Sarna, which shells damaged, collapsed onto a bakery.",
            "collapsed",
            id="war",
        ),
        pytest.param(
            "Hill Farm recalled its goat cheese.",
            "Hill Farm, which recalled its goat cheese, was fined by the food agency.",
            "fined",
            id="recall",
        ),
    ],
)
def test_an_old_fact_with_another_predicate_is_new(earlier: str, now: str, added: str) -> None:
    finding = finding_after(now, earlier)
    assert finding["novelty"] == "new"
    assert added in finding["evidence"]["unsaid"]


@pytest.mark.parametrize(
    ("earlier", "other"),
    [
        pytest.param("CVE-2026-11873", "CVE-2026-11905", id="vulnerability"),
        pytest.param("Lot 48213", "Lot 51170", id="recall lot"),
        pytest.param("Batch A-4417", "Batch B-2093", id="recall batch"),
        pytest.param("The 31st Brigade", "The 47th Brigade", id="brigade"),
        pytest.param("The 2nd Battalion", "The 5th Battalion", id="battalion"),
        pytest.param("Flight 318", "Flight 552", id="flight"),
        pytest.param("Highway E18", "Highway E39", id="road"),
        pytest.param("Incident INC-40918", "Incident INC-41077", id="status page"),
        pytest.param("Case 4417/25", "Case 4980/25", id="court"),
    ],
)
def test_another_identifier_is_another_thing_and_no_moved_figure(earlier: str, other: str) -> None:
    predicate = "caused trouble for the harbour council of Ostra"
    finding = finding_after(f"{other} {predicate}.", f"{earlier} {predicate}.")
    assert (finding["novelty"], finding["changes"]) == ("new", [])


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        pytest.param(
            "The flaw CVE-2026-11873 in the Lumo mail gateway is exploited.",
            "Attackers exploit CVE-2026-11873 in the Lumo mail gateway.",
            id="vulnerability",
        ),
        pytest.param(
            "Vintra recalled lot 48213 of its cereal.", "Lot 48213 of cereal was recalled by Vintra.", id="recall"
        ),
        pytest.param(
            "Details are at https://halvik.example/notices/4417.",
            "Details are at https://halvik.example/notices/4980.",
            id="address",
        ),
    ],
)
def test_the_same_identifier_or_another_address_is_repeated(earlier: str, now: str) -> None:
    finding = finding_after(now, earlier)
    assert (finding["novelty"], finding["nearest"]["text"]) == ("repeated", earlier)


def test_a_later_version_of_a_product_is_changed() -> None:
    earlier = "The flaw is fixed in Kestrel VPN 7.1.4."
    finding = finding_after("The flaw is fixed in Kestrel VPN 7.1.6.", earlier)
    assert (finding["novelty"], finding["nearest"]["text"]) == ("changed", earlier)
    assert finding["changes"] == [{"kind": "name", "before": "7.1.4", "after": "7.1.6"}]


@pytest.mark.parametrize(
    ("speaker", "earlier", "now"),
    [
        pytest.param(
            "The harbour authority of Halvik said on Tuesday that",
            "the northern lock is open to barges again",
            "a pilot boat has lost its licence",
            id="shipping",
        ),
        pytest.param(
            "The General Staff of Norland reported that",
            "its air defence shot down a drone near Dolvik",
            "its engineers cleared a minefield near the lake",
            id="war",
        ),
        pytest.param(
            "According to the health ministry of Ostra,",
            "the measles outbreak in the capital is over",
            "rural clinics lack antibiotics",
            id="health",
        ),
        pytest.param(
            "Analysts of the Fjordbank institute said they cannot independently verify",
            "the sinking of the tanker",
            "the mutiny in the garrison",
            id="formula",
        ),
        pytest.param(
            "Coach Nils Brandt told reporters that",
            "the defence is too slow",
            "the club needs a new stadium",
            id="sport",
        ),
        pytest.param(
            "Brennhof AG announced in a statement on Friday that",
            "it will hire welders",
            "it will sell its vineyard",
            id="company",
        ),
        pytest.param(
            "The weather office warned that",
            "black ice will form on roads in Velden",
            "lightning will strike hikers in Lindal",
            id="weather",
        ),
    ],
)
def test_another_statement_of_the_same_speaker_is_new(speaker: str, earlier: str, now: str) -> None:
    assert finding_after(f"{speaker} {now}.", f"{speaker} {earlier}.")["novelty"] == "new"


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        pytest.param(
            "The mayor of Korsby said that the Lindal bridge will stay closed until May.",
            "The road agency announced that the Lindal bridge will stay closed until May.",
            id="traffic",
        ),
        pytest.param(
            "The coach of Tarnsund said that goalkeeper Emil Roos is leaving the club.",
            "A club spokesman confirmed on Friday that goalkeeper Emil Roos is leaving the club.",
            id="sport",
        ),
        pytest.param(
            "Police reported that a lorry overturned on the coast road near Halvik.",
            "A lorry overturned on the coast road near Halvik, firefighters said.",
            id="police",
        ),
        pytest.param(
            "The chief of the Korsby garrison said on Sunday that two bridges in Sarna are mined.",
            "Local residents reported that two bridges in Sarna are mined.",
            id="war",
        ),
        pytest.param(
            "The weather office reported that black ice covers the roads in Velden.",
            "Black ice covers the roads in Velden, according to the police.",
            id="weather",
        ),
        pytest.param(
            "Lumo said that its mail gateway rejects valid certificates.",
            "Lumo's mail gateway rejects valid certificates, an engineer wrote.",
            id="software",
        ),
    ],
)
def test_the_same_statement_of_another_speaker_is_repeated(earlier: str, now: str) -> None:
    finding = finding_after(now, earlier)
    assert (finding["novelty"], finding["nearest"]["text"]) == ("repeated", earlier)


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        pytest.param(
            "Hail destroyed the cherry harvest in Velden.", "Hail destroyed the cherry harvest in Korsby.", id="place"
        ),
        pytest.param(
            "Anna Lund won the downhill race in Tarnsund.",
            "Petra Holm won the downhill race in Tarnsund.",
            id="person",
        ),
        pytest.param(
            "Fire broke out at the paper mill in Korsby.", "Fire broke out at the sugar factory in Korsby.", id="site"
        ),
        pytest.param("The harbour in Halvik is open again.", "The bakery in Halvik is open again.", id="subject"),
        pytest.param(
            "The tanker Orla left the port of Marnholm.", "The icebreaker Frost left the port of Marnholm.", id="ship"
        ),
        pytest.param(
            "The library of Korsby closed because of mould.",
            "The swimming pool of Korsby closed because of mould.",
            id="building",
        ),
        pytest.param(
            "Login to the Lumo console is failing.", "Billing in the Lumo console is failing.", id="status page"
        ),
        pytest.param(
            "Before the match in Korsby fans lit flares.", "After the match in Korsby fans lit flares.", id="phase"
        ),
    ],
)
def test_the_same_event_of_another_place_person_or_subject_is_new(earlier: str, now: str) -> None:
    finding = finding_after(now, earlier)
    assert (finding["novelty"], finding["changes"]) == ("new", [])
