"""GET and HEAD change nothing in the store, on no route, and show no secret of a source."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from kit.databases import all_rows
from kit.sample_store import KYIV, NOW, SECRET_TOKEN
from kit.web_access import PASSWORD, TOKEN, log_in, visitor_client
from starlette.routing import Route

from monitor.alerts.answer_links import sign_answer
from monitor.alerts.feedback import FeedbackKind
from monitor.alerts.silences import Silence
from monitor.config.models import WebConfig
from monitor.store import silences
from monitor.store.base import Store
from monitor.store.secret_keys import ANSWER_KEY, ensure_secret_key
from monitor.web.access import Access, open_access
from monitor.web.app import create_app
from monitor.web.endpoint import Site

QUERIES = {  # pages that do more with a query
    "/alerts": ("?q=soldiers", "?rule=dprk-deployment&answered=no", "?message=x"),
    "/search": ("?q=soldiers", "?q=(", "?q=soldiers&source=kyiv-wire"),
    "/api/v1/search": ("?q=soldiers",),
    "/login": ("?next=/sources",),
    "/feed.atom": (f"?token={TOKEN}",),
}
WAYS_IN = ("open", "stranger", "session", "token")


def get_paths(store: Store, ids: dict[str, str]) -> list[str]:
    """Return the path of each route that answers GET, with ids that exist, and with queries."""
    routes = create_app(Site(store, timezone=KYIV, clock=lambda: NOW)).routes
    assert all(isinstance(route, Route) for route in routes), "a mounted application needs a test of its own"
    templates = [route.path for route in routes if isinstance(route, Route) and "GET" in (route.methods or ())]
    paths = [fill(path, ids | ({"id": ids["story"]} if "stories" in path else {})) for path in templates]
    return [f"{path}{query}" for path in paths for query in ("", *QUERIES.get(path, ()))]


def fill(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)(:int)?\}", lambda found: ids[found[1]], path)


@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_get_and_head_of_every_route_change_nothing(editable_store: Store, tmp_path: Path, way_in: str) -> None:
    web = WebConfig.model_validate({"password": PASSWORD, "tokens": [TOKEN]})
    access = Access() if way_in == "open" else open_access(web, editable_store)
    with editable_store.write() as conn:
        silences.insert_silence(conn, Silence(0, "x", NOW, NOW + 60, rule="dprk-deployment"))
    async with visitor_client(editable_store, access, folder=tmp_path) as client:
        if way_in == "session":
            await log_in(client)
        headers = {"authorization": f"Bearer {TOKEN}"} if way_in == "token" else {}
        paths = get_paths(editable_store, await known_ids(editable_store, tmp_path))
        before = all_rows(editable_store)
        answers: list[httpx.Response] = []
        for path in paths:
            answers.append(await client.get(path, headers=headers))
            await client.head(path, headers=headers)
        assert all_rows(editable_store) == before

    assert {answer.status_code for answer in answers} <= {200, 303, 400, 401, 404, 503}
    assert not [answer.url for answer in answers if SECRET_TOKEN in answer.text]
    worked = sum(answer.status_code == 200 for answer in answers)
    assert worked >= {"open": 25, "session": 25, "token": 12, "stranger": 4}[way_in]


async def known_ids(store: Store, folder: Path) -> dict[str, str]:
    async with visitor_client(store, Access(), folder=folder) as client:
        alert = (await client.get("/api/v1/alerts")).json()["alerts"][0]
    token = sign_answer(ensure_secret_key(store, ANSWER_KEY), FeedbackKind.ACK, alert["id"], "msg-1", NOW + 60)
    return {"id": alert["id"], "story": alert["story"], "kind": "alerts", "name": "kyiv-wire", "token": token}
