"""Fingerprints of a channel's settings, which show that a failed channel has been changed since."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from pydantic import SecretStr

from monitor.config.models import ChannelConfig

# Settings added after fingerprints were first stored, and the values with which a channel must not look changed.
ADDED_SETTINGS: dict[str, object] = {"proxy": None, "severity_marker": True, "threading": "headers", "updates": False}


def settings_fingerprint(settings: ChannelConfig) -> str:
    """Return a hash of all settings of a channel, including secrets.

    Two bytes are enough to detect a change, and too few to guess a password from.
    """
    values = sorted(
        (name, setting_text(value))
        for name, value in settings
        if name not in ADDED_SETTINGS or value != ADDED_SETTINGS[name]
    )
    return blake2b(repr(values).encode("utf-8", "replace"), digest_size=2).hexdigest()


def setting_text(value: Any) -> str:
    """Return a setting as text, with the value of a secret."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return repr([setting_text(item) for item in value]) if isinstance(value, tuple) else str(value)
