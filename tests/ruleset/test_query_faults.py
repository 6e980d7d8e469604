"""Each mistake in a query gets one sentence at its place."""

import pytest

from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.query.parse_term import parse_alias_term

ALIASES = {"dprk": parse_alias_term("north korea*"), "broken": None}

FAULTS = [
    ("", 0, "this query is empty: expected at least one word"),
    ("  \n ", 0, "this query is empty"),
    ('troops ""', 7, "this phrase is empty"),
    ('troops "  "', 7, "this phrase is empty"),
    ('troops "north korea', 7, "this quote is not closed"),
    ("a NEAR/0 b", 2, "expected a distance from 1 to 1,000 words, as in NEAR/5, found `NEAR/0`"),
    ("a NEAR b", 2, "expected a distance from 1 to 1,000 words, as in NEAR/5, found `NEAR`"),
    ("a BEFORE/x b", 2, "expected a distance from 1 to 1,000 words, as in BEFORE/5, found `BEFORE/x`"),
    ("a NEAR/99999999999999999999 b", 2, "expected a distance"),
    ("a NEAR/² b", 2, "expected a distance"),
    ("a near/5 b", 2, "operators are written in capitals: expected NEAR/5, found `near/5`"),
    ("(a OR (b AND c)", 0, "this bracket is not closed"),
    ("a OR b) AND c", 6, "this bracket closes nothing"),
    ("a AND ()", 7, "nothing stands inside these brackets"),
    ("a AND", 4, "the query ends after `AND`: expected a word, phrase or bracket"),
    ("OR a", 0, "`OR` cannot stand at the start"),
    ("a AND OR b", 6, "`OR` cannot stand after `AND`"),
    ("a NOT", 4, "the query ends after `NOT`"),
    ("NEAR/3 b", 0, "`NEAR/3` cannot stand at the start"),
    ("> 5", 0, "`> 5` cannot stand at the start"),
    ("title:", 5, "the query ends after `title:`"),
    ("a @dprkk", 2, "unknown alias `@dprkk`; did you mean `@dprk`?"),
    ("a @", 2, "unknown alias `@`"),
    ("titel:troops", 0, "did you mean `title`?"),
    ("http://example.org", 0, 'a colon inside a word needs quotes: `"http:…"`'),
    ("title:(a url:b)", 0, "a scope stands inside `title:`"),
    ("a ***", 2, "a `*` may only end a word"),
    ("a *", 2, "the `*` stands alone"),
    ("a b*", 2, "is too short: expected at least two letters before `*`"),
    ("de*ploy", 0, "a `*` may only end a word"),
    ('"de*ploy now"', 0, "a `*` may only end a word"),
    ("wom?n", 0, "a `*` may only end a word"),
    ("a -- b", 2, "`--` can never be met: it holds no letter or digit"),
    ('a "…!"', 2, "can never be met"),
    ("a -football", 2, "write `NOT football`"),
    ("a && b", 2, "write AND"),
    ("a || b", 2, "write OR"),
    ("kursk~", 0, "expected a number from 1 to 3 after `~`"),
    ("kursk~9", 0, "expected a number from 1 to 3 after `~`, found `9`"),
    ("iran~2", 0, "2 edits need at least 5 letters"),
    ("north-korea~1", 0, "`~n` goes with one word"),
    ("北朝鮮~1", 0, "`~n` goes with one word of an alphabet"),
    ('"a b"~x', 0, "expected a number from 1 to 100 after `~`"),
    ("a /kursk", 2, "this regex is not closed"),
    (r"a /kursk\/", 2, "this regex is not closed"),
    ("(a /kursk)", 3, "this regex is not closed"),
    ('(a "kursk)', 3, "this quote is not closed"),
    ("/kursk/i", 0, "a regex ends with `/` alone"),
    ("a //", 2, "this regex is empty"),
    ("/(i?)kursk/", 0, "`(i?)` means an optional letter i"),
    ("/(kursk/", 0, "this is no RE2 regex: missing )"),
    ("/(?=a)b/", 0, "look-around and back-references do not exist in RE2"),
    (r"/(a)\1/", 0, "look-around and back-references do not exist in RE2"),
    ("/.*/", 0, "matches any word"),
    (r"/\w+/", 0, "matches any word"),
    (f"/{'a' * 1001}/", 0, "this regex is longer than 1,000 characters"),
    ("/((a{100}){100}){100}/", 0, "this is no RE2 regex"),
    ("/[\\pL]{900}/", 0, "pattern too large"),
    ("/\\Qkursk/", 0, "this is no RE2 regex: missing )"),
    ("/a)|(b/", 0, "this is no RE2 regex: unexpected )"),
    ("NOT troops", 0, "this asks only for what must be absent"),
    ("troops OR NOT football", 0, "this asks only for what must be absent"),
    ("troops AND NOT troop*", 0, "this can never hold: whatever meets `troops` also meets NOT `troop*`"),
    ("troops NOT (football OR troops)", 0, "this can never hold"),
    ("title:a NEAR/3 text:b", 8, "NEAR/n can never hold here: its sides look at different places"),
    ("url:a NEAR/3 b", 0, "NEAR/n looks at title and text: `url:` cannot stand inside it"),
    ("(a AND b) NEAR/5 c", 1, "AND cannot stand inside NEAR/n"),
    ("a NEAR/5 (NOT b)", 10, "NOT cannot stand inside NEAR/n"),
    ("soldiers > many", 9, "expected a number after `>`, as in `soldiers > 10000`"),
    ("soldiers >", 9, "expected a number after `>`"),
    ("(a AND b) > 5", 1, "AND cannot stand inside >"),
    ("a " * 10_001, 0, "this query is longer than 20,000 characters"),
    ("(" * 400 + "a" + ")" * 400, 0, "this query is nested deeper than 200 levels"),
    ("NOT " * 400 + "a", 0, "this query is nested deeper than 200 levels"),
    ("a NEAR/2 " * 400 + "a", 0, "this query is nested deeper than 200 levels"),
]


