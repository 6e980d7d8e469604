"""What a site asks for before it answers: cookies, a digest, a certificate, a POST. No other site gets it."""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trustme
from kit.raw_server import RawRequest, RawServer, http_response, redirect
from pydantic import SecretStr

from monitor.config.models import Auth, SourceConfig
from monitor.errors import FetchError
from monitor.net.client import basic_login
from monitor.net.fetcher import Fetcher
from monitor.net.guard import Guard
from monitor.net.network import Network
from monitor.net.response import Request
from monitor.sources.request import article_request, source_request

pytestmark = pytest.mark.slow


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    network = Network(Guard(["127.0.0.0/8"]))
    async with Fetcher(user_agent="t", network=network, deadline=5.0) as client:
        yield client


class AnsweringServer(RawServer):
    """Answers each request with what a function returns for it; `bodies` are those of the requests."""

    def __init__(self, answer: Callable[[RawRequest], bytes], host: str = "127.0.0.1") -> None:
        super().__init__(host=host)
        self.answer_to = answer

    async def _answer(self, request: bytes, writer: object) -> None:
        self.answers = (lambda out: self._write(out),)
        await super()._answer(request, writer)  # type: ignore[arg-type]

    async def _write(self, writer: object) -> None:
        writer.write(self.answer_to(self.received_requests[-1]))  # type: ignore[attr-defined]


# Cookies


def cookie_wall(request: RawRequest) -> bytes:
    if "seen=1" in request.headers.get("cookie", ""):
        return http_response(b"news")
    return http_response(b"", "302 Found", location="/feed", set_cookie="seen=1; Path=/; HttpOnly")


async def test_a_cookie_set_by_a_redirect_is_sent_within_its_chain_only(fetcher: Fetcher) -> None:
    async with AnsweringServer(cookie_wall) as server:
        for _ in range(2):
            assert (await fetcher.fetch(Request(f"{server.url}feed"))).body == b"news"

    cookies = [request.headers.get("cookie") for request in server.received_requests]
    assert cookies == [None, "seen=1", None, "seen=1"]


async def test_cookies_of_the_source_join_those_of_the_chain(fetcher: Fetcher) -> None:
    async with AnsweringServer(cookie_wall) as server:
        cookies = {"consent": SecretStr("yes"), "lang": SecretStr("en")}
        headers = {"Cookie": SecretStr("a=b")}
        await fetcher.fetch(Request(f"{server.url}feed", cookies=cookies, headers=headers))

    sent = [request.headers.get("cookie") for request in server.received_requests]
    assert sent == ["a=b; consent=yes; lang=en", "a=b; consent=yes; lang=en; seen=1"]


async def test_no_cookie_reaches_another_site(fetcher: Fetcher) -> None:
    async with RawServer(http_response(b"other"), host="127.0.0.2") as other:
        answer = http_response(b"", "302 Found", location=other.url, set_cookie="seen=1; Path=/; Domain=127.0.0.2")
        async with RawServer(answer) as server:
            request = Request(server.url, cookies={"consent": SecretStr("KEY")})
            assert (await fetcher.fetch(request)).body == b"other"

    assert "cookie" not in other.received_requests[0].headers


async def test_a_cookie_that_is_never_accepted_is_named_in_the_error(fetcher: Fetcher) -> None:
    answer = http_response(b"", "302 Found", location="/", set_cookie="n=1; Path=/")
    async with RawServer(answer) as server:
        with pytest.raises(FetchError, match="more than 5 times, and sets a cookie each time") as raised:
            await fetcher.fetch(Request(server.url))
    assert raised.value.code == "too_many_redirects"


# Digest


def basic_server(username: str, password: str) -> Callable[[RawRequest], bytes]:
    """Answers only this login in HTTP Basic."""

    def answer(request: RawRequest) -> bytes:
        if request.headers.get("authorization") == basic_login(username, password):
            return http_response(b"for readers")
        return http_response(b"", "401 Unauthorized", www_authenticate='Basic realm="news"')

    return answer


