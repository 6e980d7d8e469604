"""The beginnings of the configs of tests: servers on loopback, and a feed."""

from __future__ import annotations

LOOPBACK_CONFIG = """
[monitor]
database = "sqlite:///monitor.db"
[network]
allow_private = ["127.0.0.0/8"]
"""
BULLETINS_CONFIG = f"""{LOOPBACK_CONFIG}[[sources]]
name = "bulletins"
url = "{{feed}}"
every = "1s"
"""
NEWS_CONFIG = f'{BULLETINS_CONFIG}first_poll = "alert"\n'  # with alerts from the first poll on
