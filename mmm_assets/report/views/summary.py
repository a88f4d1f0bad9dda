"""The headline: what media brought, what to move, how far to trust it, what changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mmm_assets.mart import numbers
from mmm_assets.report import figure as fig
from mmm_assets.report import scenarios, words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import Section, Tile, View
from mmm_assets.report.views import forecast, plans, since, trust

_CHANNELS = """
    SELECT channel, contribution, contribution_lower, contribution_upper, direct, share, roi
    FROM mart.channel_summary WHERE refresh_week = $week ORDER BY contribution DESC NULLS LAST"""


def section(refresh: Refresh) -> Section:
    """The first section: tiles, what media brought, what to move, what to trust, what changed."""
    return Section(
        "summary",
        "Summary",
        _lead(refresh),
        (_channels(refresh), _shift(refresh), *trust.views(refresh), *since.views(refresh)),
        tuple(
            replace(tile, about=about)
            for tile, about in (
                (_media(refresh), "decomposition"),
                (_return(refresh), "channels"),
                (_move(refresh), "budgets"),
                (_skill(refresh), "fit"),
                (trust.tile(refresh), "summary-trust"),
                *((tile, "plans") for tile in plans.tiles(refresh)),
            )
        ),
    )


def media_share(refresh: Refresh) -> float:
    """Share of the predicted KPI that media brought, direct effects."""
    return float(refresh.summary["share"].sum())


def headline(refresh: Refresh) -> str:
    """The report in one sentence."""
    total = float(refresh.summary["direct"].sum())
    said = (
        f"Media brought {words.number(total)} {refresh.kpi}, {words.percent(media_share(refresh))} "
        "of the total"
    )
    roi = overall_roi(refresh)
    if not np.isnan(roi):
        currency = refresh.context.currency
        unit = numbers.currency_sign(currency) or "unit"
        said += f": {numbers.amount(words.number(roi), currency)} back for each {unit} spent"
    return said + "."


def overall_roi(refresh: Refresh) -> float:
    """Value of all direct effects over all spend; NaN where no return is known.

    A channel's ROI times its spend over its contribution is the value of one KPI unit.
    """
    rows = refresh.summary
    rows = rows[rows["roi"].notna() & (rows["spend"] > 0)]
    if rows.empty:
        return float("nan")
    value = (rows["roi"] * rows["spend"] / rows["contribution"]).where(rows["contribution"] != 0)
    return float((rows["direct"] * value.fillna(0)).sum() / rows["spend"].sum())


def _lead(refresh: Refresh) -> str:
    leaders = refresh.channels[:3]
    if len(leaders) < 2:
        return f"All of it came through {leaders[0]}." if leaders else "There is no media."
    direct = refresh.summary["direct"]
    part = direct.head(3).sum() / (direct.sum() or float("nan"))
    return f"{words.listed(leaders)} brought {words.percent(part)} of what media brought."


def _media(refresh: Refresh) -> Tile:
    total = float(refresh.summary["direct"].sum())
    return Tile(
        "What media brought",
        words.number(total),
        f"{refresh.kpi} over {words.counted(len(refresh.weeks), 'week')}: "
        f"{words.percent(media_share(refresh))} of the total.",
    )


def _return(refresh: Refresh) -> Tile:
    roi = overall_roi(refresh)
    if np.isnan(roi):
        first = refresh.channels[0] if refresh.channels else "none"
        return Tile(
            "Strongest channel",
            words.percent(refresh.summary["share"].max()),
            f"of all {refresh.kpi} came through {first}. Without spend or a value per unit there "
            "is no return on it.",
        )
    spend = float(refresh.summary["spend"].sum())
    return Tile(
        "Return on media",
        words.number(roi),
        f"{numbers.currency_sign(refresh.context.currency) or 'units'} back for each one of the "
        f"{refresh.money(spend)} spent.{_next_unit(refresh)}",
    )


def _next_unit(refresh: Refresh) -> str:
    """What the next unit brings, spread as today's spend is."""
    rows = refresh.summary.dropna(subset=["marginal_roi"])
    rows = rows[rows["spend"] > 0]
    if rows.empty:
        return ""
    marginal = float((rows["marginal_roi"] * rows["spend"]).sum() / rows["spend"].sum())
    return f" The next one, spread as today, brings {words.number(marginal)}."


