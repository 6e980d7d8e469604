"""Each mistake in a query has one message at its position."""

import pytest

from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.query.parse_term import parse_alias_term

ALIASES = {"dprk": parse_alias_term("north korea*"), "broken": None}

FAULTS = [
    ("", 0, "empty query: expected at least one word"),
    ("  \n ", 0, "empty query"),
    ('troops ""', 7, "empty phrase"),
    ('troops "  "', 7, "empty phrase"),
    ('troops "north korea', 7, "unclosed quote"),
    ("a NEAR/0 b", 2, "expected a distance from 1 to 1,000 words, as in NEAR/5, found `NEAR/0`"),
    ("a NEAR b", 2, "expected a distance from 1 to 1,000 words, as in NEAR/5, found `NEAR`"),
    ("a BEFORE/x b", 2, "expected a distance from 1 to 1,000 words, as in BEFORE/5, found `BEFORE/x`"),
    ("a NEAR/99999999999999999999 b", 2, "expected a distance"),
    ("a NEAR/² b", 2, "expected a distance"),
    ("a near/5 b", 2, "operators are uppercase: expected NEAR/5, found `near/5`"),
    ("(a OR (b AND c)", 0, "unclosed `(`"),
    ("a OR b) AND c", 6, "unmatched `)`"),
    ("a AND ()", 7, "empty parentheses"),
    ("a AND", 4, "the query ends after `AND`: expected a word, a phrase or `(`"),
    ("OR a", 0, "unexpected `OR` at the start"),
    ("a AND OR b", 6, "unexpected `OR` after `AND`"),
    ("a NOT", 4, "the query ends after `NOT`"),
    ("NEAR/3 b", 0, "unexpected `NEAR/3` at the start"),
    ("> 5", 0, "unexpected `> 5` at the start"),
    ("title:", 5, "the query ends after `title:`"),
    ("a @dprkk", 2, "unknown alias `@dprkk`; did you mean `@dprk`?"),
    ("a @", 2, "unknown alias `@`"),
    ("titel:troops", 0, "did you mean `title`?"),
    ("http://example.org", 0, 'put a word with a colon in quotes: `"http:…"`'),
    ("title:(a url:b)", 0, "nested scope inside `title:`"),
    ("a ***", 2, "the only wildcard is `*` at the end of a word"),
    ("a *", 2, "`*` is a wildcard only at the end of a word"),
    ('a "*"', 2, "expected letters before `*`"),
    ("a b*", 2, "is too short: expected at least two letters before `*`"),
    ("de*ploy", 0, "the only wildcard is `*` at the end of a word"),
    ('"de*ploy now"', 0, "the only wildcard is `*` at the end of a word"),
    ("wom?n", 0, "the only wildcard is `*` at the end of a word"),
    ("a -- b", 2, "`--` never matches: it has no letter or digit"),
    ('a "…!"', 2, "never matches"),
    ("a -football", 2, "write `NOT football`"),
    ("a && b", 2, "write AND"),
    ("a || b", 2, "write OR"),
    ("kursk~", 0, "expected a number from 1 to 3 after `~`"),
    ("kursk~9", 0, "expected a number from 1 to 3 after `~`, found `9`"),
    ("iran~2", 0, "2 edits need at least 5 letters"),
    ("north-korea~1", 0, "`~n` needs a single word"),
    ("北朝鮮~1", 0, "`~n` needs a single word of an alphabetic script"),
    ('"a b"~x', 0, "expected a number from 1 to 100 after `~`"),
    ("a /kursk", 2, "unclosed regex"),
    (r"a /kursk\/", 2, "unclosed regex"),
    ("(a /kursk)", 3, "unclosed regex"),
    ('(a "kursk)', 3, "unclosed quote"),
    ("/kursk/i", 0, "a regex ends with `/`, without flags"),
    ("a //", 2, "empty regex"),
    ("/(i?)kursk/", 0, "`(i?)` is an optional letter i"),
    ("/(kursk/", 0, "invalid RE2 regex: missing )"),
    ("/(?=a)b/", 0, "RE2 has no look-around and no back-references"),
    (r"/(a)\1/", 0, "RE2 has no look-around and no back-references"),
    ("/.*/", 0, "matches any word"),
    (r"/\w+/", 0, "matches any word"),
    (f"/{'a' * 1001}/", 0, "the regex is longer than 1,000 characters"),
    ("/((a{100}){100}){100}/", 0, "invalid RE2 regex"),
    ("/[\\pL]{900}/", 0, "pattern too large"),
    ("/\\Qkursk/", 0, "invalid RE2 regex: missing )"),
    ("/a)|(b/", 0, "invalid RE2 regex: unexpected )"),
    ("NOT troops", 0, "the query matches almost every text"),
    ("troops OR NOT football", 0, "the query matches almost every text"),
    ("troops AND NOT troop*", 0, "the query never matches: NOT `troop*` excludes everything that `troops` matches"),
    ("troops NOT (football OR troops)", 0, "the query never matches"),
    ("title:a NEAR/3 text:b", 8, "NEAR/n never matches: its operands have different scopes"),
    ("url:a NEAR/3 b", 0, "`url:` is not allowed inside NEAR/n, which searches title and text"),
    ("(a AND b) NEAR/5 c", 1, "AND is not allowed inside NEAR/n"),
    ("a NEAR/5 (NOT b)", 10, "NOT is not allowed inside NEAR/n"),
    ("soldiers > many", 9, "expected a number after `>`, as in `soldiers > 10000`"),
    ("soldiers >", 9, "expected a number after `>`"),
    ("soldiers > many", 9, "as in `soldiers > 10000`, found `many`"),
    ("soldiers >", 9, "as in `soldiers > 10000`, found nothing"),
    ("score >= 7,5", 6, "expected a number after `>=`, as in `soldiers > 10000`; write `7.5` for `7,5`"),
    ("units > 10.000.000", 6, "write `10,000,000` for `10.000.000`"),
    ("score => 7", 6, "`=>` is no comparison: write `>=`"),
    ("score =< 7", 6, "`=<` is no comparison: write `<=`"),
    ("score == 7", 6, "`==` is no comparison: write `=`, before a number for a comparison"),
    ("==WHO", 0, "and before a word for exact case"),
    ("score <> 7", 6, "`<>` is no comparison: write NOT and `=`"),
    ("a # rates", 2, "`#` begins no comment inside a query: write comments above `match:`"),
    ("a @dpr-", 2, "unknown alias `@dpr-`; did you mean `@dprk`?"),
    ("a @nowhere", 2, "unknown alias `@nowhere`; aliases.yaml has @dprk"),
    ("(a AND b) > 5", 1, "AND is not allowed inside >"),
    ("a " * 10_001, 0, "the query is longer than 20,000 characters"),
    ("(" * 400 + "a" + ")" * 400, 0, "the query is nested deeper than 200 levels"),
    ("NOT " * 400 + "a", 0, "the query is nested deeper than 200 levels"),
    ("a NEAR/2 " * 400 + "a", 0, "the query is nested deeper than 200 levels"),
]


