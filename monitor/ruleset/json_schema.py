"""The JSON Schemas of rule files and of aliases.yaml, for editors."""

from __future__ import annotations

from typing import Any

from monitor.ruleset.schema import NO_DEFAULT_KEYS, RuleModel

ALIAS_NAME_PATTERN = r"^[\w-]+$"
JSON_SCHEMA_DIALECT = "http://json-schema.org/draft-07/schema#"  # supported by all editors


def rule_schema() -> dict[str, Any]:
    """The schema of a file with one rule, or with `rules:` and a list of rules."""
    rule = RuleModel.model_json_schema(ref_template="#/definitions/{model}")
    shared = {key: value for key, value in rule["properties"].items() if key not in NO_DEFAULT_KEYS}
    defaults = {"title": "Defaults", "type": "object", "properties": shared, "additionalProperties": False}
    definitions = {**rule.pop("$defs"), "RuleShape": rule, "RuleDefaults": defaults}
    single_rule = {"$ref": "#/definitions/RuleShape"}
    rule_list = {
        "type": "object",
        "properties": {
            "rules": {
                "title": "Rules",
                "type": "array",
                "items": single_rule,
                "description": "several rules in one file",
            },
            "defaults": {"$ref": "#/definitions/RuleDefaults", "description": "keys for all rules of the file"},
        },
        "required": ["rules"],
        "additionalProperties": False,
    }
    return {
        "$schema": JSON_SCHEMA_DIALECT,
        "title": "A rule file",
        "if": {"required": ["rules"]},
        "then": rule_list,
        "else": single_rule,
        "definitions": definitions,
    }


def aliases_schema() -> dict[str, Any]:
    """The schema of aliases.yaml."""
    words = {"anyOf": [{"type": ["string", "number"]}, {"type": "array", "items": {"type": ["string", "number"]}}]}

    def section(title: str, description: str, value: dict[str, Any]) -> dict[str, Any]:
        named = {ALIAS_NAME_PATTERN: value}
        body = {"type": ["object", "null"], "patternProperties": named, "additionalProperties": False}
        return {"title": title, "description": description, **body}

    query = {"type": "string", "minLength": 1}
    return {
        "$schema": JSON_SCHEMA_DIALECT,
        "title": "Words and queries that rules share",
        "type": ["object", "null"],
        "properties": {
            "same": section(
                "Synonyms", "words that mean the same, also for comparison; written @name in queries", words
            ),
            "lists": section("Lists", "words of one kind, only for queries; written @name in queries", words),
            "queries": section("Queries", "parts that queries share; written @name in queries", query),
        },
        "additionalProperties": False,
    }
