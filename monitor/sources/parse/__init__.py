"""Bytes to entries. Runs in worker processes, so that no document can stop the daemon."""
