"""Log lines: what they carry, what cannot be forged in them, and what they never show."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from pydantic import SecretStr

from monitor import log

HOSTILE = "title\nforged \x1b[2J\u202e\x85\u2028\U000e0001 end"


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def written(style: log.LogFormat) -> io.StringIO:
    stream = io.StringIO()
    log.configure_logging(style, stream=stream)
    return stream


def test_a_line_for_people_has_time_level_sentence_and_keys() -> None:
    stream = written("console")
    structlog.get_logger().warning("source failed", stage="poll", source="isw", error="no answer")
    assert stream.getvalue()[19:] == 'Z warning  source failed stage=poll source=isw error="no answer"\n'


def test_json_lines_hold_the_same_and_give_every_value_back() -> None:
    stream = written("json")
    structlog.get_logger().info("source read", stage="poll", source=HOSTILE, entries=3)
    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"level": "info", "event": "source read", "stage": "poll", "source": HOSTILE, "entries": 3}


@pytest.mark.parametrize("style", ["console", "json"])
def test_what_a_feed_says_cannot_begin_a_line_or_steer_a_terminal(style: log.LogFormat) -> None:
    stream = written(style)
    structlog.get_logger().info(HOSTILE, source=HOSTILE, seen=[HOSTILE], **{HOSTILE: 1})
    logging.getLogger("uvicorn").warning("%s", HOSTILE)
    lines = stream.getvalue().split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
    assert "forged" in lines[0]
    assert "forged" in lines[1]


@pytest.mark.parametrize("style", ["console", "json"])
def test_secrets_stay_secret(style: log.LogFormat) -> None:
    stream = written(style)
    secret = SecretStr("hunter2")
    structlog.get_logger().info("x", a=secret, b={"c": [secret]})
    assert "**********" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_a_traceback_keeps_its_lines_but_not_the_control_characters_of_its_message() -> None:
    stream = written("console")
    try:
        raise ValueError("\x1b[2J")
    except ValueError:
        structlog.get_logger().exception("unexpected", stage="daemon")
    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("unexpected stage=daemon")
    assert rest[-1] == "ValueError: \\u001b[2J"


@pytest.mark.parametrize("name", ["httpx", "httpcore", "apscheduler", "apscheduler.executors.default"])
def test_libraries_that_tell_of_every_request_or_tick_are_quiet_below_warnings(name: str) -> None:
    stream = written("console")
    logging.getLogger(name).info("GET https://example.org/?token=hunter2")
    assert stream.getvalue() == ""
    logging.getLogger(name).warning("late")
    assert "late" in stream.getvalue()
