"""Number terms of queries: units, bounds, ranges, forecasts, and the word that a number is stated for."""

import pytest

from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.query.nodes import MatchWindow, NumberComparison
from monitor.ruleset.query.segments import SegmentIndex


def matches(query: str, text: str) -> bool:
    compiled, faults = compile_query(query, {})
    assert compiled, faults
    segments = frozenset((0,))
    return compiled.root.evaluate(MatchWindow(SegmentIndex([text]), segments, {"text": segments})) is not None


MATCHES = [
    # percent and basis points
    ("rate > 4.4%", "The bank of Norland lifts its rate from 4.25% to 4.5%"),
    ("rate > 4.4%", "The rate rose by 25 basis points to 4.5 percent"),
    ("turnout >= 60 per cent", "A turnout of 60%"),
    ("rate > 20bp", "The rate was cut by 25 basis points"),
    ("rate > 20 basis points", "The rate rises 25bps"),
    ("rate >= 50bp", "The rate falls by half a percentage point"),
    # scales
    ("population > 1.5m", "a population of 2 million"),
    ("user* > 1.5 million", "2m users were hit"),
    ("debt > 3bn", "a debt of 5 billion"),
    ("view* > 10k", "12K views"),
    ("home* > 10 000", "12,000 homes"),
    # money
    ("cost > $3m", "The cost is $5 million"),
    ("cost > 3m USD", "The cost is US$5m"),
    ("cost > 3m EUR", "The cost is EUR 4m"),
    ("cost > €3m", "It cost four million euros"),
    ("cost > $ 3m", "a cost of $5 million"),
    # lengths, speeds, masses, times
    ("march > 120 km", "a march of 80 miles"),
    ("wind* > 120 km/h", "winds of 150 km/h"),
    ("wind* > 120km/h", "winds of 90 mph"),
    ("gust* > 30 m/s", "gusts of 130 kilometres per hour"),
    ("catch > 500 kg", "a catch of 2 tonnes"),
    ("sentence >= 1 year", "a sentence of 12 months"),
    # the word is the unit
    ("days > 30", "held for 45 days"),
    ("tonnes > 100", "5,000 tonnes of grain"),
    ("magnitude > 6", "a magnitude 6.4 earthquake"),
    ("km > 100 km", "a spill of 120 km"),
    # scores
    ("quake > 6", "a 6.4-magnitude quake"),
    ("CVSS >= 9", "CVE-2031-20417 has a CVSS v3.1 score of 9.8"),
    ("score >= 9", "The CVSS score is 9.8/10"),
    ("score >= 9", "CVE-2031-20417 has a CVSS v3.1 score of 9.8"),
    # between
    ("child* between 3 and 5", "3 children"),
    ("child* between 3 and 5", "five children"),
    ("rate between 4% and 5%", "a rate of 4.5%"),
    ("rate between 4 and 5%", "a rate of 4.5%"),
    ("cost between $3 and 5m", "a cost of $4m"),
    ("ship* between 3 and 5", "from 10 to 4 ships"),
    ("ship* between 3 and 5", "5 to 9 ships"),
    # bounds
    ("case* > 1000", "more than 1,000 cases"),
    ("case* < 10", "fewer than 10 cases"),
    ("case* > 5", "fewer than 10 cases"),
    ("soldier* >= 12000", "up to 12,000 soldiers"),
    ("soldier* >= 500", "at least 500 soldiers"),
    ("case* <= 1000", "up to 1,000 cases"),
    # forecasts
    ("~worker* > 1000", "The yard will lay off 1,200 workers"),
    ("~worker* > 1000", "The yard laid off 1,200 workers"),
    ("~(worker* OR job*) > 1000", "The yard plans to cut 1,200 jobs"),
    ('~"sea mines" > 100', "The fleet may get 200 sea mines"),
    ("title:x OR ~text:worker* > 1000", "The yard may hire 1,200 workers"),
    # the word that a number is stated for
    ("wounded >= 30", "12 killed and 30 wounded"),
    ("wounded >= 30", "killed 12 and wounded 30"),
    ("Velden > 6", "Ostra 5.75, Velden 6.5"),
    ("inflation < 4%", "a rate of 4.5% and inflation at 3%"),
    ("soldier* > 2000", "3,000 elite, well-trained soldiers with 5 pumps"),
    ("worker* > 1000 AND yard", "The yard fired 1,200 workers"),
    ("soldier* > 10k NEAR/6 kursk", "12,000 soldiers near Kursk"),
    ("worker*>1000", "1,200 workers"),
    ("ship* ≥ 3", "3 ships"),
]
DIFFERENCES = [
    ("rate > 20", "The rate was cut by 25 basis points"),
    ("rate > 0.2%", "The rate was cut by 25 basis points"),
    ("rate > 4", "a rate of 4.5%"),
    ("rate > 20bp", "a rate of 25%"),
    ("cost > $3m", "a cost of €5m"),
    ("cost > 3000000", "a cost of $5m"),
    ("walk > 3", "a walk of 5 km"),
    ("wind* > 120 km", "winds of 150 km/h"),
    ("rate > 4.4%", "The rate fell from 4.5% to 4.25%"),
    ("rate > 4.2%", "The rate is 4.1%, down from 4.25%"),
    ("troops > 5000", "Troops cut from 12,000 to 3,000"),
    ("soldier* < 5000", "Soldiers rose from 3,000 to 12,000"),
    ("child* between 3 and 5", "six children"),
    ("case* > 1000", "fewer than 1,000 cases"),
    ("case* >= 1000", "fewer than 1,000 cases"),
    ("case* = 1000", "more than 1,000 cases"),
    ("case* <= 1000", "more than 1,000 cases"),
    ("worker* > 1000", "The yard will lay off 1,200 workers"),
    ("worker* > 1000", "1,200 workers are expected to go"),
    ("soldier* > 5000", "9,000 staff, and may add 2,000 soldiers"),
    ("wounded >= 20", "killed 22 and wounded 3"),
    ("Velden < 6", "Ostra 5.75, Velden 6.5"),
    ("CVSS >= 9", "CVE-2031-20417 is on the CVSS list"),
    ("score > 5", "CVSS v3.1 score of 4.3"),
    ("score > 3", "CVSS v3.1 score of 2.8"),
    ("docket > 5", "Docket No. 31-204"),
    ("call > 5", "call 555-010-4567"),
    ("release > 2", "release v12.4.1"),
]


