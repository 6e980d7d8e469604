"""Word lists for analyzing claims: plain data, one topic per module, no code except dictionaries built from it."""
