"""The login: sessions, how they end, the limit of tries, trusted proxies and tokens."""

from __future__ import annotations

import logging

import httpx
import pytest
from kit.web_access import NEIGHBOR, PASSWORD, SAME_ORIGIN, TOKEN, TestClock, form_token, log_in, visitor_client

from monitor.config.models import WebConfig
from monitor.store.base import Store
from monitor.store.web_sessions import MAX_ENDED_SESSIONS, load_ended_sessions, save_ended_session
from monitor.units import DAY
from monitor.web.access import Access, open_access
from monitor.web.login import safe_next
from monitor.web.login_limit import FREE_FAILURES, FREE_FAILURES_OF_ALL, MAX_CLIENTS, Client, LoginLimit
from monitor.web.sessions import SESSION_COOKIE, SESSION_S, Session, open_session, seal_session

KEY = b"k" * 64


def restricted(**options: object) -> Access:
    return Access(**({"password": PASSWORD, "tokens": (TOKEN,), "key": KEY} | options))  # type: ignore[arg-type]


async def test_the_password_opens_a_session_and_the_page_that_was_wanted(sample_news_store: Store) -> None:
    async with visitor_client(sample_news_store, restricted()) as client:
        refused = await client.get("/deliveries?state=dead")
        login = await client.get(refused.headers["location"])
        form = {"csrf_token": form_token(login.text), "password": PASSWORD, "next": "/deliveries?state=dead"}
        opened = await client.post("/login", data=form, headers=SAME_ORIGIN)
        page = await client.get(opened.headers["location"])

    assert (refused.status_code, refused.headers["location"]) == (303, "/login?next=%2Fdeliveries%3Fstate%3Ddead")
    assert 'name="next" value="/deliveries?state=dead"' in login.text
    assert (opened.status_code, opened.headers["location"]) == (303, "/deliveries?state=dead")
    assert page.status_code == 200
    assert "Log out" in page.text


@pytest.mark.parametrize("password", ["", "wrong", f"{PASSWORD} ", PASSWORD.upper()])
async def test_another_password_is_refused(sample_news_store: Store, password: str) -> None:
    async with visitor_client(sample_news_store, restricted()) as client:
        answer = await log_in(client, password)

        assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
        assert "Wrong password." in answer.text
        assert (await client.get("/")).status_code == 303


@pytest.mark.parametrize(
    ("is_https", "base", "attributes"),
    [
        (False, "", "Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"),
        (True, "/monitor", "Path=/monitor; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure"),
    ],
)
async def test_the_cookie_is_hidden_from_scripts_and_other_sites(
    sample_news_store: Store, is_https: bool, base: str, attributes: str
) -> None:
    async with visitor_client(sample_news_store, restricted(is_https=is_https), base=base) as client:
        name, _, rest = (await log_in(client)).headers["set-cookie"].partition("=")

    assert name == SESSION_COOKIE
    assert rest.partition("; ")[2] == attributes


async def test_a_session_ends_30_days_after_the_last_visit(sample_news_store: Store) -> None:
    clock = TestClock()
    async with visitor_client(sample_news_store, restricted(), clock=clock) as client:
        await log_in(client)
        renewals = []
        for _ in range(4):
            clock.now += 20 * DAY
            answer = await client.get("/")
            renewals.append((answer.status_code, "set-cookie" in answer.headers))
        clock.now += 3600
        assert "set-cookie" not in (await client.get("/")).headers
        clock.now += SESSION_S
        assert (await client.get("/")).status_code == 303

    assert renewals == [(200, True)] * 4


async def test_a_new_password_ends_every_session(sample_news_store: Store) -> None:
    async with visitor_client(sample_news_store, restricted()) as client:
        await log_in(client)
        cookies = client.cookies
    async with visitor_client(sample_news_store, restricted()) as restarted:
        restarted.cookies = cookies
        assert (await restarted.get("/")).status_code == 200
    async with visitor_client(sample_news_store, restricted(password="another one")) as changed:
        changed.cookies = cookies
        assert (await changed.get("/")).status_code == 303


