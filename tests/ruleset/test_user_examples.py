"""What users of other alert tools tried first, from the file of a rule to its decision.

Most of it is tested in detail elsewhere; here each thing works as one would expect from ElastAlert, Sigma,
Alertmanager or Factiva.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
from kit.databases import write_config_file
from kit.rules import rule_problems

from monitor.cli.app import run_command_line
from monitor.config_file.load import read_config
from monitor.model import Update
from monitor.policy import load_policy
from monitor.polling.ingest import ingest_update
from monitor.store import sources
from monitor.store.connect import open_store

TAGS = {"wire": ("ports",), "gazette": ()}


def check(folder: Path, rule: str, tests: str = "", aliases: str = "") -> list[str]:
    """Return what `check` says of a rule with these tests."""
    folder = folder / "rules"
    folder.mkdir(exist_ok=True)
    text = dedent(rule).strip() + "\n"
    (folder / "r.yaml").write_text(f"{text}tests:\n{indent(dedent(tests).strip(), '  ')}\n" if tests else text)
    if aliases:
        (folder / "aliases.yaml").write_text(dedent(aliases))
    return [problem.message for problem in rule_problems(folder, TAGS)]


def check_query(folder: Path, query: str, text: str = "", fires: bool = True) -> list[str]:
    """Return what `check` says of a query, and of whether it fires for a text."""
    rule = f"name: r\nmatch: >-\n  {query}\n"
    return check(folder, rule, f"- text: {json.dumps(text)}\n  fires: {str(fires).lower()}" if text else "")


@pytest.mark.parametrize(
    ("query", "text", "fires"),
    [
        ("~worker* > 1000", "The foundry in Tolm will lay off 1,400 workers.", True),
        ("worker* > 1000", "The foundry in Tolm will lay off 1,400 workers.", False),
        ("worker* > 1000", "The foundry in Tolm has laid off 1,400 workers.", True),
        ("case* > 2000", "The clinic counted more than 2,000 cases of measles.", True),
        ("case* > 2000", "The clinic counted fewer than 2,000 cases of measles.", False),
        ("rate > 3.2%", "The bank of Ostra lifts its rate from 3% to 3.25%.", True),
        ("rate > 3.2%", "The bank of Ostra cuts its rate from 3.25% to 3%.", False),
        ("rate > 15", "The bank of Ostra lifts its rate by 25 basis points.", False),
        ("rate > 15bp", "The bank of Ostra lifts its rate by 25 basis points.", True),
        ("CVSS >= 9", "CVE-2031-99871 affects the library; its CVSS score is 4.1.", False),
        ("CVSS >= 9", "CVE-2031-11871 affects the library; its CVSS score is 9.9.", True),
        ("turnout >= 10%", "Turnout in Tolm was 12 percent.", True),
        ("loss > 1.5m", "The port reported a loss of 2 million.", True),
        ("boat* between 3 and 5", "Four boats are missing.", True),
        ("boat* between 3 and 5", "Seven boats are missing.", False),
        ("boat* > 5", "From 4 to 7 boats are missing.", True),
    ],
)
def test_numbers_are_read_as_people_write_them(tmp_path: Path, query: str, text: str, fires: bool) -> None:
    assert check_query(tmp_path, query, text, fires) == []


def test_a_forecast_is_named_where_a_fact_was_asked_for(tmp_path: Path) -> None:
    (message,) = check_query(tmp_path, "worker* > 1000", "The foundry in Tolm will lay off 1,400 workers.")
    assert message.endswith("“1,400” is said of “workers”, but as a forecast; `~worker* > 1000` admits forecasts")


@pytest.mark.parametrize(
    ("query", "remedy"),
    [
        ("bank w/5 rate", "write NEAR/5"),
        ("bank PRE/5 rate", "write BEFORE/5"),
        ("bank ADJ5 rate", "write BEFORE/5 (this order) or NEAR/5 (any order)"),
        ("bank NEAR5 rate", "write NEAR/5"),
        ("bank WITHIN 5 rate", "write NEAR/5"),
        ("atleast3 bank", "write ATLEAST 3"),
        ("bank ANDNOT river", "write AND NOT"),
        ("rate BETWEEN 3 AND 5", "write `cases between 3 and 5`"),
        ("bank!", "write `bank*`"),
        ("coloni#ation", "/coloni.?ation/"),
    ],
)
def test_an_operator_of_another_tool_is_refused_with_the_spelling_used_here(
    tmp_path: Path, query: str, remedy: str
) -> None:
    (message,) = check_query(tmp_path, query)
    assert "is an operator of other tools: here, write " in message
    assert remedy in message


@pytest.mark.parametrize(
    "query", ["bank SAME PARAGRAPH rate", "bank SAME SENTENCE rate", "ATLEAST 2 (bank* OR rate*)", "FIRST 4 bank"]
)
def test_these_operators_work_here(tmp_path: Path, query: str) -> None:
    assert check_query(tmp_path, query, "The bank of Ostra keeps its rate.") == []


@pytest.mark.parametrize("query", ["the OR a", "ferry OR the", "th*"])
def test_a_term_that_almost_every_text_has_is_warned_of(tmp_path: Path, query: str) -> None:
    (message,) = check_query(tmp_path, query)
    assert message.startswith("almost every text has `")


@pytest.mark.parametrize(
    ("query", "text", "fires"),
    [
        ("=US AND envoy", "The US sent an envoy to Tolm.", True),
        ("=US AND envoy", "The envoy told us of it.", False),
        ("=WHO AND vaccine*", "The WHO sent vaccines to Tolm.", True),
        ("=WHO AND vaccine*", "Those who need vaccines must wait.", False),
    ],
)
def test_case_can_matter(tmp_path: Path, query: str, text: str, fires: bool) -> None:
    assert check_query(tmp_path, query, text, fires) == []


def test_all_news_of_a_source_can_be_asked_for(tmp_path: Path) -> None:
    rule = "name: r\nmatch: '*'\nsources: [wire]\n"
    tests = """
        - {source: wire, text: A crane was moved., fires: true}
        - {source: gazette, text: A crane was moved., fires: false}
    """
    assert check(tmp_path, rule, tests) == []
    for refused in ("/.*/", "NOT zzz"):
        (message,) = check_query(tmp_path, refused)
        assert "for all news" in message


def test_the_tests_of_a_rule_can_give_source_title_and_tags(tmp_path: Path) -> None:
    rule = "name: r\nmatch: title:strike AND url:tolm AND tag:ports\nsources: [wire]\n"
    tests = """
        - {text: Cranes stand still., title: Strike, url: https://tolm.example/1, source: wire, fires: true}
        - {text: Cranes stand still., title: Strike, url: https://tolm.example/1, source: gazette, tags: [ports],
           fires: false}
        - {text: Cranes stand still., title: Strike, url: https://ostra.example/1, source: wire, fires: false}
    """
    assert check(tmp_path, rule, tests) == []


def test_the_tests_of_a_rule_play_throttles_and_corroboration(tmp_path: Path) -> None:
    throttled = "name: r\nmatch: dam\nthrottle: 1 per 6h\n"
    tests = """
        - sequence:
            - {entry: dam, text: The Tolm dam failed; 3 people died., fires: true}
            - {entry: dam, text: The Tolm dam failed; 9 people died., at: 1h, fires: false}
            - {at: 6h, fires: true}
    """
    assert check(tmp_path, throttled, tests) == []
    corroborated = "name: r\nmatch: dam\ncorroboration: 2\n"
    tests = """
        - sequence:
            - {source: wire, text: The Tolm dam failed at dawn., fires: false}
            - {source: gazette, text: The Tolm dam failed at dawn., at: 5m, fires: true}
    """
    assert check(tmp_path, corroborated, tests) == []


@pytest.mark.parametrize("key", ["throttle: 3/6h", "throttle: 3 per day", "severity: HIGH", "since: 7 days"])
def test_plain_spellings_of_values_are_accepted(tmp_path: Path, key: str) -> None:
    assert check(tmp_path, f"name: r\nmatch: dam\n{key}\n") == []


def schema(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    assert run_command_line(["schema", *options]) == 0
    loaded: dict[str, Any] = json.loads(capsys.readouterr().out)
    return loaded


def test_the_schemas_check_spellings_and_say_plain_words(capsys: pytest.CaptureFixture[str]) -> None:
    rules, aliases = schema(capsys), schema(capsys, "--aliases")
    definitions = rules["definitions"]
    properties = definitions["RuleShape"]["properties"]
    for key, value in (("throttle", "3/6h"), ("throttle", "3 per day"), ("since", "7 days")):
        assert re.search(properties[key]["pattern"], value)
        assert not re.search(properties[key]["pattern"], "often")
    assert not [definition for definition in definitions.values() if "Model" in definition.get("title", "Model")]
    assert {"same", "lists", "queries"} <= set(aliases["properties"])


def test_an_unconfirmed_alert_cannot_be_more_severe_than_the_confirmed_one(tmp_path: Path) -> None:
    rule = "name: r\nmatch: dam\nseverity: low\ncorroboration: 2\nunconfirmed: critical\n"
    assert check(tmp_path, rule) == ["`unconfirmed: critical` is above `severity: low` of confirmed alerts"]


PEERS = """
    defaults: {expires: 2035-01-01, sources: [wire, gazette], active: mon-fri 08:00-18:00}
    rules:
      - name: incident
        match: "@incident"
        severity: {high: dead > 5, low: true}
        inhibits: [often]
        tests:
          - {text: The dam in Tolm failed; 7 are dead., source: wire, fires: true, severity: high}
          - {text: The dam in Tolm failed., source: gazette, fires: true, severity: low}
          - {text: The dam in Tolm failed., source: other, fires: false}
          - {text: The dam in Tolm failed., at: 2031-07-07T09:00, fires: true}
          - {text: The dam in Tolm failed., at: 2031-07-07T19:00, fires: false}   # outside the hours
          - {text: The dam in Tolm failed., at: 2035-01-01T09:00, fires: false}   # expired
      - name: often
        match: "@incident"
        count: 2 per 1h
        tests:
          - sequence:
              - {text: The dam in Tolm failed., fires: false}
              - {text: A dam near Ostra failed., at: 30m, fires: true}
          - sequence:
              - {text: The dam in Tolm failed., fires: false}
              - {text: A dam near Ostra failed., at: 2h, fires: false}
      - name: silent
        match: "@incident"
        absent: 2d
        tests:
          - sequence:
              - {text: The dam in Tolm failed., at: 1d, fires: false}
              - {at: 3d, fires: true}
"""


def test_rules_with_the_features_of_other_tools_are_accepted(tmp_path: Path) -> None:
    """Severity by condition, parts of queries, counts, absences, hours, an end, defaults and inhibition."""
    assert check(tmp_path, PEERS, aliases="queries:\n  incident: dam NEAR/5 fail*\n") == []


def test_an_unsupported_key_names_the_alternative(tmp_path: Path) -> None:
    (message,) = check(tmp_path, "name: r\nmatch: dam\nlanguage: fr\n")
    assert message.endswith("there is no language filter: tag the sources, as in `sources: ['tag:french']`")


NINE_RULES = "rules:\n" + "".join(
    f"  - {{name: r{number}, match: {query}}}\n"
    for number, query in enumerate(["canoe", "dam OR bridge OR canal OR quay OR jetty", *["yacht"] * 7], 1)
)


def test_explain_shows_the_rule_that_fired_and_folds_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/r.yaml").write_text(NINE_RULES)
    write_config_file(
        tmp_path,
        '[monitor]\ndatabase = "sqlite:///monitor.db"\nrules = "rules"\n'
        '[[sources]]\nname = "wire"\nurl = "https://wire.example/feed"\n',
    )
    config = read_config(tmp_path / "config.toml", env={})
    store = open_store(config.monitor.database)
    update = Update("wire", "e1", 1_000.0, "", "", "The quay in Tolm is closed.")
    with store.write() as conn:
        sources.sync_sources(conn, config.sources, 0.0)
        ingest_update(conn, update, load_policy(config), digest="1", memory=1e6, now=1_000.0)
    store.close()

    assert run_command_line(["explain", "1"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"(?m)^r2 ", shown)
    assert "1 of 5 alternatives matched: `quay`" in shown
    assert re.search(r"(?m)^8 rules did not match: ", shown)
    assert "yacht" not in shown and "canoe" not in shown
