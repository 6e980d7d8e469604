"""Fingerprints of channel settings."""

from __future__ import annotations

import pytest

from monitor.config.fingerprint import settings_fingerprint
from monitor.config.models import ChannelConfig
from monitor.deliver.channels.webhook import WebhookSettings

URL = "https://siem.example.org/hook"
SECRET = "whsec_" + "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0"
BEFORE_UPDATES = "2710"  # of these settings, before `updates` was added


def webhook(**keys: object) -> ChannelConfig:
    return WebhookSettings.model_validate({"name": "siem", "type": "webhook", "url": URL, "secret": SECRET, **keys})


def test_a_setting_that_was_added_changes_the_fingerprint_only_where_it_is_set() -> None:
    assert settings_fingerprint(webhook()) == BEFORE_UPDATES
    assert settings_fingerprint(webhook(updates=False)) == BEFORE_UPDATES
    assert settings_fingerprint(webhook(updates=True)) != BEFORE_UPDATES


@pytest.mark.parametrize("key", [{"severity": "high"}, {"url": URL + "/2"}, {"proxy": ""}])
def test_every_setting_of_a_channel_changes_its_fingerprint(key: dict[str, object]) -> None:
    assert settings_fingerprint(webhook(**key)) != settings_fingerprint(webhook())
