"""Checks the tables of a config that tomllib has read and whose `${…}` were looked up: models out, problems noted.

Nothing stops at the first problem. A value is complained of once, where the person wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from monitor.config import (
    KEYS_OF_A_KIND,
    AlertsConfig,
    ChannelConfig,
    Config,
    MonitorConfig,
    NetworkConfig,
    SourceConfig,
    WebConfig,
)
from monitor.config.places import KeyPath, Places
from monitor.config.problems import closest, kind_of, listed, unknown_key, wrongs
from monitor.config.values import source_name
from monitor.errors import Problem
from monitor.resources import builtin

Table = dict[str, Any]
M = TypeVar("M", bound=BaseModel)

_TOP = ("monitor", "network", "defaults", "sources", "channels", "alerts", "web")
_OWN_KEYS = {"name": "a name", "id": "an-id", "url": "https://example.org/"}


class Tables:
    """One file on its way to a `Config`: the tree as written, as filled in, and the problems met so far."""

    def __init__(self, path: Path, places: Places, written: Table, filled: Table) -> None:
        self.path, self.folder, self.places = path, path.absolute().parent, places
        self.written, self.filled = written, filled
        self.problems: list[Problem] = []
        self._told: set[KeyPath] = set()

    def say(self, at: KeyPath, message: str, *, key: bool = False, warning: bool = False) -> None:
        """Notes a problem of the value at `at`, or of its key; a second one of the same value is not noted."""
        if any(at[:length] in self._told for length in range(1, len(at) + 1)):
            return
        if not warning:
            self._told.add(at)
        line, column = self.places.key(at) if key else self.places.value(at)
        self.problems.append(Problem(self.path, line, column, message, warning))

    def config(self) -> Config | None:
        """The whole config, or None after any problem that is not a warning."""
        for name in self.written:
            if name not in _TOP:
                self.say((name,), unknown_key(name, "the config", _TOP), key=True)
        monitor = self._section("monitor", MonitorConfig)
        network = self._section("network", NetworkConfig)
        web = self._section("web", WebConfig)
        sources = tuple(self._sources())
        channels = dict(self._channels())
        alerts = self._alerts()
        if not (monitor and network and web and alerts) or not all(p.warning for p in self.problems):
            return None
        self._fall_silent(channels, alerts)
        monitor = self._found(monitor)
        self._unknown_templates(channels, monitor.templates)
        return Config(
            path=self.path,
            folder=self.folder,
            monitor=monitor,
            network=network,
            sources=sources,
            channels=channels,
            alerts=alerts,
            web=web,
        )

    def _section(self, name: str, model: type[M]) -> M | None:
        return self._model(model, (name,), self._table((name,)), self.filled.get(name, {}))

    def _table(self, at: KeyPath) -> Table:
        """The table as written at `at`; an empty one, with a problem noted, if something else stands there."""
        found = _at(self.written, at)
        if found is None or isinstance(found, dict):
            return found or {}
        self.say(at, f"expected a table, {_title(at)}, found {kind_of(found)}")
        return {}

    def _model(self, model: type[M], at: KeyPath, written: Table, filled: Any) -> M | None:
        """`filled` as a model; what is wrong is told at `at`, unless `[defaults]` was already told of it."""
        try:
            return _anchored(model.model_validate(filled), self.folder)
        except ValidationError as error:
            for wrong in wrongs(error, model, written, _title(at)):
                place = (*at, *wrong.at)
                if place in self.places or not self._shared(wrong.at):
                    self.say(place, wrong.message, key=wrong.key)
        return None

    def _shared(self, at: KeyPath) -> bool:
        """Whether a source's key stands in `[defaults]`, where its problem is told once for all sources."""
        return ("defaults", *at) in self.places and at[0] not in _OWN_KEYS

    def _found(self, monitor: MonitorConfig) -> MonitorConfig:
        """The same with the built-in templates where the person has none."""
        if monitor.templates.is_dir():
            return monitor
        if ("monitor", "templates") in self.places:
            self.say(("monitor", "templates"), "there is no such folder; the built-in ones are used", warning=True)
        return monitor.model_copy(update={"templates": builtin("templates")})

    def _sources(self) -> Iterator[SourceConfig]:
        defaults = self._defaults()
        tables = self.written.get("sources", [])
        if not isinstance(tables, list):
            self.say(("sources",), "expected [[sources]], one for each source, found a single table", key=True)
            return
        if not tables:
            self.say((), "there are no [[sources]]: nothing will be polled", warning=True)
        self._unlike("name", tables)
        self._unlike("id", tables)
        self._unlike("url", tables)
        for index in range(len(tables)):
            at = ("sources", index)
            written, filled = self._table(at), _at(self.filled, at)
            if isinstance(filled, dict):
                whole = _laid_over(defaults[0], written)
                self._fitting(at, written, str(whole.get("kind", "feed")))
                found = self._model(SourceConfig, at, whole, _laid_over(defaults[1], filled))
                if found:
                    yield found

    def _defaults(self) -> tuple[Table, Table]:
        """`[defaults]` as written and as filled in."""
        written = self._table(("defaults",))
        for key in _OWN_KEYS.keys() & written.keys():
            self.say(("defaults", key), f'"{key}" belongs to each source, not to [defaults]', key=True)
        filled = self.filled["defaults"] if written else {}
        self._model(SourceConfig, ("defaults",), written, filled | _OWN_KEYS)
        shared = written.keys() - _OWN_KEYS.keys()
        return {key: written[key] for key in shared}, {key: filled[key] for key in shared}

    def _fitting(self, at: KeyPath, written: Table, kind: str) -> None:
        """A key that a source of this kind has no use for is a mistake of whoever wrote it there."""
        for key, its_kind in KEYS_OF_A_KIND.items():
            if key in written and kind != its_kind:
                self.say((*at, key), f'"{key}" is of kind "{its_kind}"; this source is of kind "{kind}"', key=True)

    def _unlike(self, key: str, tables: list[Any]) -> None:
        """Two sources of one name cannot be told apart; two of one address are only odd."""
        first: dict[str, int] = {}
        for index, table in enumerate(tables):
            value = table.get(key) if isinstance(table, dict) else None
            if isinstance(value, str) and first.setdefault(value, index) != index:
                line, _ = self.places.value(("sources", first[value], key))
                said = f"another source has this {key}, on line {line}"
                self.say(("sources", index, key), said, warning=key == "url")

    def _channels(self) -> Iterator[tuple[str, ChannelConfig]]:
        for name in self._table(("channels",)):
            at = ("channels", name)
            written = self._table(at)
            settings = self._settings(at, written)
            if settings:
                found = self._model(settings, at, written, self.filled["channels"][name] | {"name": name})
                if found:
                    self._falls_back(at, found.fallback)
                    yield name, found

    def _falls_back(self, at: KeyPath, fallback: str | None) -> None:
        """A channel that does not work cannot tell of it itself."""
        known = self._table(("channels",))
        if fallback == at[-1]:
            self.say((*at, "fallback"), "expected another channel: this one cannot tell that it does not work")
        elif fallback is not None and fallback not in known:
            self.say((*at, "fallback"), f'there is no channel "{fallback}"{closest(fallback, known)}')

    def _unknown_templates(self, channels: dict[str, ChannelConfig], folder: Path) -> None:
        """Warns of channels whose template is not there: their messages are made as any other."""
        named = [(name, channel.template) for name, channel in channels.items() if channel.template]
        if not named:
            return
        from monitor.deliver.templates import rule_templates

        known = rule_templates(folder)
        for name, template in named:
            if template not in known:
                said = f'there is no template "{template}" in {folder}{closest(template, known)}'
                self.say(("channels", name, "template"), said, warning=True)

    def _fall_silent(self, channels: dict[str, ChannelConfig], alerts: AlertsConfig) -> None:
        """Warns of channels whose trouble nobody would be told of."""
        for name, channel in channels.items():
            if channel.type != "terminal" and not channel.fallback and not set(alerts.notify) - {name}:
                said = f'nobody is told when {name} does not work: give it a "fallback", or [alerts] another channel'
                self.say(("channels", name), said, key=True, warning=True)

    def _settings(self, at: KeyPath, written: Table) -> type[ChannelConfig] | None:
        """The model of the channel's own type; None, with a problem noted, if there is none."""
        from monitor.deliver.channels import NOTIFIERS, notifier

        try:
            source_name(str(at[-1]))
        except ValueError as error:
            self.say(at, str(error), key=True)
        if "name" in written:
            self.say((*at, "name"), f"the name of a channel stands in its heading, {_title(at)}", key=True)
        kind = written.get("type")
        if kind in NOTIFIERS:
            return notifier(kind).Settings
        if "type" in written:
            found = f'"{kind}"{closest(kind, NOTIFIERS)}' if isinstance(kind, str) else kind_of(kind)
            self.say((*at, "type"), f"expected {listed(NOTIFIERS)}, found {found}")
        elif _at(self.written, at) == written:
            self.say(at, f'expected the key "type" in {_title(at)}: {listed(NOTIFIERS)}')
        return None

    def _alerts(self) -> AlertsConfig | None:
        alerts = self._section("alerts", AlertsConfig)
        known = self._table(("channels",))
        for index, name in enumerate(alerts.notify if alerts else ()):
            if name not in known:
                self.say(("alerts", "notify", index), f'there is no channel "{name}"{closest(name, known)}')
        return alerts


