"""Rule files are read, and every problem is reported with its line and column."""

import textwrap
import time
from pathlib import Path

import pytest

from monitor.errors import Problem
from monitor.model import Novelty, Severity
from monitor.ruleset.load import load_rules
from monitor.ruleset.query.lint import distinct_terms
from monitor.ruleset.query.nodes import MatchWindow
from monitor.ruleset.query.segments import SegmentIndex
from monitor.ruleset.rule import FollowedFigure, RuleSet, Throttle, Within
from monitor.ruleset.rule_reader import KnownNames, Surroundings

RULE = "name: r\nmatch: troops\n"


def load(folder: Path, **files: str) -> tuple[RuleSet, tuple[Problem, ...]]:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(textwrap.dedent(text).lstrip("\n"), "utf-8")
    return load_rules(folder, builtin_aliases=None, names=KnownNames(["desk", "osint"], ["isw", "tag:war"]))


def messages(folder: Path, **files: str) -> list[str]:
    _, problems = load(folder, **files)
    return [str(problem).removeprefix(f"{folder}/") for problem in problems]


def test_a_rule_with_every_key_is_read(tmp_path):
    rules, problems = load(
        tmp_path,
        full="""
        name: dprk
        title: Troops
        match: >-
          troops
          NEAR/5 kursk
        on: [new, withdrawn]
        within: passage
        sources: [isw, "tag:war"]
        severity: high
        notify: desk
        throttle: 3 per 6h
        corroboration: 2
        figures:
          men: {of: troop* OR soldier*, alert: "above 10,000"}
        tests:
          - text: Troops left Kursk.
            before: Troops reached Kursk.
            fires: yes
            novelty: changed
        enabled: yes
        id: rule-17
        owner: Ann
        references: [https://example.org]
        tags: [war]
        since: 7d
        template: short
        """,
    )

    assert problems == ()
    (rule,) = rules.rules
    assert (rule.name, rule.title, rule.query.text) == ("dprk", "Troops", "troops NEAR/5 kursk")
    assert rule.on == {Novelty.NEW, Novelty.WITHDRAWN}
    assert (rule.within, rule.severity) == (Within.PASSAGE, Severity.HIGH)
    assert (rule.sources, rule.notify) == (("isw", "tag:war"), ("desk",))
    assert rule.throttle == Throttle(3, 21600.0, "3 per 6h") and str(rule.throttle) == "3 per 6h"
    assert rule.figures == (FollowedFigure("men", rule.figures[0].query, above=10000.0),)
    assert (rule.corroboration, rule.since, rule.template) == (2, 604800.0, "short")
    assert (rule.id, rule.owner, rule.references, rule.tags) == ("rule-17", "Ann", ("https://example.org",), ("war",))
    assert (rule.path.name, rule.line) == ("full.yaml", 1)
    (test,) = rule.tests
    assert (test.fires, test.novelty, test.before) == (True, Novelty.CHANGED, "Troops reached Kursk.")
    assert (test.line, test.column) == (16, 5)


def test_omitted_keys_have_defaults(tmp_path):
    (rule,) = load(tmp_path, r=RULE)[0].rules

    assert rule.title == rule.id == rule.name == "r"
    assert rule.on == {Novelty.NEW, Novelty.CHANGED}
    assert (rule.within, rule.severity, rule.corroboration) == (Within.CLAIM, Severity.MEDIUM, 1)
    assert (rule.sources, rule.notify, rule.throttle, rule.since) == (None, (), None, None)


def test_a_file_can_have_several_rules_and_a_disabled_rule_is_checked_but_not_used(tmp_path):
    rules, problems = load(
        tmp_path, many='rules:\n  - {name: a, match: troops}\n  - {name: b, match: "troops*", enabled: "no"}\n'
    )

    assert (len(problems), [rule.name for rule in rules.rules]) == (0, ["a"])


