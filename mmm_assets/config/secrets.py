"""Passwords that stand in the configuration itself, where they belong into the environment.

Only what can be nothing else counts: a password in an address, a named value in a connection
string, an address that is a secret as a whole. In SQL, that is what stands between quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_NAMES = (
    r"(?:\w*_)?(?:password|passwd|pwd|secret|secret_key|secret_access_key|token|api_?key"
    r"|account_?key|access_?key)"
)
_VALUE = r"""['"]*(?!\$\{)[^\s'"&;%]{3}"""
_ADDRESS = re.compile(r"\w+://[^/\s:@'\"]*:(?!\$\{)[^@/\s'\"]+@")
_NAMED = re.compile(rf"(?:^|[\s;?&,-]){_NAMES}\s*=\s*{_VALUE}", re.IGNORECASE)
_HOOK = re.compile(
    r"://(?:hooks\.slack\.com/services|(?:\w+\.)?discord(?:app)?\.com/api/webhooks"
    r"|[\w.-]+\.webhook\.office\.com)/(?!\$\{)\w"
)
_TOKEN = re.compile(r"'(?:[^']|'')*'|\$\$.*?\$\$|--[^\n]*|/\*.*?\*/", re.DOTALL)
"""Strings and comments of SQL: an apostrophe in the one does not begin the other."""
_KEYS = ("password", "secret", "session_token", "key_id")
"""Keys of ``queries`` whose values are secret as a whole."""
_ARGUMENT = re.compile(rf"\b{_NAMES}\s*(?::=|=>)\s*'(?!\$\{{)[^']{{3}}", re.IGNORECASE)


def plain_secrets(content: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Find the keys of a configuration whose values hold what looks like a password.

    Yields
    ------
    tuple of str
        Path of the key from the top.
    """
    if isinstance(content, dict):
        for key, value in content.items():
            yield from plain_secrets(value, (*path, str(key)))
    elif isinstance(content, list):
        for place, value in enumerate(content):
            yield from plain_secrets(value, (*path, str(place)))
    elif path[:1] == ("queries",) and path[-1] in _KEYS:
        if content is not None and not re.fullmatch(r"\$\{\w+\}", str(content)):
            yield path
    elif isinstance(content, str) and _is_secret(content, sql=path[-1:] == ("sql",)):
        yield path


def _is_secret(text: str, sql: bool) -> bool:
    if not sql:
        return any(pattern.search(text) for pattern in (_ADDRESS, _NAMED, _HOOK))
    quoted = [part.strip("'$") for part in _TOKEN.findall(text) if part[0] in "'$"]
    return bool(_ARGUMENT.search(text)) or any(_is_secret(part, sql=False) for part in quoted)
