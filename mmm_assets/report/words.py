"""Numbers and lists as people write them: 1.2 M, 3.4 %, 12 k €, "tv, search and radio"."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

SPACE = "\u00a0"
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "CHF": "CHF"}
_IN_FRONT = "$£¥₹"
_SCALES = ((1e12, "tn"), (1e9, "bn"), (1e6, "M"), (1e3, "k"))


def number(value: float | None) -> str:
    """Three significant digits with a scale: ``1.23 M``, ``45.6 k``, ``0.12``."""
    if value is None or pd.isna(value):
        return "unknown"
    if not math.isfinite(value):
        return "unbounded"
    value = float(f"{value:.3g}")
    sign = "−" if value < 0 else ""
    size = abs(value)
    for scale, name in _SCALES:
        if size >= scale and (scale > 1e3 or size >= 1e4):
            return f"{sign}{_digits(size / scale)}{SPACE}{name}"
    if size >= 1000:
        return f"{sign}{size:,.0f}".replace(",", "\u202f")
    return f"{sign}{_digits(size)}"


def _digits(size: float) -> str:
    """At most three significant digits without an exponent."""
    if size == 0:
        return "0"
    if size < 1e-4:
        return f"{size:.1e}"
    places = max(0, 2 - math.floor(math.log10(size)))
    written = f"{size:.{places}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def percent(share: float | None, signed: bool = False) -> str:
    """``0.034`` as ``3.4 %``."""
    if share is None or pd.isna(share) or not math.isfinite(share):
        return "unknown"
    size = abs(100 * share)
    written = f"{size:.0f}" if size >= 10 or size == 0 else f"{size:.1f}"
    zero = float(written) == 0
    sign = "" if zero else "−" if share < 0 else "+" if signed else ""
    return f"{sign}{written}{SPACE}%"


def money(value: float | None, currency: str) -> str:
    """``1.2 M €``, ``$1.2 M``; the currency's code where it has no common sign."""
    return amount(number(value), currency)


def amount(written: str, currency: str) -> str:
    """A number that is written already, with the currency where it belongs."""
    sign = currency_sign(currency)
    if sign and sign in _IN_FRONT:
        return f"−{sign}{written[1:]}" if written.startswith("−") else sign + written
    return f"{written}{SPACE}{sign}".rstrip()


def day(value: object) -> str:
    """A date, or a text that starts with one, as ``5 Jan 2026``."""
    stamp = pd.Timestamp(str(value)[:10])
    return f"{stamp.day}{SPACE}{stamp:%b %Y}"


def currency_sign(currency: str) -> str:
    """``EUR`` as ``€``."""
    return _SYMBOLS.get(currency.strip().upper(), currency.strip())


def ratio(value: float | None) -> str:
    """A return: two digits after the point below ten, as ``2.1`` or ``0.85``."""
    if value is None or pd.isna(value):
        return "unknown"
    if abs(value) >= 100:
        return number(value)
    written = f"{abs(value):.2f}" if abs(value) < 1 else f"{abs(value):.1f}"
    return ("−" if value < 0 and float(written) > 0 else "") + written


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
    return f"{count:,} {one if count == 1 else many or one + 's'}".replace(",", "\u202f")
