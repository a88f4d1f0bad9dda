"""What the checks of the input tables said."""

from __future__ import annotations

import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import View

CHECKS = """
    SELECT table_name, rule, severity, passed, failed_rows, message, waived_until, waiver_reason
    FROM mart.data_checks
    WHERE refresh_week = $week ORDER BY passed, severity, table_name, rule"""

_FINDINGS = 8


def views(refresh: Refresh) -> tuple[View, ...]:
    """Every check and its outcome."""
    return (_checks(refresh),)


def _checks(refresh: Refresh) -> View:
    rows = refresh.query(CHECKS)
    title = "Checks of the input"
    if rows.empty:
        return View("data-checks", title, "No check was recorded for this refresh.")
    passed = rows["passed"].fillna(False).astype(bool)
    failed = rows[~passed]
    tables = list(dict.fromkeys(rows["table_name"]))
    labels = [refresh.label(str(name).replace("_", " ")) for name in tables]
    data = []
    for outcome, name, colour in (
        ("good", "Passed", "@good"),
        ("warning", "Warning", "@warn"),
        ("bad", "Failed", "@bad"),
    ):
        chosen = passed if outcome == "good" else ~passed & (
            ((rows["severity"] == "warning") | rows["waived_until"].notna())
            == (outcome == "warning")
        )  # fmt: skip
        counts = rows[chosen].groupby("table_name").size().reindex(tables).fillna(0)
        if counts.any():
            data.append(
                fig.bars(labels, counts.to_numpy(), colour, name=name)
                | {"hovertemplate": "%{y}: %{x}"}
            )  # fmt: skip
    return View(
        "data-checks",
        title,
        _reading(rows, failed),
        fig.figure(
            data,
            **fig.ranked("Checks", len(tables)) | {"barmode": "stack", "showlegend": True},
        ),
        table=rows,
        sql=refresh.shown(CHECKS),
        listing=_findings(failed),
        note=f"The first {_FINDINGS} of {len(failed)}." if len(failed) > _FINDINGS else "",
        height=fig.height_of(len(tables), 40, least=240),
        wide=True,
    )


def _reading(rows: pd.DataFrame, failed: pd.DataFrame) -> str:
    """How many passed, which did not, and which of these are waived."""
    if failed.empty:
        reading = f"All {words.counted(len(rows), 'check')} of the input tables passed."
    else:
        named = [f"{r.table_name}: {r.rule}" for r in failed.itertuples()]
        reading = (
            f"{len(failed)} of {words.counted(len(rows), 'check')} did not pass: "
            f"{words.listed([name.replace('_', ' ') for name in named])}."
        )
    waived = rows[rows["waived_until"].notna()]
    if len(waived):
        names = words.listed(
            [f"{r.rule} of {r.table_name}".replace("_", " ") for r in waived.itertuples()]
        )
        last = str(waived["waived_until"].min())[:10]
        reading += f" Waived, the first until {last}: {names}."
    return reading


def _findings(failed: pd.DataFrame) -> pd.DataFrame | None:
    """What the checks that did not pass say."""
    if failed.empty:
        return None
    first = failed.head(_FINDINGS)
    return pd.DataFrame(
        {
            "Rule": [str(rule).replace("_", " ") for rule in first["rule"]],
            "Outcome": ["Warning" if s == "warning" else "Failed" for s in first["severity"]],
            "Found": [words.shortened(str(message), 400) for message in first["message"]],
        }
    )
