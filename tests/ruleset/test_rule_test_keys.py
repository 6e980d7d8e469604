"""What the tests of a rule can state: the fields of an entry, and sequences of texts."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
from kit.rules import rule_problems

from monitor.backtest.rule_sequences import play_sequence
from monitor.backtest.rule_tests import rules_without_coverage
from monitor.ruleset.load import load_rules
from monitor.ruleset.rule import RuleTest, SequenceItem

TAGS = {"harbour-wire": ("ports",), "city-desk": ()}
STRIKE = "name: strike\nmatch: strike* AND port*\n"


def run_tests(folder: Path, rule: str, tests: str) -> list[str]:
    """Return the messages of a rule with these tests, without the name of the file and the rule."""
    (folder / "r.yaml").write_text(f"{rule}tests:\n{indent(tests.strip(chr(10)), '  ')}\n")
    return [f"{problem.line}: {problem.message}" for problem in rule_problems(folder, TAGS)]


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("url:harbour", "url: https://example.org/harbour/1"),
        ("author:lindqvist", "author: Mona Lindqvist"),
        ("tag:ports", "tags: [ports, labour]"),
        ("tag:ports", "source: harbour-wire"),
        ("title:strike", "title: A strike in Halvik"),
    ],
)
def test_a_scope_sees_the_key_of_the_test(tmp_path: Path, query: str, key: str) -> None:
    rule = f"name: r\nmatch: workers AND {query}\n"
    text = "Dock workers met at noon."
    assert run_tests(tmp_path, rule, f"- text: {text}\n  fires: true\n  {key}") == []
    (failure,) = run_tests(tmp_path, rule, f"- text: {text}\n  fires: true")
    assert failure.endswith(f"; no match for `{query}`")


def test_the_sources_of_a_rule_count_once_a_test_names_one(tmp_path: Path) -> None:
    rule = f"{STRIKE}sources: [harbour-wire, 'tag:labour']\n"
    text = "- text: A strike closed the port.\n"
    for key in ("source: harbour-wire", "{source: city-desk, tags: [labour]}"):
        keys = key.strip("{}").replace(", tags", "\n  tags")
        assert run_tests(tmp_path, rule, f"{text}  fires: true\n  {keys}") == []
    assert run_tests(tmp_path, rule, f"{text}  fires: true") == []
    assert run_tests(tmp_path, rule, f"{text}  fires: true\n  source: city-desk") == [
        "5: test of strike: expected to fire, but does not (the claim is new): “A strike closed the port.”; "
        "city-desk is not one of its sources: harbour-wire, tag:labour"
    ]


def test_an_edit_of_the_title_alone_is_a_change(tmp_path: Path) -> None:
    rule = "name: r\nmatch: title:closed\n"
    edit = "- title: Halvik port closed\n  text: Ships are waiting outside.\n"
    assert run_tests(tmp_path, rule, f"{edit}  before_title: Halvik port open\n  fires: true") == []
    assert run_tests(tmp_path, rule, f"{edit}  before_title: Halvik port closed\n  fires: false") == []


DAM = "name: dam\nmatch: dam*\n"


def test_a_sequence_shows_what_a_throttle_holds_and_when_the_follow_up_is_due(tmp_path: Path) -> None:
    rule = f"{DAM}throttle: 1 per 6h\n"
    sequence = """
- sequence:
    - {entry: dam, text: The Halvik dam failed and 3 people died., fires: true}
    - {entry: dam, text: The Halvik dam failed and 9 people died., at: 1h, fires: false}
    - {at: 5h, fires: false}
    - {at: 6h, fires: true}
    - {entry: dam, text: The Halvik dam failed and 20 people died., at: 13h}
  fires: true
