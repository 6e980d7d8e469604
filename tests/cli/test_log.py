"""Log lines: format, escaping of hostile text, and masked secrets."""

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
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def log_to_stream(style: log.LogFormat) -> io.StringIO:
    stream = io.StringIO()
    log.configure_logging(style, stream=stream)
    return stream


def test_a_text_line_has_time_level_event_and_keys() -> None:
    stream = log_to_stream("text")
    structlog.get_logger().warning("poll failed", stage="poll", source="isw", error="no answer")
    assert stream.getvalue()[19:] == 'Z warning  poll failed stage=poll source=isw error="no answer"\n'


def test_a_json_line_keeps_every_value_unchanged() -> None:
    stream = log_to_stream("json")
    structlog.get_logger().info("poll finished", stage="poll", source=HOSTILE, entries=3)
    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"level": "info", "event": "poll finished", "stage": "poll", "source": HOSTILE, "entries": 3}


@pytest.mark.parametrize("style", ["text", "json"])
def test_text_from_feeds_cannot_forge_a_line_or_control_the_terminal(style: log.LogFormat) -> None:
    stream = log_to_stream(style)
    structlog.get_logger().info(HOSTILE, source=HOSTILE, seen=[HOSTILE], **{HOSTILE: 1})
    logging.getLogger("uvicorn").warning("%s", HOSTILE)
    lines = stream.getvalue().split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
    assert "forged" in lines[0]
    assert "forged" in lines[1]


@pytest.mark.parametrize("style", ["text", "json"])
def test_secrets_are_masked(style: log.LogFormat) -> None:
    stream = log_to_stream(style)
    secret = SecretStr("hunter2")
    structlog.get_logger().info("x", a=secret, b={"c": [secret]})
    assert "**********" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_a_traceback_keeps_its_lines_and_escapes_control_characters() -> None:
    stream = log_to_stream("text")
    try:
        raise ValueError("\x1b[2J")
    except ValueError:
        structlog.get_logger().exception("unexpected", stage="daemon")
    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("unexpected stage=daemon")
    assert rest[-1] == "ValueError: \\u001b[2J"


def test_skipped_ticks_are_logged_by_the_daemon_and_not_by_the_scheduler() -> None:
    stream = log_to_stream("text")
    logging.getLogger("apscheduler.scheduler").warning("Execution of job skipped: maximum number of instances")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("level", ["debug", "warning"])
def test_the_level_is_the_lowest_that_is_logged(level: log.LogLevel) -> None:
    stream = io.StringIO()
    log.configure_logging("text", level, stream=stream)
    structlog.get_logger().debug("fetched")
    structlog.get_logger().info("poll finished")
    structlog.get_logger().warning("poll failed")
    events = [event for event in ("fetched", "poll finished", "poll failed") if event in stream.getvalue()]
    assert events == (["fetched", "poll finished", "poll failed"] if level == "debug" else ["poll failed"])


@pytest.mark.parametrize("name", ["httpx", "httpcore", "sqlalchemy"])
def test_verbose_libraries_log_only_warnings_and_above(name: str) -> None:
    stream = log_to_stream("text")
    logging.getLogger(name).info("GET https://example.org/?token=hunter2")
    assert stream.getvalue() == ""
    logging.getLogger(name).warning("late")
    assert "late" in stream.getvalue()
