"""Validates the tables of a config after placeholders are replaced: builds the models and collects all problems.

Each value is reported at most once, at its position in the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from monitor.config.fields import is_loopback, validate_source_name
from monitor.config.models import (
    KEYS_WITHOUT_EFFECT_IN_BROWSER,
    KIND_BY_SOURCE_KEY,
    AlertsConfig,
    ChannelConfig,
    Config,
    HeartbeatConfig,
    LogConfig,
    MonitorConfig,
    NetworkConfig,
    SourceConfig,
    WebConfig,
)
from monitor.config_file.problems import (
    closest_hint,
    describe_value,
    field_errors,
    quoted_choices,
    unknown_key_message,
)
from monitor.config_file.toml_positions import KeyPath, TomlPositions
from monitor.errors import Problem
from monitor.resources import builtin_path

TomlTable = dict[str, Any]
ModelT = TypeVar("ModelT", bound=BaseModel)

_TOP_LEVEL_TABLES = ("monitor", "network", "defaults", "sources", "channels", "alerts", "web", "heartbeat", "log")
MIN_PASSWORD_CHARS, MIN_TOKEN_CHARS = 10, 20  # shorter ones cause a warning
_KEYS_OF_EACH_SOURCE = {"name": "a name", "id": "an-id", "url": "https://example.org/"}


class ConfigValidator:
    """Validates one file: `written` is the TOML tree, `resolved` the same with placeholders replaced. Both may differ
    at `absent`, where secrets are missing that are not needed."""

    def __init__(
        self,
        path: Path,
        positions: TomlPositions,
        written: TomlTable,
        resolved: TomlTable,
        absent: Collection[KeyPath] = (),
    ) -> None:
        self.absent = absent
        self.path, self.folder, self.positions = path, path.absolute().parent, positions
        self.written, self.resolved = written, resolved
        self.problems: list[Problem] = []
        self._reported: set[KeyPath] = set()

    def report(self, key_path: KeyPath, message: str, *, is_key: bool = False, is_warning: bool = False) -> None:
        """Report a problem of the value at `key_path`, or of its key, unless an error there was already reported."""
        if any(key_path[:length] in self._reported for length in range(1, len(key_path) + 1)):
            return
        if not is_warning:
            self._reported.add(key_path)
        line, column = self.positions.key_position(key_path) if is_key else self.positions.value_position(key_path)
        self.problems.append(Problem(self.path, line, column, message, is_warning))

    def build_config(self) -> Config | None:
        """Return the config, or None after any problem that is not a warning."""
        for name in self.written.keys() - set(_TOP_LEVEL_TABLES):
            self.report((name,), unknown_key_message(name, "the config", _TOP_LEVEL_TABLES), is_key=True)
        monitor = self._validated_section("monitor", MonitorConfig)
        network = self._validated_section("network", NetworkConfig)
        if network:
            self._check_certificates(("network",), network.ca_file, None)
        web = self._validated_section("web", WebConfig)
        heartbeat = self._validated_section("heartbeat", HeartbeatConfig)
        log = self._validated_section("log", LogConfig)
        if web and not any(path[0] == "web" for path in self.absent):
            self._check_web_access(web)
        sources = tuple(self._validated_sources())
        channels, alerts = dict(self._validated_channels()), self._validated_alerts()
        has_errors = not all(problem.warning for problem in self.problems)
        if has_errors or not (monitor and network and web and heartbeat and log and alerts):
            return None
        self._warn_unwatched_channels(channels, alerts)
        monitor = self._with_template_folder(monitor)
        self._warn_unknown_templates(channels, monitor.templates)
        return Config(
            path=self.path,
            folder=self.folder,
            monitor=monitor,
            network=network,
            sources=sources,
            channels=channels,
            alerts=alerts,
            web=web,
            heartbeat=heartbeat,
            log=log,
        )

    def _validated_section(self, name: str, model: type[ModelT]) -> ModelT | None:
        return self._validated(model, (name,), self._table_at((name,)), self.resolved.get(name, {}))

    def _check_web_access(self, web: WebConfig) -> None:
        """Report pages that everybody on the network could use, and secrets that can be guessed."""
        host = (web.listen or "localhost:0").rpartition(":")[0].strip("[]").lower()
        if not is_loopback(host) and web.password is None and web.trust_proxy is None:
            message = '"listen" beyond loopback requires "password" or "trust_proxy": anyone could use the web UI'
            self.report(("web", "listen"), message)
        if web.proxies and web.trust_proxy is None:
            self.report(("web", "proxies"), '"proxies" requires "trust_proxy"', is_key=True)
        for key_path, secret, length in (
            (("web", "password"), web.password, MIN_PASSWORD_CHARS),
            *((("web", "tokens", index), token, MIN_TOKEN_CHARS) for index, token in enumerate(web.tokens)),
        ):
            if secret is not None and len(secret.get_secret_value()) < length:
                self.report(key_path, f"short enough to guess: use at least {length} characters", is_warning=True)

    def _table_at(self, key_path: KeyPath) -> TomlTable:
        """Return the table as written at `key_path`; report anything else and return an empty one."""
        value = _value_at(self.written, key_path)
        if value is None or isinstance(value, dict):
            return value or {}
        self.report(key_path, f"expected a table {_table_title(key_path)}, found {describe_value(value)}")
        return {}

    def _validated(self, model: type[ModelT], key_path: KeyPath, written: TomlTable, resolved: Any) -> ModelT | None:
        """Return `resolved` as a model; report errors at `key_path` unless they were reported for `[defaults]`."""
        try:
            return _with_absolute_paths(model.model_validate(resolved), self.folder)
        except ValidationError as error:
            for field_error in field_errors(error, model, written, _table_title(key_path)):
                error_path = (*key_path, *field_error.key_path)
                if error_path in self.positions or not self._is_in_defaults(field_error.key_path):
                    self.report(error_path, field_error.message, is_key=field_error.is_key)
        return None

    def _is_in_defaults(self, key_path: KeyPath) -> bool:
        """Return whether a key comes from `[defaults]`, where its problem is reported once for all sources."""
        return ("defaults", *key_path) in self.positions and key_path[0] not in _KEYS_OF_EACH_SOURCE

    def _with_template_folder(self, monitor: MonitorConfig) -> MonitorConfig:
        """Return the table with the built-in templates if the templates folder does not exist."""
        if monitor.templates.is_dir():
            return monitor
        if ("monitor", "templates") in self.positions:
            message = "the folder does not exist; the built-in templates are used"
            self.report(("monitor", "templates"), message, is_warning=True)
        return monitor.model_copy(update={"templates": builtin_path("templates")})

    def _validated_sources(self) -> Iterator[SourceConfig]:
        defaults = self._source_defaults()
        tables = self.written.get("sources", [])
        if not isinstance(tables, list):
            self.report(("sources",), "expected one [[sources]] table per source, found a single table", is_key=True)
            return
        if not tables:
            self.report((), "no [[sources]]: nothing will be polled", is_warning=True)
        self._check_unique("name", tables)
        self._check_unique("id", tables)
        self._check_unique("url", tables)
        for index in range(len(tables)):
            key_path = ("sources", index)
            written, resolved = self._table_at(key_path), _value_at(self.resolved, key_path)
            if isinstance(resolved, dict):
                merged = _merge_defaults(defaults[0], written)
                self._check_kind_keys(key_path, written, str(merged.get("kind", "feed")))
                source = self._validated(SourceConfig, key_path, merged, _merge_defaults(defaults[1], resolved))
                if source:
                    self._check_certificates(key_path, source.ca_file, source.client_cert)
                    self._check_render_keys(key_path, written, source)
                    yield source

    def _check_certificates(self, key_path: KeyPath, ca_file: Path | None, client_cert: Path | None) -> None:
        """Report files that TLS cannot use."""
        if not (ca_file or client_cert):
            return
        from monitor.net.tls import UnusableCertificate, tls_context

        try:
            tls_context((ca_file,) if ca_file else (), client_cert)
        except UnusableCertificate as error:
            self.report((*key_path, error.key), str(error))

    def _source_defaults(self) -> tuple[TomlTable, TomlTable]:
        """Return `[defaults]` as written and as resolved."""
        written = self._table_at(("defaults",))
        for key in _KEYS_OF_EACH_SOURCE.keys() & written.keys():
            self.report(
                ("defaults", key), f'"{key}" is not allowed in [defaults]: set it in each [[sources]]', is_key=True
            )
        resolved = self.resolved["defaults"] if written else {}
        self._validated(SourceConfig, ("defaults",), written, resolved | _KEYS_OF_EACH_SOURCE)
        shared_keys = written.keys() - _KEYS_OF_EACH_SOURCE.keys()
        return {key: written[key] for key in shared_keys}, {key: resolved[key] for key in shared_keys}

    def _check_kind_keys(self, key_path: KeyPath, written: TomlTable, kind: str) -> None:
        """Report keys that only another kind of source has."""
        for key, required_kind in KIND_BY_SOURCE_KEY.items():
            if key in written and kind != required_kind:
                message = f'"{key}" requires kind "{required_kind}", found kind "{kind}"'
                self.report((*key_path, key), message, is_key=True)

    def _check_render_keys(self, key_path: KeyPath, written: TomlTable, source: SourceConfig) -> None:
        """Warn about keys that a browser does not use."""
        for key in KEYS_WITHOUT_EFFECT_IN_BROWSER if source.render else ():
            if key in written:
                self.report((*key_path, key), f'"{key}" has no effect with "render"', is_key=True, is_warning=True)

    def _check_unique(self, key: str, tables: list[Any]) -> None:
        """Report duplicate names and ids as errors, and duplicate URLs as warnings."""
        first_index: dict[str, int] = {}
        for index, table in enumerate(tables):
            value = table.get(key) if isinstance(table, dict) else None
            if isinstance(value, str) and first_index.setdefault(value, index) != index:
                line, _ = self.positions.value_position(("sources", first_index[value], key))
                message = f"duplicate {key}; first used on line {line}"
                self.report(("sources", index, key), message, is_warning=key == "url")

    def _validated_channels(self) -> Iterator[tuple[str, ChannelConfig]]:
        for name in self._table_at(("channels",)):
            key_path = ("channels", name)
            written = self._table_at(key_path)
            model = self._settings_model(key_path, written)
            if model:
                resolved = self.resolved["channels"][name] | {"name": name}
                if any(path[:2] == key_path for path in self.absent):
                    model = ChannelConfig
                    resolved = {key: value for key, value in resolved.items() if key in model.model_fields}
                channel = self._validated(model, key_path, written, resolved)
                if channel:
                    self._check_fallback(key_path, channel.fallback)
                    yield name, channel

    def _check_fallback(self, key_path: KeyPath, fallback: str | None) -> None:
        """Report a fallback that is unknown or the channel itself."""
        channel_names = self._table_at(("channels",))
        if fallback == key_path[-1]:
            self.report((*key_path, "fallback"), "expected another channel, found the channel itself")
        elif fallback is not None and fallback not in channel_names:
            self.report((*key_path, "fallback"), _unknown_channel_message(fallback, channel_names))

    def _warn_unknown_templates(self, channels: dict[str, ChannelConfig], folder: Path) -> None:
        """Warn of channels whose template does not exist; their messages use the default templates."""
        template_by_channel = [(name, channel.template) for name, channel in channels.items() if channel.template]
        if not template_by_channel:
            return
        from monitor.deliver.templates import rule_template_names

        template_names = rule_template_names(folder)
        for name, template in template_by_channel:
            if template not in template_names:
                message = f'unknown template "{template}": not in {folder}{closest_hint(template, template_names)}'
                self.report(("channels", name, "template"), message, is_warning=True)

    def _warn_unwatched_channels(self, channels: dict[str, ChannelConfig], alerts: AlertsConfig) -> None:
        """Warn of channels whose failures would notify nobody."""
        for name, channel in channels.items():
            if channel.type != "terminal" and not channel.fallback and not set(alerts.notify) - {name}:
                message = f'no channel is notified when {name} fails: set "fallback", or add one to [alerts] notify'
                self.report(("channels", name), message, is_key=True, is_warning=True)

    def _settings_model(self, key_path: KeyPath, written: TomlTable) -> type[ChannelConfig] | None:
        """Return the settings model of the channel's type; None after reporting a missing or unknown type."""
        from monitor.deliver.channels import NOTIFIERS, notifier_class

        try:
            validate_source_name(str(key_path[-1]))
        except ValueError as error:
            self.report(key_path, str(error), is_key=True)
        if "name" in written:
            message = f"a channel's name is in its heading, {_table_title(key_path)}: remove this key"
            self.report((*key_path, "name"), message, is_key=True)
        channel_type = written.get("type")
        if channel_type in NOTIFIERS:
            return notifier_class(channel_type).Settings
        expected = f"expected {quoted_choices(NOTIFIERS)}"
        if isinstance(channel_type, str):
            hint = closest_hint(channel_type, NOTIFIERS)
            self.report((*key_path, "type"), f'{expected}, found "{channel_type}"{hint}')
        elif "type" in written:
            self.report((*key_path, "type"), f"{expected}, found {describe_value(channel_type)}")
        elif _value_at(self.written, key_path) == written:
            self.report(key_path, f'missing key "type" in {_table_title(key_path)}: {expected}')
        return None

    def _validated_alerts(self) -> AlertsConfig | None:
        alerts = self._validated_section("alerts", AlertsConfig)
        channel_names = self._table_at(("channels",))
        for index, name in enumerate(alerts.notify if alerts else ()):
            if name not in channel_names:
                self.report(("alerts", "notify", index), _unknown_channel_message(name, channel_names))
        return alerts


