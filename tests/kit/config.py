"""Configs of tests, table by table, and the folders that hold them.

loopback_config(source_table("wire", feed.url, every="1s"), webhook_table("hook", hook.url), notify_table("hook"))
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

FERRIES_RULE = "name: ferries\nmatch: ferr*\n"
WEBHOOK_SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def toml_table(header: str, **keys: object) -> str:
    """Return a TOML table, such as `toml_table("[web]", listen="127.0.0.1:8080")`."""
    return "\n".join([header, *(f"{key} = {json.dumps(value)}" for key, value in keys.items()), ""])


def loopback_config(*tables: str, network: Mapping[str, object] | None = None, **monitor_keys: object) -> str:
    """Return a config that may use servers on 127.0.0.1, with more keys of `[monitor]` and of `[network]`."""
    network_table = toml_table("[network]", allow_private=["127.0.0.0/8"], **(network or {}))
    return "".join([toml_table("[monitor]", **monitor_keys), network_table, *tables])


def source_table(name: str, url: str, **keys: object) -> str:
    return toml_table("[[sources]]", name=name, url=url, **keys)


def webhook_table(name: str, url: str, **keys: object) -> str:
    return toml_table(f"[channels.{name}]", type="webhook", url=url, secret=WEBHOOK_SECRET, **keys)


def email_table(name: str, port: int, to: str | list[str] = "reader@desk.example", **keys: object) -> str:
    """Return a channel to a mail server on a port of 127.0.0.1."""
    server = {"host": "127.0.0.1", "port": port, "tls": "none", "from": "Claimwatch <monitor@desk.example>"}
    return toml_table(f"[channels.{name}]", type="email", to=to, **server, **keys)


def terminal_table(name: str, **keys: object) -> str:
    return toml_table(f"[channels.{name}]", type="terminal", **keys)


def notify_table(*channels: str) -> str:
    """Return the table that sends all alerts to these channels."""
    return toml_table("[alerts]", notify=channels)


def write_rules(folder: Path, *rules: str) -> Path:
    """Write each rule into a file named by it, in `rules/` below a folder. Return the folder of the rules."""
    rules_folder = folder / "rules"
    rules_folder.mkdir(parents=True, exist_ok=True)
    for rule in rules:
        name = rule.strip().partition("\n")[0].removeprefix("name: ")
        (rules_folder / f"{name}.yaml").write_text(rule)
    return rules_folder


def write_folder(folder: Path, config: str, *rules: str) -> Path:
    """Write `config.toml` and rules into a folder. Return the path of the config."""
    write_rules(folder, *rules)
    path = folder / "config.toml"
    path.write_text(config)
    return path
