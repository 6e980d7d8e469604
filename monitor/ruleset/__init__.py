"""Reads rule files and matches rules: YAML → `RuleSet` and problems; an update → `Match`es."""
