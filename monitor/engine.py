"""All that a running monitor holds open, and how it is opened from a config."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from monitor.alerts.notices import MONITOR_RULE
from monitor.assess import Policy
from monitor.config import Config, SourceConfig
from monitor.config.wishes import channel_preferences
from monitor.deliver.channels import Notifier, notifier_class
from monitor.deliver.press import RenderPool
from monitor.deliver.render import Templates, load_templates, rule_template_names
from monitor.errors import ConfigError
from monitor.model import Moment
from monitor.resources import builtin_path
from monitor.ruleset.load import load_rules
from monitor.sources.fetch import Fetcher
from monitor.sources.robots import Robots
from monitor.sources.worker import ParserPool
from monitor.store import Store, open_store
from monitor.store.sources import PollResult
from monitor.text.pattern import compile_pattern
from monitor.text.split import Pattern
from monitor.text.words import Synonyms

Args = ParamSpec("Args")
Result = TypeVar("Result")


MAX_WAITING_INGESTS = (
    8  # polls that may wait for the store's thread with all they brought: sends wait there behind them
)


@dataclass(slots=True)
class Runtime:
    """What a running monitor holds open.

    `clock` gives the moment; `committed` is set when messages may be due; `silences` are the moments after which the
    silence of a source is against its habit, as far as they were looked up; `unwritten` what polls came to that found
    nothing changed, which the next transaction of the daemon writes; `intakes` bounds how many polls stand in line
    with all they brought. All blocking work with the store runs in one thread, first come first served, so that the
    event loop never waits for a disk.
    """

    config: Config
    store: Store
    fetcher: Fetcher
    robots: Robots
    parser: ParserPool
    policy: Policy
    sources: dict[str, SourceConfig]
    ignore_patterns: dict[str, tuple[Pattern, ...]]
    templates: Templates
    notifiers: dict[str, Notifier]
    render_pool: RenderPool = field(default_factory=RenderPool)
    clock: Callable[[], Moment] = time.time
    delivery_wanted: asyncio.Event = field(default_factory=asyncio.Event)
    quiet_deadlines: dict[str, Moment | None] = field(default_factory=dict)
    pending_outcomes: dict[str, PollResult] = field(default_factory=dict)
    ingest_slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_WAITING_INGESTS))
    store_executor: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "store"))

    async def run_in_store_thread(
        self, function: Callable[Args, Result], *args: Args.args, **kwargs: Args.kwargs
    ) -> Result:
        """The result of blocking work with the store."""
        return await asyncio.get_running_loop().run_in_executor(
            self.store_executor, lambda: function(*args, **kwargs)
        )


@asynccontextmanager
async def open_runtime(config: Config, clock: Callable[[], Moment] = time.time) -> AsyncIterator[Runtime]:
    """An engine for `config`, closed in the end. Raises ConfigError, StoreError or StoreBusy with one sentence."""
    policy = load_policy(config)
    templates = load_templates(config.monitor.templates, builtin_path("templates"))
    store = open_store(config.monitor.database)
    try:
        with store.hold_daemon():
            user_agent = config.monitor.user_agent
            fetcher = Fetcher(user_agent=user_agent, allow_private=config.network.allow_private)
            runtime = Runtime(
                config=config,
                store=store,
                fetcher=fetcher,
                robots=Robots(fetcher, user_agent),
                parser=ParserPool(),
                policy=policy,
                sources={source.name: source for source in config.sources},
                ignore_patterns={
                    source.name: tuple(map(compile_pattern, source.ignore)) for source in config.sources
                },
                templates=templates,
                notifiers=open_notifiers(config),
                clock=clock,
            )
            try:
                yield runtime
            finally:
                await close_runtime(runtime)
    finally:
        store.close()


async def close_runtime(runtime: Runtime) -> None:
    """Closes what was opened, the store's thread last."""
    for open_notifier in runtime.notifiers.values():
        await open_notifier.close()
    await runtime.fetcher.close()
    await asyncio.to_thread(runtime.parser.close)
    await asyncio.to_thread(runtime.render_pool.close)
    runtime.store_executor.shutdown(wait=True)


def open_notifiers(config: Config) -> dict[str, Notifier]:
    """A notifier for each channel."""
    allowed = config.network.allow_private
    return {
        name: notifier_class(settings.type)(settings, allow_private=allowed)
        for name, settings in config.channels.items()
    }


def load_policy(config: Config) -> Policy:
    """The rules and what they lean on. Raises ConfigError with every problem of the rule files."""
    source_names = [source.name for source in config.sources]
    tag_selectors = [f"tag:{tag}" for source in config.sources for tag in source.tags]
    rules, problems = load_rules(
        config.monitor.rules,
        builtin_aliases=builtin_path("rules") / "aliases.yaml",
        channels=config.channels,
        sources=[*source_names, *tag_selectors],
        templates=rule_template_names(config.monitor.templates),
    )
    if errors := [problem for problem in problems if not problem.warning]:
        raise ConfigError(errors)
    return Policy(
        rules=rules,
        synonyms=Synonyms.from_mapping(rules.synonyms),
        preferences=channel_preferences(config),
        source_tags={source.name: source.tags for source in config.sources},
        channels_by_rule={MONITOR_RULE: config.alerts.notify}
        | {rule.name: rule.notify or config.alerts.notify for rule in rules.rules},
    )
