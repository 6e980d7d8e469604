"""The query language: compiles the text of a query into nodes that are evaluated on updates."""