def test_all_problems_of_all_files_are_reported(tmp_path):
    assert messages(
        tmp_path,
        a="""
        name: dprk
        match: >-
          troops AND
          (kursk OR "" )
          NEAR/0 krusk
        on: [new, withdrwan]
        sverity: high
        notify: [desk, dsk]
        sources: [iws, "tag:wra"]
        throttle: 3 per hut
        within: clause
        corroboration: two
        figures: {men: {of: troops AND kursk, alert: more than ten}}
        since: soon
        tests:
          - {text: x, fire: true}
        """,
        b="""
        rules:
          - name: dprk
            match: troops
            enabled: perhaps
          - troops
          - match: [a, b]
        rulez: 1
        """,
    ) == [
        'a.yaml:4:13: empty phrase: expected words between the quotes, as in `"north korea*"`',
        "a.yaml:5:3: expected a distance from 1 to 1,000 words, as in NEAR/5, found `NEAR/0`",
        "a.yaml:6:11: `on`: expected new, changed, repeated or withdrawn, found `withdrwan`",
        "a.yaml:7:1: unknown key `sverity`; did you mean `severity`?",
        "a.yaml:8:16: unknown channel `dsk`; did you mean `desk`?",
        "a.yaml:9:11: unknown source `iws`; did you mean `isw`?",
        "a.yaml:9:16: unknown source `tag:wra`; did you mean `tag:war`?",
        "a.yaml:10:11: `throttle`: expected a duration such as 90s, 15m, 6h or 7d after `per`, found `hut`",
        "a.yaml:11:9: `within`: expected claim, passage or update, found `clause`",
        "a.yaml:12:16: `corroboration`: expected a whole number, found `two`",
        "a.yaml:13:21: AND is not allowed inside a figure: "
        "expected a word, a quoted phrase, or several joined by OR; adjacent words are joined by AND",
        "a.yaml:13:46: `alert`: expected `above` or `below` and a number, as in `above 10000`, found `more than ten`",
        "a.yaml:14:8: `since`: expected a duration such as 90s, 15m, 6h or 7d, found `soon`",
        "a.yaml:16:15: unknown key `fire`; did you mean `fires`?",
        "b.yaml:2:11: duplicate name `dprk`; first used at a.yaml:1",
        "b.yaml:4:14: `enabled`: expected true or false, found `perhaps`",
        "b.yaml:5:5: expected a rule with `name:` and `match:`, found `troops`",
        "b.yaml:6:5: missing key `name`",
        "b.yaml:6:12: `match`: expected text, found a list",
        "b.yaml:7:1: unknown key `rulez` beside `rules:`; expected only `defaults:`",
    ]


