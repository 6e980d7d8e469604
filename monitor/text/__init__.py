"""Splits markup into claims, and claims into words, numbers, dates, names and cues. Pure functions."""
