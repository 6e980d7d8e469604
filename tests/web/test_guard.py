"""Every route is refused to strangers, and every form needs its token."""

from __future__ import annotations

from itertools import product

import pytest
from kit.sample_store import KYIV, NOW
from kit.web_access import FORM_PATHS, PASSWORD, SAME_ORIGIN, TOKEN, form_token, log_in, visitor_client
from starlette.routing import Route

from monitor.store.base import Store
from monitor.web.access import Access
from monitor.web.app import create_app
from monitor.web.endpoint import Site
from monitor.web.guard import PUBLIC_PATHS

PUBLIC_ROUTES = {*PUBLIC_PATHS, "/answer/{token}"}
VARIANTS = ["{}", "{}/", "/{}", "{}%00", "{}%2f..", "/.%2f{}", "{};x"]


def all_routes(store: Store) -> list[tuple[str, str]]:
    """Every path of the application with each of its methods."""
    routes = create_app(Site(store, timezone=KYIV, clock=lambda: NOW)).routes
    assert all(isinstance(route, Route) for route in routes), "a mounted application needs a test of its own"
    return [(route.path, method) for route in routes if isinstance(route, Route) for method in route.methods or ()]


def fill(path: str) -> str:
    filled = path.replace("{kind}", "alerts").replace("{id:int}", "1").replace("{id}", "x")
    return filled.replace("{name}", "x").replace("{name:path}", "x")


async def test_every_route_refuses_strangers(sample_news_store: Store) -> None:
    routes = all_routes(sample_news_store)
    assert len(routes) > 20
    async with visitor_client(sample_news_store, Access(password=PASSWORD, tokens=(TOKEN,))) as client:
        for path, method in routes:
            answer = await client.request(method, fill(path).replace("{token}", "x"))
            if path in PUBLIC_ROUTES:
                assert "location" not in answer.headers, path
            elif path.startswith("/api/"):
                assert answer.status_code == 401, path
                if method != "HEAD":
                    assert set(answer.json()) == {"error"}
            elif path in ("/feed.atom", "/metrics"):
                assert answer.status_code == 401, path
            else:
                assert answer.status_code == 303, path
                assert answer.headers["location"].startswith("/login"), path
            assert "12,000" not in answer.text, path


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS", "PATCH"])
async def test_no_spelling_of_a_path_and_no_method_gets_past(
    sample_news_store: Store, variant: str, method: str
) -> None:
    async with visitor_client(sample_news_store, Access(password=PASSWORD)) as client:
        for path in ("/", "/alerts/x", "/sources", "/nowhere", "/health/x", "/login/x", "/answer/a/b"):
            answer = await client.request(method, variant.format(path))
            assert answer.status_code in (303, 401), (path, answer.status_code)


@pytest.mark.parametrize("path", ["/", "/sources", "/health"])
async def test_behind_a_proxy_only_strangers_get_no_login_page(sample_news_store: Store, path: str) -> None:
    async with visitor_client(sample_news_store, Access(trust_proxy="X-Forwarded-User")) as client:
        assert (await client.get(path)).status_code == (503 if path == "/health" else 401)  # 503: no daemon


ORIGINS = {
    "own": (SAME_ORIGIN, True),
    "own by fetch metadata": ({"sec-fetch-site": "same-origin"}, True),
    "none": ({}, False),
    "foreign": ({"origin": "https://evil.example"}, False),
    "foreign by fetch metadata": ({"origin": "http://localhost:8080", "sec-fetch-site": "cross-site"}, False),
    "null": ({"origin": "null"}, False),
}
WAYS_IN = ("open", "session", "proxy")
TOKENS = ("right", "missing", "empty", "of another visitor", "not ASCII")


@pytest.mark.parametrize(("way_in", "origin", "token"), [*product(WAYS_IN, ORIGINS, TOKENS)])
async def test_a_form_needs_our_origin_and_the_visitors_token(
    editable_store: Store, way_in: str, origin: str, token: str
) -> None:
    access = {
        "open": Access(),
        "session": Access(password=PASSWORD),
        "proxy": Access(trust_proxy="X-Forwarded-User"),
    }[way_in]
    headers, is_own = ORIGINS[origin]
    async with visitor_client(editable_store, access) as client:
        if way_in == "session":
            assert (await log_in(client)).status_code == 303
        if way_in == "proxy":
            client.headers["x-forwarded-user"] = "ada"
        with editable_store.read() as conn:
            alert = conn.exec_driver_sql("SELECT id FROM alerts LIMIT 1").scalar()
        page = (await client.get(f"/alerts/{alert}")).text
        tokens = {
            "right": form_token(page),
            "empty": "",
            "of another visitor": access.csrf_token("session", "other"),
            "not ASCII": "é" * 64,
        }
        form = {"csrf_token": tokens[token]} if token in tokens else {}
        answer = await client.post(f"/alerts/{alert}/ack", data=form, headers=headers)
        with editable_store.read() as conn:
            answers = conn.exec_driver_sql("SELECT count(*) FROM answers").scalar()

    is_accepted = is_own and token == "right"
    assert (answer.status_code, answers) == ((303, 1) if is_accepted else (403, 0))


@pytest.mark.parametrize("path", FORM_PATHS)
async def test_every_form_is_refused_without_its_token(editable_store: Store, path: str) -> None:
    async with visitor_client(editable_store, Access()) as client:
        assert (await client.post(fill(path), data={"x": "y"}, headers=SAME_ORIGIN)).status_code == 403


async def test_the_token_of_one_session_is_refused_in_another(editable_store: Store) -> None:
    access = Access(password=PASSWORD)
    tokens = []
    for _ in range(2):
        async with visitor_client(editable_store, access) as client:
            await log_in(client)
            tokens.append(form_token((await client.get("/")).text))
            refused = await client.post("/logout", data={"csrf_token": tokens[0]}, headers=SAME_ORIGIN)

    assert tokens[0] != tokens[1]
    assert refused.status_code == 403


async def test_an_answer_stores_the_user_that_the_proxy_names(editable_store: Store) -> None:
    ada = {"x-forwarded-user": "Ада".encode(), "origin": b"http://localhost:8080"}
    async with visitor_client(editable_store, Access(trust_proxy="X-Forwarded-User")) as client:
        with editable_store.read() as conn:
            alert = conn.exec_driver_sql("SELECT id FROM alerts LIMIT 1").scalar()
        token = form_token((await client.get(f"/alerts/{alert}", headers=ada)).text)
        await client.post(f"/alerts/{alert}/ack", data={"csrf_token": token}, headers=ada)
        with editable_store.read() as conn:
            assert conn.exec_driver_sql('SELECT "by" FROM answers').scalar() == "Ада"