SHAPES = [
    ("match: troops\n", "1:1: missing key `name`"),
    ("name: r\n", "1:1: missing key `match`"),
    ("name: r\nmatch:\n", "2:7: `match`: expected text, found nothing"),
    ("name: a b\nmatch: troops\n", "1:7: `name`: expected letters, digits, - _ and ., as in `dprk-deployment`"),
    (RULE + "notify:\n", "3:8: `notify`: expected a list, found nothing"),
    (RULE + "notify: {a: b}\n", "3:9: `notify`: expected a list, found a table"),
    (RULE + "figures: [a]\n", "3:10: `figures`: expected a table of keys and values, found a list"),
    (RULE + "tests: x\n", "3:8: `tests`: expected a list, found `x`"),
    (RULE + "tests: [x]\n", "3:9: `tests`: expected a table of keys and values, found `x`"),
    (RULE + "corroboration: 0\n", "3:16: `corroboration`: expected a number from 1 to 100, found `0`"),
    (RULE + "corroboration: " + "9" * 5000 + "\n", "3:16: `corroboration`: expected a whole number, found `9999"),
    (
        RULE + "throttle: 0 per 6h\n",
        "3:11: `throttle`: expected a number and a duration such as `3 per 6h`, found `0 per 6h`",
    ),
    (RULE + "since: 0d\n", "3:8: `since`: expected a duration"),
    ("- a\n- b\n", "1:1: expected a rule with `name:` and `match:`, found a list; for several rules write `rules:`"),
    ("rules: troops\n", "1:8: `rules`: expected a list of rules, found `troops`"),
    ("", "1:1: the file is empty"),
    ("# only a comment\n", "1:1: the file is empty"),
    (RULE + "name: s\n", "3:1: duplicate key `name`; first defined on line 1"),
    ("name: &x r\nmatch: troops\n", "1:7: YAML anchor `&x` is not allowed"),
    (
        "name: !!python/name:os.system r\nmatch: troops\n",
        "1:7: YAML tag `tag:yaml.org,2002:python/name:os.system` is not allowed",
    ),
    ("name: r\nmatch: *x\n", "2:8: YAML alias `*x` is not allowed: put text that starts with * in quotes"),
    (
        "name: r\nmatch: @dprk\n",
        "2:8: invalid YAML: a value cannot begin with `@`; write the query on the lines after `match: >-`, indented",
    ),
    (RULE + "count: 3/h\nby: @makers\n", "4:5: invalid YAML: a value cannot begin with `@`: put it in quotes"),
    (RULE + "figures:\n  dead: {of: dead, alert: > 50}\n", "a value cannot begin with `>`: put it in quotes"),
    (RULE + 'title: "Ferries\non: [new]\n', '3:8: invalid YAML: unclosed quote: expected another " after this one'),
    (RULE + "title: 'Ferries\non: [new]\n", "3:8: invalid YAML: unclosed quote: expected another ' after this one"),
    ('name: r\nmatch: "a b\non: [new]\n', "2:8: invalid YAML: unclosed quote"),
    (
        RULE + "figures: {dead: {of: dead*; alert: above 5}}\n",
        "3:34: invalid YAML: did not find expected ',' or '}'; write `{key: value, key: value}`",
    ),
    ('lists:\n  a: ["fed" OR b, c]\n', "2:13: invalid YAML: did not find expected ',' or ']'; write `[one, two]`"),
    ("name: r\nmatch >-\n  a\n  AND b\non: [new]\n", "2:1: expected `key: value`, found `match >-`"),
    ("name: r\nmatch:>-\n  a\n  AND b\non: [new]\n", "2:7: missing space after `match:`"),
    ("name: r\nmatch: >-\na\nAND b\non: [new]\n", "3:1: expected `key: value`, found `a`; indent a line"),
    ("name: r\nmatch: >-\n  a\nseverity high\non: [new]\n", "4:1: expected `key: value`, found `severity high`"),
    ("name: r\ntitle:Ferries\nmatch: a\n", "2:7: missing space after `title:`"),
    (
        "name: r\nmatch: >-\n  a\nAND b\non: [new]\n",
        "4:1: expected `key: value`, found `AND b`; indent a line that continues a value",
    ),
    (
        "name: r\nmatch: >-\n  a\n AND b\non: [new]\n",
        "4:2: invalid YAML: did not find expected key; indent the keys of a rule equally",
    ),
    (
        "name: r\ntitle: Ferries: all\nmatch: a\n",
        "2:15: invalid YAML: unexpected `: `; put text with",
    ),
    ('name: r\nmatch: "a b" AND c\n', "write the query on the lines after `match: >-`, indented"),
    ("name: r\n\tmatch: x\n", "indent with spaces, not tabs"),
    (RULE + "---\n" + RULE, "3:1: expected one YAML document"),
    ("? [a]\n: b\n", "1:3: expected a key, found a list or table"),
]


@pytest.mark.parametrize(("text", "expected"), SHAPES)
def test_an_invalid_file_has_one_message(tmp_path, text, expected):
    (tmp_path / "r.yaml").write_text(text, "utf-8")

    _, problems = load_rules(tmp_path, builtin_aliases=None)

    assert len(problems) == 1
    assert expected in str(problems[0])


BEGINNERS_VALUES = [
    ("severity: [low, high]", "3:11: `severity`: expected info, low, medium, high or critical, found a list"),
    (
        "severity:\n  critical: deaths\n  lo: true",
        "5:3: `severity`: expected info, low, medium, high or critical, found `lo`",
    ),
    (
        "on: new, changed",
        "3:5: `on`: expected new, changed, repeated or withdrawn, found `new, changed`; "
        "for several write a list: `[new, changed]`",
    ),
    ("notify: desk, osint", "unknown channel `desk, osint`; the config has desk, osint; for several write a list"),
    ("sources: [tag: war]", "3:11: `sources`: expected text, found a table; put text with `: ` in quotes"),
    (
        "figures:\n  dead: {of: dead}\n  throttle: 3 per 6h",
        "5:13: `throttle` under `figures`: expected a table of keys and values, as in "
        "`{of: dead, alert: above 50}`, found `3 per 6h`",
    ),
    ("priority: high", "3:1: unknown key `priority`; did you mean `severity`?"),
    ("language: fr", "3:1: unknown key `language`; there is no language filter: tag the sources"),
    ("cooldown: 6h", "did you mean `throttle`?"),
    ("flatline: 2d", "did you mean `absent`?"),
    ("tests:\n  - {text: A dam., expected: true}", "did you mean `fires`?"),
]