@pytest.mark.parametrize(("text", "offset", "sentence"), FAULTS, ids=[fault[0][:20] or "empty" for fault in FAULTS])
def test_a_mistake_is_reported_at_its_position(text, offset, sentence):
    query, faults = compile_query(text, ALIASES)

    assert query is None
    assert [fault.offset for fault in faults] == [offset]
    assert sentence in faults[0].message
    assert len(faults[0].message) < 200


FOREIGN = [
    ("fed w/5 rate", 4, "`w/5` is an operator of other tools: here, write NEAR/5"),
    ("fed W/10 rate", 4, "write NEAR/10"),
    ("fed PRE/5 rate", 4, "write BEFORE/5"),
    ("fed ADJ5 rate", 4, "write BEFORE/5 (this order) or NEAR/5 (any order)"),
    ("fed adj rate adj3 cut", 13, "write BEFORE/3"),
    ("fed NEAR5 rate", 4, "write NEAR/5"),
    ("fed near5 rate", 4, "write NEAR/5"),
    ("fed ONEAR/5 rate", 4, "write BEFORE/5"),
    ("fed WITHIN 5 rate", 4, "`WITHIN` is an operator of other tools: here, write NEAR/5"),
    ("fed WITHIN/5 rate", 4, "write NEAR/5"),
    ("fed AROUND(5) rate", 4, "write NEAR/5"),
    ("fed w/s rate", 4, "write SAME SENTENCE"),
    ("fed w/p rate", 4, "write SAME PARAGRAPH"),
    ("fed /5 rate", 4, "`/5` is an operator of other tools: here, write NEAR/5"),
    ("(fed /s rate)", 5, "write SAME SENTENCE"),
    ("fed +3 rate", 4, "write BEFORE/3"),
    ("atleast3 fed", 0, "write ATLEAST 3"),
    ("ATLEAST3(fed OR ecb)", 0, "write ATLEAST 3"),
    ("fed ANDNOT reserve", 4, "write AND NOT"),
    ("fed EXCEPT reserve", 4, "`EXCEPT` is an operator of other tools: here, write AND NOT"),
    ("fed WITHOUT reserve", 4, "write AND NOT"),
    ("fed BUT NOT reserve", 4, "write AND, or AND NOT to exclude"),
    ("fed SAME reserve", 4, "write SAME SENTENCE or SAME PARAGRAPH"),
    ("fed!", 0, "`fed!` is an operator of other tools: here, write `fed*` for every word that begins so"),
    ("organi#ation", 0, "write each spelling, joined by OR"),
    ('near20:"fed rate"', 0, 'write NEAR/20 between two words, or `"a b"~20`'),
    ("headline:fed", 0, "write `title:`"),
    ("inurl:fed", 0, "write `url:`"),
]


