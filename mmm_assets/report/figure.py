"""Pieces of Plotly figures as plain dictionaries; the page adds fonts, margins and colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmm_assets.report.view import Figure

SI = ":.3~s"


def axis(title: str = "", **more: Any) -> dict[str, Any]:
    """An axis of numbers."""
    return {"title": {"text": title}, **more}


def names_axis(**more: Any) -> dict[str, Any]:
    """An axis of names: never read as numbers or dates, whatever the names look like."""
    return {"type": "category", "automargin": True, **more}


def weeks_axis(**more: Any) -> dict[str, Any]:
    """An axis of weeks."""
    return {"type": "date", "showgrid": False, **more}


def figure(data: Sequence[dict[str, Any]], **layout: Any) -> Figure:
    """A figure of these traces."""
    return {"data": list(data), "layout": layout}


def line(x: Any, y: Any, name: str, colour: str, hover: str = SI, **more: Any) -> dict[str, Any]:
    """A line over weeks or amounts."""
    style = {"color": colour, "width": 2, **more.pop("line", {})}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": name,
        "line": style,
        "hovertemplate": f"%{{y{hover}}}",
        **more,
    }


def band(x: Any, lower: Any, upper: Any, name: str, colour: str) -> list[dict[str, Any]]:
    """An interval: two traces, the lower end first."""
    plain = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "line": {"width": 0, "color": colour},
        "hoverinfo": "skip",
    }
    return [
        {**plain, "y": lower, "showlegend": False, "name": name},
        {**plain, "y": upper, "fill": "tonexty", "fillcolor": f"{colour}/0.16", "name": name},
    ]


def bars(
    names: Sequence[str], values: Any, colours: Any, hover: str = SI, **more: Any
) -> dict[str, Any]:
    """Horizontal bars, one a name; the first name is drawn on top."""
    return {
        "type": "bar",
        "orientation": "h",
        "y": list(names),
        "x": values,
        "marker": {"color": colours},
        "hovertemplate": f"%{{y}}: %{{x{hover}}}<extra></extra>",
        **more,
    }


def ranked(title: str, names: int, **more: Any) -> dict[str, Any]:
    """Layout of horizontal bars."""
    return {
        "xaxis": axis(title, zeroline=True),
        "yaxis": names_axis(autorange="reversed", showgrid=False),
        "showlegend": False,
        "bargap": 0.35 if names < 30 else 0.15,
        **more,
    }


def error(
    values: Sequence[float], lower: Sequence[float], upper: Sequence[float]
) -> dict[str, Any]:
    """Interval whiskers around values."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(0.0, u - v) for u, v in zip(upper, values, strict=True)],
        "arrayminus": [max(0.0, v - low) for v, low in zip(values, lower, strict=True)],
        "color": "@ink/0.55",
        "thickness": 1.2,
        "width": 3,
    }


def heat(x: Sequence[str], y: Sequence[str], z: Any, hover: str, **more: Any) -> dict[str, Any]:
    """A heat map."""
    return {
        "type": "heatmap",
        "x": list(x),
        "y": list(y),
        "z": z,
        "xgap": 1 if len(x) < 60 else 0,
        "ygap": 1 if len(y) < 60 else 0,
        "colorscale": "@rising",
        "hovertemplate": hover + "<extra></extra>",
        "hoverongaps": False,
        "colorbar": {"thickness": 8, "outlinewidth": 0, "len": 0.9},
        **more,
    }


def height_of(rows: int, each: int = 26, least: int = 260, most: int = 1300) -> int:
    """Height in pixels of a chart with one row a name."""
    return max(least, min(most, 110 + each * rows))
