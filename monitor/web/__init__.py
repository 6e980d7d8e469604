"""The pages and the JSON of a running monitor: `app` makes the application, `serve` puts it on a port.

Read only: nothing here writes to the store.
"""
