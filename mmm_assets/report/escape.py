"""Names that came from data, made harmless wherever the report shows them.

Three places have three rules: HTML text, labels that Plotly draws (it reads a few HTML
tags and entities in them), and JSON inside a ``<script>`` element.
"""

from __future__ import annotations

import html
import json
import math
from typing import Any

import numpy as np
import pandas as pd

_ELLIPSIS = "…"


def text(value: object) -> str:
    """Text for HTML, safe between tags and inside quoted attributes."""
    return html.escape(str(value), quote=True)


def label(value: object, longest: int = 32) -> str:
    """A label that Plotly draws as it is written, shortened when very long.

    Plotly decodes entities after it has looked for tags, so escaped text stays text.
    """
    plain = "".join(sign if sign.isprintable() else " " for sign in str(value)).strip()
    if len(plain) > longest:
        plain = plain[: longest - 1].rstrip() + _ELLIPSIS
    return html.escape(plain, quote=False) or "(no name)"


def script_json(value: Any) -> str:
    """JSON that cannot end the script element that holds it; numbers keep 4 digits."""
    packed = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        packed = packed.replace(sign, f"\\u{ord(sign):04x}")
    return packed


def _plain(value: Any) -> Any:
    """Lists, dictionaries, strings and short numbers from what pandas and NumPy hold."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | pd.Series | pd.Index):
        if value.dtype == float and value.ndim == 1:
            return [_short(number, 4) for number in value.tolist()]
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, Exact):
        return _short(float(value), 7)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return _short(float(value), 4)
    if pd.isna(value):
        return None
    return str(value)


class Exact(float):
    """A number that a reader may compare with the warehouse: it keeps 7 digits."""


def _short(value: float, digits: int) -> float | int | None:
    """The number at that many significant digits; None when it is not finite."""
    if not math.isfinite(value):
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short
