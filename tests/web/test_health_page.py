"""`/health` without a login says what fails, and no names, paths or secrets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from kit.sample_store import KYIV, NOW
from kit.web_access import NEIGHBOR, PASSWORD, TOKEN, log_in

from monitor.daemon.health import CHECKS, PARTS, Health, health_json
from monitor.store.base import Store
from monitor.web.access import Access
from monitor.web.app import create_app
from monitor.web.endpoint import Site

NAMES = "worker 2 (pid 4711 on db-host.internal): database /srv/claims/monitor.db, waiting for night-desk, hunter2"
PROXY = "X-Forwarded-User"


def failing_health() -> Health:
    health = Health(lambda: 50.0)
    for part in PARTS:
        health.record_failure(part, NAMES, at_once=True)
    return health


@asynccontextmanager
async def client_of(store: Store, access: Access, health: Health, address: str) -> AsyncIterator[httpx.AsyncClient]:
    pages = create_app(
        Site(
            store,
            timezone=KYIV,
            clock=lambda: NOW,
            access=access,
            health=lambda: health_json(health.assess_health(NOW)),
        )
    )
    transport = httpx.ASGITransport(pages, client=(address, 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
        yield client


async def test_strangers_see_which_checks_fail_without_names(empty_store: Store) -> None:
    for access in (Access(password=PASSWORD, tokens=(TOKEN,)), Access(trust_proxy=PROXY)):
        async with client_of(empty_store, access, failing_health(), NEIGHBOR) as client:
            answer = await client.get("/health", headers={PROXY: "ada"})  # not from a proxy

        assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")
        assert not [
            word for word in ("4711", "db-host", "/srv", "monitor.db", "night", "hunter2") if word in answer.text
        ]
        checks = answer.json()["checks"]
        assert {name: check["status"] for name, check in checks.items()} == dict.fromkeys(CHECKS, "failing")
        assert all(check["reason"] and set(check) == {"status", "since", "reason"} for check in checks.values())


async def test_remarks_about_rules_are_hidden_as_well(empty_store: Store) -> None:
    health = Health(lambda: 50.0)
    health.remarks["rules"] = NAMES
    async with client_of(empty_store, Access(password=PASSWORD), health, NEIGHBOR) as client:
        answer = await client.get("/health")

    assert (answer.status_code, answer.json()["checks"]["rules"]["reason"]) == (200, None)


async def test_whoever_may_see_the_pages_sees_the_reasons(empty_store: Store) -> None:
    access = Access(password=PASSWORD, tokens=(TOKEN,), trust_proxy=PROXY)
    async with client_of(empty_store, access, failing_health(), "127.0.0.1") as client:
        answers = [
            await client.get("/health", headers=headers)
            for headers in ({"authorization": f"Bearer {TOKEN}"}, {PROXY: "ada"}, {"authorization": "Bearer wrong"})
        ]
        await log_in(client)
        answers.append(await client.get("/health"))
    async with client_of(empty_store, Access(), failing_health(), "127.0.0.1") as client:
        answers.append(await client.get("/health"))

    assert ["night-desk" in json.dumps(answer.json()) for answer in answers] == [True, True, False, True, True]
