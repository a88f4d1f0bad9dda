"""Formulas: TeX in a page becomes MathML in the site, which browsers draw without a script."""

from __future__ import annotations

from typing import Any

from latex2mathml.converter import convert


def block(source: str, *_: Any, **__: Any) -> str:
    """Draw the content of a fenced block ``math`` as a display formula."""
    return f'<div class="formula">{convert(source.strip(), display="block")}</div>'


def inline(source: str, *_: Any, **__: Any) -> str:
    """Draw inline code that begins with ``#!math``."""
    return convert(source.strip())
