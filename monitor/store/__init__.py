"""The only SQL of the program: what was said, what was decided of it, and what is owed to whom.

`open_store` gives a `Store`; the other modules are functions that take a connection of one of its transactions.
"""

from monitor.store.base import Store
from monitor.store.connect import open_store

__all__ = ["Store", "open_store"]
