"""Claimwatch: tells people what is new in the feeds they follow."""

__version__ = "0.1.0"
