"""Parsers from response bodies to entries. They run in worker processes, so that no document can stop the daemon."""
