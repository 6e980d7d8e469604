"""The open resources of a running monitor, and how they are opened from a config and closed."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

import structlog

from monitor.assess import Policy
from monitor.config.models import ChannelConfig, Config, SourceConfig
from monitor.deliver.channels import Notifier, notifier_class
from monitor.deliver.render import Templates, load_templates
from monitor.deliver.render_pool import RenderPool
from monitor.heap import clear_large_caches, trim_heap, use_one_heap
from monitor.model import Moment
from monitor.net.browser import PageBrowser
from monitor.net.fetcher import Fetcher
from monitor.net.network import Network, open_network
from monitor.net.robots import Robots
from monitor.policy import load_policy
from monitor.resources import builtin_path
from monitor.sources.parse.pool import ParserPool
from monitor.sources.state import PollResult
from monitor.sources.turns import LANES, Lanes
from monitor.sources.uplink import Uplink
from monitor.store.base import Store
from monitor.store.connect import open_any_schema
from monitor.store.secret_keys import ANSWER_KEY, ensure_secret_key
from monitor.text.analysis import forget_analyses
from monitor.text.split import Pattern, compile_pattern

log = structlog.get_logger()
Args = ParamSpec("Args")
Result = TypeVar("Result")
MEMORY_RELEASE_S = 5.0  # after a poll with a large document, until its memory is released
SWITCH_INTERVAL_S = 0.0005  # after which a thread that compares gives way to the event loop and to short polls
BEAT_INTERVAL_S = 5.0  # after which a worker shows again that it is alive
DEAD_AFTER_S = 20.0  # without a beat, after which a worker is dead


def new_worker_id() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


@dataclass(frozen=True, slots=True)
class Worker:
    """This process among those that share the store. `number` counts the workers of one supervisor, from 1."""

    id: str = field(default_factory=new_worker_id)
    number: int = 1
    is_supervised: bool = False
    beat_s: float = BEAT_INTERVAL_S
    dead_after_s: float = DEAD_AFTER_S


@dataclass(slots=True)
class Runtime:
    """The open resources of a running monitor.

    `answer_key` signs the answer links in messages. `clock` returns the current moment. `delivery_wanted` is set when
    messages may be due. `quiet_deadlines` caches, by source, when it will have been silent for unusually long.
    `pending_outcomes` holds results of unchanged polls until the daemon's next transaction; `interrupted_polls` are
    the sources whose result could not be stored. `uplink` knows if the network is down. Polls with entries to ingest
    share `ingest_executor` by `ingest_lanes`. `retired_notifiers` are those of changed
    and removed channels, to be closed. `store_steps` counts what has ended in the store's thread.

    What is in memory here is about sources and channels that no other worker serves at the same time. When the
    workers change, some of those move: a worker that gets a source reads its state from the store, and finds out its
    quiet deadline again. A pending outcome that is written after another worker took the source over costs that
    source one unconditional request. `uplink` sees only the sources that this worker polls.

    All other blocking work with the store runs in one thread, in order, so the event loop never waits for a disk.
    """

    config: Config
    store: Store
    network: Network
    fetcher: Fetcher
    robots: Robots
    browser: PageBrowser
    parser: ParserPool
    policy: Policy
    sources: dict[str, SourceConfig]
    ignore_patterns: dict[str, tuple[Pattern, ...]]
    templates: Templates
    notifiers: dict[str, Notifier]
    answer_key: bytes = field(repr=False)
    retired_notifiers: list[tuple[str, Notifier]] = field(default_factory=list)
    render_pool: RenderPool = field(default_factory=RenderPool)
    worker: Worker = field(default_factory=Worker)
    clock: Callable[[], Moment] = time.time
    delivery_wanted: asyncio.Event = field(default_factory=asyncio.Event)
    quiet_deadlines: dict[str, Moment | None] = field(default_factory=dict)
    pending_outcomes: dict[str, PollResult] = field(default_factory=dict)
    interrupted_polls: set[str] = field(default_factory=set)
    uplink: Uplink = field(default_factory=lambda: Uplink({}))
    ingest_lanes: Lanes[Any, Any] = field(default_factory=Lanes)  # of `Ingest` and `Step`, in a layer above
    ingest_executor: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(len(LANES), "ingest"))
    memory_release: asyncio.TimerHandle | None = None
    store_executor: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "store"))
    store_steps: int = 0

    @property
    def is_shared(self) -> bool:
        """Whether other workers may use the store at the same time."""
        return self.worker.is_supervised or self.store.is_shared

    async def run_in_store_thread(
        self, function: Callable[Args, Result], *args: Args.args, **kwargs: Args.kwargs
    ) -> Result:
        """Run blocking work with the store and return its result."""

        def step() -> Result:
            try:
                return function(*args, **kwargs)
            finally:
                self.store_steps += 1

        return await asyncio.get_running_loop().run_in_executor(self.store_executor, step)

    def release_memory_soon(self) -> None:
        """Release the memory that a large document took, once its poll has ended."""
        if self.memory_release is None:
            loop = asyncio.get_running_loop()
            self.memory_release = loop.call_later(MEMORY_RELEASE_S, self._release_memory)

    def _release_memory(self) -> None:
        self.memory_release = None
        self.ingest_executor.submit(release_memory, self.store)

    async def run_in_ingest_thread(self, step: Callable[[], Result]) -> Result:
        """Run a step of an ingest and return its result."""
        return await asyncio.get_running_loop().run_in_executor(self.ingest_executor, step)


def release_memory(store: Store) -> None:
    """Empty the caches of texts, words and connections, and return free memory to the system."""
    store.release_memory()
    clear_large_caches("monitor.text.", "monitor.compare.", "monitor.alerts.")
    forget_analyses()
    trim_heap()


@asynccontextmanager
async def open_runtime(
    config: Config, clock: Callable[[], Moment] = time.time, worker: Worker | None = None, *, upgrades: bool = True
) -> AsyncIterator[Runtime]:
    """Open a runtime for `config` and close it at the end. Raises ConfigError, StoreError or StoreBusy.

    `upgrades` allows to upgrade the store. The daemon lock of a supervised worker is held by its supervisor, which
    has also upgraded the store.
    """
    worker = worker or Worker()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    use_one_heap()
    policy = load_policy(config)
    templates = load_templates(config.monitor.templates, builtin_path("templates"))
    store = open_any_schema(config.monitor.database)
    try:
        with nullcontext() if worker.is_supervised else store.hold_daemon():
            prepare_schema(store, upgrades=upgrades and not worker.is_supervised)
            user_agent = config.monitor.user_agent
            network = open_network(config.network)
            fetcher = Fetcher(user_agent=user_agent, network=network)
            runtime = Runtime(
                config=config,
                store=store,
                network=network,
                fetcher=fetcher,
                robots=Robots(fetcher, user_agent),
                browser=open_browser(config, network),
                parser=ParserPool(),
                policy=policy,
                sources={source.name: source for source in config.sources},
                ignore_patterns=compile_ignore_patterns(config),
                templates=templates,
                notifiers=open_notifiers(config.channels, network),
                answer_key=ensure_secret_key(store, ANSWER_KEY),
                uplink=Uplink({source.name: urlsplit(source.url).netloc for source in config.sources}),
                worker=worker,
                clock=clock,
            )
            try:
                yield runtime
            finally:
                await close_runtime(runtime)
    finally:
        store.close()


def prepare_schema(store: Store, *, upgrades: bool) -> None:
    """Create the tables of an empty store. Upgrade an older one, if allowed, or raise StoreError."""
    if upgrades and (upgrade := store.upgrade()):
        copy = str(upgrade.copy) if upgrade.copy else None
        log.info("database upgraded", stage="store", before=upgrade.before, after=upgrade.after, copy=copy)
    store.check_schema(create=True)


async def close_runtime(runtime: Runtime) -> None:
    """Close the notifiers, the fetcher, the worker pools and, last, the store's thread."""
    for notifier in (*runtime.notifiers.values(), *(notifier for _, notifier in runtime.retired_notifiers)):
        await notifier.close()
    await runtime.fetcher.close()
    await asyncio.to_thread(runtime.parser.close)
    await asyncio.to_thread(runtime.render_pool.close)
    if runtime.memory_release:
        runtime.memory_release.cancel()
    runtime.ingest_executor.shutdown(wait=True)
    runtime.store_executor.shutdown(wait=True)


def open_browser(config: Config, network: Network) -> PageBrowser:
    executable = config.network.browser
    return PageBrowser(network, config.monitor.user_agent, str(executable) if executable else None)


def open_notifiers(channels: Mapping[str, ChannelConfig], network: Network) -> dict[str, Notifier]:
    """Return a notifier for each channel, by its name."""
    return {name: notifier_class(settings.type)(settings, network) for name, settings in channels.items()}


def compile_ignore_patterns(config: Config) -> dict[str, tuple[Pattern, ...]]:
    """Return the patterns of text to skip, by source."""
    return {source.name: tuple(map(compile_pattern, source.ignore)) for source in config.sources}
