"""All SQL of the program: claims and updates, decisions and alerts, and the outbox of messages.

`connect.open_store` returns a `base.Store`. The other modules are functions that take a connection of a transaction.
"""
