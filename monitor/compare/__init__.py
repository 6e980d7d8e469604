"""Fuzzy comparison: finds the earlier claim that a claim repeats or changes, and what changed. Pure functions."""
