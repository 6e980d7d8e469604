"""Custom templates that loop, use much memory or fail: the message is rendered from the built-in templates."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import TEMPLATES_FOLDER, builtin_templates, make_message

from monitor.deliver.render import RenderedMessage, render_message
from monitor.deliver.render_pool import RenderPool, check_templates_once
from monitor.deliver.render_settings import RenderSettings

pytestmark = pytest.mark.slow

UTC = ZoneInfo("UTC")
LOOPING = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
GROWING = (
    "{% set ns = namespace(x='ships ' ~ title) %}{% for a in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}"
)


@pytest.fixture
async def pool() -> AsyncIterator[RenderPool]:
    render_pool = RenderPool(deadline=1.0, memory=300 * 2**20)
    yield render_pool
    await asyncio.to_thread(render_pool.close)


async def render_with(pool: RenderPool, folder: Path, text: str) -> RenderedMessage:
    (folder / "email.txt.j2").write_text(text)
    return await pool.render(make_message(), "email", builtin_templates(folder), RenderSettings(UTC))


async def test_a_custom_template_is_used(pool: RenderPool, tmp_path: Path) -> None:
    rendered = await render_with(pool, tmp_path, "News: {{ headline }}")

    assert rendered.text == "News: Up to 12,000 personnel from North Korea are in Kursk (was around 3,000)\n"
    assert rendered.note is None


async def test_a_warmed_up_pool_renders_its_first_message_without_delay(pool: RenderPool, tmp_path: Path) -> None:
    (tmp_path / "email.txt.j2").write_text("News: {{ headline }}")
    templates = builtin_templates(tmp_path)
    await pool.warm_up(["email", "slack", "terminal", "webhook"], templates, RenderSettings(UTC))

    started = time.monotonic()
    rendered = await pool.render(make_message(), "email", templates, RenderSettings(UTC))
    assert time.monotonic() - started < 0.5
    assert rendered.note is None


async def test_without_custom_templates_the_pool_renders_like_render_message(pool: RenderPool) -> None:
    rendered = await pool.render(make_message(), "email", builtin_templates(), RenderSettings(UTC))

    assert rendered == render_message(make_message(), "email", builtin_templates(), RenderSettings(UTC))


async def test_built_in_templates_need_no_worker_processes(pool: RenderPool) -> None:
    before = set(multiprocessing.active_children())
    await pool.warm_up(["email"], builtin_templates(TEMPLATES_FOLDER), RenderSettings(UTC))

    assert set(multiprocessing.active_children()) == before


@pytest.mark.parametrize(
    ("text", "deadline", "note"),
    [
        (
            LOOPING,
            1.0,
            "rendering with your templates took more than 1 seconds. The built-in templates are used instead.",
        ),
        (GROWING, 60.0, "template email.txt.j2, line 1: MemoryError"),
    ],
    ids=["looping", "growing"],
)
async def test_a_template_over_a_limit_loses_no_message_and_does_not_block_the_event_loop(
    tmp_path: Path, text: str, deadline: float, note: str
) -> None:
    pool = RenderPool(deadline=deadline, memory=300 * 2**20)
    rendering = asyncio.create_task(render_with(pool, tmp_path, text))
    longest = 0.0
    while not rendering.done():
        started = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - started)
    rendered = await rendering
    await asyncio.to_thread(pool.close)

    assert longest < 0.5
    assert "Around 3,000" in rendered.text
    assert rendered.note == note
    assert note in rendered.text


async def test_a_webhook_template_over_a_limit_is_replaced_by_the_default_body(
    pool: RenderPool, tmp_path: Path
) -> None:
    (tmp_path / "webhook.json.j2").write_text(LOOPING)
    rendered = await pool.render(make_message(), "webhook", builtin_templates(tmp_path), RenderSettings(UTC))

    data = json.loads(rendered.body)["data"]
    assert data["id"] == make_message().alerts[0].id
    assert data["note"] == rendered.note
    assert rendered.note is not None
    assert rendered.note.startswith("rendering with your templates took more than 1 seconds.")


async def test_a_template_fault_is_reported_in_the_note(pool: RenderPool, tmp_path: Path) -> None:
    rendered = await render_with(pool, tmp_path, "{{ oops }}")

    assert rendered.note == "template email.txt.j2, line 1: 'oops' is undefined"


def test_a_looping_template_is_reported_with_the_other_problems(tmp_path: Path) -> None:
    for name, text in (("email.txt.j2", LOOPING), ("slack.j2", "{{ oops }}"), ("terminal.j2", "{{ headline }}")):
        (tmp_path / name).write_text(text)

    started = time.monotonic()
    messages = [
        f"{problem.path.name}: {problem.message}"
        for problem in check_templates_once(tmp_path, TEMPLATES_FOLDER, deadline=1.0)
    ]

    assert messages == ["email.txt.j2: rendering it took more than 1 seconds", "slack.j2: 'oops' is undefined"]
    assert time.monotonic() - started < 30


def test_a_folder_without_custom_templates_has_no_problems(tmp_path: Path) -> None:
    assert (
        check_templates_once(tmp_path, TEMPLATES_FOLDER)
        == check_templates_once(None, TEMPLATES_FOLDER)
        == check_templates_once(TEMPLATES_FOLDER, TEMPLATES_FOLDER)
        == ()
    )
