"""Why the KPI so far differs from what a plan promised."""

from __future__ import annotations

import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import plan_words
from mmm_assets.report.plan_words import CAUSES, PLANS, SEEN
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import Choice, View

BY_CAUSE = f"""
    WITH seen AS ({SEEN})
    SELECT plan, cause, kpi, lower, upper FROM mart.plan_causes JOIN seen USING (plan, refresh_week)
    WHERE channel IS NULL ORDER BY plan, place"""

_TITLE = "Why it differs from the promise"


def views(refresh: Refresh) -> tuple[View, ...]:
    """Nothing where no week of a plan is over; a sentence where the causes cannot be told."""
    plans = refresh.query(PLANS)
    rows = refresh.query(BY_CAUSE)
    parts = plan_words.in_order(plans, rows)
    notes = " ".join(
        f"{plan['plan']}: {plan['note']}"
        for _, plan in plans.iterrows()
        if isinstance(plan["note"], str) and plan["note"]
    )
    if not parts:
        return (View("plans-causes", _TITLE, notes),) if notes else ()
    first = next(iter(parts))
    names = [CAUSES[cause].title for cause in parts[first]["cause"]]
    return (
        View(
            "plans-causes",
            _TITLE,
            _reading(first, parts[first], refresh.kpi),
            fig.figure(
                [fig.bars(names, None, None) | _bars(parts[first])[0]],
                **fig.ranked(f"{refresh.kpi_label}, more or less than promised", len(names)),
            ),
            table=rows,
            sql=refresh.shown(BY_CAUSE),
            selector="Plan",
            choices=tuple(
                Choice(name, _bars(part), reading=_reading(name, part, refresh.kpi))
                for name, part in parts.items()
            ),
            note="The bars add up to what came less what was promised, to the last unit; lines are "
            f"90 % intervals. {plan_words.legend()} {notes}".rstrip(),
            height=fig.height_of(len(names), 34),
        ),
    )


def _reading(name: str, part: pd.DataFrame, kpi: str) -> str:
    return f"{name}: {plan_words.causes_sentence(part, kpi)}"


def _bars(part: pd.DataFrame) -> dict[int, dict]:
    value = part["kpi"].to_numpy(float)
    return {
        0: {
            "x": value,
            "marker": {"color": ["@good" if each >= 0 else "@bad" for each in value]},
            "error_x": fig.error(value.tolist(), part["lower"].tolist(), part["upper"].tolist()),
        }
    }
