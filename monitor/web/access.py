"""Who may use the web UI and the API: by password, by a proxy that names the user, by token, or everybody.

Without a password and without a proxy everybody may; the config allows that on loopback addresses only.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from monitor.config.fields import is_loopback
from monitor.config.models import WebConfig
from monitor.model import Moment
from monitor.store.base import Store
from monitor.store.secret_keys import WEB_KEY, ensure_secret_key
from monitor.store.web_sessions import load_ended_sessions
from monitor.web.login_limit import Client, LoginLimit
from monitor.web.sessions import SESSION_COOKIE, Session, open_session
from monitor.web.token_limit import TokenLimit
from monitor.web.visitor import Entrance, Visitor

FEED_PATH = "/feed.atom"
HEALTH_PATH = "/health"  # which a token shows in detail
TOKEN_PATHS = ("/metrics", FEED_PATH)  # besides the API
MAX_USER_NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of access, and what is known of sessions and failed logins.

    `key` signs sessions and forms. `ended` has the sessions that were ended by a logout. Cookies are for HTTPS only
    if `is_https`.
    """

    password: str | None = field(default=None, repr=False)
    tokens: tuple[str, ...] = field(default=(), repr=False)
    trust_proxy: str | None = None
    proxies: tuple[str, ...] = ()
    is_https: bool = False
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    ended: dict[str, Moment] = field(default_factory=dict)
    limit: LoginLimit = field(default_factory=LoginLimit)
    token_limit: TokenLimit = field(default_factory=TokenLimit)

    @property
    def is_restricted(self) -> bool:
        return self.password is not None or self.trust_proxy is not None

    def visitor(self, scope: Scope, path: str, clock: Callable[[], Moment]) -> Visitor:
        """Return who sends the request for `path`, which is without the base path of the site."""
        headers = Headers(scope=scope)
        wait, is_program = self.check_token(scope, headers, path)
        if is_program:
            return Visitor(Entrance.TOKEN)
        if session := self.session(headers, clock):
            return Visitor(Entrance.SESSION, "", session, self.csrf_token("session", session.id))
        if name := self.proxied_user(scope, headers):
            return Visitor(Entrance.PROXY, name, None, self.csrf_token("proxy", name))
        entrance = Entrance.NONE if self.is_restricted else Entrance.OPEN
        return Visitor(entrance, csrf_token=self.csrf_token(str(entrance)), token_wait_s=wait)

    def check_token(self, scope: Scope, headers: Headers, path: str) -> tuple[float, bool]:
        """Return whether a request for a program has a token of the config, and for how many seconds it must not be
        tried again after many wrong ones."""
        token = given_token(scope, headers, path)
        if not token:
            return 0.0, False
        address = self.client(scope).address
        return self.token_limit.wait_or_check(address, token, lambda: is_any_of(token, self.tokens))

    def session(self, headers: Headers, clock: Callable[[], Moment]) -> Session | None:
        cookie = cookie_parser(headers.get("cookie", "")).get(SESSION_COOKIE)
        if self.password is None or cookie is None:
            return None
        session = open_session(cookie, self.key, self.password, clock())
        return None if session is None or session.id in self.ended else session

    def proxied_user(self, scope: Scope, headers: Headers) -> str:
        """Return the user that a trusted proxy names; "" if there is none. A header sent twice is not trusted."""
        if self.trust_proxy is None or not self.is_proxy(peer_address(scope)):
            return ""
        names = headers.getlist(self.trust_proxy)
        name = names[0].encode("latin-1").decode("utf-8", "replace").strip() if len(names) == 1 else ""
        return name if name.isprintable() and len(name) <= MAX_USER_NAME_CHARS else ""

    def is_proxy(self, address: str) -> bool:
        """Return whether a proxy may connect from `address`: from this machine and from the networks `proxies`."""
        return is_loopback(address) or is_in_networks(address, self.proxies)

    def client(self, scope: Scope) -> Client:
        """Return whose failed logins are counted: the last address that a proxy adds, or that of the connection.

        Of an IPv6 address it is the network, because one client usually has all of it.
        """
        peer = peer_address(scope)
        forwarded = Headers(scope=scope).get("x-forwarded-for", "").rpartition(",")[2].strip()
        if not (forwarded and self.is_proxy(peer)):
            return Client(client_network(peer), is_loopback(peer))
        return Client(client_network(forwarded), is_local=False)

    def is_password(self, text: str) -> bool:
        return self.password is not None and is_any_of(text, (self.password,))

    def csrf_token(self, *owner: str) -> str:
        """Return the token of the forms that `owner` gets."""
        return hmac.digest(self.key, "\n".join(("form", *owner)).encode(), "sha256").hex()


def open_access(web: WebConfig, store: Store) -> Access:
    """Return the access rules of a config, with the key of the store, which is created if there is none."""
    key = ensure_secret_key(store, WEB_KEY)
    with store.read() as conn:
        ended = load_ended_sessions(conn)
    return Access(
        password=web.password.get_secret_value() if web.password else None,
        tokens=tuple(token.get_secret_value() for token in web.tokens),
        trust_proxy=web.trust_proxy,
        proxies=web.proxies,
        is_https=(web.url or "").lower().startswith("https:"),
        key=key,
        ended=ended,
    )


def given_token(scope: Scope, headers: Headers, path: str) -> str:
    """Return the token in a request for a program; "" if there is none."""
    if not (path in TOKEN_PATHS or path == HEALTH_PATH or is_api_path(path)):
        return ""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    # Feed readers cannot set headers.
    return parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0] if path == FEED_PATH else ""


def is_api_path(path: str) -> bool:
    return path == "/api" or path.startswith("/api/")


def is_any_of(text: str, secret_texts: Sequence[str]) -> bool:
    """Return whether `text` is one of the secrets, in a time that does not depend on where they differ."""
    given = text.encode("utf-8", "replace")
    results = [hmac.compare_digest(given, secret.encode()) for secret in secret_texts]
    return any(results)


def peer_address(scope: Scope) -> str:
    """Return the address that the connection comes from."""
    return scope["client"][0] if scope.get("client") else ""


def client_network(address: str) -> str:
    """Return an IPv4 address, the /64 network of an IPv6 address, or anything else as it is."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    return str(ip) if ip.version == 4 or ip.is_loopback else str(ipaddress.ip_network((ip, 64), strict=False))


def is_in_networks(address: str, networks: Sequence[str]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in ipaddress.ip_network(network) for network in networks)
