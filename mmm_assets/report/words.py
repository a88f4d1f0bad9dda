"""Pieces of the report's sentences: numbers, dates, lists, counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from mmm_assets.mart import numbers
from mmm_assets.mart.numbers import SPACE

_UNKNOWN = "unknown"


def number(value: Any) -> str:
    """Three significant digits with a scale, in a sentence."""
    return numbers.number(value, missing=_UNKNOWN)


def percent(share: Any, signed: bool = False) -> str:
    """``0.034`` as ``3.4 %``, in a sentence."""
    return numbers.percent(share, signed=signed, missing=_UNKNOWN)


def money(value: Any, currency: str) -> str:
    """``1.2 M €``, in a sentence."""
    return numbers.money(value, currency, missing=_UNKNOWN)


def day(value: object) -> str:
    """A date, or a text that starts with one, as ``5 Jan 2026``."""
    stamp = pd.Timestamp(str(value)[:10])
    return f"{stamp.day}{SPACE}{stamp:%b %Y}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """``a, b and c``; the rest is counted."""
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def shortened(sentence: str, longest: int) -> str:
    """A text cut at a word; ``…`` stands for what is left out."""
    if len(sentence) <= longest:
        return sentence
    return f"{sentence[:longest].rsplit(' ', 1)[0]} …"


def counted(count: int, one: str, many: str = "") -> str:
    """``1 region``, ``3 regions``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