@pytest.mark.parametrize(("keys", "message"), BEGINNERS_VALUES, ids=[keys for keys, _ in BEGINNERS_VALUES])
def test_a_beginners_value_is_reported_at_its_place_with_the_cure(tmp_path, keys, message):
    found = messages(tmp_path, r=f"{RULE}{keys}\n")

    assert len(found) == 1
    assert message in found[0]


def test_a_misspelt_key_beside_the_rules_has_a_hint(tmp_path):
    found = messages(tmp_path, r="default: {severity: low}\nrules: []\n")
    assert found == ["r.yaml:1:1: unknown key `default` beside `rules:`; did you mean `defaults`?"]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ("Orlane, brandt*", "2:11: `makers`: expected one word or phrase, found `Orlane, brandt*`; write a list"),
        ("[Orlane OR Brandt]", "2:12: `makers`: `OR` is a word in a list; put a query under `queries:`"),
        ("[orlane!]", "2:12: `orlane!` is an operator of other tools: here, write `orlane*`"),
    ],
)
def test_an_entry_of_a_list_that_looks_like_a_query_is_reported(tmp_path, entries, message):
    found = messages(tmp_path, aliases=f"lists:\n  makers: {entries}\n", r=RULE)

    assert len(found) == 1
    assert found[0].startswith(f"aliases.yaml:{message}")


STYLES = {
    "plain": "match: troops AND @nobody\n",
    "plain over lines": "match: troops\n  AND   \n\n  @nobody\n",
    "single quotes": "match: 'it''s AND @nobody'\n",
    "double quotes": 'match: "\\u0061\\tAND \\"b c\\"\n   AND @nobody"\n',
    "double quotes over an escaped line end": 'match: "troops AND\\\n   \\ @nobody"\n',
    "folded": "match: >-\n  troops\n    AND\n\n  @nobody\n",
    "folded with a comment": "match: >-  # the query\n  troops AND @nobody\n",
    "literal": "match: |\n  troops\n  AND @nobody\n",
    "indented by a number": "match: >2-\n    troops AND @nobody\n",
    "after letters of two code units": "match: 'їжак🦔 AND @nobody'\n",
}


@pytest.mark.parametrize("text", STYLES.values(), ids=STYLES)
def test_a_fault_in_a_query_has_its_position_in_every_yaml_style(tmp_path, text):
    source = f"name: r\n{text}"
    line = next(number for number, text in enumerate(source.splitlines(), 1) if "@nobody" in text)
    column = source.splitlines()[line - 1].index("@nobody") + 1

    assert messages(tmp_path, r=source) == [f"r.yaml:{line}:{column}: unknown alias `@nobody`"]


def test_positions_are_right_with_a_byte_order_mark_and_windows_line_endings(tmp_path):
    (tmp_path / "r.yaml").write_bytes(b"\xef\xbb\xbfname: r\r\nmatch: >-\r\n  troops\r\n  @nobody\r\n")

    _, problems = load_rules(tmp_path, builtin_aliases=None)

    assert [(problem.line, problem.column) for problem in problems] == [(4, 3)]


