"""What kind of channel a name tells of."""

from __future__ import annotations

import re

SEARCH = frozenset({"search", "sem", "ppc", "adwords", "sea"})
"""Words for search ads."""


def is_search(channel: str) -> bool:
    """Whether a channel's name says that it is search: its clicks come when people search."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", channel)
    return "search" in channel.lower() or bool(SEARCH & set(re.split(r"[\W\d_]+", apart.lower())))
