"""The JSON Schema of a rule file, from which editors complete keys and mark mistakes while they are typed."""

from __future__ import annotations

from typing import Any

from monitor.ruleset.shape import RuleModel

JSON_SCHEMA_DIALECT = "http://json-schema.org/draft-07/schema#"  # the one that editors know best


def rule_schema() -> dict[str, Any]:
    """A file holds one rule, or `rules:` with a list of them."""
    rule = RuleModel.model_json_schema(ref_template="#/definitions/{model}")
    definitions = {**rule.pop("$defs"), "RuleShape": rule}
    single_rule = {"$ref": "#/definitions/RuleShape"}
    rule_list = {
        "type": "object",
        "properties": {"rules": {"type": "array", "items": single_rule, "description": "several rules in one file"}},
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
