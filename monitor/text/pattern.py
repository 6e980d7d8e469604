"""A user's regular expression, in linear time: RE2, so that no pattern can hold up the program."""

from __future__ import annotations

import re2

from monitor.text.split import Pattern

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.case_sensitive = False


def pattern(text: str) -> Pattern:
    """The compiled pattern, blind to case. ValueError with RE2's own sentence if it cannot be read."""
    try:
        compiled: Pattern = re2.compile(text, options=_OPTIONS)
    except re2.error as error:
        said = error.args[0]
        raise ValueError(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from None
    return compiled
