"""The query language: text in, predicate out."""