def test_problems_of_the_aliases_file_are_reported(tmp_path):
    assert messages(
        tmp_path,
        aliases="""
        same:
          dprk: [DPRK, "@troops", "***"]
        lists:
          dprk: [x]
          troops: ["soldier*", "@tropps"]
          round: ["@trip"]
          trip: ["@round"]
          empty: []
          bad name: [x]
        list: {}
        """,
        r="name: r\nmatch: '@dprk AND @round AND @dpkr'\n",
    ) == [
        "aliases.yaml:2:16: `same`: expected words and phrases, found `@troops`",
        "aliases.yaml:2:27: `***`: the only wildcard is `*` at the end of a word, as in `deploy*`",
        "aliases.yaml:4:3: `dprk` is defined in both `same` and `lists`",
        "aliases.yaml:5:24: unknown alias `@tropps`; did you mean `@troops`?",
        "aliases.yaml:7:10: aliases refer to each other in a cycle: @round → @trip → @round",
        "aliases.yaml:8:10: `empty`: expected a list of words and phrases",
        "aliases.yaml:9:3: invalid name `bad name`: expected letters, digits, - and _",
        "aliases.yaml:10:1: unknown key `list`; did you mean `lists`?",
        "r.yaml:2:30: unknown alias `@dpkr`; did you mean `@dprk`?",
    ]


def test_an_unreadable_aliases_file_is_the_only_problem(tmp_path):
    rule = "name: r\nmatch: '@troops AND kursk'\ncount: 3 per 1h\nby: '@troops'\n"
    found = messages(tmp_path, aliases="lists:\n  troops: [@dprk, soldier*]\n", r=rule)

    assert found == ["aliases.yaml:2:12: invalid YAML: a value cannot begin with `@`: put it in quotes"]


def test_synonyms_are_kept_as_written(tmp_path):
    rules, _ = load(tmp_path, aliases='same: {dprk: [DPRK, "north korea*"]}\nlists: {a: [b]}\n', r=RULE)

    assert rules.synonyms == {"dprk": ("DPRK", "north korea*")}


def test_the_built_in_aliases_are_used_if_the_folder_has_none(tmp_path):
    (tmp_path / "builtin").mkdir()
    builtin = tmp_path / "builtin/aliases.yaml"
    builtin.write_text("lists: {troops: [soldier*]}\n")
    (tmp_path / "r.yaml").write_text("name: r\nmatch: >-\n  @troops\n")

    assert load_rules(tmp_path, builtin_aliases=builtin)[1] == ()
    (tmp_path / "aliases.yaml").write_text("lists: {arms: [tank]}\n")
    assert "unknown alias" in load_rules(tmp_path, builtin_aliases=builtin)[1][0].message


def test_a_missing_folder_is_an_error_and_an_empty_one_a_warning(tmp_path):
    (missing,) = load_rules(tmp_path / "nowhere", builtin_aliases=None)[1]
    (empty,) = load_rules(tmp_path, builtin_aliases=None)[1]

    assert missing.message == "the rules folder does not exist" and not missing.warning
    assert empty.warning and "no alerts will be sent" in empty.message


def test_hidden_files_and_folders_are_ignored(tmp_path):
    (tmp_path / ".#r.yaml").write_text("nonsense: [")
    (tmp_path / "folder.yaml").mkdir()

    assert load(tmp_path, r=RULE)[1] == ()


def test_the_digest_changes_with_any_byte_of_a_file(tmp_path):
    digest = load(tmp_path, r=RULE)[0].digest

    assert digest == load(tmp_path, r=RULE)[0].digest
    assert digest != load(tmp_path, r=RULE + "# so\n")[0].digest
    assert digest != load(tmp_path, r=RULE, aliases="same: {a: [b]}\n")[0].digest