def _move(refresh: Refresh) -> Tile:
    rows = refresh.query(scenarios.BUDGETS)
    if rows.empty:
        return Tile("Recommended shift", "None", scenarios.NO_BUDGETS)
    sums = scenarios.totals(refresh, rows)
    scenario, first = sums.index[0], sums.iloc[0]
    part = rows[rows["scenario"] == scenario]
    return Tile(
        "Recommended shift",
        words.percent(first["gain_share"], signed=True),
        f"from media at {scenarios.scenario_name(scenario).lower()}: {scenarios.moves(part)}.",
        "good" if first["gain"] > 0 else "",
    )


def _skill(refresh: Refresh) -> Tile:
    skill = forecast.metric(refresh.query(forecast.METRICS), "pooled", "last_value", "skill")
    if np.isnan(skill):
        return Tile("Forecast skill", "Unknown", "No held-out weeks to judge the forecast on.")
    words_for = (
        f"{'less' if skill > 0 else 'more'} error than repeating the last value, on "
        f"{_held_weeks(refresh)} that the model had not seen."
    )
    return Tile(
        "Forecast skill", words.percent(abs(skill)), words_for, "good" if skill > 0 else "bad"
    )


def _held_weeks(refresh: Refresh) -> str:
    count = sum(week >= (refresh.holdout_start or "9") for week in refresh.weeks)
    return words.counted(count, "week")


def _channels(refresh: Refresh) -> View:
    table = refresh.query(_CHANNELS)
    rows = table.head(25)
    value = rows["contribution"].fillna(0)
    low = rows["contribution_lower"].fillna(value)
    high = rows["contribution_upper"].fillna(value)
    first = rows.iloc[0]
    unsure = rows[low <= 0]["channel"].tolist()
    said = (
        f"{first['channel']} brought most, {words.number(first['contribution'])} {refresh.kpi} "
        f"(between {words.number(low.iloc[0])} and {words.number(high.iloc[0])})"
    )
    if unsure:
        said += f"; {words.listed(unsure)} may have brought nothing"
    return View(
        "summary-channels",
        "What each channel brought",
        said + ".",
        fig.figure(
            [
                fig.bars(
                    [refresh.label(c) for c in rows["channel"]],
                    value.to_numpy(),
                    [refresh.colour(c) for c in rows["channel"]],
                    error_x=fig.error(value.tolist(), low.tolist(), high.tolist()),
                )
            ],
            **fig.ranked(refresh.kpi_label, len(rows)),
        ),
        table=table,
        sql=refresh.shown(_CHANNELS),
        note="Direct and through other channels, with the 90 % interval."
        + (f" The 25 largest of {len(table)}." if len(table) > 25 else ""),
        height=fig.height_of(len(rows), 30),
    )


def _shift(refresh: Refresh) -> View:
    rows = refresh.query(scenarios.BUDGETS)
    title = "What to move"
    if rows.empty:
        return View("summary-shift", title, scenarios.NO_BUDGETS)
    scenario = scenarios.scenarios(rows)[0]
    part = rows[rows["scenario"] == scenario].reset_index(drop=True)
    gain = scenarios.totals(refresh, rows).iloc[0]
    between = ""
    if not np.isnan(gain["gain_lower"]):
        ends = (words.number(gain["gain_lower"]), words.number(gain["gain_upper"]))
        between = f", with 90 % probability {ends[0]} to {ends[1]}"
    return View(
        "summary-shift",
        title,
        f"{scenarios.scenario_name(scenario)}, {scenarios.moves(part)}: "
        f"{words.number(gain['gain'])} {refresh.kpi} a week "
        f"{'more' if gain['gain'] >= 0 else 'less'} are expected{between}.",
        fig.figure(
            [{"type": "bar", "orientation": "h", **scenarios.shift_bars(refresh, part)}],
            **fig.ranked(
                f"Change per week, {numbers.currency_sign(refresh.context.currency)}", len(part)
            ),
        ),
        table=rows,
        sql=refresh.shown(scenarios.BUDGETS),
        height=fig.height_of(len(part), 30),
    )
