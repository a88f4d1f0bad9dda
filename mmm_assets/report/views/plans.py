"""Plans of record: how they stand, why, what to change now, and what all of them were worth."""

from __future__ import annotations

import pandas as pd

from mmm_assets.mart.numbers import MISSING
from mmm_assets.report import figure as fig
from mmm_assets.report import plan_words, words
from mmm_assets.report.plan_words import PLANS
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import Choice, View

_OVER_TIME = """
    SELECT l.plan, l.week, l.kpi_to_date AS promised, l.lower_to_date AS lower,
           l.upper_to_date AS upper, l.spend AS planned_spend, t.spend, t.kpi,
           CASE WHEN t.kpi IS NOT NULL
                THEN sum(t.kpi) OVER (PARTITION BY l.plan ORDER BY l.week) END AS came,
           e.kpi AS expected, e.lower AS expected_lower, e.upper AS expected_upper
    FROM mart.plan_lines AS l
    LEFT JOIN mart.plan_track AS t
      ON t.refresh_week = $week AND t.plan = l.plan AND t.part = 'week' AND t.week = l.week
     AND t.region IS NULL AND t.channel IS NULL
    LEFT JOIN mart.plan_track AS e
      ON e.refresh_week = $week AND e.plan = l.plan AND e.part = 'to the end'
     AND e.region IS NULL AND e.channel IS NULL
    WHERE l.refresh_week <= $week AND l.region IS NULL ORDER BY l.plan, l.week"""

_CAUSES = """
    SELECT plan, cause, kpi, lower, upper FROM mart.plan_causes
    WHERE refresh_week = $week AND channel IS NULL ORDER BY plan, place"""

_DELIVERY = """
    SELECT plan, part, channel, planned_spend, spend, promised, kpi, lower, upper
    FROM mart.plan_track
    WHERE refresh_week = $week AND region IS NULL AND channel IS NOT NULL AND part = 'so far'
      AND planned_spend IS NOT NULL
    ORDER BY plan, planned_spend DESC"""

_MOVES = """
    SELECT plan, channel, planned_spend, advised_spend, gain, lower, upper FROM mart.plan_moves
    WHERE refresh_week = $week ORDER BY plan, abs(advised_spend - planned_spend) DESC"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """Nothing where no plan was adopted."""
    plans = refresh.query(PLANS)
    if plans.empty:
        return ()
    return (
        _over_time(refresh, plans),
        *_causes(refresh, plans),
        *_delivery(refresh, plans),
        *_moves(refresh, plans),
        _scorecard(refresh, plans),
    )


def _in_order(plans: pd.DataFrame, rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows by plan, what runs first."""
    parts = dict(iter(rows.groupby("plan")))
    return {str(name): parts[name] for name in plans["plan"] if name in parts}


def _over_time(refresh: Refresh, plans: pd.DataFrame) -> View:
    rows = refresh.query(_OVER_TIME)
    parts = _in_order(plans, rows)
    about = {plan["plan"]: plan for _, plan in plans.iterrows()}
    first = next(iter(parts))
    data = [
        *fig.band(None, None, None, "Promised, 90 % interval", "@accent"),
        fig.line(None, None, "Promised", "@accent/0.7", line={"dash": "dot"}),
        fig.line(None, None, "Came", "@ink", mode="lines+markers", marker={"size": 6}),
        {
            "type": "scatter", "mode": "markers", "name": "Expected at the end",
            "marker": {"color": "@warn", "size": 10, "symbol": "diamond"},
            "hovertemplate": f"%{{y{fig.SI}}}",
        },
    ]  # fmt: skip
    for number, traces in _lines(parts[first]).items():
        data[number] |= traces
    return View(
        "plans-track",
        "Each plan against its promise",
        plan_words.standing(about[first], refresh.kpi),
        fig.figure(
            data,
            xaxis=fig.weeks_axis(),
            yaxis=fig.axis(f"{refresh.kpi_label} since the plan began", rangemode="tozero"),
            hovermode="x unified",
            showlegend=True,
        ),
        table=rows,
        sql=refresh.shown(_OVER_TIME),
        selector="Plan",
        choices=tuple(
            Choice(
                name,
                _lines(part),
                reading=plan_words.standing(about[name], refresh.kpi),
            )
            for name, part in parts.items()
        ),
        note="The promise was made when the plan was adopted and never changes. The diamond is "
        "what this refresh expects at the plan's end if the rest of it is spent as planned.",
        wide=True,
    )