BOMB = "lists:\n  a0: [x, y]\n" + "".join(
    f"  a{n}: [" + ", ".join([f"'@a{n - 1}'"] * 10) + "]\n" for n in range(1, 15)
)
HOSTILE = {
    "ten megabytes": b"name: r\nmatch: " + b"troops " * 1_500_000,
    "ten megabytes of brackets": b"[" * 10_000_000,
    "deep flow lists": b"name: " + b"[" * 5_000,
    "deep block lists": b"- " * 5_000,
    "many entries": b"rules:\n" + b"- x\n" * 240_000,
    "a long flow list": b"name: [" + b"1," * 400_000 + b"]",
    "one key many times": b"name: r\n" * 100_000,
    "many anchors": b"name: &x r\n" * 30_000,
    "many keys": b"".join(b"k%d: 1\n" % n for n in range(100_000)),
    "a huge number": b"name: r\nmatch: a NEAR/" + b"9" * 5_000 + b" b\n",
    "an alias bomb": BOMB.encode() + b"rules: []\n",
    "a yaml alias bomb": b"a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
    "a tag": b"!!python/object/apply:os.system [id]",
    "no utf-8": b"name: \xff\xfe\n",
    "a null byte": b"name: r\x00\nmatch: a\n",
    "a lone surrogate": b'name: "\\ud800"\nmatch: a\n',
    "deep brackets": b"name: r\nmatch: " + b"(" * 9_000 + b"a" + b")" * 9_000,
    "many nots": b"name: r\nmatch: " + b"NOT " * 4_900 + b"a",
    "a chain of nears": b"name: r\nmatch: " + b"a NEAR/2 " * 2_000 + b"a",
    "a chain of scopes": b"name: r\nmatch: " + b"title:" * 3_000 + b"a",
    "a quote that stays open": b"name: r\nmatch: >-\n  'a" + b" b" * 9_000,
    "a long word": b"name: r\nmatch: >-\n  " + b"a" * 19_000,
    "many slashes": b"name: r\nmatch: >-\n  " + b" /" * 9_000,
    "lines without keys": b"name: r\nmatch: >-\n  a\n" + b"b\n" * 200_000,
    "half a save": b"name: r\nmatch: >-\n  troops NEAR/1",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_rejected_with_short_messages_within_a_second(tmp_path, content):
    (tmp_path / "r.yaml").write_bytes(content)

    started = time.process_time()
    rules, problems = load_rules(tmp_path, builtin_aliases=None)

    assert time.process_time() - started < 1
    assert len(problems) < 200
    assert (rules.rules == () and problems) or content.startswith(b"name: r\nmatch: >-")
    assert all(len(problem.message) < 300 and "\n" not in problem.message for problem in problems)


def test_an_alias_bomb_is_rejected_within_a_second(tmp_path):
    (tmp_path / "aliases.yaml").write_text(BOMB)
    (tmp_path / "r.yaml").write_text("name: r\nmatch: >-\n  @a14 @a3 @a3 @a3 @a3 @a3 @a3\n")

    started = time.process_time()
    _, problems = load_rules(tmp_path, builtin_aliases=None)

    assert time.process_time() - started < 1
    assert "expands to more than 10,000 terms" in problems[0].message
    assert problems[-1].message == "the query has more than 10,000 terms, including its aliases"


def test_an_unknown_template_is_reported_at_its_position(tmp_path):
    (tmp_path / "a.yaml").write_text("name: a\nmatch: ferr*\ntemplate: brif\n")
    for templates, message in (
        (("brief",), "unknown template `brif`; did you mean `brief`?"),
        ((), "unknown template `brif`; expected a file such as `brif.slack.j2` in the templates folder"),
        (("brif",), None),
        (None, None),
    ):
        _, problems = load_rules(tmp_path, builtin_aliases=None, names=KnownNames(templates=templates))
        assert [str(problem) for problem in problems] == ([f"{tmp_path}/a.yaml:3:11: {message}"] if message else [])


def test_editing_a_list_changes_the_queries_that_use_it(tmp_path):
    (tmp_path / "rule.yaml").write_text("name: one\nmatch: '@place AND troops'\n")
    terms_by_load = []
    for words in ("kursk", "belgorod", "kursk"):
        (tmp_path / "aliases.yaml").write_text(f"lists:\n  place: [{words}, oblast]\n")
        rules, problems = load_rules(tmp_path, builtin_aliases=None)
        assert not problems
        terms_by_load.append([term.text for term in distinct_terms(rules.rules[0].query.root)])

    assert [("kursk" in terms, "belgorod" in terms) for terms in terms_by_load] == [
        (True, False),
        (False, True),
        (True, False),
    ]


def test_an_unchanged_query_is_not_compiled_again(tmp_path):
    (tmp_path / "rules.yaml").write_text("rules:\n  - {name: one, match: kursk}\n  - {name: two, match: troops}\n")
    before, _ = load_rules(tmp_path, builtin_aliases=None)
    (tmp_path / "rules.yaml").write_text("rules:\n  - {name: one, match: kursk}\n  - {name: two, match: tanks}\n")
    after, _ = load_rules(tmp_path, builtin_aliases=None)

    assert after.rules[0].query is before.rules[0].query
    assert after.rules[1].query.text == "tanks"


def test_a_warning_is_reported_on_every_load(tmp_path):
    (tmp_path / "rule.yaml").write_text("name: one\nmatch: kursk and troops\n")

    assert load_rules(tmp_path, builtin_aliases=None)[1] == load_rules(tmp_path, builtin_aliases=None)[1] != ()


def test_unconfirmed_without_corroboration_is_a_warning(tmp_path):
    rules, (problem,) = load(tmp_path, r=RULE + "unconfirmed: low\n")
    assert str(problem) == f"{tmp_path}/r.yaml:3:1: `unconfirmed` has no effect without `corroboration: 2` or more"
    assert problem.warning
    assert [rule.unconfirmed for rule in rules.rules] == [Severity.LOW]
    assert messages(tmp_path, r=RULE + "unconfirmed: low\ncorroboration: 2\n") == []


QUERIES = """
same:
  fed: [Fed, federal reserve]
lists:
  rates: [rate*, "basis points"]
queries:
  hike: >-
    @fed
    NEAR/9 (raise* OR hike*)
  no-sport: NOT (football OR tennis)
  news: "@hike AND @no-sport"
"""


def test_queries_in_the_aliases_file_are_parts_of_other_queries(tmp_path):
    rules, problems = load(tmp_path, aliases=QUERIES, r="name: r\nmatch: '@news AND @rates'\n")

    assert problems == ()
    assert matches_text(rules, "The Federal Reserve raises rates")
    assert not matches_text(rules, "The Fed raises the rates of tennis clubs")
    assert not matches_text(rules, "The Fed keeps rates")


def matches_text(rules: RuleSet, text: str) -> bool:
    index = SegmentIndex([text])
    return rules.rules[0].query.root.evaluate(MatchWindow(index, frozenset({0}))) is not None


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        (
            "  a: storm AND @b\n  b: '@a OR rain'\n",
            "aliases.yaml:3:7: aliases refer to each other in a cycle: @a → @b → @a",
        ),
        ("  a: >-\n    storm\n    AND @rian\n", "aliases.yaml:4:9: unknown alias `@rian`"),
        ("  a: storm w/5 rain\n", "aliases.yaml:2:12: `w/5` is an operator of other tools: here, write NEAR/5"),
        ("  a: [storm]\n", "aliases.yaml:2:6: `a`: expected a query, such as `fed NEAR/5 rate*`"),
        ("  a: storm\nlists:\n  a: [rain]\n", "aliases.yaml:4:3: `a` is defined in both `queries` and `lists`"),
        ("  a: storm\nlists:\n  b: ['@a']\n", "aliases.yaml:4:7: `@a` is a query: a list may contain only words"),
        ("  a: storm and rain\n", "aliases.yaml:2:12: `and` is a word here"),
    ],
)
def test_a_mistake_in_a_query_of_the_aliases_file_is_reported(tmp_path, queries, message):
    found = messages(tmp_path, aliases=f"queries:\n{queries}", r=RULE)

    assert len(found) == 1
    assert found[0].startswith(message)