def digest_server(username: str, password: str) -> Callable[[RawRequest], bytes]:
    """Answers only a correct digest (RFC 7616, with MD5 and qop=auth)."""

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    def answer(request: RawRequest) -> bytes:
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', request.headers.get("authorization", "")))
        secret = md5(f"{username}:news:{password}")
        nonces = ":".join(given.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
        expected = md5(f"{secret}:{nonces}:{md5(f'GET:{request.target}')}")
        if given.get("response") == expected:
            return http_response(b"for readers")
        challenge = 'Digest realm="news", nonce="abc123", qop="auth", algorithm=MD5'
        return http_response(b"", "401 Unauthorized", www_authenticate=challenge)

    return answer


async def test_a_digest_is_sent_to_a_server_that_asks_for_it_and_no_password_after_that(fetcher: Fetcher) -> None:
    auth = Auth(username="reader", password=SecretStr("open sesame"))
    async with AnsweringServer(digest_server("reader", "open sesame")) as server:
        for _ in range(2):
            assert (await fetcher.fetch(Request(f"{server.url}feed?a=1", auth=auth))).body == b"for readers"

    schemes = [request.headers["authorization"].split()[0] for request in server.received_requests]
    assert schemes == ["Basic", "Digest", "Digest"]


async def test_a_rejected_digest_is_an_error(fetcher: Fetcher) -> None:
    auth = Auth(username="reader", password=SecretStr("WRONG"))
    async with AnsweringServer(digest_server("reader", "open sesame")) as server:
        with pytest.raises(FetchError, match="requires a username and password") as raised:
            await fetcher.fetch(Request(server.url, auth=auth))
        assert server.connection_count == 2
    assert raised.value.code == "unauthorised"
    assert "WRONG" not in str(raised.value)


async def test_no_digest_is_sent_to_another_site(fetcher: Fetcher) -> None:
    auth = Auth(username="reader", password=SecretStr("open sesame"))
    other = AnsweringServer(digest_server("reader", "open sesame"), host="127.0.0.2")
    async with other, RawServer(redirect(other.url)) as server:
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(server.url, auth=auth))
    assert raised.value.code == "unauthorised"
    assert "authorization" not in other.received_requests[0].headers


async def test_a_server_with_the_same_login_gets_no_digest_of_another(fetcher: Fetcher) -> None:
    auth = Auth(username="reader", password=SecretStr("open sesame"))
    digest, basic = digest_server("reader", "open sesame"), basic_server("reader", "open sesame")
    async with AnsweringServer(digest) as one, AnsweringServer(basic) as other:
        for url in (one.url, other.url, one.url, other.url):
            assert (await fetcher.fetch(Request(url, auth=auth))).body == b"for readers"
    schemes = [request.headers["authorization"].split()[0] for request in other.received_requests]
    assert schemes == ["Basic", "Basic"]


async def test_a_server_may_go_back_to_basic(fetcher: Fetcher) -> None:
    auth = Auth(username="reader", password=SecretStr("open sesame"))
    async with AnsweringServer(digest_server("reader", "open sesame")) as server:
        await fetcher.fetch(Request(server.url, auth=auth))
        server.answer_to = basic_server("reader", "open sesame")
        for _ in range(2):
            assert (await fetcher.fetch(Request(server.url, auth=auth))).body == b"for readers"
    schemes = [request.headers["authorization"].split()[0] for request in server.received_requests]
    assert schemes == ["Basic", "Digest", "Digest", "Basic", "Basic"]


# POST


