"""A low limit on file descriptors slows polling down. Without any left, nothing is blamed on a source or lost."""

from __future__ import annotations

import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from kit import Bulletin, PostSink
from kit.many_feeds import ManyFeeds, write_config
from kit.waiting import block_until
from kit.worker_processes import run_query, started_process

from monitor.daemon.descriptors import MIN_POLLS, polls_within_limit
from monitor.errors import NoDescriptors, lacks_descriptors

LIMIT = 64
SOURCES = 50  # polls of all at once would need more descriptors
RUN_WITH_LIMIT = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, ({LIMIT}, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
from monitor.cli import main
sys.exit(main())
"""


class ForgetfulFeeds(ManyFeeds):
    """Keeps no connection open, so each poll needs a descriptor of its own."""

    def reply(self, to: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
        to.close_connection = True
        super().reply(to, status, body, **headers, connection="close")


def set_limit(process: subprocess.Popen[bytes], limit: int) -> None:
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (limit, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


@pytest.mark.sqlite
def test_a_daemon_works_with_64_descriptors_and_recovers_when_it_had_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/monitor.db"
    log = tmp_path / "log.txt"
    with ForgetfulFeeds() as site, PostSink() as hook:
        write_config(tmp_path, site, hook, count=SOURCES)
        config = (tmp_path / "config.toml").read_text()
        (tmp_path / "config.toml").write_text(config.replace('every = "1s"', 'every = "2s"'))
        with started_process(tmp_path, "-c", RUN_WITH_LIMIT, "run") as daemon:
            block_until(lambda: "daemon started" in log.read_text(), 30)
            block_until(lambda: set(site.polls) == set(range(SOURCES)), 30)
            assert f"low limit on file descriptors stage=daemon limit={LIMIT}" in log.read_text()
            assert "no file descriptors" not in log.read_text()
            set_limit(daemon, 16)  # fewer than are open
            block_until(lambda: "no file descriptors" in log.read_text(), 30)
            set_limit(daemon, LIMIT)
            for number in range(SOURCES):  # some wait until their leases expire
                site.bulletins[number].append(Bulletin(f"{number}-1", "Convoy 1200 left Alden at dawn"))
            block_until(lambda: bool(hook.posts), 30)
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(10) == 0
    logged = log.read_text()
    assert run_query(url, "SELECT DISTINCT state, error FROM sources") == [("ok", None)]
    assert "poll failed" not in logged
    assert "rejected" not in logged
    assert logged.count("no file descriptors stage") <= 3
    assert "Traceback" not in logged


@contextmanager
def limited_to(limit: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize(("limit", "polls"), [(1024, 160), (256, 108), (64, 12), (32, MIN_POLLS)])
def test_a_low_limit_lowers_the_number_of_polls_at_once(limit: int, polls: int) -> None:
    with limited_to(limit):
        assert polls_within_limit(160) == polls


def test_a_lack_of_descriptors_is_found_among_the_causes_of_an_error() -> None:
    error = RuntimeError("broken")
    assert not lacks_descriptors(error)
    error.__cause__ = OSError(24, "Too many open files")
    assert lacks_descriptors(error)
    assert lacks_descriptors(NoDescriptors())
    assert not lacks_descriptors(OSError(2, "No such file"))