@pytest.mark.parametrize(("text", "offset", "sentence"), FOREIGN, ids=[fault[0] for fault in FOREIGN])
def test_an_operator_of_another_tool_is_refused_with_the_spelling_used_here(text, offset, sentence):
    query, faults = compile_query(text, ALIASES)

    assert query is None
    assert [fault.offset for fault in faults] == [offset]
    assert sentence in faults[0].message


@pytest.mark.parametrize("text", ["within 5", "near kursk", '"ADJ5"', "#kursk C#", "f-16", "w/o", "same", "next"])
def test_words_that_only_look_like_operators_are_words(text):
    assert compile_query(text + " storm", ALIASES)[1] == []


LIMITS = [
    ("FIRST storm", 0, "`FIRST` needs a number, as in `FIRST 5 storm`"),
    ("FIRST 0 storm", 0, "expected a number from 1 to 1,000, as in FIRST 5, found `FIRST 0`"),
    ("ATLEAST 3 (storm AND rain)", 11, "AND is not allowed inside ATLEAST"),
    ("ATLEAST 3 (storm NEAR/3 rain)", 11, "only terms can be counted by ATLEAST"),
    ("storm SAME PARAGRAPH rain NEAR/5 hail", 0, "SAME PARAGRAPH is not allowed inside NEAR/n"),
    ("* NEAR/5 storm", 0, "`*` is not allowed inside NEAR/n"),
    ("title:*", 0, "`*` stands for all news, without a scope"),
    ("NOT *", 0, "the query never matches"),
    ("storm AND NOT *", 0, "the query never matches"),
    ("=WHO~1", 0, "`~` matches other spellings"),
    ('="storm', 0, "unclosed quote"),
    ("=WHO AND NOT who", 0, "the query never matches: NOT `who` excludes everything that `=WHO` matches"),
]


@pytest.mark.parametrize(("text", "offset", "sentence"), LIMITS, ids=[fault[0] for fault in LIMITS])
def test_a_mistake_with_a_limit_or_exact_case_is_reported(text, offset, sentence):
    query, faults = compile_query(text, ALIASES)

    assert query is None
    assert [fault.offset for fault in faults] == [offset]
    assert sentence in faults[0].message


@pytest.mark.parametrize("text", ["who AND NOT =WHO", "* AND NOT rain", "FIRST/50 (rain OR storm)", "title:=US"])
def test_exact_case_and_limits_are_accepted(text):
    assert [fault for fault in compile_query(text, ALIASES)[1] if not fault.warning] == []


