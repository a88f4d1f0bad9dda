"""What promotions, prices and holidays did."""

from __future__ import annotations

import pandas as pd

from mmm_assets.report import escape, words
from mmm_assets.report import figure as fig
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import View

_DECIDED = """
    SELECT treatment, kind, reference, weeks, effect, effect_lower, effect_upper, contribution,
           contribution_lower, contribution_upper, value, value_lower, value_upper, share
    FROM mart.treatments
    WHERE refresh_week = $week AND kind IN ('promotion', 'price')
    ORDER BY kind DESC, contribution DESC"""

_DAYS = """
    SELECT treatment, kind, coalesce(part, 'day') AS part, weeks, effect,
           effect_lower, effect_upper, contribution, contribution_lower, contribution_upper, share
    FROM mart.treatments
    WHERE refresh_week = $week AND kind IN ('holiday', 'event')
    ORDER BY max(abs(effect)) OVER (PARTITION BY treatment) DESC, treatment,
             list_position(['before', 'day', 'after'], coalesce(treatments.part, 'day'))"""

_MOST_DAYS = 14
_PARTS = {
    "before": ("Days before", "@ink/0.35", -0.24),
    "day": ("The day itself", "@accent", 0.0),
    "after": ("Days after", "@ink/0.65", 0.24),
}
"""Name, colour and place beside each other, in rows, of the parts of a holiday."""


def views(refresh: Refresh) -> tuple[View, ...]:
    """A view of what is decided and one of the calendar, where a project has them."""
    decided, days = refresh.query(_DECIDED), refresh.query(_DAYS)
    found = [_promotions(refresh, decided)] if len(decided) else []
    return (*found, _calendar(refresh, days)) if len(days) else tuple(found)


def _promotions(refresh: Refresh, rows: pd.DataFrame) -> View:
    names = [escape.label(name) for name in rows["treatment"]]
    values, low, high = (
        rows[name].to_numpy(float)
        for name in ("contribution", "contribution_lower", "contribution_upper")
    )
    return View(
        "treatments-decided",
        "What promotions and prices did",
        " ".join(_said(refresh, row) for _, row in rows.iterrows()),
        fig.figure(
            [
                fig.bars(
                    names, values, "@accent",
                    error_x=fig.error(values.tolist(), low.tolist(), high.tolist()),
                )
            ],
            **fig.ranked(f"{refresh.kpi_label} over all weeks", len(names)),
        ),
        table=rows,
        sql=refresh.shown(_DECIDED),
        height=fig.height_of(len(names), 46),
        note="Against no promotion, and against each region's usual price. Whiskers: 90 % "
        "interval. Money is the worth of what was sold, before what a discount gave away. What "
        "people would have bought later anyway is not taken off.",
    )  # fmt: skip


def _said(refresh: Refresh, row: pd.Series) -> str:
    effect = _range(row["effect_lower"], row["effect_upper"], signed=row["kind"] == "price")
    if row["kind"] == "price":
        return (
            f"One percent more on {row['treatment']} changes {refresh.kpi} by "
            f"{words.percent(row['effect'] / 100, signed=True)} ({effect}): its elasticity."
        )
    worth = "" if pd.isna(row["value"]) else f", worth {refresh.money(row['value'])}"
    return (
        f"Without {row['treatment']}, {words.number(row['contribution'])} {refresh.kpi} "
        f"({words.number(row['contribution_lower'])} to "
        f"{words.number(row['contribution_upper'])}) would be missing{worth}. A week with the "
        f"usual one gains {words.percent(row['effect'])} ({effect})."
    )


def _range(low: float, high: float, signed: bool) -> str:
    per = 100 if signed else 1
    return " to ".join(words.percent(end / per, signed=signed) for end in (low, high))


def _calendar(refresh: Refresh, rows: pd.DataFrame) -> View:
    names = list(dict.fromkeys(rows["treatment"]))
    places = {name: place for place, name in enumerate(names[:_MOST_DAYS])}
    data = []
    for part, (label, colour, beside) in _PARTS.items():
        own = rows[(rows["part"] == part) & rows["treatment"].isin(places)]
        values = own["effect"].to_numpy(float)
        low, high = own["effect_lower"].tolist(), own["effect_upper"].tolist()
        data.append(
            {
                "type": "scatter", "mode": "markers", "name": label, "x": values,
                "y": [places[name] + beside for name in own["treatment"]],
                "text": [escape.label(name) for name in own["treatment"]],
                "marker": {"color": colour, "size": 8},
                "error_x": fig.error(values.tolist(), low, high) | {"color": colour},
                "hovertemplate": f"%{{text}}, {label.lower()}: %{{x:+.3~p}}<extra></extra>",
            }
        )  # fmt: skip
    layout = fig.ranked("Of a usual week", len(places)) | {"showlegend": True}
    layout["xaxis"] |= {"tickformat": "+.3~p"}
    layout["yaxis"] |= {
        "type": "linear",
        "tickvals": list(places.values()),
        "ticktext": [escape.label(name) for name in places],
    }
    more = (
        f"The {_MOST_DAYS} of {len(names)} days that do most. " if len(names) > _MOST_DAYS else ""
    )
    return View(
        "treatments-calendar",
        "What holidays and events did",
        _said_of_days(refresh, rows),
        fig.figure(data, **layout),
        table=rows,
        sql=refresh.shown(_DAYS),
        height=fig.height_of(len(places), 34),
        note=f"{more}Whiskers: 90 % interval. All days are expected to do as little as most of "
        "them do, so that many of them cost few weeks of data (shrinkage).",
    )


def _said_of_days(refresh: Refresh, rows: pd.DataFrame) -> str:
    sure = rows[(rows["effect_lower"] > 0) | (rows["effect_upper"] < 0)]
    if sure.empty:
        return f"No day of the calendar is known to change {refresh.kpi}: any may do nothing."
    first = sure.iloc[int(sure["effect"].abs().to_numpy().argmax())]
    where = {"before": "The days before ", "after": "The days after ", "day": ""}[first["part"]]
    verb = "changes" if first["part"] == "day" else "change"
    return (
        f"{where}{first['treatment']} {verb} {refresh.kpi} most: by "
        f"{words.percent(first['effect'], signed=True)} of a usual week "
        f"({words.percent(first['effect_lower'], signed=True)} to "
        f"{words.percent(first['effect_upper'], signed=True)}). "
        f"{words.counted(len(sure), 'part')} of {len(rows)} (days, and the days around them) "
        "differ from nothing, by their 90 % intervals."
    )
