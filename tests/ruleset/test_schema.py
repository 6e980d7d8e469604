"""The JSON Schema of rule files: it knows every key, and lies beside the rules that ship."""

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
    shape: dict[str, Any] = rule_schema()["definitions"]["RuleShape"]
    return shape


def test_every_key_of_a_rule_is_there_and_described_and_no_other_is_allowed(rule: dict[str, Any]) -> None:
    assert set(rule["properties"]) == set(RuleModel.model_fields)
    assert rule["additionalProperties"] is False
    assert sorted(rule["required"]) == ["match", "name"]
    assert all(shape.get("description") for shape in rule["properties"].values())


def test_what_may_be_one_word_or_a_list_says_so(rule: dict[str, Any]) -> None:
    one, several = rule["properties"]["on"]["anyOf"]
    assert one["enum"] == several["items"]["enum"] == list(Novelty)
    for name in ("sources", "notify", "tags", "references"):
        assert {"type": "string"} in rule["properties"][name].get("anyOf", ()), name


def test_words_that_must_be_chosen_are_listed() -> None:
    assert rule_schema()["definitions"]["Severity"]["enum"] == list(Severity)


def test_every_reference_leads_somewhere() -> None:
    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if "$ref" in part else []
            return own + [found for value in part.values() for found in references(value)]
        return [found for value in part for found in references(value)] if isinstance(part, list) else []

    schema = rule_schema()
    found = references(schema)
    assert found
    assert {name.removeprefix("#/definitions/") for name in found} <= set(schema["definitions"])


def test_the_command_writes_the_file_that_ships(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["schema"]) == 0
    assert capsys.readouterr().out == (RULES / "rule.schema.json").read_text("utf-8"), (
        "write it anew: monitor schema > rules/rule.schema.json"
    )
    assert json.loads((RULES / "rule.schema.json").read_text("utf-8")) == rule_schema()


def test_every_rule_file_that_ships_leads_editors_to_it() -> None:
    files = [file for file in RULES.glob("*.yaml") if file.name != "aliases.yaml"]
    assert files
    for file in files:
        assert file.read_text("utf-8").startswith("# yaml-language-server: $schema=rule.schema.json\n"), file


def test_init_lays_it_beside_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command_line(["init"]) == 0
    assert (tmp_path / "rules/rule.schema.json").is_file()


def test_it_takes_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["schema", "extra"]) == 2
    assert capsys.readouterr().err.startswith("monitor: ")
