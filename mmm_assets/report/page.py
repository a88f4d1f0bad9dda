"""The HTML page: sections and views as text, figures as data, nothing from elsewhere.

The text of the report is in the HTML itself, so it reads before any chart is drawn. The
content security policy names every script by its hash and allows no connection: a name
from the data could not run or load anything even if it escaped its escaping.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pandas as pd
from plotly.offline import get_plotlyjs

from mmm_assets.report import words
from mmm_assets.report.escape import Exact, script_json, text
from mmm_assets.report.view import Section, Tile, View

_ROWS_SHOWN = 300
_WORKED_OUT = "Worked out from the rows of this query:"
# A chart taller than this would leave a hole beside its neighbour.
_TALL = 560


def page(title: str, body: str, data: dict[str, Any] | None = None, charts: bool = True) -> str:
    """A self-contained page; ``data`` is what the page's script draws."""
    scripts = [_asset("scheme.js")]
    block = ""
    if charts:
        scripts += [get_plotlyjs(), _asset("page.js"), _asset("planner.js")]
        block = f'<script type="application/json" id="report-data">{script_json(data)}</script>\n'
    hashes = " ".join(f"'sha256-{_hash(script)}'" for script in scripts)
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:"
    )
    parts = {
        "POLICY": policy,
        "TITLE": text(title),
        "STYLE": _asset("style.css"),
        "BODY": body,
        "SCRIPTS": block + "\n".join(f"<script>{script}</script>" for script in scripts[1:]),
        "SCHEME": f"<script>{scripts[0]}</script>",
    }
    # Split at the marks once: text that was filled in is never searched for marks again.
    pieces = _asset("page.html").split("%")
    return "".join(parts.get(piece, piece) for piece in pieces)


