"""Sources: from an address to entries. `fetch` and `guard` are the only code that polls the network."""
