"""Marks by which a channel is seen to have been mended: its settings are others than when it failed."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from pydantic import SecretStr

from monitor.config.models import ChannelConfig


def settings_fingerprint(settings: ChannelConfig) -> str:
    """A mark of all settings of a channel, its secrets too.

    Two bytes are enough to see a change, and too few to find a password by trying.
    """
    values = sorted((name, setting_text(value)) for name, value in settings)
    return blake2b(repr(values).encode("utf-8", "replace"), digest_size=2).hexdigest()


def setting_text(value: Any) -> str:
    """A setting as text, a secret as what it hides."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return repr([setting_text(item) for item in value]) if isinstance(value, tuple) else str(value)
