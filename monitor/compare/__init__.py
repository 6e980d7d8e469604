"""Fuzzy comparison: which earlier claim does this one repeat, and what moved between the two."""
