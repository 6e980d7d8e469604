"""The JSON Schema of rule files: it describes every key and is shipped with the rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.app import run_command_line
from monitor.model import Novelty, Severity
from monitor.ruleset.schema import RuleModel, rule_schema

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


def test_the_shipped_schema_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["schema"]) == 0
    assert capsys.readouterr().out == (RULES / "rule.schema.json").read_text("utf-8"), (
        "run: monitor schema > rules/rule.schema.json"
    )
    assert json.loads((RULES / "rule.schema.json").read_text("utf-8")) == rule_schema()


def test_every_shipped_rule_file_refers_to_the_schema() -> None:
    files = [file for file in RULES.glob("*.yaml") if file.name != "aliases.yaml"]
    assert files
    for file in files:
        assert file.read_text("utf-8").startswith("# yaml-language-server: $schema=rule.schema.json\n"), file


def test_init_writes_the_schema_next_to_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command_line(["init"]) == 0
    assert (tmp_path / "rules/rule.schema.json").is_file()


def test_the_schema_command_takes_no_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["schema", "extra"]) == 2
    assert capsys.readouterr().err.startswith("monitor: ")