"""
    assert run_tests(tmp_path, rule, sequence) == []
    wrong = sequence.replace("true", "TRUE").replace("false", "true").replace("TRUE", "false")
    assert run_tests(tmp_path, rule, wrong) == [
        "6: test of dam: item 1: expected not to fire, but does: “The Halvik dam failed and 3 people died.”; "
        "matched “dam”",
        "7: test of dam: item 2: expected to fire at once, but does not: “The Halvik dam failed and 9 people died.”; "
        "throttled: more than 1 per 6h for this story",
        "8: test of dam: item 3: expected to fire at once, but does not; nothing was due",
        "9: test of dam: item 4: expected not to fire, but does; "
        "changed: “dam” matched rule dam; held by the throttle",
        "5: test of dam: item 5: expected not to fire, but does: “The Halvik dam failed and 20 people died.”; "
        "matched “dam”",
    ]


def test_a_sequence_shows_when_a_second_source_confirms(tmp_path: Path) -> None:
    rule = f"{DAM}corroboration: 2\n"
    sequence = """
- sequence:
    - {source: harbour-wire, text: The Halvik dam failed at dawn., fires: false}
    - {source: SECOND, text: The Halvik dam failed at dawn., at: 20m}
  fires: true
"""
    assert run_tests(tmp_path, rule, sequence.replace("SECOND", "city-desk")) == []
    (failure,) = run_tests(tmp_path, rule, sequence.replace("SECOND", "harbour-wire"))
    assert failure.startswith("5: test of dam: item 2: expected to fire at once, but does not")


def test_an_item_that_does_not_match_says_what_was_missing(tmp_path: Path) -> None:
    sequence = "- sequence:\n    - {text: The weir failed., fires: true}\n"
    assert run_tests(tmp_path, DAM, sequence) == [
        "5: test of dam: item 1: expected to fire at once, but does not: “The weir failed.”; no match for `dam*`"
    ]


RECALLS = "name: recalls\nmatch: recall*\ncount: 3 per 1h\n"


def test_a_sequence_shows_when_a_count_is_complete(tmp_path: Path) -> None:
    sequence = """
- sequence:
    - {text: Orlane recalls 40 heaters., fires: false}
    - {text: Brandt recalls 9 ovens., at: 30m, fires: false}
    - {text: Corvin recalls 700 fans., at: 50m, fires: true}
    - {text: Delmar recalls 31 lamps., at: 55m}
  fires: false
- sequence:
    - {text: Orlane recalls 40 heaters.}
    - {text: Brandt recalls 9 ovens., at: 30m}
    - {text: Corvin recalls 700 fans., at: 61m}
  fires: false
"""
    assert run_tests(tmp_path, RECALLS, sequence) == []
    wrong = sequence.replace("true", "TRUE").replace("false", "true").replace("TRUE", "false")
    assert run_tests(tmp_path, RECALLS, wrong)[1:] == [
        "7: test of recalls: item 2: expected to fire at once, but does not: “Brandt recalls 9 ovens.”; "
        "counted: 2 of 3 in 1h",
        "8: test of recalls: item 3: expected not to fire, but does: “Corvin recalls 700 fans.”; "
        "3 matches since 00:00: Orlane recalls 40 heaters.; Brandt recalls 9 ovens.; Corvin recalls 700 fans.",
        "5: test of recalls: item 4: expected to fire at once, but does not: “Delmar recalls 31 lamps.”; "
        "counted: 1 of 3 in 1h",
        "11: test of recalls: item 3: expected to fire at once, but does not: “Corvin recalls 700 fans.”; "
        "counted: 2 of 3 in 1h",
    ]


def test_a_throttle_holds_the_counts_of_a_sequence(tmp_path: Path) -> None:
    texts = "".join(
        f"    - {{text: {maker} recalls {40 + at} heaters., at: {at}m, fires: {fires}}}\n"
        for at, (maker, fires) in enumerate(
            [("Orlane", "false"), ("Brandt", "true"), ("Corvin", "false"), ("Delmar", "false")], 1
        )
    )
    sequence = f"- sequence:\n{texts}    - {{at: 5h, fires: false}}\n    - {{at: 7h}}\n  fires: true"
    assert run_tests(tmp_path, "name: r\nmatch: recall*\ncount: 2/1h\nthrottle: 1/6h\n", sequence) == []


BACKUP = "name: no-backup\nmatch: backup finished\nabsent: 2d\nsources: [nightly]\n"


def test_a_sequence_shows_when_an_absence_alerts(tmp_path: Path) -> None:
    sequence = """
