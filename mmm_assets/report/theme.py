"""Colours: the same channel has the same colour in every view, in light and in dark.

Figures carry tokens such as ``@c3`` or ``@ink/0.4``; the page turns them into colours of
the scheme in force, so that a change of scheme redraws without any data changing.
"""

from __future__ import annotations

import colorsys

_LIGHT = (
    "#2e6da4", "#d98032", "#4a9463", "#b5475f", "#7a66b8", "#bf9b30",
    "#37989f", "#96674a", "#84963a", "#c274a4", "#5578c4", "#6d7680",
)  # fmt: skip
_DARK = (
    "#6aa9dd", "#eda25c", "#74bd8b", "#dd7c91", "#a493dd", "#dcbd5c",
    "#63c1c7", "#c09378", "#aebf66", "#dfa0c6", "#8aa5e6", "#9aa5b1",
)  # fmt: skip

_SCHEMES: dict[str, dict[str, str]] = {
    "light": {
        "ink": "#1d2127", "muted": "#626973", "line": "#e3e1dc", "paper": "#ffffff",
        "accent": "#17456b", "good": "#2f7d54", "bad": "#b3413f",
        "quiet": "#bdbfc2", "warn": "#d3a62f",
        "baseline": "#c9c5bb", "seasonality": "#a8b5bf", "other": "#9b978e",
    },
    "dark": {
        "ink": "#eceae6", "muted": "#a2a8b1", "line": "#33383f", "paper": "#1b1f24",
        "accent": "#8fc1ea", "good": "#79c79b", "bad": "#ec8a85",
        "quiet": "#565c64", "warn": "#d9b157",
        "baseline": "#5b5f66", "seasonality": "#71808d", "other": "#83878d",
    },
}  # fmt: skip
_SCALES = {
    "light": {
        "rising": ["#f7f5f0", "#cfdde8", "#8fb4d0", "#4a84b0", "#17456b"],
        "diverging": ["#b3413f", "#e0a9a3", "#f7f5f0", "#9cc0dc", "#1f5d92"],
        "states": ["#b3413f", "#e3b34b", "#d6e4dc", "#8fb4d0"],
    },
    "dark": {
        "rising": ["#22272d", "#2d4355", "#3e6788", "#63a0cf", "#b5dbfa"],
        "diverging": ["#ec8a85", "#8a4a4c", "#22272d", "#3a6186", "#84bdee"],
        "states": ["#ec8a85", "#d9b157", "#33453c", "#4a7799"],
    },
}


def palette(channels: int, controls: int) -> dict[str, dict[str, object]]:
    """Colours of both schemes by token; channels are ``c0…``, controls ``k0…``."""
    schemes: dict[str, dict[str, object]] = {}
    for scheme, named in _SCHEMES.items():
        colours: dict[str, object] = {**named, **_SCALES[scheme]}
        colours |= {f"c{i}": _channel(i, scheme) for i in range(channels)}
        colours |= {f"k{i}": _control(i, scheme) for i in range(controls)}
        schemes[scheme] = colours
    return schemes


def _channel(index: int, scheme: str) -> str:
    """A hand-picked colour for the first twelve, evenly spread hues beyond."""
    chosen = _LIGHT if scheme == "light" else _DARK
    if index < len(chosen):
        return chosen[index]
    return _mixed((0.11 + index * 0.618034) % 1, index, scheme)


def _control(index: int, scheme: str) -> str:
    """Muted hues, so that a control is never taken for a channel."""
    lightness = (0.58, 0.7, 0.47)[index % 3] if scheme == "light" else (0.55, 0.42, 0.68)[index % 3]
    return _hex(colorsys.hls_to_rgb((0.08 + index * 0.381966) % 1, lightness, 0.16))


def _mixed(hue: float, index: int, scheme: str) -> str:
    lightness = (0.44, 0.56, 0.36)[index % 3] + (0.17 if scheme == "dark" else 0)
    return _hex(colorsys.hls_to_rgb(hue, lightness, 0.42))


def _hex(colour: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)
