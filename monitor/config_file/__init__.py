"""Read `config.toml`: text, TOML, placeholders, validation; every problem with its line and column."""
