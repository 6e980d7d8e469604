"""Reads `config.toml`: text, TOML, placeholders, validation; every problem has its line and column."""
