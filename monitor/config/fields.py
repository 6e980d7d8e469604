"""What a single value of `config.toml` must look like. Each function gives the text back, or raises ValueError
with what was expected; none of them repeats a value that may be a secret.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC
from importlib.util import find_spec
from urllib.parse import urlsplit

from pydantic import SecretStr


def validate_source_name(text: str) -> str:
    if not text.strip() or len(text) > 100 or not text.isprintable() or text.startswith("tag:"):
        raise ValueError('expected a name of 1 to 100 printable characters that does not begin with "tag:"')
    return text


def validate_web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not text.isprintable() or re.search(r"[\s\\]", text):
        raise ValueError("expected an address that begins with https:// or http://")
    return text


def validate_site_address(text: str) -> str:
    if validate_web_address(text) and re.search(r"[?#]", text):
        raise ValueError("expected an address without ? and #: links go on from its end")
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
    """A list, also of what was given without the brackets of one."""
    return [value] if isinstance(value, str) else value


def validate_full_text(wanted: bool) -> bool:
    """True only where what reads articles is installed."""
    if wanted and not find_spec("trafilatura"):
        raise ValueError("full text needs what `pip install claimwatch[fulltext]` installs")
    return wanted


def validate_network(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise ValueError('expected a network such as "127.0.0.0/8", with no bits set after its mask') from None
    return text


def validate_listen_address(text: str) -> str:
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})", text)
    if not match or int(match[2]) > 65535:
        raise ValueError('expected an address and a port such as "127.0.0.1:8080"')
    return text


def validate_database_url(text: str) -> str:
    if not re.match(r"sqlite:///[^/]|sqlite:////[^/]|postgresql(\+psycopg)?://.", text):
        raise ValueError('expected "sqlite:///FILE" or "postgresql://USER:PASSWORD@HOST/NAME"')
    return text


def validate_header_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", text):
        raise ValueError('expected the name of a header such as "X-Api-Key"')
    return text


def validate_header_value(text: str) -> str:
    if not (text.isascii() and text.isprintable()) or text != text.strip():
        raise ValueError("expected printable ASCII text without blanks around it: it goes into a header")
    return text


def validate_secret_header(secret: SecretStr) -> SecretStr:
    validate_header_value(secret.get_secret_value())
    return secret


def validate_regex(text: str) -> str:
    from monitor.text.split import compile_pattern

    try:
        compile_pattern(text)
    except ValueError as error:
        raise ValueError(f"expected a regular expression as RE2 has it: {error}") from None
    return text


def validate_css_selector(text: str) -> str:
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError

    try:
        LexborHTMLParser("<p></p>").css(text)
    except (SelectolaxError, ValueError):
        raise ValueError('expected a CSS selector such as "main .report", or several with commas') from None
    return text


def validate_jmespath(text: str) -> str:
    from jmespath import compile as compiled
    from jmespath.exceptions import JMESPathError

    try:
        compiled(text)
    except (JMESPathError, ValueError, RecursionError):
        raise ValueError('expected a JMESPath expression such as "results[].incident"') from None
    return text