- sequence:
    - {source: nightly, text: Backup finished without errors., fires: false}
    - {source: nightly, text: Backup finished without errors., at: 40h, fires: false}
    - {source: nightly, text: Backup failed., at: 60h, fires: false}
    - {at: 87h, fires: false}
    - {at: 88h, fires: true}
    - {at: 30d, fires: false}
    - {source: nightly, text: Backup finished without errors., at: 31d}
    - {at: 33d}
  fires: true
- sequence: [{at: 47h, fires: false}, {at: 2d, fires: true}]
"""
    assert run_tests(tmp_path, BACKUP, sequence) == []
    wrong = sequence.replace("true", "TRUE").replace("false", "true").replace("TRUE", "false")
    assert run_tests(tmp_path, BACKUP, wrong) == [
        "7: test of no-backup: item 1: expected to fire at once, but does not: “Backup finished without errors.”; "
        "present: the rule alerts after 2d without a match",
        "8: test of no-backup: item 2: expected to fire at once, but does not: “Backup finished without errors.”; "
        "present: the rule alerts after 2d without a match",
        "9: test of no-backup: item 3: expected to fire at once, but does not: “Backup failed.”; "
        "no match for `finished`",
        "10: test of no-backup: item 4: expected to fire at once, but does not; "
        "the absence is over 88h after the start",
        "11: test of no-backup: item 5: expected not to fire, but does; nothing matched for 2d: the last match was "
        "“Backup finished without errors.” (nightly) at 16:00 on 2 Jan; 1 source was read",
        "12: test of no-backup: item 6: expected to fire at once, but does not; the rule has alerted on this absence",
        "6: test of no-backup: item 8: expected not to fire, but does; nothing matched for 2d: the last match was "
        "“Backup finished without errors.” (nightly) at 00:00 on 1 Feb; 1 source was read",
        "16: test of no-backup: item 1: expected to fire at once, but does not; "
        "the absence is over 2d after the start",
        "16: test of no-backup: item 2: expected not to fire, but does; nothing matched for 2d: the rule waits since "
        "00:00 on 1 Jan; 3 sources were read",
    ]


def test_the_tags_of_an_item_are_its_own(tmp_path: Path) -> None:
    rule = "name: r\nmatch: tag:labour AND dam*\n"
    sequence = """
- sequence:
    - {source: city-desk, tags: [labour], text: The Halvik dam failed at dawn., fires: true}
    - {source: city-desk, text: Brunholm repairs its dams after a storm., fires: false}
"""
    assert run_tests(tmp_path, rule, sequence) == []


def test_an_absence_waits_for_sources_with_the_tags_of_an_item(tmp_path: Path) -> None:
    rule = BACKUP.replace("[nightly]", "['tag:backups']")
    sequence = """
- sequence:
    - {source: nightly, tags: [backups], text: Backup finished., at: 1d}
    - {source: city-desk, text: Backup finished., at: 2d, fires: false}
    - {source: nightly, text: Backup started., at: 50h}
    - {at: 3d, fires: true}
