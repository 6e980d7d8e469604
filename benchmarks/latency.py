"""Measures alert latency: from the fetch of a changed feed to the mail server's 250, on an idle daemon.

    PYTHONPATH=tests python benchmarks/latency.py [--alerts 100]

Prints the median and the 99th percentile, the longest time that the daemon's event loop was blocked, and the most CPU
that the loop's thread used in that time, which does not depend on other programs on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from kit import Bulletin, FeedServer, MailServer
from kit.config import email_table, loopback_config, notify_table, source_table, write_folder
from kit.daemon_harness import folder_config

from monitor.daemon.run import running_daemon
from monitor.log import configure_logging

LOOP_CHECK_S = 0.005  # seconds between two checks of the event loop


async def watch_loop(longest: list[float]) -> None:
    """Record the longest time between two turns of the loop, and the most CPU that its thread used in one."""
    while True:
        began, cpu = time.perf_counter(), time.thread_time()
        await asyncio.sleep(LOOP_CHECK_S)
        longest[0] = max(longest[0], time.perf_counter() - began - LOOP_CHECK_S)
        longest[1] = max(longest[1], time.thread_time() - cpu)


async def measure(folder: Path, feed: FeedServer, mail: MailServer, alerts: int) -> tuple[list[float], list[float]]:
    """Return the seconds from fetch to email for each alert, and the longest block and most CPU in seconds."""
    waits, longest = [], [0.0, 0.0]
    async with running_daemon(folder_config(folder)):
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=100)
    alerts = parser.parse_args().alerts
    configure_logging(stream=io.StringIO())
    with TemporaryDirectory() as name, FeedServer(Bulletin("old", "Nothing moved")) as feed, MailServer() as mail:
        folder = Path(name)
        source = source_table("bulletins", feed.url, every="1s")
        config = loopback_config(source, email_table("desk", mail.port), notify_table("desk"))
        write_folder(folder, config, "name: convoys\ntitle: Convoys\nmatch: convoy*\n")
        waits, longest = asyncio.run(measure(folder, feed, mail, alerts))
    ranked = sorted(waits)
    print(
        f"{alerts} alerts: median {ranked[alerts // 2] * 1000:.0f} ms, p99 {ranked[int(alerts * 0.99)] * 1000:.0f} ms"
    )
    block, cpu = (seconds * 1000 for seconds in longest)
    print(f"event loop blocked for at most {block:.0f} ms; its thread used at most {cpu:.0f} ms of CPU at once")


if __name__ == "__main__":
    main()