def _asset(name: str) -> str:
    return files("mmm_assets.report").joinpath(name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def top_bar(sections: Sequence[Section], links: str = "") -> str:
    """The bar that stays on top: sections and the switch of the colour scheme."""
    entries = "".join(f'<a href="#{text(s.id)}">{text(s.title)}</a>' for s in sections)
    return (
        f'<header class="top"><div><nav aria-label="Sections">{entries}{links}</nav>'
        '<button type="button" id="scheme" aria-label="Change the colour scheme">Dark</button>'
        "</div></header>"
    )


def section_html(section: Section) -> str:
    """A section with its tiles and views."""
    tiles = "".join(_tile(tile) for tile in section.tiles)
    views = "".join(_view(view) for view in section.views)
    return (
        f'<section id="{text(section.id)}" aria-labelledby="{text(section.id)}-title">'
        f'<h2 id="{text(section.id)}-title">{text(section.title)}</h2>'
        f'<p class="lead">{text(section.lead)}</p>'
        + (f'<div class="tiles">{tiles}</div>' if tiles else _contents(section))
        + f'<div class="views">{views}</div></section>'
    )


def _contents(section: Section) -> str:
    """Links to the views of a section, folded away."""
    links = "".join(
        f'<li><a href="#{text(view.id)}">{text(view.title)}</a></li>' for view in section.views
    )
    return (
        f'<nav class="contents" aria-label="Views of {text(section.title)}"><details>'
        f"<summary>{words.counted(len(section.views), 'view')}</summary><ul>{links}</ul>"
        "</details></nav>"
    )


def arranged(views: Sequence[View]) -> list[View]:
    """Views in rows without holes: empty ones last, a view that would stand alone made wide."""
    drawn = [view for view in views if not view.is_empty]
    rows: list[View] = []
    waiting: View | None = None
    for view in drawn:
        if view.wide or view.height > _TALL:
            rows += [replace(waiting, wide=True)] if waiting else []
            rows.append(replace(view, wide=True))
            waiting = None
        elif waiting:
            height = max(waiting.height, view.height)
            rows += [replace(waiting, height=height), replace(view, height=height)]
            waiting = None
        else:
            waiting = view
    rows += [replace(waiting, wide=True)] if waiting else []
    empty = [view for view in views if view.is_empty]
    if len(empty) % 2:
        empty[-1] = replace(empty[-1], wide=True)
    return rows + empty


def _tile(tile: Tile) -> str:
    title = text(tile.title)
    if tile.about:
        title = f'<a href="#{text(tile.about)}">{title}</a>'
    return (
        f'<div class="tile {text(tile.tone)}"><h3>{title}</h3>'
        f'<div class="value">{text(tile.value)}</div><p>{text(tile.words)}</p></div>'
    )


def _view(view: View) -> str:
    name = text(view.id)
    kinds = {"wide": view.wide, "empty": view.is_empty, "handled": view.widget is not None}
    classes = " ".join(["view", *(kind for kind, holds in kinds.items() if holds)])
    # What a choice changes is read out.
    live = ' aria-live="polite"' if any(choice.reading for choice in view.choices) else ""
    parts = [
        f'<article class="{classes}" id="{name}" aria-labelledby="{name}-title">',
        f'<h3 id="{name}-title">{text(view.title)}</h3>',
        f'<p class="reading" id="{name}-reading"{live}>{text(view.reading)}</p>',
    ]
    if view.figure and len(view.choices) > 1:
        options = "".join(f"<option>{text(choice.label)}</option>" for choice in view.choices)
        parts.append(
            f'<label class="choose">{text(view.selector)} '
            f'<select data-view="{name}" data-label="{text(view.selector)}">{options}</select>'
            "</label>"
        )
    if view.widget:
        parts.append(view.widget.html)
    if view.figure:
        parts.append(
            f'<div class="chart" id="chart-{name}" style="min-height:{view.height}px" role="figure"'
            f' aria-labelledby="{name}-title" aria-describedby="{name}-reading"></div>'
        )
    if view.listing is not None:
        parts.append(_listing(view.listing))
    if view.note:
        parts.append(f'<p class="note">{text(view.note)}</p>')
    if view.sql:
        origin = f"<p>{_WORKED_OUT}</p>" if view.worked_out else ""
        parts.append(
            f'<details data-view="{name}"><summary>Table and query'
            f'<span class="source"> of {text(_sources(view.sql))}</span></summary>'
            f'<div class="table"></div>{origin}<pre tabindex="0">{text(view.sql)}</pre></details>'
        )
    return "".join([*parts, "</article>"])


def _sources(sql: str) -> str:
    """The mart tables that a query reads."""
    return words.listed(list(dict.fromkeys(re.findall(r"\bmart\.\w+", sql))))


def _listing(rows: pd.DataFrame) -> str:
    """A table of words; the first column names the row."""
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in rows.columns)
    lines = []
    for first, *rest in rows.itertuples(index=False):
        cells = "".join(f"<td>{text(value)}</td>" for value in rest)
        lines.append(f'<tr><th scope="row">{text(first)}</th>{cells}</tr>')
    return (
        f'<div class="listing"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def view_data(view: View) -> dict[str, Any]:
    """Figure, choices and table of a view, for the page's script."""
    data: dict[str, Any] = {"figure": view.figure, "height": view.height}
    if view.panels:
        data["panels"] = view.panels
    if view.choices:
        data["choices"] = [
            {"traces": c.traces}
            | ({"layout": c.layout} if c.layout else {})
            | ({"reading": c.reading} if c.reading else {})
            for c in view.choices
        ]
    if view.widget:
        data["widget"] = view.widget.data
    if view.table is not None:
        data["table"] = _table(view.table)
    return data


def _table(table: pd.DataFrame) -> dict[str, Any]:
    """A table's first rows; numbers keep the digits that a reader may compare."""
    head = table.head(_ROWS_SHOWN)
    columns = [[_cell(value) for value in head[name].tolist()] for name in head.columns]
    return {
        "columns": list(head.columns),
        "rows": [list(row) for row in zip(*columns, strict=True)],
        "total": len(table),
    }


def _cell(value: Any) -> Any:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return str(value)[:10]
    return Exact(value) if isinstance(value, float) else value
