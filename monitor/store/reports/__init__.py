"""Read-only listings for commands and the web UI."""
