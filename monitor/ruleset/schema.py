"""The JSON Schema of a rule file, from which editors complete keys and mark mistakes while they are typed."""

from __future__ import annotations

from typing import Any

from monitor.ruleset.shape import RuleShape

DIALECT = "http://json-schema.org/draft-07/schema#"  # the one that editors know best


def rule_schema() -> dict[str, Any]:
    """A file holds one rule, or `rules:` with a list of them."""
    rule = RuleShape.model_json_schema(ref_template="#/definitions/{model}")
    definitions = {**rule.pop("$defs"), "RuleShape": rule}
    one = {"$ref": "#/definitions/RuleShape"}
    several = {
        "type": "object",
        "properties": {"rules": {"type": "array", "items": one, "description": "several rules in one file"}},
        "required": ["rules"],
        "additionalProperties": False,
    }
    return {
        "$schema": DIALECT,
        "title": "A rule file",
        "if": {"required": ["rules"]},
        "then": several,
        "else": one,
        "definitions": definitions,
    }
