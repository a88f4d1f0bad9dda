"""The page of a comparison: returns and curves drawn over each other, and every listing."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mmm_assets.comparison.listings import channels_of, largest_move, listings
from mmm_assets.comparison.sides import Side
from mmm_assets.report import escape, theme
from mmm_assets.report import figure as fig
from mmm_assets.report.escape import text
from mmm_assets.report.page import arranged, page, section_html, top_bar, view_data
from mmm_assets.report.view import Choice, Section, View

_COLOURS = ("@c0", "@c1")


def comparison_page(project: str, kpi: str, currency: str, a: Side, b: Side) -> str:
    """Draw two results side by side as one HTML file that needs nothing from elsewhere."""
    told = {found.title: found for found in listings(a, b)}
    tables = {
        title: View(
            f"table-{title.lower().replace(' ', '-')}",
            title,
            _READINGS[title],
            listing=found.rows,
            wide=True,
        )
        for title, found in told.items()
        if len(found.rows)
    }
    parts: dict[str, list[View | None]] = {
        "Channels": [_returns(a, b), tables["ROI"], tables["Contribution to the KPI"]],
        "Curves": [_curves(a, b, kpi, currency), tables.get("Response curves")],
        "Budget": [tables.get("Recommended weekly spend")],
        "Trust": [
            tables["Forecast of the held-out weeks"],
            tables.get("Trust tests"),
            tables["Gates"],
        ],
    }
    there = {title: [view for view in views if view] for title, views in parts.items()}
    sections = [
        Section(title.lower(), title, _LEADS[title], tuple(arranged(views)))
        for title, views in there.items()
        if views
    ]
    body = (
        top_bar(sections)
        + f'<main id="content"><div class="masthead"><p class="over">{text(project)} · '
        + f"comparison</p><h1>{text(f'{a.name} against {b.name}')}</h1>"
        + f"<p>{text(largest_move(a, b))}</p></div>"
        + "".join(map(section_html, sections))
        + "<footer>Intervals are 90 %. Neither side was changed by the comparison, and what was "
        "fitted for it alone is kept nowhere else.</footer></main>"
    )
    drawn = {view.id: view_data(view) for section in sections for view in section.views}
    shown = {"palette": theme.palette(2, 0), "views": drawn}
    return page(f"{project}: {a.name} against {b.name}", body, shown)


_LEADS = {
    "Channels": "What each channel returned and brought, on both sides.",
    "Curves": "What more or less of a channel would bring.",
    "Budget": "How the first scenario would split the money.",
    "Trust": "How well each side forecasts weeks that it had not seen, and what the gates say.",
}
_READINGS = {
    "ROI": "Value of the contribution over spend, with its 90 % interval.",
    "Contribution to the KPI": "KPI units over all weeks of each side, with the 90 % interval.",
    "Recommended weekly spend": "Of the first scenario, in money a week.",
    "Response curves": "Hill curve of each channel: what a week's spend reaches.",
    "Forecast of the held-out weeks": "All regions and weeks pooled; skill above zero beats the "
    "simple forecast.",
    "Trust tests": "What each test found, and what follows; tests that fit again or look back at "
    "earlier refreshes are those of a refresh alone.",
    "Gates": "What must hold before results become the current ones.",
}


def _returns(a: Side, b: Side) -> View:
    names = channels_of(a, b)
    traces = [_roi_trace(side, names, place) for place, side in enumerate((a, b))]
    if all(not trace["x"] for trace in traces):
        return View("returns", "Returns side by side", "No spend or value is known, so no ROI.")
    return View(
        "returns",
        "Returns side by side",
        largest_move(a, b),
        fig.figure(
            traces,
            **fig.ranked("ROI", len(names))
            | {"showlegend": True, "scattermode": "group", "scattergap": 0.5},
        ),
        wide=True,
        height=fig.height_of(len(names), 52),
    )


def _roi_trace(side: Side, names: list[str], place: int) -> dict[str, Any]:
    rows = side.tables["channel_summary"].set_index("channel")
    rows = rows.loc[[name for name in names if name in rows.index]].dropna(subset=["roi"])
    values = rows["roi"].tolist()
    return {
        "type": "scatter",
        "mode": "markers",
        "orientation": "h",
        "offsetgroup": str(place),
        "name": escape.label(side.name),
        "y": [escape.label(name) for name in rows.index],
        "x": values,
        "marker": {"color": _COLOURS[place], "size": 10},
        "error_x": fig.error(values, rows["roi_lower"].tolist(), rows["roi_upper"].tolist())
        | {"color": _COLOURS[place]},
        "hovertemplate": "%{y}: %{x:,.3~r}",
    }


def _curves(a: Side, b: Side, kpi: str, currency: str) -> View:
    names = [name for name in channels_of(a, b) if any(len(_curve(s, name)) for s in (a, b))]
    if not names:
        return View("curves-drawn", "Response curves", "Neither side has response curves.")
    data = []
    for place, side in enumerate((a, b)):
        label = escape.label(side.name)
        data += fig.band([], [], [], f"{label}, 90 % interval", _COLOURS[place])
        data.append(fig.line([], [], label, _COLOURS[place]))
    for place, attributes in _traces(a, b, names[0]).items():
        data[place] |= attributes
    spend = f"Spend (else exposure) per week, {currency}".rstrip(", ")
    return View(
        "curves-drawn",
        "Response curves, one over the other",
        "Where the bands overlap, both sides may be right.",
        fig.figure(
            data,
            xaxis=fig.axis(spend, showgrid=False, rangemode="tozero"),
            yaxis=fig.axis(f"{escape.label(kpi)} per week", rangemode="tozero"),
            showlegend=True,
        ),
        selector="Channel",
        choices=tuple(Choice(name, _traces(a, b, name)) for name in names),
        wide=True,
        height=400,
    )


def _traces(a: Side, b: Side, channel: str) -> dict[int, dict[str, Any]]:
    """Interval, its lower end first, and curve of each side."""
    found: dict[int, dict[str, Any]] = {}
    for place, side in enumerate((a, b)):
        part = _curve(side, channel)
        x = part["spend"].to_numpy()
        for offset, column in enumerate(("lower", "upper", "response")):
            found[3 * place + offset] = {"x": x, "y": part[column].to_numpy()}
    return found


def _curve(side: Side, channel: str) -> pd.DataFrame:
    rows = side.tables["response_curves"]
    return rows[(rows["channel"] == channel) & rows["region"].isna()].sort_values("spend")