"""
    assert run_tests(tmp_path, rule, sequence) == []


def test_an_absence_that_ends_before_a_text_is_no_alert_of_the_text(tmp_path: Path) -> None:
    text = "{source: nightly, text: Backup finished without errors., at: 3d}"
    (failure,) = run_tests(tmp_path, BACKUP, f"- sequence: [{text}]\n  fires: true")
    assert failure.endswith("without a match; it fires before that, as time passes")


HOURS = "active: mon-fri 08:00-18:00\nexpires: 2026-12-16\n"


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-12-14T09:00", ""),
        ("2026-12-14T19:00", "active only mon-fri 08:00-18:00"),
        ("2026-12-17T09:00", "expired on 2026-12-16"),
    ],
)
def test_the_time_of_a_test_decides_whether_the_rule_is_active(tmp_path: Path, at: str, why: str) -> None:
    text = "The Halvik dam failed at dawn."
    fires = "false" if why else "true"
    single = f"- text: {text}\n  fires: {fires}\n  at: {at}"
    sequence = f"- sequence: [{{text: {text}}}]\n  fires: {fires}\n  at: {at}"
    assert run_tests(tmp_path, DAM + HOURS, f"{single}\n{sequence}") == []
    if why:
        wrong = f"{single}\n{sequence}".replace("fires: false", "fires: true")
        first, second = run_tests(tmp_path, DAM + HOURS, wrong)
        assert first.endswith(f"“{text}”; {why}")
        assert second.endswith(f"“{text}”; inactive: {why}")


def test_a_test_without_a_time_leaves_the_hours_of_the_rule_out(tmp_path: Path) -> None:
    text = "The Halvik dam failed at dawn."
    tests = f"- text: {text}\n  fires: true\n- sequence: [{{text: {text}}}]\n  fires: true"
    assert run_tests(tmp_path, DAM + HOURS, tests) == []


def test_an_absence_outside_the_hours_of_a_rule_alerts_when_they_begin(tmp_path: Path) -> None:
    rule = "name: r\nmatch: backup finished\nabsent: 12h\nactive: mon-fri 08:00-18:00\n"
    sequence = """
- at: 2026-12-11T16:00   # a Friday
  sequence:
    - {at: 63h, fires: false}
    - {at: 64h, fires: true}
- at: 2026-12-11T16:00
  sequence:
    - {text: Backup finished., at: 62h}
    - {at: 64h, fires: false}
    - {at: 74h, fires: false}
    - {at: 88h, fires: true}
"""
    assert run_tests(tmp_path, rule, sequence) == []


def test_an_expired_rule_raises_no_absence(tmp_path: Path) -> None:
    rule = "name: r\nmatch: backup finished\nabsent: 12h\nexpires: 2026-12-12\n"
    sequence = "- {at: '2026-12-DAY', sequence: [{at: 3d}], fires: FIRES}"
    assert run_tests(tmp_path, rule, sequence.replace("DAY", "11").replace("FIRES", "true")) == []
    assert run_tests(tmp_path, rule, sequence.replace("DAY", "12").replace("FIRES", "false")) == []


def test_matches_outside_the_hours_of_a_rule_are_not_counted(tmp_path: Path) -> None:
    rule = "name: r\nmatch: recall*\ncount: 2 per 1d\nactive: 08:00-18:00\n"
    sequence = """
- at: 2026-12-11T17:00
  sequence:
    - {text: Orlane recalls 40 heaters.}
    - {text: Brandt recalls 9 ovens., at: 2h, fires: false}
    - {text: Corvin recalls 700 fans., at: 16h, fires: true}