def test_values_are_accepted_as_people_write_them(tmp_path):
    rules, problems = load(
        tmp_path,
        r="""
        name: r
        match: troops
        on: [New, CHANGED]
        within: Update
        severity: HIGH
        throttle: 3/6h
        since: 7 days
        unconfirmed: Low
        corroboration: 2
        """,
        s="name: s\nmatch: troops\nthrottle: 3 per day\nsince: 90 Minutes\n",
    )

    assert problems == ()
    r, s = rules.rules
    assert (r.on, r.within, r.severity) == ({Novelty.NEW, Novelty.CHANGED}, Within.UPDATE, Severity.HIGH)
    assert (r.throttle.count, r.throttle.seconds, r.since, r.unconfirmed) == (3, 21600.0, 604800.0, Severity.LOW)
    assert (s.throttle.seconds, s.since) == (86400.0, 5400.0)


def test_defaults_hold_for_all_rules_of_a_file_that_do_not_set_the_key(tmp_path):
    rules, problems = load(
        tmp_path,
        many="""
        defaults: {severity: high, notify: [desk], throttle: 3/6h, sources: [isw]}
        rules:
          - {name: a, match: troops}
          - {name: b, match: kursk, severity: low, notify: osint}
        """,
    )

    assert problems == ()
    a, b = rules.rules
    assert (a.severity, a.notify, a.sources, str(a.throttle)) == (Severity.HIGH, ("desk",), ("isw",), "3/6h")
    assert (b.severity, b.notify, b.sources) == (Severity.LOW, ("osint",), ("isw",))