async def test_a_logout_also_ends_copies_of_the_cookie_and_survives_a_restart(editable_store: Store) -> None:
    web = WebConfig.model_validate({"password": PASSWORD})
    async with visitor_client(editable_store, open_access(web, editable_store)) as client:
        await log_in(client)
        copied = dict(client.cookies)
        token = form_token((await client.get("/")).text)
        answer = await client.post("/logout", data={"csrf_token": token}, headers=SAME_ORIGIN)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert "Max-Age=0" in answer.headers["set-cookie"]
        client.cookies.update(copied)
        assert (await client.get("/")).status_code == 303
    async with visitor_client(editable_store, open_access(web, editable_store)) as restarted:
        restarted.cookies.update(copied)
        assert (await restarted.get("/")).status_code == 303
        assert (await log_in(restarted)).status_code == 303
        assert (await restarted.get("/")).status_code == 200


def test_ended_sessions_are_forgotten_when_they_would_have_expired(empty_store: Store) -> None:
    with empty_store.write() as conn:
        save_ended_session(conn, "a", 100.0, 0.0)
        save_ended_session(conn, "b", 200.0, 150.0)
        assert load_ended_sessions(conn) == {"b": 200.0}
        for number in range(MAX_ENDED_SESSIONS):
            save_ended_session(conn, f"c{number}", 1000.0 + number, 150.0)
        assert len(load_ended_sessions(conn)) == MAX_ENDED_SESSIONS


def test_a_changed_cookie_is_refused() -> None:
    cookie = seal_session(Session("id", 1000.0), KEY, PASSWORD)
    assert open_session(cookie, KEY, PASSWORD, 1001.0) == Session("id", 1000.0)

    changed = [cookie.swapcase(), cookie[1:], cookie[:-5], "", "x" * 10_000, "a.b"]
    assert {open_session(text, KEY, PASSWORD, 1001.0) for text in changed} == {None}
    assert open_session(cookie, b"l" * 64, PASSWORD, 1001.0) is None
    assert open_session(cookie, KEY, "other", 1001.0) is None
    assert open_session(cookie, KEY, PASSWORD, 1000.0 + SESSION_S) is None


@pytest.mark.parametrize(
    "path",
    ["", "alerts", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example",
     "/\t/evil.example",
     "/ /evil.example", "///evil.example", "javascript:alert(1)", "/a\\b", "/\x00", "/" + "a" * 3000],
)  # fmt: skip
def test_only_paths_of_this_site_follow_a_login(path: str) -> None:
    assert safe_next(path) == "/"


@pytest.mark.parametrize(
    "path", ["/", "/alerts/al-1", "/?rule=a%20b", "/search?q=a%2F%2Fb", "/deliveries?state=dead"]
)
def test_a_path_of_this_site_follows_a_login(path: str) -> None:
    assert safe_next(path) == path


async def test_a_foreign_target_is_replaced_by_the_first_page(sample_news_store: Store) -> None:
    async with visitor_client(sample_news_store, restricted(), base="/monitor") as client:
        assert (await log_in(client, next="//evil.example/")).headers["location"] == "/monitor/"


def limit_at(clock: TestClock) -> LoginLimit:
    return LoginLimit(clock)


def waits(limit: LoginLimit, client: Client, clock: TestClock, tries: int) -> list[float]:
    """Fail, wait as long as required, and fail again; return the waits."""
    found = []
    for _ in range(tries):
        wait, _ = limit.wait_or_try(client, lambda: False)
        if wait:
            clock.now += wait
            assert limit.wait_or_try(client, lambda: False)[0] == 0
        found.append(wait)
    return found


