"""Claimwatch: alerts people to what is new in the feeds they follow."""

__version__ = "0.1.0"
