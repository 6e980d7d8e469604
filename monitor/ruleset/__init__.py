"""Rule files become rules, and rules are matched: YAML → `RuleSet` and problems; an update → `Match`es."""
