"""A number as people read it, whatever its scale: ``1.23 M``, ``1,230``, ``3.21``, ``0.0457``.

It stands beside the tables because what is written so comes out of them, and the terminal, Dagster
and the report must write one value one way: all three rooms stand above this one, and none of them
above the others. Three significant digits are more than an estimate deserves and enough to tell
two of them apart; an amount that somebody has to book keeps its cents, see `to_the_cent`.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

SPACE = "\u00a0"
"""Between a number and its unit, so that no line breaks there."""
MISSING = "–"
MINUS = "−"

_SCALES = ((1e12, "tn"), (1e9, "bn"), (1e6, "M"), (1e3, "k"))
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "CHF": "CHF"}
_IN_FRONT = "$£¥₹"
_TINY = 1e-6
"""Below this the zeros after the point are too many to count: an exponent takes their place."""


def number(value: Any, *, signed: bool = False, scaled: bool = True, missing: str = MISSING) -> str:
    """Three significant digits.

    Parameters
    ----------
    value
        A number; None, NaN and pandas' missing values are written as ``missing``.
    signed
        Put a plus before what is above zero.
    scaled
        From ten thousand on write ``12.3 k``. Without it, all digits before the point are kept:
        ``12,345``; for columns whose numbers are added up or typed in elsewhere.
    """
    if pd.isna(value):
        return missing
    size = abs(float(value))
    written = _scaled(size) if scaled else _digits(size)
    return written if written == "0" else _sign(value, signed) + written


def to_the_cent(value: Any) -> str:
    """An amount of money with its cents, and with more digits where these are not three yet."""
    if pd.isna(value) or not math.isfinite(value):
        return number(value)
    size = abs(float(value))
    cents = f"{size:,.2f}"
    if size < 1 and float(cents) != float(f"{size:.3g}"):
        return number(value)
    return f"{_sign(value, False)}{cents}"


def percent(share: Any, *, signed: bool = False, missing: str = MISSING) -> str:
    """``0.034`` as ``3.4 %``: whole ones from ten on, two significant digits below.

    Less than a millionth of the whole is what rounding leaves, and written as none.
    """
    if pd.isna(share) or not math.isfinite(share):
        return missing
    size = abs(100 * float(share))
    written = f"{size:,.0f}" if size >= 9.95 else _rounded(size if size >= 1e-4 else 0.0, 2)
    sign = "" if written == "0" else _sign(share, signed)
    return f"{sign}{written}{SPACE}%"


def money(value: Any, currency: str, *, missing: str = MISSING) -> str:
    """``1.2 M €``, ``$1.2 M``; the currency's code where it has no common sign."""
    return missing if pd.isna(value) else amount(number(value), currency)


def amount(written: str, currency: str) -> str:
    """A number that is written already, with the currency where it belongs."""
    sign = currency_sign(currency)
    if sign and sign in _IN_FRONT:
        return f"{MINUS}{sign}{written[1:]}" if written.startswith(MINUS) else sign + written
    return f"{written}{SPACE}{sign}".rstrip()


def currency_sign(currency: str) -> str:
    """``EUR`` as ``€``."""
    return _SYMBOLS.get(currency.strip().upper(), currency.strip())


def _sign(value: float, signed: bool) -> str:
    return MINUS if value < 0 else "+" if signed else ""


def _scaled(size: float) -> str:
    """``12.3 k`` from ten thousand on; what is less in full, at three digits."""
    if not math.isfinite(size):
        return "unbounded"
    size = float(f"{size:.3g}")
    for scale, name in _SCALES:
        if size >= scale and size >= 1e4:
            return f"{_digits(size / scale)}{SPACE}{name}"
    return _digits(size)


def _digits(size: float) -> str:
    """All digits before the point, and after it what makes up three significant ones."""
    if not math.isfinite(size):
        return "unbounded"
    return f"{size:,.0f}" if size >= 99.95 else _rounded(size, 3)


def _rounded(size: float, digits: int) -> str:
    """That many significant digits, without an exponent where a person can count the zeros."""
    if size == 0:
        return "0"
    size = float(f"{size:.{digits}g}")
    if size < _TINY:
        return f"{size:.{digits - 1}e}"
    places = max(0, digits - 1 - math.floor(math.log10(size)))
    written = f"{size:.{places}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
