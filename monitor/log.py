"""Logging with structlog, to stderr, as text lines or JSON lines.

Every line has `stage`, the stage of the pipeline (and the folder of the code) that logs it, and `source` where there
is one. Text from a feed can neither start a new line nor control a terminal.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import unicodedata
from functools import partial
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

# Anyone who reads the token of an answer link or of the feed can use it.
_TOKEN = re.compile(r"(?<=/answer/)[\w.%-]+|(?<=[?&]token=)[^&\s\"'<>]+")
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def configure_logging(
    log_format: LogFormat = "text",
    level: LogLevel = "info",
    *,
    stream: TextIO | None = None,
    worker: int | None = None,
) -> None:
    """Send the log lines of the program and its libraries to `stream`, by default stderr.

    `level` is the lowest that is logged. Each line names `worker`, if given.
    """
    out = stream or sys.stderr
    shared_processors: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True),
        structlog.processors.format_exc_info,
    ]
    if worker is not None:
        shared_processors.append(partial(_add_worker, worker))
    renderer = _render_json if log_format == "json" else _render_line
    structlog.configure(
        processors=[*shared_processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    stream_handler = logging.StreamHandler(out)
    stream_handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=shared_processors,
        )
    )
    # Below WARNING, libraries log every tick, and every request with its URL, which may contain a secret.
    logging.basicConfig(handlers=[stream_handler], level=logging.WARNING, force=True)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # the daemon logs skipped ticks itself, and fewer


def _add_worker(worker: int, _logger: object, _method: str, event: EventDict) -> EventDict:
    event["worker"] = worker
    return event


def escape_invisible(text: str, allowed: str = "") -> str:
    """Escape control and format characters, line separators and surrogates as JSON does, unless in `allowed`."""
    if text.isprintable():
        return text
    return "".join(char if char in allowed else _escape(char) for char in text)


def _escape(char: str) -> str:
    return json.dumps(char)[1:-1] if unicodedata.category(char) in _INVISIBLE_CATEGORIES else char


def _render_json(_logger: object, _method: str, event: EventDict) -> str:
    return _hide_tokens(escape_invisible(json.dumps(event, default=str, ensure_ascii=False)))


def _render_line(_logger: object, _method: str, event: EventDict) -> str:
    """Return `time level event key=value …`, and a traceback, if any, on the lines below."""
    trace = event.pop("exception", "")
    head = f"{event.pop('timestamp')} {event.pop('level'):<8} {escape_invisible(str(event.pop('event')))}"
    line = " ".join([head, *(f"{escape_invisible(key)}={_quote_value(value)}" for key, value in event.items())])
    return _hide_tokens(f"{line}\n{escape_invisible(trace, allowed=chr(10))}" if trace else line)


def _hide_tokens(text: str) -> str:
    return _TOKEN.sub("•••", text)


def _quote_value(value: Any) -> str:
    text = escape_invisible(str(value))
    is_plain = text and not set(text) & set(' "=')
    return text if is_plain else '"' + text.replace('"', '\\"') + '"'