def test_each_failure_doubles_the_wait_up_to_a_minute() -> None:
    clock = TestClock(1000.0)
    limit = limit_at(clock)

    assert waits(limit, Client(NEIGHBOR, False), clock, 12) == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_try_that_has_to_wait_is_not_checked_and_does_not_lengthen_the_wait() -> None:
    clock = TestClock(1000.0)
    limit, client = limit_at(clock), Client(NEIGHBOR, False)
    waits(limit, client, clock, FREE_FAILURES + 3)
    checked = []
    for _ in range(50):
        assert limit.wait_or_try(client, lambda: not checked.append(1)) == (8.0, False)
    clock.now += 8
    assert limit.wait_or_try(client, lambda: True) == (0.0, True)
    assert checked == []
    assert limit.wait_or_try(client, lambda: False) == (0.0, False)
    assert limit.wait_or_try(client, lambda: False) == (0.0, False)


def test_many_clients_together_have_to_wait_but_not_one_on_this_machine() -> None:
    clock = TestClock(1000.0)
    limit = limit_at(clock)
    for number in range(FREE_FAILURES_OF_ALL):
        assert limit.wait_or_try(Client(f"198.51.100.{number}", False), lambda: False)[0] == 0

    assert limit.wait_or_try(Client(NEIGHBOR, False), lambda: True) == (1.0, False)
    assert limit.wait_or_try(Client("127.0.0.1", True), lambda: True) == (0.0, True)
    clock.now += 1
    assert limit.wait_or_try(Client(NEIGHBOR, False), lambda: True) == (0.0, True)


def test_failures_of_many_clients_take_little_memory() -> None:
    clock = TestClock(1000.0)
    limit = limit_at(clock)
    for number in range(MAX_CLIENTS + 50):
        clock.now += 60
        limit.wait_or_try(Client(str(number), False), lambda: False)

    assert len(limit._by_client) == MAX_CLIENTS


async def test_too_many_wrong_passwords_are_answered_429(sample_news_store: Store) -> None:
    clock = TestClock(1000.0)
    access = restricted(limit=LoginLimit(clock))
    async with visitor_client(sample_news_store, access, address=NEIGHBOR) as client:
        statuses = [(await log_in(client, "guess")).status_code for _ in range(FREE_FAILURES)]
        refused = await log_in(client)
        clock.now += 1
        opened = await log_in(client)

    assert statuses == [401] * FREE_FAILURES
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert "Try again in 1 seconds." in refused.text
    assert opened.status_code == 303


async def test_failures_are_counted_by_the_client_that_a_proxy_names(sample_news_store: Store) -> None:
    clock = TestClock(1000.0)
    access = restricted(limit=LoginLimit(clock))
    async with visitor_client(sample_news_store, access) as client:
        client.headers["x-forwarded-for"] = "127.0.0.9, 198.51.100.1"
        for _ in range(FREE_FAILURES):
            await log_in(client, "guess")
        assert (await log_in(client)).status_code == 429
        client.headers["x-forwarded-for"] = "198.51.100.1, 198.51.100.2"
        assert (await log_in(client)).status_code == 303
    async with visitor_client(sample_news_store, access, address=NEIGHBOR) as client:
        client.headers["x-forwarded-for"] = "198.51.100.1"  # not from a proxy: anyone can send it
        assert (await log_in(client)).status_code == 303


def client_of(access: Access, peer: str, forwarded: str | None = None) -> Client:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    return access.client({"type": "http", "client": (peer, 1), "headers": headers})


def test_a_client_that_a_proxy_names_is_never_on_this_machine() -> None:
    access = restricted(proxies=("10.0.0.0/8",))

    assert client_of(access, "127.0.0.1") == Client("127.0.0.1", True)
    assert client_of(access, "127.0.0.1", "127.0.0.1") == Client("127.0.0.1", False)
    assert client_of(access, "10.1.1.1", "203.0.113.4") == Client("203.0.113.4", False)
    assert client_of(access, "11.1.1.1", "203.0.113.4") == Client("11.1.1.1", False)
    assert client_of(access, "2001:db8::1:2:3:4") == Client("2001:db8::/64", False)


