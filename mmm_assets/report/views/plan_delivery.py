"""What was spent of each plan, and what to change now."""

from __future__ import annotations

import pandas as pd

from mmm_assets.mart.numbers import MISSING
from mmm_assets.report import figure as fig
from mmm_assets.report import plan_words, words
from mmm_assets.report.plan_words import PLANS, SEEN
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import Choice, View

DELIVERY = f"""
    WITH seen AS ({SEEN})
    SELECT plan, part, channel, planned_spend, spend, promised, kpi, lower, upper
    FROM mart.plan_track JOIN seen USING (plan, refresh_week)
    WHERE region IS NULL AND channel IS NOT NULL AND part = 'so far' AND planned_spend IS NOT NULL
    ORDER BY plan, planned_spend DESC"""

_MOVES = """
    SELECT plan, channel, planned_spend, advised_spend, gain, lower, upper FROM mart.plan_moves
    WHERE refresh_week = $week ORDER BY plan, abs(advised_spend - planned_spend) DESC"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """Nothing where no plan runs or ran."""
    plans = refresh.query(PLANS)
    return (*_delivery(refresh, plans), *_moves(refresh, plans))


def _delivery(refresh: Refresh, plans: pd.DataFrame) -> tuple[View, ...]:
    rows = refresh.query(DELIVERY)
    parts = plan_words.in_order(plans, rows)
    if not parts:
        return ()
    first = next(iter(parts))
    data = [
        {"type": "bar", "name": "Planned", "marker": {"color": "@ink/0.3"},
         "hovertemplate": f"%{{y{fig.SI}}}"},
        {"type": "bar", "name": "Spent", "marker": {"color": "@accent"},
         "hovertemplate": f"%{{y{fig.SI}}}"},
    ]  # fmt: skip
    for number, traces in _money(refresh, parts[first]).items():
        data[number] |= traces
    return (
        View(
            "plans-delivery",
            "Spend against the plan, so far",
            _delivery_reading(first, parts[first]),
            fig.figure(
                data,
                xaxis=fig.names_axis(showgrid=False),
                yaxis=fig.axis(refresh.in_money("Spend"), rangemode="tozero"),
                hovermode="x unified",
                showlegend=True,
                bargap=0.3,
            ),
            table=rows,
            sql=refresh.shown(DELIVERY),
            selector="Plan",
            choices=tuple(
                Choice(name, _money(refresh, part), reading=_delivery_reading(name, part))
                for name, part in parts.items()
            ),
        ),
    )


def _money(refresh: Refresh, part: pd.DataFrame) -> dict[int, dict]:
    names = [refresh.label(name) for name in part["channel"]]
    return {
        0: {"x": names, "y": part["planned_spend"].to_numpy(float)},
        1: {"x": names, "y": part["spend"].to_numpy(float)},
    }


def _delivery_reading(name: str, part: pd.DataFrame) -> str:
    gap = (part["spend"] - part["planned_spend"]).astype(float)
    row = part.iloc[int(gap.abs().to_numpy().argmax())]
    planned, spent = part["planned_spend"].sum(), part["spend"].sum()
    share = words.percent(spent / planned - 1, signed=True) if planned else "unknown"
    if not row["planned_spend"]:
        return f"{name}: {share} against the plan; {row['channel']} was not planned."
    own = words.percent(row["spend"] / row["planned_spend"] - 1, signed=True)
    return f"{name}: {share} against the plan; {row['channel']} differs most, by {own}."


def _moves(refresh: Refresh, plans: pd.DataFrame) -> tuple[View, ...]:
    rows = refresh.query(_MOVES)
    parts = plan_words.in_order(plans[plans["status"] != "withdrawn"], rows)
    if not parts:
        return ()
    name, part = next(iter(parts.items()))
    whole, own = part[part["channel"].isna()].iloc[0], part.dropna(subset=["channel"])
    ends = f"{words.number(whole['lower'])} to {words.number(whole['upper'])}"
    moved = (own["advised_spend"] - own["planned_spend"]).abs() > 0.005 * own["planned_spend"]
    if moved.any():
        reading = (
            f"The {refresh.money(whole['planned_spend'])} that {name} still has would bring "
            f"{words.number(whole['gain'])} {refresh.kpi} more if split so (90 % interval {ends})."
        )
    else:
        reading = f"Nothing: no move of what {name} still has gains more than its own uncertainty."
    listing = pd.DataFrame(
        {
            "Channel": own["channel"],
            "Plan": [refresh.money(value) for value in own["planned_spend"]],
            "Advice": [refresh.money(value) for value in own["advised_spend"]],
            "Move": [
                words.percent(then / now - 1, signed=True) if now > 0 else MISSING
                for now, then in zip(own["planned_spend"], own["advised_spend"], strict=True)
            ],
        }
    )
    return (
        View(
            "plans-moves",
            "What to change now",
            reading,
            listing=listing,
            table=rows,
            sql=refresh.shown(_MOVES),
            note="The money of the weeks to come, split anew by this refresh; moves begin at the "
            "plan, and the bounds of the configuration count from there.",
        ),
    )
