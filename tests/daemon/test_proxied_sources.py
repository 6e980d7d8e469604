"""A feed is followed through a proxy, from the first poll to an alert about a new entry."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.daemon_harness import DaemonHarness
from kit.proxy_server import proxy_server
from kit.servers import Bulletin, FeedServer

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("scheme", "login", "keys"),
    [
        ("http", "", "source_keys"),
        ("socks5", "", "source_keys"),
        ("http", "reader:open-sesame", "source_keys"),
        ("socks5", "reader:open-sesame", "network_keys"),
        ("http", "", "network_keys"),
    ],
)
async def test_a_feed_is_followed_through_a_proxy(tmp_path: Path, scheme: str, login: str, keys: str) -> None:
    (tmp_path / "rules").mkdir()
    first = Bulletin("1", "The ferry to Marnholm sails again")
    with proxy_server(tmp_path, scheme, login) as proxy, FeedServer(first) as feed:
        url = f"{scheme}{'h' if scheme == 'socks5' else ''}://{login + '@' if login else ''}{proxy.address}"
        harness = DaemonHarness(tmp_path, feed, **{keys: f'proxy = "{url}"'})
        harness.write_rule("name: ferries\ntitle: Ferries\nmatch: ferr*\n")
        await harness.run_round(first_poll="baseline")
        harness.publish("2", "Two ferries collide off Selby")
        await harness.run_round()

        assert len(proxy.connections()) >= 1
        assert feed.answered == [200, 200]
    assert {tuple(claims) for _, _, claims in harness.owed_alerts()} == {("Two ferries collide off Selby",)}
