"""The pages and the JSON of a running monitor: `app` makes the application, `serve` puts it on a port.

Nothing here writes to the store but what people answer to alerts and what they silence, at the press of a button.
"""