@pytest.mark.parametrize(("text", "offset", "sentence"), FAULTS, ids=[f[0][:20] or "empty" for f in FAULTS])
def test_a_mistake_has_one_sentence_at_its_place(text, offset, sentence):
    query, faults = compile_query(text, ALIASES)

    assert query is None
    assert [fault.offset for fault in faults] == [offset]
    assert sentence in faults[0].message
    assert len(faults[0].message) < 200


WARNINGS = [
    ("troops and kursk", 7, "`and` is searched for as a word: write AND"),
    ("troops or kursk", 7, "write OR"),
    ("kursk OR north korea", 9, "`north korea` is read as `(north AND korea)`"),
]


@pytest.mark.parametrize(("text", "offset", "sentence"), WARNINGS)
def test_a_likely_slip_is_a_warning(text, offset, sentence):
    query, faults = compile_query(text, ALIASES)

    assert query
    assert [(fault.offset, fault.warning) for fault in faults] == [(offset, True)]
    assert sentence in faults[0].message


def test_all_mistakes_of_a_query_are_told_at_once():
    _, faults = compile_query('@nobody AND "" AND a NEAR/0 (b* OR titel:"")', ALIASES)

    assert [fault.offset for fault in faults] == [0, 12, 21, 29, 35]


def test_a_broken_alias_is_blamed_once_where_it_is_written():
    assert compile_query("@broken AND troops", ALIASES) == (None, [])


@pytest.mark.parametrize("text", ["title:troops AND NOT troops", "troops AND NOT title:troops", "a AND NOT b"])
def test_a_query_that_can_hold_is_not_refused(text):
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
def test_typographic_signs_and_odd_words_are_understood(text):
    query, faults = compile_query(text, ALIASES)

    assert query, faults


def test_a_query_as_deep_as_allowed_is_evaluated_without_trouble():
    from monitor.ruleset.query.nodes import MatchWindow
    from monitor.ruleset.query.segments import SegmentIndex

    query, faults = compile_query("(a OR " * 60 + "b" + " AND c)" * 60, ALIASES)

    assert query, faults
    assert query.root.evaluate(MatchWindow(SegmentIndex(["b c"]), frozenset([0])))