def _at(tree: Any, path: KeyPath) -> Any:
    """What stands at a path, None if nothing does."""
    for part in path:
        if isinstance(tree, dict):
            tree = tree.get(str(part))
        elif isinstance(tree, list) and isinstance(part, int):
            tree = tree[part]
        else:
            return None
    return tree


def _title(at: KeyPath) -> str:
    return "[[sources]]" if at[0] == "sources" else f"[{'.'.join(map(str, at))}]"


def _laid_over(defaults: Table, source: Table) -> Table:
    """A source with what it does not say itself and has a use for; headers are laid together, and its `every` beats
    a shared `cron`."""
    kind = source.get("kind", defaults.get("kind", "feed"))
    idle = {key for key, its_kind in KEYS_OF_A_KIND.items() if its_kind != kind}
    if "every" in source:
        idle.add("cron")
    under = {key: value for key, value in defaults.items() if key not in idle}
    ours, shared = source.get("headers", {}), under.get("headers", {})
    if isinstance(ours, dict) and isinstance(shared, dict) and ours and shared:
        said = {name.lower() for name in ours}
        return under | source | {"headers": ours | {k: v for k, v in shared.items() if k.lower() not in said}}
    return under | source


def _anchored(model: M, folder: Path) -> M:
    """The same with relative paths, and that of an SQLite file, made absolute against `folder`."""
    moved: Table = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Path):
            moved[name] = folder / value
        elif name == "database" and value.startswith("sqlite:///"):
            moved[name] = f"sqlite:///{folder / value.removeprefix('sqlite:///')}"
    return model.model_copy(update=moved) if moved else model