def _unknown_channel_message(name: str, channel_names: Iterable[str]) -> str:
    return f'unknown channel "{name}"{closest_hint(name, channel_names)}'


def _value_at(tree: Any, path: KeyPath) -> Any:
    """Return the value at a path, None if there is none."""
    for part in path:
        if isinstance(tree, dict):
            tree = tree.get(str(part))
        elif isinstance(tree, list) and isinstance(part, int):
            tree = tree[part]
        else:
            return None
    return tree


def _table_title(key_path: KeyPath) -> str:
    return "[[sources]]" if key_path[0] == "sources" else f"[{'.'.join(map(str, key_path))}]"


def _merge_defaults(defaults: TomlTable, source: TomlTable) -> TomlTable:
    """Return a source with the defaults of its kind added.

    Headers are merged, and the source's own `every` overrides a default `cron`.
    """
    kind = source.get("kind", defaults.get("kind", "feed"))
    unused_keys = {key for key, required_kind in KIND_BY_SOURCE_KEY.items() if required_kind != kind}
    if "every" in source:
        unused_keys.add("cron")
    inherited = {key: value for key, value in defaults.items() if key not in unused_keys}
    own_headers, shared_headers = source.get("headers", {}), inherited.get("headers", {})
    if isinstance(own_headers, dict) and isinstance(shared_headers, dict) and own_headers and shared_headers:
        own_names = {name.lower() for name in own_headers}
        added_headers = {name: value for name, value in shared_headers.items() if name.lower() not in own_names}
        return inherited | source | {"headers": own_headers | added_headers}
    return inherited | source


def _with_absolute_paths(model: ModelT, folder: Path) -> ModelT:
    """Resolve relative paths, including that of an SQLite file, against `folder`."""
    updates: TomlTable = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Path):
            updates[name] = folder / value
        elif name == "database" and value.startswith("sqlite:///"):
            updates[name] = f"sqlite:///{folder / value.removeprefix('sqlite:///')}"
    return model.model_copy(update=updates) if updates else model
