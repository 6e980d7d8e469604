"""`/health` and `monitor status` of a running daemon."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from kit import FeedServer
from kit.config import loopback_config, source_table, toml_table, write_folder
from kit.daemon_harness import folder_config
from kit.servers import free_port
from kit.waiting import block_until
from kit.worker_processes import child_pids, started_daemon

from monitor.daemon.health import CHECKS, STALE_AFTER_S
from monitor.daemon.run import running_daemon

pytestmark = pytest.mark.slow


def write_config(folder: Path, feed: FeedServer, workers: int = 1) -> str:
    """Write a config with a free port. Return the URL of `/health`."""
    port = free_port()
    web, source = toml_table("[web]", listen=f"127.0.0.1:{port}"), source_table("bulletins", feed.url, every="1s")
    write_folder(folder, loopback_config(web, source, workers=workers))
    return f"http://127.0.0.1:{port}/health"


def run_status(folder: Path, *options: str) -> tuple[int, Any]:
    command = [sys.executable, "-m", "monitor", "status", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, json.loads(done.stdout) if "--json" in options else done.stdout


async def test_health_is_ok_until_the_database_file_is_gone(tmp_path: Path, feed: FeedServer) -> None:
    url = write_config(tmp_path, feed)
    async with running_daemon(folder_config(tmp_path), probe_s=0.1) as runtime, httpx.AsyncClient() as client:
        answer = await client.get(url)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
        assert tuple(answer.json()["checks"]) == CHECKS
        await runtime.run_in_store_thread(time.sleep, 0.5)
        (tmp_path / "monitor.db").rename(tmp_path / "elsewhere.db")
        deadline = time.monotonic() + 30
        while answer.status_code == 200:
            assert time.monotonic() < deadline
            answer = await client.get(url)
        assert "its file is gone" in answer.json()["checks"]["store"]["reason"]
        (tmp_path / "elsewhere.db").rename(tmp_path / "monitor.db")
        deadline += STALE_AFTER_S  # retention may have failed as well, and is not tried again soon
        while answer.status_code == 503:
            assert time.monotonic() < deadline
            answer = await client.get(url)


def is_healthy(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_status_says_whether_a_daemon_runs_and_since_when(tmp_path: Path, feed: FeedServer) -> None:
    url = write_config(tmp_path, feed)
    started = time.time()
    with started_daemon(tmp_path) as daemon:
        block_until(lambda: is_healthy(url), 60)
        block_until(lambda: run_status(tmp_path, "--check")[0] == 0, 60)
        code, status = run_status(tmp_path, "--json")
        assert code == 0
        assert status["sources"] == {"ok": 1}
        daemon_status = status["daemon"]
        assert (daemon_status["running"], daemon_status["status"], daemon_status["pid"]) == (True, "ok", daemon.pid)
        assert daemon_status["config"] == str(tmp_path / "config.toml")
        assert abs(datetime.fromisoformat(daemon_status["since"]).timestamp() - started) < 120
        assert {name: check["status"] for name, check in daemon_status["checks"].items()} == dict.fromkeys(
            CHECKS, "ok"
        )
        assert f"pid {daemon.pid} on" in run_status(tmp_path)[1]

        os.kill(daemon.pid, signal.SIGSTOP)  # a stuck event loop does not answer
        with pytest.raises(httpx.TimeoutException):
            httpx.get(url, timeout=1)
        os.kill(daemon.pid, signal.SIGCONT)
        daemon.kill()
        daemon.wait()
        code, status = run_status(tmp_path, "--check", "--json")
        assert (code, status["daemon"]["running"], status["daemon"]["checks"]) == (1, False, {})
        assert run_status(tmp_path)[1].startswith("daemon       not running\n")


def test_several_workers_report_their_health_together(tmp_path: Path, feed: FeedServer) -> None:
    url = write_config(tmp_path, feed, workers=2)
    with started_daemon(tmp_path) as supervisor:
        block_until(lambda: is_healthy(url), 60)
        block_until(lambda: run_status(tmp_path, "--check")[0] == 0, 60)
        block_until(lambda: len(run_status(tmp_path, "--json")[1]["daemon"]["workers"]) == 2, 60)
        shown = httpx.get(url.replace("health", "metrics")).text
        assert "claimwatch_workers 2.0\n" in shown
        assert 'claimwatch_polls_total{outcome="changed"} 1.0\n' in shown, "by any worker"
        workers = run_status(tmp_path, "--json")[1]["daemon"]["workers"]
        assert {worker["pid"] for worker in workers} <= set(child_pids(supervisor.pid))
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(10) == 0
    assert run_status(tmp_path, "--check", "--json")[1]["daemon"]["running"] is False
