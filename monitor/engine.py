"""All that a running monitor holds open, and how it is opened from a config."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from monitor.alerts.notices import MONITOR
from monitor.assess import Listening
from monitor.config import Config, SourceConfig
from monitor.config.wishes import wishes_of
from monitor.deliver.channels import Notifier, notifier
from monitor.deliver.press import Press
from monitor.deliver.render import Templates, load_templates, rule_templates
from monitor.errors import ConfigError
from monitor.model import Moment
from monitor.resources import builtin
from monitor.ruleset.load import load_rules
from monitor.sources.fetch import Fetcher
from monitor.sources.robots import Robots
from monitor.sources.worker import Parser
from monitor.store import Store, open_store
from monitor.store.sources import PollOutcome
from monitor.text.pattern import pattern
from monitor.text.split import Pattern
from monitor.text.words import Synonyms

Args = ParamSpec("Args")
Result = TypeVar("Result")


INTAKES = 8  # polls that may wait for the store's thread with all they brought: sends wait there behind them


@dataclass(slots=True)
class Engine:
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
    parser: Parser
    listening: Listening
    sources: dict[str, SourceConfig]
    ignore: dict[str, tuple[Pattern, ...]]
    templates: Templates
    notifiers: dict[str, Notifier]
    press: Press = field(default_factory=Press)
    clock: Callable[[], Moment] = time.time
    committed: asyncio.Event = field(default_factory=asyncio.Event)
    silences: dict[str, Moment | None] = field(default_factory=dict)
    unwritten: dict[str, PollOutcome] = field(default_factory=dict)
    intakes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(INTAKES))
    store_thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "store"))

    async def in_store(self, work: Callable[Args, Result], *args: Args.args, **kwargs: Args.kwargs) -> Result:
        """The result of blocking work with the store."""
        return await asyncio.get_running_loop().run_in_executor(self.store_thread, lambda: work(*args, **kwargs))


@asynccontextmanager
async def open_engine(config: Config, clock: Callable[[], Moment] = time.time) -> AsyncIterator[Engine]:
    """An engine for `config`, closed in the end. Raises ConfigError, StoreError or StoreBusy with one sentence."""
    listening = load_listening(config)
    templates = load_templates(config.monitor.templates, builtin("templates"))
    store = open_store(config.monitor.database)
    try:
        with store.hold_daemon():
            agent = config.monitor.user_agent
            fetcher = Fetcher(user_agent=agent, allow_private=config.network.allow_private)
            engine = Engine(
                config=config,
                store=store,
                fetcher=fetcher,
                robots=Robots(fetcher, agent),
                parser=Parser(),
                listening=listening,
                sources={source.name: source for source in config.sources},
                ignore={source.name: tuple(map(pattern, source.ignore)) for source in config.sources},
                templates=templates,
                notifiers=open_notifiers(config),
                clock=clock,
            )
            try:
                yield engine
            finally:
                await close(engine)
    finally:
        store.close()


async def close(engine: Engine) -> None:
    """Closes what was opened, the store's thread last."""
    for channel in engine.notifiers.values():
        await channel.close()
    await engine.fetcher.close()
    await asyncio.to_thread(engine.parser.close)
    await asyncio.to_thread(engine.press.close)
    engine.store_thread.shutdown(wait=True)


def open_notifiers(config: Config) -> dict[str, Notifier]:
    """A notifier for each channel."""
    allowed = config.network.allow_private
    return {
        name: notifier(settings.type)(settings, allow_private=allowed) for name, settings in config.channels.items()
    }


def load_listening(config: Config) -> Listening:
    """The rules and what they lean on. Raises ConfigError with every problem of the rule files."""
    named = [source.name for source in config.sources]
    tagged = [f"tag:{tag}" for source in config.sources for tag in source.tags]
    rules, problems = load_rules(
        config.monitor.rules,
        builtin_aliases=builtin("rules") / "aliases.yaml",
        channels=config.channels,
        sources=[*named, *tagged],
        templates=rule_templates(config.monitor.templates),
    )
    if errors := [problem for problem in problems if not problem.warning]:
        raise ConfigError(errors)
    return Listening(
        rules=rules,
        same=Synonyms.of(rules.same),
        wishes=wishes_of(config),
        tags={source.name: source.tags for source in config.sources},
        notify={MONITOR: config.alerts.notify}
        | {rule.name: rule.notify or config.alerts.notify for rule in rules.rules},
    )
