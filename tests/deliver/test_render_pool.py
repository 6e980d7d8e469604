"""Templates that loop, swell or crash: the message still goes out, by the templates that ship."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import TEMPLATES_FOLDER, builtin_templates, make_message

from monitor.deliver.render import RenderedMessage, render_message
from monitor.deliver.render_pool import RenderPool, check_templates_once

UTC = ZoneInfo("UTC")
LOOPS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
SWELLS = (
    "{% set ns = namespace(x='ships ' ~ title) %}{% for a in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}"
)


@pytest.fixture
async def press() -> AsyncIterator[RenderPool]:
    made = RenderPool(deadline=1.0, memory=300 * 2**20)
    yield made
    await asyncio.to_thread(made.close)


async def rendered(press: RenderPool, folder: Path, text: str) -> RenderedMessage:
    (folder / "email.txt.j2").write_text(text)
    return await press.render(make_message(), "email", builtin_templates(folder), UTC, None)


async def test_a_template_of_the_users_is_used(press: RenderPool, tmp_path: Path) -> None:
    made = await rendered(press, tmp_path, "News: {{ headline }}")

    assert made.text == "News: Up to 12,000 personnel (was around 3,000)\n"
    assert made.note is None


async def test_what_is_warm_makes_its_first_message_at_once(press: RenderPool, tmp_path: Path) -> None:
    (tmp_path / "email.txt.j2").write_text("News: {{ headline }}")
    templates = builtin_templates(tmp_path)
    await press.warm_up(["email", "slack", "terminal", "webhook"], templates, UTC, None)

    begun = time.monotonic()
    made = await press.render(make_message(), "email", templates, UTC, None)
    assert time.monotonic() - begun < 0.5
    assert made.note is None


async def test_without_one_nothing_is_started_and_the_message_is_the_same(press: RenderPool) -> None:
    made = await press.render(make_message(), "email", builtin_templates(), UTC, None)

    assert made == render_message(make_message(), "email", builtin_templates(), UTC, None)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (LOOPS, "rendering with your templates took more than 1 seconds. These are the built-in ones."),
        (SWELLS, "template email.txt.j2, line 1: MemoryError"),
    ],
    ids=["loops", "swells"],
)
async def test_one_that_meets_a_bound_costs_no_message_and_holds_nobody(
    press: RenderPool, tmp_path: Path, text: str, note: str
) -> None:
    stuck = asyncio.create_task(rendered(press, tmp_path, text))
    longest = 0.0
    while not stuck.done():
        begun = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - begun)
    made = await stuck

    assert longest < 0.5
    assert "Around 3,000" in made.text
    assert made.note == note
    assert note in made.text


async def test_a_fault_is_told_as_ever(press: RenderPool, tmp_path: Path) -> None:
    made = await rendered(press, tmp_path, "{{ oops }}")

    assert made.note == "template email.txt.j2, line 1: 'oops' is undefined"


def test_a_template_that_loops_is_a_problem_beside_the_others(tmp_path: Path) -> None:
    for name, text in (("email.txt.j2", LOOPS), ("slack.j2", "{{ oops }}"), ("terminal.j2", "{{ headline }}")):
        (tmp_path / name).write_text(text)

    begun = time.monotonic()
    told = [
        f"{problem.path.name}: {problem.message}"
        for problem in check_templates_once(tmp_path, TEMPLATES_FOLDER, deadline=1.0)
    ]

    assert told == ["email.txt.j2: filling it took more than 1 seconds", "slack.j2: 'oops' is undefined"]
    assert time.monotonic() - begun < 30


def test_a_folder_without_templates_needs_no_process(tmp_path: Path) -> None:
    assert (
        check_templates_once(tmp_path, TEMPLATES_FOLDER)
        == check_templates_once(None, TEMPLATES_FOLDER)
        == check_templates_once(TEMPLATES_FOLDER, TEMPLATES_FOLDER)
        == ()
    )
