"""How long a reader waits: from the fetch of a changed feed to the mail server's 250, on an idle daemon.

    PYTHONPATH=tests python benchmarks/latency.py [--alerts 100]

Prints the median and the 99th percentile, and the longest time that the daemon's event loop was blocked meanwhile;
beside it the most CPU that the loop's own thread took in one go, which other programs on the machine do not move.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from kit import Bulletin, FeedServer, MailServer

from monitor.config_file.load import read_config
from monitor.daemon.run import running_daemon
from monitor.log import configure_logging

CONFIG = """
[network]
allow_private = ["127.0.0.0/8"]
[[sources]]
name = "bulletins"
url = "{feed}"
every = "1s"
[channels.desk]
type = "email"
host = "127.0.0.1"
port = {smtp}
tls = "none"
from = "monitor@desk.example"
to = ["reader@desk.example"]
[alerts]
notify = ["desk"]
"""
LOOP_CHECK_S = 0.005  # seconds between two looks at the event loop


async def watch_loop(longest: list[float]) -> None:
    """Keeps the longest time that the loop did not come round, and the most CPU that its thread took meanwhile."""
    while True:
        began, cpu = time.perf_counter(), time.thread_time()
        await asyncio.sleep(LOOP_CHECK_S)
        longest[0] = max(longest[0], time.perf_counter() - began - LOOP_CHECK_S)
        longest[1] = max(longest[1], time.thread_time() - cpu)


async def measure(folder: Path, feed: FeedServer, mail: MailServer, alerts: int) -> tuple[list[float], list[float]]:
    """Seconds from fetch to mail for each alert, and the longest block with the most CPU in one go."""
    waits, longest = [], [0.0, 0.0]
    async with running_daemon(read_config(folder / "config.toml", env={})):
        while not feed.answered:
            await asyncio.sleep(0.05)
        await asyncio.sleep(2)
        watch = asyncio.create_task(watch_loop(longest))
        for number in range(alerts):
            mails, full_responses = len(mail.mails), feed.answered.count(200)
            feed.bulletins[:] = [Bulletin(str(number), f"Convoy {number * 37 + 900} left Orsk{number} at dawn")]
            while feed.answered.count(200) == full_responses:
                await asyncio.sleep(0.001)
            fetched = time.perf_counter()
            while len(mail.mails) == mails:
                await asyncio.sleep(0.001)
            waits.append(time.perf_counter() - fetched)
        watch.cancel()
    return waits, longest


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--alerts", type=int, default=100)
    alerts = options.parse_args().alerts
    configure_logging(stream=io.StringIO())
    with TemporaryDirectory() as name, FeedServer(Bulletin("old", "Nothing moved")) as feed, MailServer() as mail:
        folder = Path(name)
        (folder / "rules").mkdir()
        (folder / "rules" / "convoys.yaml").write_text("name: convoys\ntitle: Convoys\nmatch: convoy*\n")
        (folder / "config.toml").write_text(CONFIG.format(feed=feed.url, smtp=mail.port))
        waits, longest = asyncio.run(measure(folder, feed, mail, alerts))
    ranked = sorted(waits)
    print(
        f"{alerts} alerts: median {ranked[alerts // 2] * 1000:.0f} ms, p99 {ranked[int(alerts * 0.99)] * 1000:.0f} ms"
    )
    block, cpu = (most * 1000 for most in longest)
    print(f"event loop blocked for at most {block:.0f} ms, its own thread at work for {cpu:.0f} ms of CPU")


if __name__ == "__main__":
    main()
