"""Types of the values in a channel's table. Their errors never quote a value: it may be a secret."""

from __future__ import annotations

import base64
import binascii
import re
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from monitor.config.fields import as_list, validate_web_address

MIN_SIGNING_KEY_BYTES = 16  # Standard Webhooks requires 24 to 64, but libraries accept less


def _secret_web_address(value: SecretStr) -> SecretStr:
    validate_web_address(value.get_secret_value())
    return value


def _signing_secret(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    try:
        encoded = text.removeprefix("whsec_").rstrip("=")
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith("whsec_") or len(key) < MIN_SIGNING_KEY_BYTES:
        raise ValueError('expected "whsec_" and at least 16 bytes in base64')
    return value


def _split_words(value: Any) -> Any:
    return value.split() if isinstance(value, str) else value


def mailbox(text: str) -> str:
    """Return a mailbox, `desk@example.org` or `Desk <desk@example.org>`. Raises ValueError for anything else."""
    try:
        name, address = parseaddr(text)
        parsed = Address(name, addr_spec=address)
    except (ValueError, IndexError, AttributeError):
        parsed = None
    if parsed is None or not parsed.domain or not text.isprintable() or not parsed.addr_spec.isascii():
        raise ValueError('expected an address such as "Desk <desk@example.org>"')
    return text


def unsubscribe_address(text: str) -> str:
    """Return an unsubscribe address, `https://…` or `mailto:…`. Raises ValueError for anything else."""
    scheme, _, rest = text.partition(":")
    if not rest or scheme not in ("https", "mailto") or not text.isascii() or re.search(r"[\s<>,]", text):
        raise ValueError('expected "https://…" or "mailto:…"')
    if scheme == "mailto":
        mailbox(rest.partition("?")[0])
    return text


Mailbox = Annotated[str, AfterValidator(mailbox)]
UnsubscribeAddress = Annotated[str, AfterValidator(unsubscribe_address)]
Mailboxes = Annotated[tuple[Mailbox, ...], BeforeValidator(as_list), Field(min_length=1)]
SecretWebAddress = Annotated[SecretStr, AfterValidator(_secret_web_address)]
SigningSecrets = Annotated[
    tuple[Annotated[SecretStr, AfterValidator(_signing_secret)], ...],
    BeforeValidator(_split_words),
    Field(min_length=1),
]
