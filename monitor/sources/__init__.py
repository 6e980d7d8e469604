"""From the address of a source to its entries: discovery, parsing, health, and when to poll."""
