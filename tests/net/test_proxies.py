"""Requests go through the proxy that the source, the config or the environment names, and the guard still holds."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import trustme
from kit.proxy_server import ProxyServer, proxy_server
from kit.raw_server import SAMPLE_FEED, RawServer, http_response, redirect
from pydantic import SecretStr

from monitor.config.models import NetworkConfig
from monitor.deliver.channels.http import HttpPoster
from monitor.errors import DeliveryError, FetchError
from monitor.net.fetcher import Fetcher
from monitor.net.guard import Guard, Resolver, system_resolver
from monitor.net.network import Network, open_network
from monitor.net.proxies import ProxyChooser
from monitor.net.response import Request

pytestmark = pytest.mark.slow

LOOPBACK = ["127.0.0.0/8", "::1/128"]
SCHEMES = ("http", "socks5", "socks5h")


@pytest.fixture(scope="module")
def proxies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ProxyServer]]:
    """An HTTP and a SOCKS proxy, by the schemes of their addresses."""
    folder = tmp_path_factory.mktemp("proxies")
    with proxy_server(folder, "http") as http, proxy_server(folder, "socks5") as socks:
        yield {"http": http, "socks5": socks, "socks5h": socks}


@pytest.fixture(scope="module")
def locked_proxies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ProxyServer]]:
    """The same with a password."""
    folder = tmp_path_factory.mktemp("locked")
    with (
        proxy_server(folder, "http", "reader:open sesame") as http,
        proxy_server(folder, "socks5", "reader:open sesame") as socks,
    ):
        yield {"http": http, "socks5": socks, "socks5h": socks}


def fetcher(allow: Sequence[str] = LOOPBACK, resolver: Resolver = system_resolver, proxy: str = "") -> Fetcher:
    network = Network(Guard(allow, resolver), ProxyChooser(proxy))
    return Fetcher(user_agent="t", network=network, deadline=5.0)


async def fetch(url: str, proxy: str | None, *, network_proxy: str = "") -> bytes | None:
    request = Request(url, proxy=None if proxy is None else SecretStr(proxy))
    async with fetcher(proxy=network_proxy) as client:
        return (await client.fetch(request)).body


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_source_is_fetched_through_its_proxy(proxies: dict[str, ProxyServer], scheme: str) -> None:
    async with RawServer(http_response(SAMPLE_FEED)) as server:
        assert await fetch(server.url, f"{scheme}://{proxies[scheme].address}") == SAMPLE_FEED

    assert f"127.0.0.1:{server.port}" in proxies[scheme].connections()
    assert server.received_requests[0].target == "/", "the server sees an ordinary request"


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_tls_goes_through_the_proxy_to_the_server(
    proxies: dict[str, ProxyServer], scheme: str, tmp_path: Path
) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    async with RawServer(http_response(b"over TLS"), tls=context) as server, fetcher() as client:
        url = f"https://localhost:{server.port}/"
        proxy = SecretStr(f"{scheme}://{proxies[scheme].address}")
        request = Request(url, proxy=proxy, ca_file=tmp_path / "authority.pem")
        assert (await client.fetch(request)).body == b"over TLS"
        with pytest.raises(FetchError, match=r"untrusted certificate.*ca_file.*through the proxy") as raised:
            await client.fetch(Request(url, proxy=proxy))
    assert raised.value.code == "tls"


async def test_a_proxy_is_reached_over_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate = tmp_path / "cert.pem", tmp_path / "key.pem"
    with proxy_server(tmp_path, "http", certificate=certificate) as proxy:
        async with RawServer(http_response(SAMPLE_FEED)) as server, fetcher() as client:
            request = Request(server.url, proxy=SecretStr(f"https://{proxy.address}"), ca_file=tmp_path / "ca.pem")
            assert (await client.fetch(request)).body == SAMPLE_FEED
        assert proxy.connections() == [f"127.0.0.1:{server.port}"]


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_proxy_with_a_password_needs_it(locked_proxies: dict[str, ProxyServer], scheme: str) -> None:
    address = locked_proxies[scheme].address
    async with RawServer(http_response(SAMPLE_FEED)) as server:
        assert await fetch(server.url, f"{scheme}://reader:open%20sesame@{address}") == SAMPLE_FEED
        for login in ("", "reader:WRONG@"):
            with pytest.raises(FetchError) as raised:
                await fetch(server.url, f"{scheme}://{login}{address}")
            assert f"{scheme}://{address}" in str(raised.value)
            assert "WRONG" not in str(raised.value)
        assert server.connection_count == 1


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_proxy_that_cannot_be_reached_is_named(scheme: str) -> None:
    with pytest.raises(FetchError, match=rf"the proxy {scheme}://127\.0\.0\.1:1 cannot be reached") as raised:
        await fetch("http://news.invalid/feed", f"{scheme}://user:SECRET@127.0.0.1:1")

    assert raised.value.code == "proxy"
    assert "SECRET" not in str(raised.value)


async def test_every_error_says_that_a_proxy_was_used(proxies: dict[str, ProxyServer]) -> None:
    proxy = f"http://{proxies['http'].address}"
    async with RawServer(http_response(b"", "404 Not Found")) as server:
        with pytest.raises(FetchError, match=r"was not found \(HTTP 404\) \(through the proxy http://127"):
            await fetch(server.url, proxy)
        server.answers = (http_response(b"x", content_encoding="exi"),)
        with pytest.raises(FetchError, match=r"Content-Encoding exi \(through the proxy http://127"):
            await fetch(server.url, proxy)


SPELLINGS = """
127.0.0.1 127.1 0 0.0.0.0 0177.0.0.1 0x7f.1 2130706433 017700000001 localhost localhost. sub.localhost 127。0。0。1
[::1] [::] [::ffff:127.0.0.1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::] [2001:0:7f00:1::] [fd00:ec2::254]
169.254.169.254 100.100.100.200 168.63.129.16 10.0.0.1 224.0.0.1
""".split()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_no_private_address_is_requested_through_a_proxy(
    proxies: dict[str, ProxyServer], scheme: str, method: str
) -> None:
    before = len(proxies[scheme].connections())
    async with RawServer(http_response(b"secret")) as canary, fetcher(allow=[]) as client:
        for host in SPELLINGS:
            proxy = SecretStr(f"{scheme}://{proxies[scheme].address}")
            with pytest.raises(FetchError) as raised:
                await client.fetch(Request(f"http://{host}:{canary.port}/", method=method, proxy=proxy))
            assert raised.value.code in ("blocked_address", "bad_url"), host

    assert (canary.connection_count, len(proxies[scheme].connections())) == (0, before)


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_no_webhook_is_posted_to_a_private_address_through_a_proxy(
    proxies: dict[str, ProxyServer], scheme: str
) -> None:
    before = len(proxies[scheme].connections())
    network = Network(Guard([]), ProxyChooser(f"{scheme}://{proxies[scheme].address}"))
    async with RawServer(http_response(b"ok")) as canary:
        for host in ("127.0.0.1", "2130706433", "0x7f.1", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254"):
            poster = HttpPoster("the hook", f"http://{host}:{canary.port}/hook", network)
            with pytest.raises(DeliveryError, match="through the proxy") as raised:
                await poster.post(b"{}", {}, deadline=5.0)
            assert raised.value.permanent, host
            await poster.close()
    assert (canary.connection_count, len(proxies[scheme].connections())) == (0, before)


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_webhook_is_posted_through_the_proxy(proxies: dict[str, ProxyServer], scheme: str) -> None:
    network = Network(Guard(LOOPBACK), ProxyChooser(f"{scheme}://{proxies[scheme].address}"))
    async with RawServer(http_response(b"ok"), http_response(b"no", "400 Bad Request")) as server:
        poster = HttpPoster("the hook", f"{server.url}hook", network)
        assert (await poster.post(b"{}", {}, deadline=5.0)).status == 200
        with pytest.raises(DeliveryError, match=rf"through the proxy {scheme}://127\.0\.0\.1"):
            await poster.post(b"{}", {}, deadline=5.0)
        await poster.close()
        assert f"127.0.0.1:{server.port}" in proxies[scheme].connections()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_no_redirect_behind_a_proxy_leads_to_a_private_address(
    proxies: dict[str, ProxyServer], scheme: str
) -> None:
    async with RawServer(http_response(b"secret"), host="0.0.0.0") as canary, fetcher(["127.0.0.2/32"]) as client:
        answer = redirect(f"http://127.0.0.1:{canary.port}/")
        async with RawServer(answer, host="127.0.0.2") as server:
            proxy = SecretStr(f"{scheme}://{proxies[scheme].address}")
            with pytest.raises(FetchError, match="not public"):
                await client.fetch(Request(server.url, proxy=proxy))
    assert canary.connection_count == 0


@pytest.mark.parametrize(("scheme", "is_blocked"), [("http", True), ("socks5", True), ("socks5h", False)])
async def test_a_name_is_looked_up_here_unless_only_the_proxy_may(
    proxies: dict[str, ProxyServer], scheme: str, is_blocked: bool
) -> None:
    looked_up: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["10.0.0.1"]

    async with fetcher([], resolve) as client:
        with pytest.raises(FetchError) as raised:
            await client.fetch(
                Request("http://intranet.invalid/", proxy=SecretStr(f"{scheme}://{proxies[scheme].address}"))
            )

    assert (raised.value.code == "blocked_address") is is_blocked
    assert looked_up == (["intranet.invalid"] if is_blocked else [])


async def test_a_name_that_only_the_proxy_knows_is_left_to_it(proxies: dict[str, ProxyServer]) -> None:
    """With `localhost` as a name that this machine cannot look up."""

    async def resolve(host: str, port: int) -> list[str]:
        raise OSError

    async with RawServer(http_response(b"found")) as server, fetcher(["127.0.0.0/8"], resolve) as client:
        proxy = SecretStr(f"http://{proxies['http'].address}")
        assert (await client.fetch(Request(f"http://localhost:{server.port}/", proxy=proxy))).body == b"found"


async def test_the_source_wins_over_the_network_and_empty_means_none(proxies: dict[str, ProxyServer]) -> None:
    async with RawServer(http_response(b"x")) as server:
        for own, network, used in (
            (None, f"http://{proxies['http'].address}", "http"),
            (f"socks5://{proxies['socks5'].address}", f"http://{proxies['http'].address}", "socks5"),
            ("", f"http://{proxies['http'].address}", None),
        ):
            before = {scheme: len(proxy.connections()) for scheme, proxy in proxies.items() if scheme != "socks5h"}
            await fetch(server.url, own, network_proxy=network)
            after = {scheme: len(proxy.connections()) for scheme, proxy in proxies.items() if scheme != "socks5h"}
            assert [scheme for scheme in after if after[scheme] > before[scheme]] == ([used] if used else [])


@pytest.mark.parametrize(
    ("variables", "host", "chosen"),
    [
        ({"http_proxy": "http://proxy.example:3128"}, "news.example", "http://proxy.example:3128"),
        ({"HTTP_PROXY": "http://proxy.example:3128"}, "news.example", "http://proxy.example:3128"),
        ({"https_proxy": "http://proxy.example:3128"}, "news.example", None),
        ({"ALL_PROXY": "socks5h://proxy.example"}, "news.example", "socks5h://proxy.example:1080"),
        ({"http_proxy": "proxy.example:3128"}, "news.example", "http://proxy.example:3128"),
        ({"http_proxy": "http://a", "no_proxy": "news.example,b.example"}, "news.example", None),
        ({"http_proxy": "http://a", "NO_PROXY": ".example"}, "news.example", None),
        ({"http_proxy": "http://a", "no_proxy": "news.example:8080"}, "news.example", "http://a:80"),
        ({"http_proxy": "http://a", "no_proxy": "*"}, "news.example", None),
        ({"http_proxy": "http://a", "no_proxy": "10.0.0.0/8, 192.168.0.0/16"}, "192.168.3.4", None),
        ({"http_proxy": "http://a", "no_proxy": "10.0.0.0/8"}, "192.168.3.4", "http://a:80"),
        ({"http_proxy": ""}, "news.example", None),
    ],
)
def test_the_environment_decides_if_the_config_names_no_proxy(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], host: str, chosen: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    proxy = ProxyChooser(None).choose("http", host, 80)

    assert (proxy.url if proxy else None) == chosen


def test_a_proxy_in_the_config_makes_the_environment_irrelevant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://other.example")
    monkeypatch.setenv("no_proxy", "*")
    assert ProxyChooser("").choose("http", "news.example", 80) is None
    configured = open_network(NetworkConfig.model_validate({"proxy": "http://proxy.example:3128"})).proxies
    chosen = configured.choose("http", "news.example", 80)
    assert chosen and chosen.url == "http://proxy.example:3128"


def test_an_invalid_proxy_in_the_environment_is_one_error_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "gopher://user:SECRET@proxy.example")
    with pytest.raises(FetchError, match="expected a proxy such as") as raised:
        ProxyChooser(None).choose("http", "news.example", 80)
    assert "SECRET" not in str(raised.value)
