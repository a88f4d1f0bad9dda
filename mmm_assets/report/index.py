"""The index of all refreshes, beside their folders."""

from __future__ import annotations

import duckdb
import pandas as pd

from mmm_assets.report import words
from mmm_assets.report.earlier_version import complete
from mmm_assets.report.escape import text
from mmm_assets.report.page import page

_REFRESHES = """
    SELECT r.refresh_week, r.status, r.reason, r.regions, r.weeks, r.channels, r.project,
           r.kpi_name, r.currency, media.direct, media.share, media.spend, skill.value AS skill,
           budget.gain / nullif(budget.current_response, 0) AS gain
    FROM mart.refreshes AS r
    LEFT JOIN mart.holdout_metrics AS skill
      ON skill.refresh_week = r.refresh_week AND skill.scope = 'pooled'
     AND skill.model = 'last_value' AND skill.metric = 'skill'
    LEFT JOIN (
      SELECT refresh_week, sum(direct) AS direct, sum(share) AS share, sum(spend) AS spend
      FROM mart.channel_summary GROUP BY refresh_week
    ) AS media ON media.refresh_week = r.refresh_week
    LEFT JOIN mart.budget_scenarios AS budget
      ON budget.refresh_week = r.refresh_week AND budget.scenario = 'same_budget'
    ORDER BY r.refresh_week DESC"""

_HEADS = ("Refresh", "Status", "Media brought", "Of the KPI", "Spend", "Skill against last value",
          "Gain of a new split", "Data")  # fmt: skip
_NUMBERS = range(2, 7)
_CLASS = ' class="number"'
_UNITS = ("currency", "kpi_name")


def build_index(connection: duckdb.DuckDBPyConnection) -> str:
    """A page that lists every refresh and links to ``<refresh_week>/index.html``."""
    complete(connection)
    refreshes = connection.execute(_REFRESHES).df()
    named = [str(name) for name in refreshes["project"].dropna() if str(name)]
    project = named[0] if named else "Marketing mix"
    heads = "".join(
        f'<th scope="col"{_CLASS if i in _NUMBERS else ""}>{head}</th>'
        for i, head in enumerate(_HEADS)
    )
    lines = "".join(_line(row) for row in refreshes.to_dict("records"))
    table = (
        f'<div class="refreshes" tabindex="0" role="region" aria-label="Refreshes"><table><thead>'
        f"<tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>"
    )
    body = (
        f'<main id="content"><div class="masthead"><p class="over">{text(project)}'
        f"</p><h1>Refreshes</h1></div>{table if lines else '<p>No refresh yet.</p>'}</main>"
    )
    return page(f"{project}: refreshes", body, charts=False)


def _line(row: dict) -> str:
    week = str(row["refresh_week"])[:10]
    status = str(row["status"])
    reason = "" if pd.isna(row["reason"]) else str(row["reason"])
    currency, kpi = ("" if pd.isna(row[name]) else str(row[name]) for name in _UNITS)
    covered = (
        f"{words.counted(int(row['regions']), 'region')}, "
        f"{words.counted(int(row['weeks']), 'week')}, "
        f"{words.counted(int(row['channels']), 'channel')}"
    )
    numbers = (
        f"{words.number(row['direct'])} {kpi}",
        words.percent(row["share"]),
        words.money(row["spend"], currency) if row["spend"] > 0 else "unknown",
        words.percent(row["skill"], signed=True),
        words.percent(row["gain"], signed=True),
    )
    cells = "".join(f"<td{_CLASS}>{text(number)}</td>" for number in numbers)
    return (
        f'<tr><th scope="row"><a href="{week}/index.html">{text(words.day(week))}</a></th>'
        f'<td class="{"held" if status == "held" else ""}">'
        f"{text(f'{status}: {reason}' if reason else status)}</td>{cells}"
        f"<td>{text(covered)}</td></tr>"
    )
