"""Words next to which a number is an identifier: what carries a number of its own, military units, aviation."""

from __future__ import annotations

# Nouns: a number after them names one of its kind, even a short one ("Flight 12", "Sector 7").
NOUN_LABELS = frozenset(
    "advisory batch bulletin bus case commit decree directive docket exit flight gate highway hull imo incident "
    "hwy interstate invoice lot mmsi petition platform precinct reactor regulation resolution rfc route runway "
    "sector serial terminal ticket tram zone".split()
)
# Also verbs in headlines ("Release 33 Hostages"): a number that a noun follows is a count.
VERB_LABELS = frozenset("bill issue license model notice order permit recall release report train".split())
# Labels of one numbering: a case is cited with or without its label, a road by several names.
NUMBERINGS = {
    "case": "docket",
    "petition": "docket",
    "highway": "road",
    "hwy": "road",
    "interstate": "road",
    "route": "road",
}
# Kinds that number the issues of a series: the next issue is about the same thing.
SERIES = frozenset("advisory bulletin issue notice order release report".split())

UNIT_NOUNS = {
    "army corps": "corps",
    "caa": "army",
    "brigade": "brigade",
    "brigades": "brigade",
    "division": "division",
    "divisions": "division",
    "regiment": "regiment",
    "regiments": "regiment",
    "battalion": "battalion",
    "battalions": "battalion",
    "army": "army",
    "armies": "army",
    "corps": "corps",
    "fleet": "fleet",
    "squadron": "squadron",
    "squadrons": "squadron",
}
# Stems, because the words are inflected. The units of both alphabets share keys.
CYRILLIC_UNIT_STEMS = {
    "бригад": "brigade",
    "дивізі": "division",
    "дивизи": "division",
    "полк": "regiment",
    "батальйон": "battalion",
    "батальон": "battalion",
    "армі": "army",
    "арми": "army",
    "корпус": "corps",
}
SPELLED_ORDINALS = {
    word: number
    for number, word in enumerate("First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth".split(), start=1)
}
# Words that end the name of a unit: "on the 24th the brigade" names none.
NON_UNIT_WORDS = "a an the of in on at by to for from with was were is has had said that who which as after before"

HULL_PREFIXES = "CVN DDG FFG LCS LHA LHD LPD LST SSBN SSGN SSN WMSL"
AVIATION_WORDS = frozenset(
    "aircraft airline airliner airlines airplane airport flight flights jet passengers plane runway".split()
)
# Two letters and digits that name a type, a group or a period and no flight: "AK47", "EU27".
NON_FLIGHT_PREFIXES = frozenset("AH AK AN AR BM CH CO CU EU FA FY IL KA KC KH MI MQ PM RQ SA SU TU UH UN WW".split())
# A capitalized word before a version that is no product.
NON_PRODUCT_WORDS = frozenset("and from new now release section step the to until update upgrade version".split())
