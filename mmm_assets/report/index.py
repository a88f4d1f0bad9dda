"""The index of all refreshes, beside their folders."""

from __future__ import annotations

import duckdb
import pandas as pd

from mmm_assets.report import words
from mmm_assets.report.escape import text
from mmm_assets.report.page import page, top_bar

_REFRESHES = """
    SELECT r.refresh_week, r.status, r.reason, r.regions, r.weeks, r.channels, r.project,
           skill.value AS skill, media.share
    FROM mart.refreshes AS r
    LEFT JOIN mart.holdout_metrics AS skill
      ON skill.refresh_week = r.refresh_week AND skill.scope = 'pooled'
     AND skill.model = 'last_value' AND skill.metric = 'skill'
    LEFT JOIN (
      SELECT refresh_week, sum(share) AS share FROM mart.channel_summary GROUP BY refresh_week
    ) AS media ON media.refresh_week = r.refresh_week
    ORDER BY r.refresh_week DESC"""


def build_index(connection: duckdb.DuckDBPyConnection) -> str:
    """A page that lists every refresh and links to ``<refresh_week>/index.html``."""
    refreshes = connection.execute(_REFRESHES).df()
    named = [str(name) for name in refreshes["project"].dropna() if str(name)]
    project = named[0] if named else "Marketing mix"
    lines = "".join(_line(row) for row in refreshes.to_dict("records"))
    table = (
        '<div class="refreshes"><table><thead><tr><th scope="col">Refresh</th>'
        '<th scope="col">Status</th><th scope="col" class="number">Media share</th>'
        '<th scope="col" class="number">Skill against last value</th>'
        '<th scope="col">Data</th></tr></thead><tbody>'
        f"{lines}</tbody></table></div>"
    )
    body = (
        f'{top_bar((), "")}<main id="content"><div class="masthead"><p class="over">{text(project)}'
        f"</p><h1>Refreshes</h1></div>{table if lines else '<p>No refresh yet.</p>'}</main>"
    )
    return page(f"{project}: refreshes", body, charts=False)


def _line(row: dict) -> str:
    week = str(row["refresh_week"])[:10]
    status = str(row["status"])
    reason = "" if pd.isna(row["reason"]) else str(row["reason"])
    told = f"{status}: {reason}" if reason else status
    covered = (
        f"{words.counted(int(row['regions']), 'region')}, "
        f"{words.counted(int(row['weeks']), 'week')}, "
        f"{words.counted(int(row['channels']), 'channel')}"
    )
    return (
        f'<tr><td><a href="{week}/index.html">{week}</a></td>'
        f'<td class="{"held" if status == "held" else ""}">{text(told)}</td>'
        f'<td class="number">{text(words.percent(row["share"]))}</td>'
        f'<td class="number">{text(words.percent(row["skill"], signed=True))}</td>'
        f"<td>{text(covered)}</td></tr>"
    )
