"""Tokens cannot be guessed quickly, and a program with an old token does not keep out the others."""

from __future__ import annotations

import logging

import pytest
from kit.web_access import NEIGHBOR, PASSWORD, TOKEN, TestClock, log_in, visitor_client

from monitor.store.base import Store
from monitor.web.access import Access
from monitor.web.login_limit import FREE_FAILURES, FREE_FAILURES_OF_ALL
from monitor.web.token_limit import MAX_WRONG_TOKENS, TokenLimit

STATUS = "/api/v1/status"


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def limited(clock: TestClock) -> Access:
    return Access(password=PASSWORD, tokens=(TOKEN,), token_limit=TokenLimit(clock))


@pytest.mark.parametrize("path", [STATUS, "/metrics", "/feed.atom", "/api/v1/nowhere"])
async def test_many_wrong_tokens_are_answered_429(sample_news_store: Store, path: str) -> None:
    clock = TestClock(1000.0)
    async with visitor_client(sample_news_store, limited(clock), address=NEIGHBOR) as client:
        statuses = [(await client.get(path, headers=bearer(f"guess {n}"))).status_code for n in range(FREE_FAILURES)]
        refused = await client.get(path, headers=bearer(TOKEN))
        without_token = await client.get(path)
        clock.now += 1
        accepted = await client.get(path, headers=bearer(TOKEN))

    assert statuses == [401] * FREE_FAILURES
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert refused.json() == {"error": "Too many wrong tokens. Try again in 1 seconds."}
    assert without_token.status_code == 401
    assert accepted.status_code in (200, 404)


async def test_tokens_in_the_address_of_the_feed_are_counted_as_well(sample_news_store: Store) -> None:
    async with visitor_client(sample_news_store, limited(TestClock(1000.0))) as client:
        statuses = [(await client.get(f"/feed.atom?token=guess{n}")).status_code for n in range(5)]

    assert statuses == [401, 401, 401, 429, 429]


async def test_an_old_token_that_is_sent_again_keeps_out_nobody(sample_news_store: Store) -> None:
    async with visitor_client(sample_news_store, limited(TestClock(1000.0)), address=NEIGHBOR) as client:
        statuses = {(await client.get(STATUS, headers=bearer("an old token"))).status_code for _ in range(20)}

        assert statuses == {401}
        assert (await client.get(STATUS, headers=bearer(TOKEN))).status_code == 200


async def test_guesses_keep_out_no_other_client_and_no_session(sample_news_store: Store) -> None:
    access = limited(TestClock(1000.0))
    for number in range(FREE_FAILURES_OF_ALL + 10):
        async with visitor_client(sample_news_store, access, address=f"198.51.100.{number}") as client:
            assert (await client.get(STATUS, headers=bearer(f"guess {number}"))).status_code == 401
    async with visitor_client(sample_news_store, access, address=NEIGHBOR) as client:
        for number in range(10):
            await client.get(STATUS, headers=bearer(f"another guess {number}"))
        assert (await client.get(STATUS, headers=bearer(TOKEN))).status_code == 429
        assert (await log_in(client)).status_code == 303
        assert (await client.get(STATUS, headers=bearer(TOKEN))).status_code == 200  # by its session
    async with visitor_client(sample_news_store, access, address="203.0.113.1") as client:
        assert (await client.get(STATUS, headers=bearer(TOKEN))).status_code == 200


async def test_health_does_not_tell_a_right_token_from_a_wrong_one_during_the_wait(sample_news_store: Store) -> None:
    async with visitor_client(sample_news_store, limited(TestClock(1000.0))) as client:
        answers = [await client.get("/health", headers=bearer(f"guess {n}")) for n in range(FREE_FAILURES)]
        answers.append(await client.get("/health", headers=bearer(TOKEN)))
        assert (await client.get(STATUS, headers=bearer(TOKEN))).status_code == 429

    assert {(answer.status_code, answer.text) for answer in answers} == {(503, answers[0].text)}


def test_the_memory_of_wrong_tokens_is_limited() -> None:
    clock = TestClock(1000.0)
    limit = TokenLimit(clock)
    for number in range(MAX_WRONG_TOKENS + 50):
        clock.now += 60
        assert limit.wait_or_check(NEIGHBOR, f"guess {number} \udc80", lambda: False) == (0.0, False)

    assert len(limit._wrong) == MAX_WRONG_TOKENS


async def test_wrong_tokens_are_never_logged(
    sample_news_store: Store, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with visitor_client(sample_news_store, limited(TestClock(1000.0))) as client:
        for number in range(6):
            await client.get(STATUS, headers=bearer(f"hunter{number}"))
    output = "".join(capsys.readouterr()) + caplog.text

    assert "hunter" not in output
    assert output.count("token refused") == 3