class PostServer:
    """Reads whole requests, and answers each with the next answer."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []

    async def __aenter__(self) -> str:
        import asyncio

        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: object, writer: object) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")  # type: ignore[attr-defined]
        line, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (text.partition(":") for text in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))  # type: ignore[attr-defined]
        self.requests.append((line.split()[0], headers, body))
        writer.write(self.answers[min(len(self.requests), len(self.answers)) - 1])  # type: ignore[attr-defined]
        writer.close()  # type: ignore[attr-defined]


SOURCE = {"name": "api", "kind": "json", "url": "http://api.example/"}


async def test_a_body_is_posted_without_conditions(fetcher: Fetcher) -> None:
    server = PostServer(http_response(b"[]", etag='"1"'))
    async with server as url:
        source = SourceConfig.model_validate(SOURCE | {"url": url, "body": {"query": "открыт", "limit": 5}})
        assert (await fetcher.fetch(source_request(source, etag='"1"'))).body == b"[]"

    method, headers, body = server.requests[0]
    assert (method, headers["content-type"]) == ("POST", "application/json")
    assert body.decode() == '{"query": "открыт", "limit": 5}'
    assert "if-none-match" not in headers


async def test_a_post_is_repeated_with_the_digest_that_the_server_asks_for(fetcher: Fetcher) -> None:
    challenge = 'Digest realm="api", nonce="abc123", qop="auth", algorithm=SHA-256'
    server = PostServer(http_response(b"", "401 Unauthorized", www_authenticate=challenge), http_response(b"[]"))
    async with server as url:
        login = {"username": "reader", "password": "open sesame"}
        source = SourceConfig.model_validate(SOURCE | {"url": url, "body": "a=1", "auth": login})
        assert (await fetcher.fetch(source_request(source))).body == b"[]"

    assert [(method, body) for method, _, body in server.requests] == [("POST", b"a=1")] * 2
    assert server.requests[1][1]["authorization"].startswith("Digest ")


async def test_a_text_body_and_its_type_are_sent_as_they_are(fetcher: Fetcher) -> None:
    server = PostServer(http_response(b"[]"))
    async with server as url:
        table = {"url": url, "body": "a=1&b=2", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
        await fetcher.fetch(source_request(SourceConfig.model_validate(SOURCE | table)))

    _, headers, body = server.requests[0]
    assert (headers["content-type"], body) == ("application/x-www-form-urlencoded", b"a=1&b=2")


@pytest.mark.parametrize(
    ("status", "methods"), [(302, ["POST", "GET"]), (303, ["POST", "GET"]), (307, ["POST", "POST"])]
)
async def test_a_redirected_post_is_repeated_only_if_the_status_says_so(
    fetcher: Fetcher, status: int, methods: list[str]
) -> None:
    server = PostServer(redirect("/other", status), http_response(b"[]"))
    async with server as url:
        source = SourceConfig.model_validate(SOURCE | {"url": url, "body": "{}"})
        await fetcher.fetch(source_request(source))

    assert [(method, body) for method, _, body in server.requests] == [
        (method, b"{}" if method == "POST" else b"") for method in methods
    ]


async def test_the_body_of_a_post_reaches_no_other_site(fetcher: Fetcher) -> None:
    async with RawServer(http_response(b"[]"), host="127.0.0.2") as other:
        server = PostServer(redirect(other.url, 308))
        async with server as url:
            with pytest.raises(FetchError, match="redirects a POST request to another site"):
                await fetcher.fetch(
                    source_request(SourceConfig.model_validate(SOURCE | {"url": url, "body": "SECRET"}))
                )
    assert other.connection_count == 0


def test_an_article_gets_the_credentials_of_the_source_only_at_its_origin() -> None:
    source = SourceConfig.model_validate(
        SOURCE
        | {
            "cookies": {"consent": "KEY"},
            "headers": {"X-Key": "KEY"},
            "body": "KEY",
            "proxy": "http://proxy.example",
            "auth": {"token": "KEY"},
        }
    )
    own = article_request(source, "http://api.example/article")
    other = article_request(source, "http://other.example/article")

    assert (own.method, own.body, own.has_credentials) == ("GET", None, True)
    assert (other.method, other.body, other.has_credentials) == ("GET", None, False)
    assert own.proxy == other.proxy == source.proxy


# Certificates


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    return ca


async def test_a_server_with_a_certificate_of_an_own_authority_needs_its_ca_file(
    fetcher: Fetcher, authority: trustme.CA, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with RawServer(http_response(b"inside"), tls=context) as server:
        with pytest.raises(FetchError, match="set ca_file to trust the authority"):
            await fetcher.fetch(Request(server.url))
        assert (await fetcher.fetch(Request(server.url, ca_file=tmp_path / "ca.pem"))).body == b"inside"
        network = Network(Guard(["127.0.0.0/8"]), ca_files=(tmp_path / "ca.pem",))
        async with Fetcher(user_agent="t", network=network, deadline=5.0) as trusting:
            assert (await trusting.fetch(Request(server.url))).body == b"inside"


async def test_a_client_certificate_is_presented_to_its_own_origin_only(
    fetcher: Fetcher, authority: trustme.CA, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "127.0.0.2").configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(tmp_path / "ca.pem")
    authority.issue_cert("reader@claimwatch.example").private_key_and_cert_chain_pem.write_to_path(
        tmp_path / "me.pem"
    )
    ca_file, client_cert = tmp_path / "ca.pem", tmp_path / "me.pem"
    async with RawServer(http_response(b"for members"), tls=context) as server:
        request = Request(server.url, ca_file=ca_file, client_cert=client_cert)
        assert (await fetcher.fetch(request)).body == b"for members"
        with pytest.raises(FetchError):
            await fetcher.fetch(Request(server.url, ca_file=ca_file))
        async with RawServer(redirect(server.url)) as elsewhere:
            with pytest.raises(FetchError):
                await fetcher.fetch(Request(elsewhere.url, ca_file=ca_file, client_cert=client_cert))