def _lines(part: pd.DataFrame) -> dict[int, dict]:
    """Traces of one plan."""
    weeks = iso(part["week"])
    last = part.iloc[-1]
    known = pd.notna(last["expected"])
    ends = fig.error([last["expected"]], [last["expected_lower"]], [last["expected_upper"]])
    return {
        0: {"x": weeks, "y": part["lower"].to_numpy()},
        1: {"x": weeks, "y": part["upper"].to_numpy()},
        2: {"x": weeks, "y": part["promised"].to_numpy()},
        3: {"x": weeks, "y": part["came"].to_numpy()},
        4: {
            "x": weeks[-1:] if known else [],
            "y": [last["expected"]] if known else [],
            "error_y": ends if known else {"visible": False},
        },
    }


def _causes(refresh: Refresh, plans: pd.DataFrame) -> tuple[View, ...]:
    rows = refresh.query(_CAUSES)
    parts = _in_order(plans, rows)
    notes = [f"{plan}: {note}" for plan, note in zip(plans["plan"], plans["note"], strict=True)
             if isinstance(note, str) and note]  # fmt: skip
    if not parts:
        if not notes:
            return ()
        return (View("plans-causes", _WHY, " ".join(notes)),)
    first = next(iter(parts))
    names = [_CAUSE_NAMES[cause] for cause in parts[first]["cause"]]
    return (
        View(
            "plans-causes",
            _WHY,
            f"{first}: {plan_words.causes_sentence(parts[first], refresh.kpi)}",
            fig.figure([fig.bars(names, None, None) | _bars(parts[first])[0]],
                       **fig.ranked(f"{refresh.kpi_label} more or less than promised", len(names))),
            table=rows,
            sql=refresh.shown(_CAUSES),
            selector="Plan",
            choices=tuple(
                Choice(
                    name,
                    _bars(part),
                    reading=f"{name}: {plan_words.causes_sentence(part, refresh.kpi)}",
                )
                for name, part in parts.items()
            ),
            note="Bars add up to what came less what was promised, with 90 % intervals. Money: "
            "other spend than planned. Media cost: what the money bought. Controls: prices and "
            "the like. Response: what media did for it. Baseline: the business without media. "
            "Chance: noise that no cause explains. " + " ".join(notes),
            height=fig.height_of(len(names), 34),
        ),
    )  # fmt: skip


_WHY = "Why it differs from the promise"
_CAUSE_NAMES = {
    "spend": "Money",
    "media cost": "Media cost",
    "controls": "Controls",
    "response": "Response",
    "baseline": "Baseline",
    "noise": "Chance",
}


def _bars(part: pd.DataFrame) -> dict[int, dict]:
    value = part["kpi"].to_numpy(float)
    return {
        0: {
            "x": value,
            "marker": {"color": ["@good" if each >= 0 else "@bad" for each in value]},
            "error_x": fig.error(value.tolist(), part["lower"].tolist(), part["upper"].tolist()),
        }
    }


def _delivery(refresh: Refresh, plans: pd.DataFrame) -> tuple[View, ...]:
    rows = refresh.query(_DELIVERY)
    parts = _in_order(plans, rows)
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
            sql=refresh.shown(_DELIVERY),
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
    parts = _in_order(plans, rows)
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
            "As planned": [refresh.money(value) for value in own["planned_spend"]],
            "Advised now": [refresh.money(value) for value in own["advised_spend"]],
            "Change": [
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


def _scorecard(refresh: Refresh, plans: pd.DataFrame) -> View:
    rows = [
        (
            plan["plan"],
            f"{words.day(plan['first_week'])} to {words.day(plan['last_week'])}",
            _status(plan),
            _against(plan["spend"], plan["planned_spend"]),
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
        listing=pd.DataFrame(
            rows,
            columns=["Plan", "Weeks", "Standing", "Spend", "Promise", "Advice against the plan "
                     "before it"],
        ),
        table=plans,
        sql=refresh.shown(PLANS),
        note="Advice: what the planned spend is read to have brought by this refresh, less what "
        "the plan before it would have. Direct effects, weeks that are over.",
        wide=True,
    )  # fmt: skip


def _status(plan: pd.Series) -> str:
    if plan["status"] == "withdrawn":
        return f"withdrawn by {plan['withdrawn_by']}: {plan['withdrawn_because']}"
    return f"{plan['status']}, adopted by {plan['who']}"


def _against(value: float, of: float) -> str:
    if pd.isna(value) or not of:
        return MISSING
    return words.percent(value / of - 1, signed=True)


def _kept_promise(plan: pd.Series) -> str:
    if pd.isna(plan["kpi"]):
        return MISSING
    inside = "inside" if plan["inside"] else "outside"
    return f"{_against(plan['kpi'], plan['promised'])}, {inside} its interval"
