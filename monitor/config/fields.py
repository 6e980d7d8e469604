"""Validates single values of `config.toml`.

Each function returns the value or raises ValueError with what was expected, without values that may be secret.
"""

from __future__ import annotations

import ipaddress
import json
import re
from datetime import UTC
from importlib.util import find_spec
from urllib.parse import urlsplit

from pydantic import SecretStr


def validate_source_name(text: str) -> str:
    if not text.strip() or len(text) > 100 or not text.isprintable() or text.startswith("tag:"):
        raise ValueError('expected a name of 1 to 100 printable characters that does not start with "tag:"')
    return text


def validate_web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not text.isprintable() or re.search(r"[\s\\]", text):
        raise ValueError("expected a URL that starts with https:// or http://")
    return text


def validate_secret_address(secret: SecretStr) -> SecretStr:
    validate_web_address(secret.get_secret_value())
    return secret


def validate_site_address(text: str) -> str:
    if validate_web_address(text) and re.search(r"[?#]", text):
        raise ValueError("expected a URL without ? and #, because paths are appended to it")
    return text


def validate_cron(text: str) -> str:
    from monitor.cron import parse_crontab

    try:
        parse_crontab(text, UTC)
    except ValueError:
        raise ValueError('expected a cron expression of five fields such as "*/10 6-22 * * *"') from None
    return text


def validate_quiet_hours(spans: tuple[str, ...]) -> tuple[str, ...]:
    from monitor.config.quiet_hours import minutes_of_week

    minutes_of_week(spans)
    return spans


def as_list(value: object) -> object:
    """Wrap a single string in a list."""
    return [value] if isinstance(value, str) else value


def validate_full_text(enabled: bool) -> bool:
    """Check that the optional article reader is installed."""
    if enabled and not find_spec("trafilatura"):
        raise ValueError("full_text needs an optional package: run `pip install claimwatch[fulltext]`")
    return enabled


def validate_render(enabled: bool) -> bool:
    """Check that the optional browser control is installed."""
    if enabled and not find_spec("playwright"):
        raise ValueError("render needs an optional package: run `pip install claimwatch[browser]`")
    return enabled


def validate_network(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise ValueError('expected a network such as "127.0.0.0/8", without host bits') from None
    return text


def validate_listen_address(text: str) -> str:
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})", text)
    if not match or int(match[2]) > 65535:
        raise ValueError('expected an address and a port such as "127.0.0.1:8080"')
    return text


def is_loopback(host: str) -> bool:
    """Return whether `host` is `localhost` or a loopback address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def validate_web_secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text.strip() or len(text) > 1000 or not text.isprintable():
        raise ValueError("expected 1 to 1000 printable characters")
    return secret


def validate_database_url(text: str) -> str:
    if not re.match(r"sqlite:///[^/]|sqlite:////[^/]|postgresql(\+psycopg)?://.", text):
        raise ValueError('expected "sqlite:///FILE" or "postgresql://USER:PASSWORD@HOST/NAME"')
    return text


def validate_header_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", text):
        raise ValueError('expected a header name such as "X-Api-Key"')
    return text


def validate_header_value(text: str) -> str:
    if not (text.isascii() and text.isprintable()) or text != text.strip():
        raise ValueError("expected printable ASCII text without leading or trailing spaces")
    return text


def validate_secret_header(secret: SecretStr) -> SecretStr:
    validate_header_value(secret.get_secret_value())
    return secret


def validate_regex(text: str) -> str:
    from monitor.text.split import compile_pattern

    try:
        compile_pattern(text)
    except ValueError as error:
        raise ValueError(f"expected an RE2 regular expression: {error}") from None
    return text


def validate_css_selector(text: str) -> str:
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError

    try:
        LexborHTMLParser("<p></p>").css(text)
    except (SelectolaxError, ValueError):
        raise ValueError('expected CSS selectors such as "main .report", separated by commas') from None
    return text


def validate_jmespath(text: str) -> str:
    from jmespath import compile as compile_jmespath
    from jmespath.exceptions import JMESPathError

    try:
        compile_jmespath(text)
    except (JMESPathError, ValueError, RecursionError):
        raise ValueError('expected a JMESPath expression such as "results[].incident"') from None
    return text


def validate_proxy(secret: SecretStr) -> SecretStr:
    """Check the address of a proxy; "" is no proxy."""
    from monitor.config.proxy import parse_proxy

    if secret.get_secret_value():
        parse_proxy(secret.get_secret_value())
    return secret


def validate_request_body(value: object) -> object:
    """Return a table or list as JSON text, and a string as it is."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value
