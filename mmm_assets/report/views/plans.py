"""Plans of record: each against its promise, and what all of them were worth."""

from __future__ import annotations

import pandas as pd

from mmm_assets.mart.numbers import MISSING
from mmm_assets.report import figure as fig
from mmm_assets.report import plan_words, words
from mmm_assets.report.plan_words import PLANS, SEEN
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import Choice, Tile, View

_OVER_TIME = f"""
    WITH seen AS ({SEEN})
    SELECT l.plan, l.week, l.spend AS planned_spend, t.spend, t.kpi,
           l.kpi_to_date AS promised, CASE WHEN t.kpi IS NOT NULL
             THEN sum(t.kpi) OVER (PARTITION BY l.plan ORDER BY l.week) END AS came,
           came - l.kpi_to_date AS more, l.lower_to_date - l.kpi_to_date AS lower,
           l.upper_to_date - l.kpi_to_date AS upper, e.kpi AS expected,
           e.kpi - e.promised AS expected_more, e.lower - e.promised AS expected_lower,
           e.upper - e.promised AS expected_upper
    FROM mart.plan_lines AS l
    LEFT JOIN seen AS s ON s.plan = l.plan
    LEFT JOIN mart.plan_track AS t
      ON t.refresh_week = s.refresh_week AND t.plan = l.plan AND t.part = 'week'
     AND t.week = l.week AND t.region IS NULL AND t.channel IS NULL
    LEFT JOIN mart.plan_track AS e
      ON e.refresh_week = $week AND e.plan = l.plan AND e.part = 'to the end'
     AND e.region IS NULL AND e.channel IS NULL
    WHERE l.refresh_week <= $week AND l.region IS NULL ORDER BY l.plan, l.week"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """Nothing where no plan was adopted."""
    plans = refresh.query(PLANS)
    return () if plans.empty else (_over_time(refresh, plans),)


def scorecard(refresh: Refresh) -> tuple[View, ...]:
    """All plans, what runs first; nothing where none was adopted."""
    plans = refresh.query(PLANS)
    return () if plans.empty else (_scorecard(refresh, plans),)


def tiles(refresh: Refresh) -> tuple[Tile, ...]:
    """How the running plan stands; nothing where none runs."""
    plans = refresh.query(PLANS)
    running = plans[(plans["status"] == "running") & plans["kpi"].notna()]
    return tuple(
        Tile(
            f"{plan['plan']} so far",
            words.percent(plan["kpi"] / plan["promised"] - 1, signed=True),
            f"{refresh.kpi} against the promise, {'inside' if plan['inside'] else 'outside'} its "
            f"interval; {int(plan['weeks_over'])} of {words.counted(int(plan['weeks']), 'week')} "
            "over.",
            "" if plan["inside"] else "bad" if plan["kpi"] < plan["promised"] else "good",
        )
        for _, plan in running.iterrows()
    )


def _over_time(refresh: Refresh, plans: pd.DataFrame) -> View:
    rows = refresh.query(_OVER_TIME)
    parts = plan_words.in_order(plans, rows)
    about = {plan["plan"]: plan for _, plan in plans.iterrows()}
    first = next(iter(parts))

    def standing(name: str) -> str:
        return plan_words.standing(about[name], refresh.kpi, refresh.context.currency)

    data = [
        *fig.band(None, None, None, "90 % interval of the promise", "@accent"),
        fig.line(
            None, None, "Promised", "@accent/0.7", line={"dash": "dot"},
            hovertemplate=f"%{{customdata{fig.SI}}}",
        ),
        fig.line(
            None, None, "Came", "@ink", mode="lines+markers", marker={"size": 6},
            hovertemplate=f"%{{customdata{fig.SI}}}, %{{y:+.3~s}} to the promise",
        ),
        {
            "type": "scatter", "mode": "markers", "name": "Expected at the end",
            "marker": {"color": "@warn", "size": 10, "symbol": "diamond"},
            "hovertemplate": f"%{{customdata{fig.SI}}}, %{{y:+.3~s}} to the promise",
        },
    ]  # fmt: skip
    for number, traces in _lines(parts[first]).items():
        data[number] |= traces
    return View(
        "plans-track",
        "Each plan against its promise",
        standing(first),
        fig.figure(
            data,
            xaxis=fig.weeks_axis(),
            yaxis=fig.axis(f"{refresh.kpi_label}, more or less than promised", zeroline=False),
            hovermode="x unified",
            showlegend=True,
        ),
        table=rows,
        sql=refresh.shown(_OVER_TIME),
        selector="Plan",
        choices=tuple(
            Choice(name, _lines(part), reading=standing(name)) for name, part in parts.items()
        ),
        note="All weeks since the plan began, together. The promise was made when the plan was "
        "adopted and never changes. The diamond is what this refresh expects at the plan's end, "
        "with its 90 % interval, if the rest of the plan is spent as planned.",
        wide=True,
    )


def _lines(part: pd.DataFrame) -> dict[int, dict]:
    """Traces of one plan, each less the promise of its week."""
    weeks = iso(part["week"])
    last = part.iloc[-1]
    known = pd.notna(last["expected"])
    promised = {"x": weeks, "y": [0.0] * len(weeks), "customdata": part["promised"].tolist()}
    came = part.dropna(subset=["came"])
    ends = {"x": [], "y": [], "customdata": [], "error_y": {"visible": False}}
    if known:
        value = last["expected_more"]
        ends = {
            "x": weeks[-1:],
            "y": [value],
            "customdata": [last["expected"]],
            "error_y": fig.error([value], [last["expected_lower"]], [last["expected_upper"]]),
        }
    return {
        0: {"x": weeks, "y": part["lower"].to_numpy()},
        1: {"x": weeks, "y": part["upper"].to_numpy()},
        2: promised,
        3: {
            "x": iso(came["week"]),
            "y": came["more"].tolist(),
            "customdata": came["came"].tolist(),
        },
        4: ends,
    }


def _scorecard(refresh: Refresh, plans: pd.DataFrame) -> View:
    rows = [
        (
            f"{plan['plan']}, {words.day(plan['first_week'])} to {words.day(plan['last_week'])}",
            _status(plan),
            _kept_promise(plan),
            plan_words.gained(plan, refresh.kpi),
        )
        for _, plan in plans.iterrows()
    ]
    said = plan_words.scorecard(plans, refresh.kpi)
    return View(
        "plans-scorecard",
        "All plans: promises and advice",
        " ".join(said) or "No week of a plan is over yet; promises are compared as weeks come in.",
        listing=pd.DataFrame(rows, columns=["Plan", "Status", "Promise", "Advice"]),
        table=plans,
        sql=refresh.shown(PLANS),
        note="Promise: what came against what was promised. Advice: what the planned spend brings, "
        "as this refresh reads it, less what the spend before the plan would have. Direct effects, "
        "in the weeks that are over.",
        wide=True,
    )


def _status(plan: pd.Series) -> str:
    if plan["status"] == "withdrawn":
        return f"withdrawn by {plan['withdrawn_by']}: {plan['withdrawn_because']}"
    return f"{plan['status']}, adopted by {plan['who']}"


def _kept_promise(plan: pd.Series) -> str:
    if pd.isna(plan["kpi"]):
        return MISSING
    inside = "inside" if plan["inside"] else "outside"
    spend, kpi = (
        words.percent(plan[came] / plan[of] - 1, signed=True) if plan[of] else MISSING
        for came, of in (("spend", "planned_spend"), ("kpi", "promised"))
    )
    return f"Spend {spend}, KPI {kpi}, {inside} its interval"