PROXIED = {"x-forwarded-user": "ada"}


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", PROXIED, 200),
        ("::1", PROXIED, 200),
        ("10.2.0.9", PROXIED, 200),
        ("::ffff:10.2.0.9", PROXIED, 200),
        (NEIGHBOR, PROXIED, 401),
        ("10.3.0.9", PROXIED, 401),
        (NEIGHBOR, PROXIED | {"x-forwarded-for": "127.0.0.1", "forwarded": "for=127.0.0.1"}, 401),
        ("127.0.0.1", {}, 401),
        ("127.0.0.1", {"x-forwarded-user": ""}, 401),
        ("127.0.0.1", {"x-forwarded-user": "a" * 101}, 401),
        ("127.0.0.1", {"x-forwarded-users": "ada"}, 401),
        ("", PROXIED, 401),
        ("unix", PROXIED, 401),
    ],
)
async def test_only_a_proxy_can_name_the_user(
    sample_news_store: Store, address: str, headers: dict[str, str], status: int
) -> None:
    access = Access(trust_proxy="X-Forwarded-User", proxies=("10.2.0.0/16",))
    async with visitor_client(sample_news_store, access, address=address) as client:
        page = await client.get("/", headers=headers)
        api = await client.get("/api/v1/status", headers=headers)

    assert (page.status_code, api.status_code) == (status, status)
    assert ("ada" in page.text) is (status == 200)


async def test_a_name_that_is_sent_twice_is_not_trusted(sample_news_store: Store) -> None:
    async with visitor_client(sample_news_store, Access(trust_proxy="X-Forwarded-User")) as client:
        twice = httpx.Headers([("x-forwarded-user", "ada"), ("x-forwarded-user", "root")])
        assert (await client.get("/", headers=twice)).status_code == 401


async def test_with_a_password_too_the_proxy_is_one_way_in(sample_news_store: Store) -> None:
    async with visitor_client(sample_news_store, restricted(trust_proxy="X-Forwarded-User")) as client:
        assert (await client.get("/", headers=PROXIED)).status_code == 200
        assert (await client.get("/")).headers["location"] == "/login?next=%2F"
        assert (await log_in(client)).status_code == 303


async def test_without_a_password_the_header_means_nothing(sample_news_store: Store) -> None:
    async with visitor_client(sample_news_store, restricted()) as client:
        assert (await client.get("/", headers=PROXIED)).status_code == 303


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer  {TOKEN}", 200),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        (f"Basic {TOKEN}", 401),
        (TOKEN, 401),
        ("Bearer \xff", 401),
    ],
)
async def test_a_token_opens_the_api(sample_news_store: Store, authorization: str, status: int) -> None:
    async with visitor_client(sample_news_store, restricted()) as client:
        headers = {"authorization": authorization.encode("latin-1")}
        answer = await client.get("/api/v1/status", headers=headers)

    assert answer.status_code == status
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert set(answer.json()) == {"error"}


async def test_a_token_opens_no_page_and_is_not_read_from_the_address(sample_news_store: Store) -> None:
    async with visitor_client(sample_news_store, restricted()) as client:
        assert (await client.get("/", headers={"authorization": f"Bearer {TOKEN}"})).status_code == 303
        assert (await client.get(f"/?token={TOKEN}")).status_code == 303
        assert (await client.get(f"/api/v1/status?token={TOKEN}")).status_code == 401
        assert (await client.get(f"/metrics?token={TOKEN}")).status_code == 401
        assert (await client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})).status_code != 401


async def test_logins_are_logged_without_passwords(
    sample_news_store: Store, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with visitor_client(sample_news_store, restricted()) as client:
        await log_in(client, "hunter2 guess")
        await log_in(client)
    output = "".join(capsys.readouterr()) + caplog.text

    assert "login failed" in output
    assert "hunter2" not in output
    assert PASSWORD not in output
    assert PASSWORD not in repr(restricted())
    assert TOKEN not in repr(restricted())
