"""The JSON Schema of rule files: it describes every key and is shipped with the rules."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.app import run_command_line
from monitor.model import Novelty, Severity
from monitor.ruleset.json_schema import aliases_schema, rule_schema
from monitor.ruleset.load import load_rules
from monitor.ruleset.schema import RuleModel

RULES = Path(__file__).parents[2] / "rules"


@pytest.fixture
def rule() -> dict[str, Any]:
    definition: dict[str, Any] = rule_schema()["definitions"]["RuleShape"]
    return definition


def test_every_key_of_a_rule_is_described_and_no_other_is_allowed(rule: dict[str, Any]) -> None:
    assert set(rule["properties"]) == set(RuleModel.model_fields)
    assert rule["additionalProperties"] is False
    assert sorted(rule["required"]) == ["match", "name"]
    assert all(key.get("description") for key in rule["properties"].values())


def test_keys_with_one_value_or_a_list_accept_both(rule: dict[str, Any]) -> None:
    single, several = rule["properties"]["on"]["anyOf"]
    assert single["enum"] == several["items"]["enum"] == list(Novelty)
    for name in ("sources", "notify", "tags", "references"):
        assert {"type": "string"} in rule["properties"][name].get("anyOf", ()), name


def test_severities_are_listed() -> None:
    assert rule_schema()["definitions"]["Severity"]["enum"] == list(Severity)


def test_every_reference_has_a_definition() -> None:
    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if "$ref" in part else []
            return own + [name for value in part.values() for name in references(value)]
        return [name for value in part for name in references(value)] if isinstance(part, list) else []

    schema = rule_schema()
    names = references(schema)
    assert names
    assert {name.removeprefix("#/definitions/") for name in names} <= set(schema["definitions"])


@pytest.mark.parametrize(
    ("options", "file", "schema"),
    [((), "rule.schema.json", rule_schema()), (("--aliases",), "aliases.schema.json", aliases_schema())],
)
def test_the_shipped_schemas_are_current(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], file: str, schema: dict[str, Any]
) -> None:
    assert run_command_line(["schema", *options]) == 0
    text = (RULES / file).read_text("utf-8")
    assert capsys.readouterr().out == text, f"run: monitor schema {' '.join(options)} > rules/{file}"
    assert json.loads(text) == schema


def test_every_shipped_rule_file_refers_to_its_schema() -> None:
    files = list(RULES.glob("*.yaml"))
    assert len(files) > 1
    for file in files:
        schema = "aliases" if file.name == "aliases.yaml" else "rule"
        assert file.read_text("utf-8").startswith(f"# yaml-language-server: $schema={schema}.schema.json\n"), file


def test_every_key_has_a_plain_title_and_text_has_a_pattern(rule: dict[str, Any]) -> None:
    titles = [key["title"] for key in rule["properties"].values() if "title" in key]
    assert "Corroboration" in titles
    assert rule["title"] == "Rule"
    assert not [name for name in rule_schema()["definitions"] if name.endswith("Model") and "title" not in rule]
    for name in ("name", "throttle", "since", "expires", "active", "match"):
        assert "pattern" in json.dumps(rule["properties"][name]), name


PATTERN_VALUES = [
    ("throttle", ["3 per 6h", "3/6h", "3 per day", "10 per 90 minutes"], ["3", "often", "3 per h4"]),
    ("since", ["7d", "7 days", "1.5h"], ["soon", "7"]),
    ("expires", ["2027-01-01"], ["2027", "1 Jan 2027"]),
    ("active", ["mon-fri 08:00-18:00", "22:00-07:00"], ["office hours"]),
    ("name", ["dprk-troops"], ["a b", ""]),
]


@pytest.mark.parametrize(("key", "valid", "invalid"), PATTERN_VALUES)
def test_the_patterns_accept_what_check_accepts(
    rule: dict[str, Any], tmp_path: Path, key: str, valid: list[str], invalid: list[str]
) -> None:
    def patterns(part: Any) -> list[str]:
        if isinstance(part, dict):
            return [part["pattern"]] if "pattern" in part else [p for value in part.values() for p in patterns(value)]
        return [p for value in part for p in patterns(value)] if isinstance(part, list) else []

    (pattern,) = set(patterns(rule["properties"][key]))
    for value in (*valid, *invalid):
        text = {"name": "r", "match": "storm"} | {key: value}
        (tmp_path / "r.yaml").write_text(json.dumps(text), "utf-8")
        errors = [problem for problem in load_rules(tmp_path, builtin_aliases=None)[1] if not problem.warning]
        assert bool(re.search(pattern, value)) is (value in valid) is not bool(errors), (value, errors)


@pytest.mark.parametrize(
    ("limit", "is_valid"),
    [
        *(
            (limit, True)
            for limit in ("above 10000", "above 10,000", "above 4.4%", "below $3m", "below EUR 3 million")
        ),
        *((limit, True) for limit in ("above 120 km", "above 3m EUR", "above 20bp", "below US$1 000 000")),
        *((limit, False) for limit in ("over 5", "above", "above many", "below $", "above 3,0")),
    ],
)
def test_the_pattern_of_a_limit_accepts_units(tmp_path: Path, limit: str, is_valid: bool) -> None:
    definition = rule_schema()["definitions"]["FigureModel"]["properties"]["alert"]
    text = {"name": "r", "match": "storm", "figures": {"toll": {"of": "dead", "alert": limit}}}
    (tmp_path / "r.yaml").write_text(json.dumps(text), "utf-8")
    errors = [problem for problem in load_rules(tmp_path, builtin_aliases=None)[1] if not problem.warning]
    assert bool(re.search(definition["pattern"], limit)) is is_valid is not bool(errors)


@pytest.mark.parametrize(
    ("model", "key", "valid", "invalid"),
    [
        ("SequenceItemModel", "at", ("0", "10m", "2 hours"), ("soon", "5")),
        ("RuleTestModel", "at", ("2026-12-14", "2026-12-14T08:00"), ("08:00", "tomorrow")),
    ],
)
def test_the_patterns_of_times_in_tests(
    model: str, key: str, valid: tuple[str, ...], invalid: tuple[str, ...]
) -> None:
    pattern = rule_schema()["definitions"][model]["properties"][key]["pattern"]
    assert [value for value in (*valid, *invalid) if re.search(pattern, value)] == list(valid)


def test_init_gives_every_rule_file_its_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command_line(["init"]) == 0
    for file in (tmp_path / "rules").glob("*.yaml"):
        name = file.read_text("utf-8").splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        assert (tmp_path / "rules" / name).is_file(), file


def test_init_writes_the_schema_next_to_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command_line(["init"]) == 0
    assert (tmp_path / "rules/rule.schema.json").is_file()


def test_the_schema_command_takes_no_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["schema", "extra"]) == 2
    assert capsys.readouterr().err.startswith("monitor: ")
