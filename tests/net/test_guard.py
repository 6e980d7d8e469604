"""Nothing private is dialled, by whatever name, redirect or DNS answer it is asked for."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import trustme
from kit.raw_server import RawServer, http_response, redirect

from monitor.errors import FetchError
from monitor.net.fetcher import Fetcher
from monitor.net.guard import BlockedAddress, UnknownName, guarded_client
from monitor.net.response import Request

SELF = "127.0.0.2"  # a loopback address that is allowed, beside the canary's, which is not
HOSTS = """
127.0.0.1 127.0.0.1. 127.1 127.0.1 0 0.0.0.0 0177.0.0.1 0177.0.0.01 00177.1 0x7f.1 0x7f.0.0.1 0x7f000001 0X7F000001
2130706433 017700000001 127.000.000.001 localhost LOCALHOST localhost. LocalHost.localdomain ip6-localhost
[::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::]
[2001:0:7f00:1::] [fe80::1%25lo] [fe80::1%lo] [::1%25lo] [fd00:ec2::254] 127.0.0.1%00 127.0.0.1%20
①②⑦.⓪.⓪.① 127。0。0。1 １２７.0.0.1 169.254.169.254 0xa9fea9fe 2852039166 0251.0376.0251.0376 169.254.43518
100.100.100.200 168.63.129.16 10.0.0.1 192.168.0.1 172.16.0.1 224.0.0.1 255.255.255.255 127.0.0.1\\@{self}
{self}\\@127.0.0.1 {self}@127.0.0.1 127.0.0.1#@{self} 127.0.0.1?@{self} 127.0.0.1;.{self} 127.0.0.1,{self}
127.0.0.1\t 127.0.0.1\n 12\t7.0.0.1 [127.0.0.1] [::1]. [::1 ::1
""".replace("{self}", SELF)
FORMS = [host for line in HOSTS.strip("\n").split("\n") for host in line.split(" ") if host]
REFUSED = {"blocked_address", "bad_url", "dns"}


@pytest.fixture
async def canary() -> AsyncIterator[RawServer]:
    """Listens where nothing may be dialled."""
    async with RawServer(http_response(b"secret"), host="0.0.0.0") as server:
        yield server


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(user_agent="test", allow_private=[f"{SELF}/32"], deadline=3.0) as opened:
        yield opened


def forms(canary: RawServer) -> list[str]:
    """Addresses that lead to the canary if anything does."""
    port = canary.port
    urls = [f"http://{host}:{port}/" for host in FORMS]
    return [*urls, f"http:127.0.0.1:{port}/", f"http:/127.0.0.1:{port}/", f"http:///127.0.0.1:{port}/"]


async def test_no_form_of_an_address_reaches_a_private_server(canary: RawServer, fetcher: Fetcher) -> None:
    assert len(FORMS) > 60
    for url in forms(canary):
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(url))
        assert raised.value.code in REFUSED, url
    assert canary.connection_count == 0


async def test_no_redirect_reaches_a_private_server(canary: RawServer, fetcher: Fetcher) -> None:
    targets = [url.replace("\n", "%0a") for url in forms(canary)] + [f"//127.0.0.1:{canary.port}/"]
    for url in targets:
        async with RawServer(redirect(url.encode().decode("latin-1")), http_response(b"own"), host=SELF) as server:
            try:
                fetched = await fetcher.fetch(Request(server.url))
            except FetchError as error:
                assert error.code in REFUSED, url
            else:
                assert fetched.body == b"own", url  # a relative path, read as one
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
async def test_a_name_that_leads_to_anything_private_is_refused(canary: RawServer, answers: list[str]) -> None:
    async def lookup(host: str, port: int) -> Sequence[str]:
        return answers

    async with Fetcher(user_agent="test", allow_private=[], deadline=3.0, resolver=lookup) as fetcher:
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(f"http://feeds.example:{canary.port}/"))

    assert raised.value.code == "blocked_address"
    assert "feeds.example leads to" in str(raised.value)
    assert canary.connection_count == 0


async def test_the_address_that_was_checked_is_the_one_that_is_dialled() -> None:
    """A second answer, which a name server changes in between, is never asked for."""
    asked: list[str] = []

    async def lookup(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return [SELF] if len(asked) == 1 else ["127.0.0.1"]

    async with (
        RawServer(http_response(b"from the checked one"), host=SELF) as server,
        Fetcher(user_agent="test", allow_private=[f"{SELF}/32"], deadline=3.0, resolver=lookup) as fetcher,
    ):
        fetched = await fetcher.fetch(Request(f"http://rebind.example:{server.port}/"))

    assert fetched.body == b"from the checked one"
    assert asked == ["rebind.example"]
    assert server.received_requests[0].headers["host"] == f"rebind.example:{server.port}"


async def test_a_name_whose_first_address_is_dead_is_reached_at_the_next() -> None:
    async def lookup(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.3", "127.0.0.4", SELF]

    async with (
        RawServer(http_response(b"reached"), host=SELF) as server,
        Fetcher(user_agent="test", allow_private=["127.0.0.0/8"], deadline=3.0, resolver=lookup) as fetcher,
    ):
        assert (await fetcher.fetch(Request(f"http://feeds.example:{server.port}/"))).body == b"reached"


async def test_a_proxy_of_the_environment_is_not_used(
    canary: RawServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    async with RawServer(http_response(b"direct"), host=SELF) as server:
        assert (await fetcher.fetch(Request(server.url))).body == b"direct"
        async with guarded_client([f"{SELF}/32"]) as client:
            assert (await client.get(server.url)).content == b"direct"
    assert canary.connection_count == 0


async def test_a_client_for_sending_is_guarded_keeps_no_cookies_and_follows_nothing(canary: RawServer) -> None:
    cookie = http_response(b"", "302 Found", location=f"http://127.0.0.1:{canary.port}/", set_cookie="a=b; path=/")
    async with RawServer(cookie, host=SELF) as server, guarded_client([f"{SELF}/32"]) as client:
        assert (await client.post(server.url, content=b"x")).status_code == 302
        await client.post(server.url, content=b"x")
        with pytest.raises(BlockedAddress):
            await client.post(f"http://127.0.0.1:{canary.port}/", content=b"x")
        with pytest.raises(UnknownName):
            await client.post("http://no.such.name.invalid/", content=b"x")

    assert "cookie" not in server.received_requests[1].headers
    assert canary.connection_count == 0


async def test_addresses_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with RawServer(http_response(b"")) as server, guarded_client(["127.0.0.0/8"]) as client:
        await client.get(f"{server.url}hook/SECRETTOKEN")

    assert "SECRETTOKEN" not in caplog.text


async def named(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


@pytest.fixture
async def over_tls(tmp_path: Path) -> AsyncIterator[tuple[RawServer, Path]]:
    """A server with a certificate for feeds.example, and the file of the authority that signed it."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("feeds.example").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    async with RawServer(http_response(b"over TLS"), tls=context) as server:
        yield server, tmp_path / "authority.pem"


async def test_tls_checks_the_name_that_was_asked_for(
    over_tls: tuple[RawServer, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, authority = over_tls
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    async with Fetcher(user_agent="t", allow_private=["127.0.0.0/8"], deadline=3.0, resolver=named) as fetcher:
        assert (await fetcher.fetch(Request(f"https://feeds.example:{server.port}/"))).body == b"over TLS"
        with pytest.raises(FetchError, match=r"other\.example.*cannot be trusted") as raised:
            await fetcher.fetch(Request(f"https://other.example:{server.port}/"))
    assert raised.value.code == "tls"


async def test_a_certificate_that_nobody_known_signed_is_refused(over_tls: tuple[RawServer, Path]) -> None:
    server, _ = over_tls
    async with Fetcher(user_agent="t", allow_private=["127.0.0.0/8"], deadline=3.0, resolver=named) as fetcher:
        with pytest.raises(FetchError, match="cannot be trusted") as raised:
            await fetcher.fetch(Request(f"https://feeds.example:{server.port}/"))
    assert raised.value.code == "tls"


async def refusal_of_tls(greeting: bytes) -> FetchError:
    """What comes of asking for TLS where a server says `greeting`, and then waits."""
    async with (
        RawServer(greeting=greeting) as server,
        Fetcher(user_agent="t", allow_private=["127.0.0.0/8"], deadline=0.5) as fetcher,
    ):
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(f"https://127.0.0.1:{server.port}/"))
        await asyncio.sleep(0.05)
        assert server.open_connections == 0
    return raised.value


async def test_a_server_that_does_not_speak_tls_is_told() -> None:
    assert (await refusal_of_tls(b"HTTP/1.1 400 Bad Request\r\n\r\n")).code == "tls"


async def test_a_handshake_that_never_ends_is_given_up_and_its_connection_closed() -> None:
    assert (await refusal_of_tls(b"")).code == "timeout"