"""
    assert run_tests(tmp_path, rule, sequence) == []


def test_a_count_is_as_severe_as_the_most_severe_of_its_matches(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(
        "name: r\nmatch: recall*\ncount: 2 per 1h\nseverity: {critical: brakes, low: true}\n"
    )
    rules, _ = load_rules(tmp_path, builtin_aliases=None)
    texts = [
        "Orlane recalls 4 vans for brakes.",
        "Brandt recalls 9 ovens.",
        "Corvin recalls 7 fans.",
        "Elm recalls 3.",
    ]
    test = RuleTest(sequence=tuple(SequenceItem(text) for text in texts))
    outcomes = play_sequence(test, rules.rules[0], rules, TAGS)
    assert [str(alert.severity) for outcome in outcomes for alert in outcome.alerts] == ["critical", "low"]


def test_the_novelty_of_a_sequence_is_that_of_its_last_item(tmp_path: Path) -> None:
    sequence = (
        "- sequence:\n    - {entry: a, text: The dam holds 3000 tonnes.}\n"
        "    - {entry: a, text: The dam holds 9000 tonnes., at: 1h}\n  fires: true\n  novelty: "
    )
    assert run_tests(tmp_path, DAM, f"{sequence}changed") == []
    assert run_tests(tmp_path, DAM, f"{sequence}new") == [
        "4: test of dam: item 2: expected new, found changed: “The dam holds 9000 tonnes.”"
    ]


SEVERITIES = "name: dam\nmatch: dam\nseverity: {critical: dead > 10, high: title:flood*, low: true}\n"


@pytest.mark.parametrize(
    ("keys", "severity"),
    [
        ("text: The dam failed; 12 people are dead.", "critical"),
        ("text: The dam failed.\n  title: Floods in Halvik", "high"),
        ("text: The dam failed.", "low"),
    ],
)
def test_a_test_states_the_severity_of_the_alert(tmp_path: Path, keys: str, severity: str) -> None:
    test = f"- {keys}\n  fires: true\n  severity: "
    assert run_tests(tmp_path, SEVERITIES, test + severity) == []
    (failure,) = run_tests(tmp_path, SEVERITIES, test + "medium")
    assert failure.startswith(f"5: test of dam: expected severity medium, found {severity}: “The dam failed")


def test_the_severity_of_a_sequence_is_that_of_its_last_alert(tmp_path: Path) -> None:
    rule = "name: dam\nmatch: dam\ncorroboration: 2\nunconfirmed: low\nseverity: high\n"
    items = [
        '- sequence:\n    - {source: wire, text: "The Halvik dam failed at dawn."}',
        '    - {source: daily, text: "The Halvik dam failed at dawn."}',
    ]
    first, both = f"{items[0]}\n  fires: true\n  severity: ", f"{items[0]}\n{items[1]}\n  fires: true\n  severity: "
    assert run_tests(tmp_path, rule, first + "low") == []
    assert run_tests(tmp_path, rule, both + "high") == []
    assert run_tests(tmp_path, rule, both + "low") == [
        "7: test of dam: item 2: expected severity low, found high: “The Halvik dam failed at dawn.”"
    ]


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("- {text: A dam., fires: false, severity: low}", "`severity` has no meaning with `fires: false`"),
        ("- {text: A dam., fires: true, severity: lo}", "`severity`: expected info, low, medium, high or critical"),
        ("- fires: true", "missing key `text`"),
        ("- text: A dam.", "missing key `fires`"),
        ("- sequence: [{text: A dam.}]", "missing key `fires`"),
        (
            "- {text: A dam., fires: true, at: noon}",
            "`at`: expected a date and time such as `2026-12-14T08:00`, found",
        ),
        ("- {fires: true, sequence: [{text: A dam., at: soon}]}", "`at`: expected a duration such as 90s, 15m"),
        ("- {fires: true, sequence: [{txt: A dam.}]}", "unknown key `txt`; did you mean `text`?"),
        ("- {fires: true, text: A dam., sequence: [{text: A dam.}]}", "`text` belongs to an item of `sequence`"),
        ("- {fires: true, sequence: [{at: 2h}, {at: 1h}]}", "the items of `sequence` are out of order"),
    ],
)
def test_a_test_that_makes_no_sense_is_reported(tmp_path: Path, test: str, message: str) -> None:
    (failure,) = run_tests(tmp_path, DAM, test)
    assert message in failure


def test_rules_whose_tests_never_fire_or_always_fire_are_named(tmp_path: Path) -> None:
    fires, quiet = "{text: A dam failed., fires: true}", "{text: Rain fell., fires: false}"
    tests = {
        "bare": "[]",
        "loud": f"[{fires}]",
        "mute": f"[{quiet}]",
        "both": f"[{fires}, {quiet}]",
        "steps": "[{sequence: [{text: A dam failed., fires: true}, {text: Rain fell., fires: false}]}]",
    }
    rules = "".join(f"  - {{name: {name}, match: dam*, tests: {value}}}\n" for name, value in tests.items())
    (tmp_path / "r.yaml").write_text(f"rules:\n{rules}")
    ruleset, problems = load_rules(tmp_path, builtin_aliases=None)
    assert problems == ()
    assert rules_without_coverage(ruleset) == {
        "bare": "no tests",
        "loud": "no test that must not fire",
        "mute": "no test that must fire",
    }