def test_a_mistake_in_defaults_is_reported_once(tmp_path):
    rules = "rules:\n  - {name: a, match: troops}\n  - {name: b, match: kursk}\n"

    assert messages(tmp_path, r=f"defaults: {{severity: hihg, nme: x, match: storm}}\n{rules}") == [
        "r.yaml:1:22: `severity`: expected info, low, medium, high or critical, found `hihg`",
        "r.yaml:1:28: unknown key `nme`; did you mean `name`?",
        "r.yaml:1:36: `match` belongs to a single rule, not under `defaults:`",
    ]
    assert messages(tmp_path, r=f"defaults: [a]\n{rules}") == [
        "r.yaml:1:11: `defaults`: expected keys for all rules of this file, found a list"
    ]


CONTRADICTIONS = [
    (
        "severity: low\ncorroboration: 2\nunconfirmed: critical\n",
        "r.yaml:5:14: `unconfirmed: critical` is above `severity: low` of confirmed alerts",
    ),
    ("on: [repeated]\n", "r.yaml:3:5: `repeated` alerts every time that a source says what is known already"),
    ("expires: 2026-02-30\n", "r.yaml:3:10: `expires`: expected a date such as 2027-01-01, found `2026-02-30`"),
    ("active: office hours\n", "r.yaml:3:9: `active`: expected hours such as `mon-fri 08:00-18:00`"),
    ("severity: {high: troops AND, low: true}\n", "r.yaml:3:27: the query ends after `AND`"),
    (
        "severity: {grave: troops}\n",
        "r.yaml:3:12: `severity`: expected info, low, medium, high or critical, found `grave`",
    ),
    (
        "severity: {high: true, low: yes}\n",
        "r.yaml:3:11: `severity`: only one severity can be `true`, found high and low",
    ),
    ("inhibits: [r]\n", "r.yaml:3:12: a rule cannot inhibit itself: to limit its own alerts, use `throttle`"),
    ("inhibits: [storms]\n", "r.yaml:3:12: unknown rule `storms`; the rules are r"),
]


@pytest.mark.parametrize(("keys", "message"), CONTRADICTIONS, ids=[keys.split("\n")[0] for keys, _ in CONTRADICTIONS])
def test_a_contradiction_or_an_unusual_value_is_reported(tmp_path, keys, message):
    found = messages(tmp_path, r=RULE + keys)

    assert len(found) == 1
    assert found[0].startswith(message)


def test_rules_that_inhibit_each_other_are_refused(tmp_path):
    text = (
        "rules:\n  - {name: a, id: x, match: troops, inhibits: [b]}\n"
        "  - {name: b, match: troops, inhibits: c}\n  - {name: c, match: troops, inhibits: [x]}\n"
    )

    assert messages(tmp_path, r=text) == ["r.yaml:4:41: rules inhibit each other in a cycle: c → a → b → c"]


def test_an_expired_rule_is_a_warning_when_checked(tmp_path):
    (tmp_path / "r.yaml").write_text(RULE + "expires: 2026-01-01\n", "utf-8")

    def found(now):
        return load_rules(tmp_path, builtin_aliases=None, surroundings=Surroundings(now=now))[1]

    assert found(None) == found(1767225599.0) == ()
    (warning,) = found(1767225600.0)
    assert (warning.line, warning.warning) == (3, True)
    assert warning.message == "the rule expired on 2026-01-01: it does not alert any more"


@pytest.mark.parametrize(("keys", "warns"), [("", True), ("sources: [isw]\n", False)])
def test_all_news_of_every_source_is_a_warning(tmp_path, keys, warns):
    _, problems = load(tmp_path, r=f"name: r\nmatch: '* AND NOT football'\n{keys}")

    assert [problem.warning for problem in problems] == [True] * warns
