"""The API: every response is valid by the OpenAPI document that is generated from the models."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from kit.builders import add_sources, commit_texts, example_alert, sent_decision
from kit.sample_store import NOW
from kit.tryout_workers import HeldTryouts, KilledWorkers, StoppedWorkers
from kit.web_access import NEIGHBOR, PASSWORD, SAME_ORIGIN, TOKEN, form_token, log_in, visitor_client
from openapi_spec_validator import OpenAPIV31SpecValidator

from monitor.store import history, silences
from monitor.store.base import Store
from monitor.store.reports.status import load_status
from monitor.units import DAY
from monitor.web import api_rules, tryout_runner
from monitor.web.access import Access
from monitor.web.api_openapi import plain_path
from monitor.web.api_operation import API_PATH, MAX_BODY_BYTES
from monitor.web.api_routes import OPERATIONS

RULE = """
name: dprk-deployment
title: Brigades
match: brigade
severity: high
notify: [desk]
"""
CHANGES = [operation for operation in OPERATIONS if operation.method == "POST"]


class CheckedClient:
    """A client of the API that validates each answer by the OpenAPI document."""

    def __init__(self, client: httpx.AsyncClient, document: dict[str, Any]) -> None:
        self.client, self.document = client, document

    async def get(self, path: str, status: int = 200) -> Any:
        return self.checked("get", path, status, await self.client.get(API_PATH + path))

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await self.client.post(API_PATH + path, json={} if body is None else body)
        return self.checked("post", path, status, answer)

    def checked(self, method: str, path: str, status: int, answer: httpx.Response) -> Any:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        operation = self.document["paths"][self.template(path, method)][method]
        schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
        content = answer.json()
        whole = {**schema, "components": self.document["components"]}
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(content)
        return content

    def template(self, path: str, method: str) -> str:
        """Return the path of the document that a path is an instance of; one without parameters first."""
        plain = path.partition("?")[0]
        patterns = {known: re.sub(r"\{\w+\}", "[^/]+", known) for known in sorted(self.document["paths"])}
        matching = [known for known, pattern in patterns.items() if re.fullmatch(pattern, plain)]
        return min(
            (known for known in matching if method in self.document["paths"][known]), key=lambda k: k.count("{")
        )


@pytest.fixture
async def api(editable_store: Store, tmp_path: Path) -> AsyncIterator[CheckedClient]:
    """A client without a login, of a store that the test may change and that has a config."""
    async with visitor_client(editable_store, Access(), folder=tmp_path) as client:
        yield CheckedClient(client, (await client.get(f"{API_PATH}/openapi.json")).json())


async def test_the_document_is_valid_openapi_and_has_every_operation(api: CheckedClient) -> None:
    OpenAPIV31SpecValidator(api.document).validate()

    documented = {(method, path) for path, item in api.document["paths"].items() for method in item}
    assert documented == {(operation.method.lower(), plain_path(operation.path)) for operation in OPERATIONS}
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert api.document["openapi"].startswith("3.1")


def test_every_model_forbids_and_requires_fields() -> None:
    for operation in OPERATIONS:
        for model in (operation.response, operation.query, operation.body):
            assert model is None or model.model_config["extra"] == "forbid", operation.name


def test_the_docs_list_every_operation() -> None:
    text = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(GET|POST) (/\S+)` \|", text, re.MULTILINE)

    assert listed == [(operation.method, plain_path(operation.path)) for operation in OPERATIONS]


async def test_alerts_are_listed_in_pages(api: CheckedClient) -> None:
    every = (await api.get("/alerts"))["alerts"]
    pages, path = [], "/alerts?limit=1&rule=dprk-deployment"
    while path:
        page = await api.get(path)
        pages += page["alerts"]
        path = (page["older"] or "").removeprefix(API_PATH)

    assert len(every) > 2
    assert pages == [alert for alert in every if alert["rule"] == "dprk-deployment"]
    assert every[0]["findings"][0]["changes"] == [
        {"kind": "number", "before": "Around 3,000", "after": "Up to 12,000"}
    ]
    assert every[0]["headline"].startswith("Up to 12,000")


async def test_alerts_are_filtered(api: CheckedClient) -> None:
    every = (await api.get("/alerts"))["alerts"]
    newest = every[0]
    await api.post(f"/alerts/{newest['id']}/answer", {"answer": "ack"})

    async def ids(query: str) -> list[str]:
        return [alert["id"] for alert in (await api.get(f"/alerts?{query}"))["alerts"]]

    def where(key: str, value: object) -> list[str]:
        return [alert["id"] for alert in every if alert[key] == value]

    assert await ids(f"rule={newest['rule']}") == where("rule", newest["rule"])
    assert await ids(f"severity={newest['severity']}") == where("severity", newest["severity"])
    assert await ids(f"story={newest['story']}") == where("story", newest["story"])
    assert await ids("answered=yes") == [newest["id"]]
    assert await ids("answered=ack") == [newest["id"]]
    assert await ids("answered=not-news") == []
    assert await ids("answered=no") == [alert["id"] for alert in every[1:]]
    sources = {alert["id"]: {finding["source"] for finding in alert["findings"]} for alert in every}
    assert await ids("source=kyiv-wire") == [id for id in sources if sources[id] == {"kyiv-wire"}]
    assert await ids("q=BRIGADE") == [a["id"] for a in every if "brigade" in json.dumps(a["findings"]).lower()]
    assert await ids("q=nowhere-in-it") == []
    assert await ids(f"since={newest['at']}") == where("at", newest["at"])
    assert await ids(f"until={newest['at']}") == [a["id"] for a in every if a["at"] < newest["at"]]
    assert await ids("since=9999d") == [alert["id"] for alert in every]
    assert await ids("rule=nobody") == []


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/alerts?colour=red", 'Unknown parameter "colour": expected one of rule, severity, source, story, q, since, '
         "until, answered, before, limit."),
        ("/sources?state=ok", 'Unknown parameter "state": there are none here.'),
        ("/alerts/x?rule=a", 'Unknown parameter "rule": there are none here.'),
        ("/alerts?rule=a&rule=b", "A parameter is given twice."),
        ("/alerts?severity=HIGH", 'Invalid parameter "severity": expected \'info\', \'low\', \'medium\', \'high\' or '
         "'critical'."),
        ("/alerts?limit=0", 'Invalid parameter "limit": expected greater than or equal to 1.'),
        ("/alerts?limit=9999", 'Invalid parameter "limit": expected less than or equal to 200.'),
        ("/alerts?before=-1", 'Invalid parameter "before": expected greater than or equal to 1.'),
        ("/alerts?before=99999999999999999999", 'Invalid parameter "before": expected less than or equal to '
         "4611686018427387904."),
        ("/alerts?since=yesterday", 'Invalid parameter "since": expected a time such as 2026-01-31T18:00Z, or a '
         "duration such as 7d."),
        ("/deliveries?state=lost", "Invalid parameter \"state\": expected 'pending', 'retrying', 'sent' or 'dead'."),
        ("/search", 'Invalid parameter "q": field required.'),
    ],
)  # fmt: skip
async def test_an_invalid_query_is_400_with_what_is_expected(api: CheckedClient, path: str, sentence: str) -> None:
    assert await api.get(path, 400) == {"error": sentence}


async def test_a_query_in_error_is_shown_with_its_position(api: CheckedClient) -> None:
    error = (await api.get("/search?q=troops+AND+(", 400))["error"]

    assert error.startswith("Query, character ")


async def test_one_alert_has_its_deliveries_silences_and_answer(api: CheckedClient) -> None:
    oldest = (await api.get("/alerts"))["alerts"][-1]
    answer = await api.post(f"/alerts/{oldest['id']}/answer", {"answer": "not news", "note": " old ", "by": "ada"})
    alert = await api.get(f"/alerts/{oldest['id']}")

    assert (answer["said"], answer["by"], answer["note"]) == ("not news", "ada", "old")
    assert (alert["answer"], alert["feedback"]) == ("not news", answer)
    assert {delivery["channel"]: delivery["state"] for delivery in alert["deliveries"]} == {
        "desk": "sent",
        "osint": "dead",
    }
    assert [silence["mode"] for silence in alert["silenced"]] == ["not news"]


async def test_an_unknown_alert_story_source_silence_or_path_is_404(api: CheckedClient) -> None:
    for path in ("/alerts/nobody", "/stories/nobody", "/sources/nobody"):
        assert set(await api.get(path, 404)) == {"error"}
    assert await api.post("/alerts/nobody/answer", {"answer": "ack"}, 404) == {"error": "There is no such alert."}
    assert await api.post("/sources/nobody/poll", status=404) == {"error": "There is no such source."}
    assert await api.post("/silences/999/end", status=404) == {"error": "There is no such silence."}
    for path in ("/api", "/api/", "/api/v1", "/api/v2/alerts", "/api/alerts", f"{API_PATH}/deliveries/x/retry"):
        answer = await api.client.get(path)
        assert (answer.status_code, set(answer.json())) == (404, {"error"}), path


async def test_stories_are_listed_by_their_latest_alert(api: CheckedClient) -> None:
    alerts = (await api.get("/alerts"))["alerts"]
    listed, path = [], "/stories?limit=2"
    while path:
        page = await api.get(path)
        listed += page["stories"]
        path = (page["older"] or "").removeprefix(API_PATH)

    assert [story["story"] for story in listed] == list(dict.fromkeys(alert["story"] for alert in alerts))
    assert sum(story["alerts"] for story in listed) == len(alerts)
    story = await api.get(f"/stories/{listed[0]['story']}")
    assert (story["story"], story["lead"]) == (listed[0]["story"], listed[0]["lead"])
    assert len(story["alerts"]) == listed[0]["alerts"]


async def test_a_source_can_be_polled_paused_and_resumed(api: CheckedClient) -> None:
    listed = (await api.get("/sources"))["sources"]
    assert {source["name"]: source["state"] for source in listed}["kyiv-wire"] == "ok"
    polled = await api.post("/sources/food-agency/poll")
    assert (polled["state"], polled["next_poll"]) == ("failing", "2026-12-16T18:30:00Z")
    paused = await api.post("/sources/kyiv-wire/pause")
    assert (paused["state"], paused["paused_at"]) == ("paused", "2026-12-16T18:30:00Z")
    assert await api.get("/sources/kyiv-wire") == paused
    assert (await api.get("/status"))["sources"]["paused"] == 1
    assert "resume" in (await api.post("/sources/kyiv-wire/poll", status=409))["error"]
    resumed = await api.post("/sources/kyiv-wire/resume")
    assert (resumed["state"], resumed["paused_at"], resumed["next_poll"]) == ("ok", None, "2026-12-16T18:30:00Z")


async def test_large_tables_are_counted_once_a_minute(api: CheckedClient, editable_store: Store) -> None:
    first = await api.get("/status")
    add_sources(editable_store, "wire")  # the others are no longer configured
    commit_texts(editable_store, ["A."], decisions=[sent_decision(example_alert("al-x", at=NOW))])
    second = await api.get("/status")

    assert second == first | {
        "sources": {"empty": 1},
        "alerts_today": first["alerts_today"] + 1,
        "decided_today": second["decided_today"],
        "last_poll": None,
        "next_poll": second["next_poll"],
        "notices": second["notices"],
        "never_polled": 1,
    }
    with editable_store.read() as conn:
        counted = load_status(conn, NOW)
    assert counted.counts.alerts == first["alerts"] + 1
    assert counted.messages == first["messages"]


async def test_a_dead_delivery_can_be_retried(api: CheckedClient) -> None:
    (dead,) = (await api.get("/deliveries?state=dead&channel=osint"))["deliveries"]
    assert await api.post(f"/deliveries/{dead['id']}/retry") == {"id": dead["id"], "state": "pending"}
    assert (await api.get("/deliveries?state=dead"))["deliveries"] == []
    assert set(await api.post(f"/deliveries/{dead['id']}/retry", status=409)) == {"error"}
    first = await api.get("/deliveries?limit=1")
    assert (await api.get(first["older"].removeprefix(API_PATH)))["deliveries"][0]["id"] < first["deliveries"][0][
        "id"
    ]


async def test_a_silence_is_created_and_ended(api: CheckedClient, editable_store: Store) -> None:
    new = {"rule": "dprk-deployment", "match": "brigade", "for": "7d", "reason": " too\nmuch ", "by": "ada"}
    made = await api.post("/silences", new, 201)

    assert (made["state"], made["rule"], made["match"], made["reason"]) == (
        "active", "dprk-deployment", "brigade", "too much",
    )  # fmt: skip
    with editable_store.read() as conn:
        (stored,) = silences.load_active_silences(conn, NOW)
    assert (stored.until, stored.by, stored.mode) == (NOW + 7 * DAY, "ada", "all")
    assert (await api.get("/silences?state=active"))["silences"] == [made]
    ended = await api.post(f"/silences/{made['id']}/end")
    assert ended["state"] == "ended"
    assert set(await api.post(f"/silences/{made['id']}/end", status=409)) == {"error"}
    facts = {"story": "st-1", "until": "2027-01-01T00:00Z", "reason": "x", "until_facts_change": True}
    assert (await api.post("/silences", facts, 201))["mode"] == "until the facts change"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"reason": "x", "for": "1d"}, "Expected rule, source, story or match."),
        ({"rule": "a", "for": "1d"}, 'Invalid field "reason": field required.'),
        ({"rule": "a", "for": "1d", "reason": " "}, "Expected a reason."),
        ({"rule": "a", "reason": "x"}, "Expected either for or until."),
        ({"rule": "a", "reason": "x", "for": "1d", "until": "2027-01-01"}, "Expected either for or until."),
        (
            {"rule": "a", "reason": "x", "until": "2020-01-01"},
            'Invalid field "until": expected a future time.',
        ),
        ({"rule": "a", "reason": "x", "for": "1d", "mode": "all"}, None),
        ({"match": "(", "reason": "x", "for": "1d"}, None),
        ([], None),
        ("text", None),
    ],
)
async def test_an_invalid_silence_is_refused(api: CheckedClient, body: Any, sentence: str | None) -> None:
    error = (await api.post("/silences", body, 400))["error"]

    assert sentence in (None, error)
    assert (await api.get("/silences"))["silences"] == []


async def test_rules_are_listed_with_counts_and_problems(api: CheckedClient, tmp_path: Path) -> None:
    answered = (await api.get("/alerts?rule=dprk-deployment"))["alerts"]
    await api.post(f"/alerts/{answered[0]['id']}/answer", {"answer": "not news"})
    listed = await api.get("/rules?since=9999d")
    rules = {rule["rule"]: rule for rule in listed["rules"]}

    assert rules["dprk-deployment"]["alerts"] == len(answered)
    assert (rules["dprk-deployment"]["not_news"], rules["dprk-deployment"]["noise"]) == (1, 1.0)
    assert listed["rules"][0]["rule"] == "dprk-deployment"
    assert [problem for problem in listed["problems"] if not problem["warning"]] == []


async def test_an_edit_of_a_rule_is_tried_on_the_history(api: CheckedClient) -> None:
    tried = await api.post("/rules/try", {"rules": RULE, "since": "30d"})  # in a process, as the daemon does it

    assert (tried["against"], tried["problems"]) == ("the running rules", [])
    assert tried["updates"] > 3
    assert [alert["findings"][0]["matched"] for alert in tried["alerts"]] == [["brigade"]]
    assert tried["counts"] == {name: len(tried[name]) for name in ("alerts", "gained", "lost")}
    assert tried["lost"]
    assert all(alert["rule"] == "dprk-deployment" for alert in tried["lost"])


@pytest.mark.usefixtures("in_thread")
async def test_a_new_rule_is_compared_with_nothing(api: CheckedClient) -> None:
    tried = await api.post("/rules/try", {"rules": RULE.replace("name: dprk-deployment", "name: fresh")})

    assert (tried["against"], len(tried["alerts"]), tried["gained"], tried["lost"]) == (None, 1, [], [])


@pytest.mark.usefixtures("in_thread")
async def test_problems_of_a_tried_text_have_their_position(api: CheckedClient) -> None:
    tried = await api.post("/rules/try", {"rules": "name: a\nmatch: (b\n"})
    first = tried["problems"][0]

    assert (first["path"], first["line"], first["warning"]) == ("rules.yaml", 2, False)
    assert tried["alerts"] == []


@pytest.mark.usefixtures("in_thread")
async def test_of_many_tried_alerts_the_latest_are_listed(
    api: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = await api.post("/rules/try", {"rules": RULE})
    monkeypatch.setattr(api_rules, "MAX_TRIED_ALERTS", 1)
    tried = await api.post("/rules/try", {"rules": RULE})

    assert tried["counts"] == every["counts"]
    assert tried["counts"]["lost"] > 1
    assert tried["lost"] == every["lost"][-1:]


@pytest.mark.usefixtures("in_thread")
async def test_a_try_out_that_takes_too_long_is_refused(api: CheckedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE_ROWS", 3)
    monkeypatch.setattr(api_rules, "TRYOUT_S", 0.0)
    stopped = await api.post("/rules/try", {"rules": RULE}, 422)
    monkeypatch.setattr(tryout_runner, "WorkerPool", KilledWorkers)
    killed = await api.post("/rules/try", {"rules": RULE}, 422)

    assert stopped["error"] == "The try-out took more than 0 seconds: choose a shorter since."
    assert killed["error"] == "The try-out took more than it may: choose a shorter since."


async def test_a_try_out_ends_when_the_server_stops(api: CheckedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tryout_runner, "WorkerPool", StoppedWorkers)

    assert (await api.post("/rules/try", {"rules": RULE}, 503))["error"] == "This monitor is stopping."


async def test_one_try_out_runs_at_a_time(api: CheckedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    tryouts = HeldTryouts(monkeypatch)
    form = {"csrf_token": form_token((await api.client.get("/rules/try")).text), "text": RULE, "since": "30d"}
    by_page = asyncio.create_task(api.client.post("/rules/try", data=form, headers=SAME_ORIGIN))
    await tryouts.wait_until_started()
    busy = await asyncio.wait_for(api.post("/rules/try", {"rules": RULE}, 409), 5)
    tryouts.released.set()

    assert busy["error"] == "Another try-out is running. Try again in a few seconds."
    assert (await by_page).status_code == 200
    assert (await api.post("/rules/try", {"rules": RULE}))["alerts"]


@pytest.mark.usefixtures("in_thread")
async def test_with_problems_on_disk_nothing_is_tried(
    api: CheckedClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("monitor.backtest.text_tryout.run_tryout")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/a.yaml").write_text("name: [\n")
    config = tmp_path / "config.toml"
    config.write_text(re.sub(r'rules = ".*"', 'rules = "broken"', config.read_text()))
    refused = await api.post("/rules/try", {"rules": RULE}, 409)

    assert refused["error"] == "The rules on disk have problems, so there is nothing to compare with."


async def test_the_ledger_is_searched_in_pages(api: CheckedClient) -> None:
    every = (await api.get("/search?q=soldier*"))["claims"]
    first = await api.get("/search?q=soldier*&limit=1")
    second = await api.get(first["older"].removeprefix(API_PATH))

    assert len(every) > 2
    assert [*first["claims"], *second["claims"]] == every[:2]
    assert all(claim["matched"] for claim in every)
    assert (await api.get("/search?q=%40dprk+AND+soldier*"))["claims"]
    by_wire = (await api.get("/search?q=soldier*&source=kyiv-wire"))["claims"]
    assert by_wire == [claim for claim in every if "kyiv-wire" in claim["sources"]]
    assert (await api.get("/search?q=soldier*&since=1h"))["claims"] == [
        c for c in every if c["at"] > "2026-12-16T17:30"
    ]


async def test_a_long_search_ends_and_continues_on_the_next_page(
    api: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.web.api_search.SEARCH_S", -1.0)
    page = await api.get("/search?q=nowhere")

    assert page["claims"] == []
    assert page["older"]
    assert await api.get(page["older"].removeprefix(API_PATH)) == {"claims": [], "older": None}


async def test_without_a_config_rules_are_unavailable(editable_store: Store) -> None:
    async with visitor_client(editable_store, Access()) as client:
        assert (await client.get(f"{API_PATH}/rules")).status_code == 503
        assert (await client.get(f"{API_PATH}/search?q=%40dprk")).status_code == 200


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("way_in", "headers", "content", "status"),
    [
        ("open", JSON, b"{}", 200),
        ("open", {}, b"", 200),
        ("open", {"content-type": "text/plain"}, b"{}", 415),
        ("open", {"content-type": "application/x-www-form-urlencoded"}, b"a=b", 415),
        ("open", JSON | {"origin": "https://evil.example"}, b"{}", 403),
        ("open", {"sec-fetch-site": "cross-site"}, b"", 403),
        ("open", JSON | SAME_ORIGIN, b"{}", 200),
        ("session", JSON | SAME_ORIGIN, b"{}", 200),
        ("session", JSON, b"{}", 403),
        ("session", SAME_ORIGIN, b"", 415),
        ("session", JSON | {"origin": "https://evil.example"}, b"{}", 403),
        ("proxy", JSON, b"{}", 403),
        ("proxy", JSON | SAME_ORIGIN, b"{}", 200),
        ("token", {}, b"", 200),
        ("token", {"content-type": "text/plain"}, b"{}", 200),
        ("token", {"origin": "https://evil.example"}, b"{}", 200),
        ("none", JSON | SAME_ORIGIN, b"{}", 401),
    ],
)
async def test_a_change_needs_json_from_our_pages_or_a_token(
    editable_store: Store, way_in: str, headers: dict[str, str], content: bytes, status: int
) -> None:
    accesses = {"open": Access(), "proxy": Access(trust_proxy="X-Forwarded-User")}
    access = accesses.get(way_in) or Access(password=PASSWORD, tokens=(TOKEN,))
    async with visitor_client(editable_store, access) as client:
        if way_in == "session":
            await log_in(client)
        if way_in == "proxy":
            client.headers["x-forwarded-user"] = "ada"
        if way_in == "token":
            client.headers["authorization"] = f"Bearer {TOKEN}"
        path = f"{API_PATH}/sources/kyiv-wire/pause"
        answer = await client.post(path, headers=headers, content=content)
        assert answer.status_code == status, answer.text
        assert set(answer.json()) == {"error"} or status == 200


async def first_alert_path(client: httpx.AsyncClient) -> str:
    return f"/alerts/{(await client.get(f'{API_PATH}/alerts')).json()['alerts'][0]['id']}"


async def test_a_page_form_cannot_reach_the_api(editable_store: Store) -> None:
    async with visitor_client(editable_store, Access()) as client:
        token = form_token((await client.get(await first_alert_path(client))).text)
        path = f"{API_PATH}/sources/kyiv-wire/pause"
        assert (await client.post(path, data={"csrf_token": token}, headers=SAME_ORIGIN)).status_code == 415


@pytest.mark.parametrize("operation", CHANGES, ids=lambda operation: operation.name)
async def test_get_changes_nothing_and_head_has_no_body(editable_store: Store, operation: Any) -> None:
    path = API_PATH + re.sub(r"\{\w+(:int)?\}", "1", operation.path)
    async with visitor_client(editable_store, Access()) as client:
        before = await client.get(f"{API_PATH}/status")
        assert (await client.get(path)).status_code in (200, 404, 405)
        assert (await client.get(f"{API_PATH}/status")).json() == before.json()
        assert (await client.head(f"{API_PATH}/status")).status_code == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b'{"answer": "maybe"}', 400),
        (b"", 400),
        (b'{"answer": "ack", "note": "' + b"x" * MAX_BODY_BYTES + b'"}', 413),
    ],
)
async def test_an_invalid_body_is_one_sentence(api: CheckedClient, content: bytes, status: int) -> None:
    id = (await api.get("/alerts"))["alerts"][0]["id"]
    answer = await api.client.post(f"{API_PATH}/alerts/{id}/answer", content=content, headers=JSON)

    assert answer.status_code == status
    assert set(answer.json()) == {"error"}


async def test_an_answer_by_a_program_is_by_api_unless_it_names_somebody(editable_store: Store) -> None:
    access = Access(password=PASSWORD, tokens=(TOKEN,))
    async with visitor_client(editable_store, access, address=NEIGHBOR) as client:
        client.headers["authorization"] = f"Bearer {TOKEN}"
        id = (await client.get(f"{API_PATH}/alerts")).json()["alerts"][0]["id"]
        answer = await client.post(f"{API_PATH}/alerts/{id}/answer", json={"answer": "ack"})

    assert (answer.status_code, answer.json()["by"]) == (200, "api")
