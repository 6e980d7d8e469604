"""Private addresses are never dialed, with any spelling, redirect or DNS answer."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import trustme
from kit.http_client import sending_client
from kit.raw_server import RawServer, http_response, redirect
from pydantic import SecretStr

from monitor.errors import FetchError
from monitor.net.fetcher import Fetcher
from monitor.net.guard import BlockedAddress, Guard, UnknownName
from monitor.net.network import Network
from monitor.net.response import Request

pytestmark = pytest.mark.slow

ALLOWED_ADDRESS = "127.0.0.2"  # a loopback address in `allow_private`; that of the canary is not
HOSTS = """
127.0.0.1 127.0.0.1. 127.1 127.0.1 0 0.0.0.0 0177.0.0.1 0177.0.0.01 00177.1 0x7f.1 0x7f.0.0.1 0x7f000001 0X7F000001
2130706433 017700000001 127.000.000.001 localhost LOCALHOST localhost. LocalHost.localdomain ip6-localhost
[::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::]
[2001:0:7f00:1::] [fe80::1%25lo] [fe80::1%lo] [::1%25lo] [fd00:ec2::254] 127.0.0.1%00 127.0.0.1%20
①②⑦.⓪.⓪.① 127。0。0。1 １２７.0.0.1 169.254.169.254 0xa9fea9fe 2852039166 0251.0376.0251.0376 169.254.43518
100.100.100.200 168.63.129.16 10.0.0.1 192.168.0.1 172.16.0.1 224.0.0.1 255.255.255.255 127.0.0.1\\@{self}
{self}\\@127.0.0.1 {self}@127.0.0.1 127.0.0.1#@{self} 127.0.0.1?@{self} 127.0.0.1;.{self} 127.0.0.1,{self}
127.0.0.1\t 127.0.0.1\n 12\t7.0.0.1 [127.0.0.1] [::1]. [::1 ::1
""".replace("{self}", ALLOWED_ADDRESS)
HOST_SPELLINGS = [host for line in HOSTS.strip("\n").split("\n") for host in line.split(" ") if host]
REJECTED_CODES = {"blocked_address", "bad_url", "dns"}


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(user_agent="test", network=Network(Guard([f"{ALLOWED_ADDRESS}/32"])), deadline=3.0) as client:
        yield client


def canary_urls(canary: RawServer) -> list[str]:
    """URLs that reach the canary if they are not blocked."""
    port = canary.port
    urls = [f"http://{host}:{port}/" for host in HOST_SPELLINGS]
    return [*urls, f"http:127.0.0.1:{port}/", f"http:/127.0.0.1:{port}/", f"http:///127.0.0.1:{port}/"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_spelling_of_an_address_reaches_a_private_server(
    canary: RawServer, fetcher: Fetcher, method: str
) -> None:
    assert len(HOST_SPELLINGS) > 60
    for url in canary_urls(canary):
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(url, method=method, body=SecretStr("x") if method == "POST" else None))
        assert raised.value.code in REJECTED_CODES, url
    assert canary.connection_count == 0


async def test_no_redirect_reaches_a_private_server(canary: RawServer, fetcher: Fetcher) -> None:
    targets = [url.replace("\n", "%0a") for url in canary_urls(canary)] + [f"//127.0.0.1:{canary.port}/"]
    for url in targets:
        answers = redirect(url.encode().decode("latin-1")), http_response(b"own")
        async with RawServer(*answers, host=ALLOWED_ADDRESS) as server:
            try:
                fetched = await fetcher.fetch(Request(server.url))
            except FetchError as error:
                assert error.code in REJECTED_CODES, url
            else:
                assert fetched.body == b"own", url  # it was read as a relative path
    assert canary.connection_count == 0


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["169.254.169.254"],
        ["64:ff9b::7f00:1"],
        ["0.0.0.0"],
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["2606:4700::1111", "::1"],
        ["nonsense"],
    ],
)
async def test_a_name_with_any_private_address_is_blocked(canary: RawServer, answers: list[str]) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return answers

    async with Fetcher(user_agent="test", network=Network(Guard([], resolve)), deadline=3.0) as fetcher:
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(f"http://feeds.example:{canary.port}/"))

    assert raised.value.code == "blocked_address"
    assert "feeds.example resolves to" in str(raised.value)
    assert canary.connection_count == 0


async def test_the_checked_address_is_the_one_that_is_dialed() -> None:
    """The name is resolved only once: a DNS server could change its answer in between."""
    resolved_names: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        resolved_names.append(host)
        return [ALLOWED_ADDRESS] if len(resolved_names) == 1 else ["127.0.0.1"]

    async with (
        RawServer(http_response(b"from the checked one"), host=ALLOWED_ADDRESS) as server,
        Fetcher(
            user_agent="test", network=Network(Guard([f"{ALLOWED_ADDRESS}/32"], resolve)), deadline=3.0
        ) as fetcher,
    ):
        fetched = await fetcher.fetch(Request(f"http://rebind.example:{server.port}/"))

    assert fetched.body == b"from the checked one"
    assert resolved_names == ["rebind.example"]
    assert server.received_requests[0].headers["host"] == f"rebind.example:{server.port}"


async def test_the_next_address_is_tried_if_the_first_is_dead() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.3", "127.0.0.4", ALLOWED_ADDRESS]

    async with (
        RawServer(http_response(b"reached"), host=ALLOWED_ADDRESS) as server,
        Fetcher(user_agent="test", network=Network(Guard(["127.0.0.0/8"], resolve)), deadline=3.0) as fetcher,
    ):
        assert (await fetcher.fetch(Request(f"http://feeds.example:{server.port}/"))).body == b"reached"


async def test_a_proxy_from_the_environment_is_not_used(
    canary: RawServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    async with RawServer(http_response(b"direct"), host=ALLOWED_ADDRESS) as server:
        assert (await fetcher.fetch(Request(server.url))).body == b"direct"
        async with sending_client([f"{ALLOWED_ADDRESS}/32"]) as client:
            assert (await client.send("GET", server.url)).content == b"direct"
    assert canary.connection_count == 0


async def test_the_client_for_sending_is_guarded_and_has_no_cookies_or_redirects(canary: RawServer) -> None:
    cookie = http_response(b"", "302 Found", location=f"http://127.0.0.1:{canary.port}/", set_cookie="a=b; path=/")
    async with RawServer(cookie, host=ALLOWED_ADDRESS) as server, sending_client([f"{ALLOWED_ADDRESS}/32"]) as client:
        assert (await client.send("POST", server.url, b"x")).status_code == 302
        await client.send("POST", server.url, b"x")
        with pytest.raises(BlockedAddress):
            await client.send("POST", f"http://127.0.0.1:{canary.port}/", b"x")
        with pytest.raises(UnknownName):
            await client.send("POST", "http://no.such.name.invalid/", b"x")

    assert "cookie" not in server.received_requests[1].headers
    assert canary.connection_count == 0


async def test_urls_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with RawServer(http_response(b"")) as server, sending_client(["127.0.0.0/8"]) as client:
        await client.send("GET", f"{server.url}hook/SECRETTOKEN")

    assert "SECRETTOKEN" not in caplog.text


async def resolve_to_loopback(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


@pytest.fixture
async def tls_server(tmp_path: Path) -> AsyncIterator[tuple[RawServer, Path]]:
    """A server with a certificate for feeds.example, and the certificate file of its authority."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("feeds.example").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    async with RawServer(http_response(b"over TLS"), tls=context) as server:
        yield server, tmp_path / "authority.pem"


async def test_tls_verifies_the_requested_host_name(
    tls_server: tuple[RawServer, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, authority = tls_server
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    async with Fetcher(
        user_agent="t", network=Network(Guard(["127.0.0.0/8"], resolve_to_loopback)), deadline=3.0
    ) as fetcher:
        assert (await fetcher.fetch(Request(f"https://feeds.example:{server.port}/"))).body == b"over TLS"
        with pytest.raises(FetchError, match=r"other\.example.*untrusted certificate") as raised:
            await fetcher.fetch(Request(f"https://other.example:{server.port}/"))
    assert raised.value.code == "tls"


async def test_a_certificate_of_an_unknown_authority_is_rejected(tls_server: tuple[RawServer, Path]) -> None:
    server, _ = tls_server
    async with Fetcher(
        user_agent="t", network=Network(Guard(["127.0.0.0/8"], resolve_to_loopback)), deadline=3.0
    ) as fetcher:
        with pytest.raises(FetchError, match="untrusted certificate") as raised:
            await fetcher.fetch(Request(f"https://feeds.example:{server.port}/"))
    assert raised.value.code == "tls"


async def tls_error(greeting: bytes) -> FetchError:
    """The error from a TLS request to a server that sends `greeting`, then waits."""
    async with (
        RawServer(greeting=greeting) as server,
        Fetcher(user_agent="t", network=Network(Guard(["127.0.0.0/8"])), deadline=0.5) as fetcher,
    ):
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(f"https://127.0.0.1:{server.port}/"))
        await asyncio.sleep(0.05)
        assert server.open_connections == 0
    return raised.value


async def test_a_server_without_tls_is_an_error() -> None:
    assert (await tls_error(b"HTTP/1.1 400 Bad Request\r\n\r\n")).code == "tls"


async def test_a_hanging_tls_handshake_times_out_and_its_connection_is_closed() -> None:
    assert (await tls_error(b"")).code == "timeout"
