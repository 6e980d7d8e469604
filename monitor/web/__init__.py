"""The web UI and JSON API of a running monitor: `app` builds the application, `server` serves it on a port.

The only writes to the store are the answers to alerts and the silences that people submit with a form.
"""