WARNINGS = [
    ("the OR a", 0, "almost every text has `the`: join it with a rarer word"),
    ("storm OR (the AND of)", 0, "almost every text has `the` and `of`"),
    ("th*", 0, "almost every text has `th*`"),
    ("WHO", 0, "almost every text has `WHO`: write `=WHO` for exact case"),
    ("troops and kursk", 7, "`and` is a word here: write AND"),
    ("troops or kursk", 7, "write OR"),
    ("kursk OR north korea", 9, "`north korea` next to OR means `(north AND korea)`"),
    ("cases more than 1,000", 6, "`more than 1,000` are words here: for a number write `> 1,000`"),
    ("turnout below 40%", 8, "for a number write `< 40%`"),
    ("loss at least $3m", 5, "for a number write `>= $3m`"),
    ("dead at most 5", 5, "for a number write `<= 5`"),
    ("dead up to 5", 5, "for a number write `<= 5`"),
    ("at least 2 drones", 0, "for a number write `>= 2`, for occurrences `ATLEAST 2`"),
    ("fed same sentence rate", 4, "`same sentence` are words here: write SAME SENTENCE for the operator"),
    ("fed Same  Paragraph rate", 4, "write SAME PARAGRAPH for the operator"),
    ("first 50 fed", 0, "write FIRST 50 for the operator"),
    ("ship AND 'on fire'", 9, "`'on fire'` is no phrase: a phrase has double quotes, `\"on fire\"`"),
    (
        "(cholera, measles)",
        1,
        "the comma of `cholera,` has no meaning: leave it out, or write OR between alternatives",
    ),
    ("unit* > 10.000", 8, "`10.000` is 10 and a fraction: for thousands write `10,000`"),
    ("ship AND NOT model OR museum", 9, "`NOT model OR museum` means `(… NOT model) OR museum`: to exclude both"),
    ("ship AND NOT (NOT model)", 9, "NOT before `NOT model`, which begins with NOT itself"),
]
MEANT_AS_WRITTEN = [
    '"more than 5" AND cases',
    '"same paragraph"',
    "ship AND \"'on fire'\"",
    "/a, b/ AND c",
    "rate* > 4.125%",
    "rate* > 0.125 per cent",
    "spread > 4.125 bp",
    "ship NOT (model OR museum)",
    "(ship NOT model) OR ferry",
    "over AND 5",
    "o'brien OR d'arcy",
    "'ndrangheta AND clans",
]


@pytest.mark.parametrize(("text", "offset", "sentence"), WARNINGS)
def test_a_likely_mistake_is_a_warning(text, offset, sentence):
    query, faults = compile_query(text, ALIASES)

    assert query
    assert [(fault.offset, fault.warning) for fault in faults] == [(offset, True)]
    assert sentence in faults[0].message


@pytest.mark.parametrize("text", MEANT_AS_WRITTEN)
def test_a_query_that_only_resembles_a_mistake_has_no_warning(text):
    assert compile_query(text, ALIASES)[1] == []


def test_a_mistake_in_a_query_comes_with_a_suggestion():
    error, warning = compile_query("~worker* more than 500", ALIASES)[1]

    assert error.message.startswith("`~worker*` admits forecasts of a number: expected a comparison")
    assert warning.message == "`more than 500` are words here: for a number write `> 500`"


def test_a_warning_of_a_part_with_a_mistake_waits_for_the_cure():
    (fault,) = compile_query("fed OR FIRST30 rate", ALIASES)[1]

    assert fault.message == "`FIRST30` is an operator of other tools: here, write FIRST 30"


def test_all_mistakes_of_a_query_are_reported():
    _, faults = compile_query('@nobody AND "" AND a NEAR/0 (b* OR titel:"")', ALIASES)

    assert [fault.offset for fault in faults] == [0, 12, 21, 29, 35]


def test_an_invalid_alias_is_not_reported_again_in_queries():
    assert compile_query("@broken AND troops", ALIASES) == (None, [])


@pytest.mark.parametrize("text", ["title:troops AND NOT troops", "troops AND NOT title:troops", "kursk AND NOT b"])
def test_a_query_that_can_match_is_accepted(text):
    assert compile_query(text, ALIASES)[1] == []


@pytest.mark.parametrize(
    "text",
    [
        "“north korea*”",
        "«north korea*»",
        "（troops OR kursk）",
        "title：troops",
        "soldiers≥3000",
        "and",
        '"and" AND b',
    ],
)
def test_typographic_signs_and_lowercase_operators_are_accepted(text):
    query, faults = compile_query(text, ALIASES)

    assert query, faults


def test_a_query_of_the_maximum_depth_is_evaluated():
    from monitor.ruleset.query.nodes import MatchWindow
    from monitor.ruleset.query.segments import SegmentIndex

    query, faults = compile_query("(a OR " * 60 + "b" + " AND c)" * 60, ALIASES)

    assert query, faults
    assert query.root.evaluate(MatchWindow(SegmentIndex(["b c"]), frozenset([0])))
