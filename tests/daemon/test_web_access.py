"""The web UI of a daemon: its config decides who may use it, and its key outlives it."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from kit.config import loopback_config, source_table, toml_table, write_folder
from kit.servers import free_port
from kit.web_access import PASSWORD, TOKEN, form_token

from monitor.config_file.load import read_config
from monitor.daemon.health import Health
from monitor.daemon.run import web_pages
from monitor.runtime import Runtime, open_runtime

pytestmark = pytest.mark.slow


async def statuses(runtime: Runtime, cookies: httpx.Cookies) -> list[int]:
    """Return the answers to a stranger, to a program with a token, and to the holder of `cookies`, who logs in."""
    async with web_pages(runtime, Health(time.monotonic)):
        url = f"http://{runtime.config.web.listen}"
        async with httpx.AsyncClient(base_url=url) as stranger, httpx.AsyncClient(base_url=url) as visitor:
            visitor.cookies = cookies
            refused = await stranger.get("/")
            program = await stranger.get("/api/v1/status", headers={"authorization": f"Bearer {TOKEN}"})
            answer = await visitor.get("/")
            if answer.status_code == 303:
                form = {"csrf_token": form_token((await visitor.get("/login")).text), "password": PASSWORD}
                await visitor.post("/login", data=form, headers={"origin": url})
                answer = await visitor.get("/")
            return [refused.status_code, program.status_code, answer.status_code]


async def test_a_session_survives_a_restart_but_not_a_new_password(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    web = toml_table("[web]", listen=address, password="${WEB_PASSWORD}", tokens=[TOKEN])
    write_folder(tmp_path, loopback_config(source_table("port", "https://port.example/feed.xml"), web))
    cookies = httpx.Cookies()
    for _ in range(2):
        async with open_runtime(read_config(tmp_path / "config.toml", env={"WEB_PASSWORD": PASSWORD})) as runtime:
            assert await statuses(runtime, cookies) == [303, 200, 200]
            held = dict(cookies)
    async with open_runtime(read_config(tmp_path / "config.toml", env={"WEB_PASSWORD": "another one"})) as runtime:
        assert dict(cookies) == held
        assert await statuses(runtime, cookies) == [303, 200, 303]