@pytest.mark.parametrize(("query", "text"), MATCHES)
def test_a_number_matches(query: str, text: str) -> None:
    assert matches(query, text)


@pytest.mark.parametrize(("query", "text"), DIFFERENCES)
def test_a_number_does_not_match(query: str, text: str) -> None:
    assert not matches(query, text)


@pytest.mark.parametrize(
    ("query", "offset", "sentence"),
    [
        ("rate > 5parsecs", 5, "unknown unit `parsecs` after `>`"),
        ("rate > 5%%", 5, "unknown unit `%%`"),
        ("rate > 1,5", 5, "expected a number after `>`"),
        ("cost > $3m EUR", 5, "`$3m EUR` has two units"),
        ("rate between 5 and 3", 5, "the first number after `between` is larger than the second"),
        ("rate between 3% and 5 km", 5, "the two numbers after `between` have different units"),
        ("between 3 and 5", 0, "unexpected `between 3 and 5` at the start"),
        ("~worker*", 0, "`~worker*` admits forecasts of a number: expected a comparison, as in `~worker* > 10000`"),
        ("~(a OR b)", 0, "`~(a OR b)` admits forecasts of a number"),
        ("(a AND b) between 3 and 5", 1, "AND is not allowed inside between"),
        ("kursk ~2", 6, "`~n` needs a single word"),
    ],
)
def test_a_mistake_in_a_number_is_reported(query: str, offset: int, sentence: str) -> None:
    compiled, faults = compile_query(query, {})

    assert compiled is None
    assert [(fault.offset, sentence in fault.message) for fault in faults] == [(offset, True)]


def test_a_unit_is_taken_only_if_it_is_the_next_word() -> None:
    assert matches("cost > $3m project", "A project at a cost of $5m")
    assert not matches("cost > $3m project", "A cost of $5m")
    assert matches('ship* > 5 "miles off"', "7 ships, miles off")


def test_a_number_term_is_shown_with_its_brackets() -> None:
    for written in ("(job* OR worker*) > 500", "~(job* OR worker*) > 500", "job* > 500"):
        compiled, _ = compile_query(written, {})
        assert compiled and isinstance(compiled.root, NumberComparison)
        assert compiled.root.text == written


def test_between_without_numbers_is_a_word() -> None:
    assert matches("talks between ministers", "Talks began between the ministers")
