"""Word lists for reading claims: plain Python data, one thing a file, nothing computed but dictionaries."""
