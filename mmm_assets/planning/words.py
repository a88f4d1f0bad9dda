"""A budget in words and as a table of text: for the terminal and for Dagster's metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mmm_assets.mart.numbers import MISSING, number, percent, to_the_cent

if TYPE_CHECKING:
    from mmm_assets.planning.adopted_plans import Kept
    from mmm_assets.planning.questions import Question
    from mmm_model.budget.recommended_budget import Beside, RecommendedBudget

_REASONS = {
    "pinned": "pinned",
    "least": "at its lower bound",
    "most": "at its upper bound",
    "uncertain": "a move would not gain more than its own uncertainty",
}


def reason(binding: str | None) -> str:
    """Say in words why a channel's spend stays where it is."""
    if binding is None:
        return ""
    if binding.startswith("group "):
        return f"the bound of {binding}"
    if binding.startswith("follows "):
        return binding
    return _REASONS.get(binding, binding)


def price(binding: str | None, shadow: float, currency: str) -> str:
    """Say in words what loosening a bound would bring."""
    if binding is None or not np.isfinite(shadow):
        return ""
    if shadow >= 0.005 and binding != "least":
        return f"each {currency} more there would bring {number(shadow)} more than elsewhere"
    if shadow <= -0.005 and binding != "most":
        return f"each {currency} less there would bring {number(-shadow)} more elsewhere"
    return ""


def held_by(binding: str | None, shadow: float, currency: str) -> str:
    """Name the bound that holds a channel, and its shadow price."""
    said = (reason(binding), price(binding, shadow, currency))
    return ": ".join(part for part in said if part)


def asked_words(question: Question | None, horizon: int) -> str:
    """What a plan answers: ``total 5,000.00 a week, 4 weeks``; None: its money was given."""
    if question is None:
        return f"a budget that was given, {horizon} weeks"
    asked = question.scenario.asked
    bounds = [f"{name} {low:g}:{high:g}" for name, (low, high) in question.bounds.items()]
    limits = [f"{name} {value:g}" for name in ("max_change", "caution")
              if (value := getattr(question, name)) is not None]  # fmt: skip
    amount = to_the_cent(asked.amount)
    of = f"{asked.key} {amount}" + (" a week" if asked.adds_up else "")
    follow = [f"{name} {'follows' if follows else 'does not follow'}"
              for name, follows in question.follow.items()]  # fmt: skip
    goals = [f"{name} weighs {weight:g}" for name, weight in question.weights.items()]
    goals += [f"{name} kept" if floor == "keep" else f"{name} at least {floor:g} a week"
              for name, floor in question.floors.items()]  # fmt: skip
    return ", ".join([of, f"{horizon} weeks", *bounds, *limits, *follow, *goals])


def promise_words(kept: Kept, kpi_name: str, currency: str) -> list[str]:
    """Lines about what a plan promised when it was adopted."""
    row = kept.totals
    gain, low, high = (
        number(row[name], signed=True, scaled=False)
        for name in ("gain", "gain_lower", "gain_upper")
    )
    ends = " to ".join(number(row[name], scaled=False) for name in ("lower", "upper"))
    return [
        f"Adopted as '{kept.name}', {kept.first_week} to {kept.last_week}: {currency} "
        f"{to_the_cent(row['spend'])}, {currency} {to_the_cent(row['before_spend'])} if the recent "
        "plan went on.",
        f"Promised in its weeks: {number(row['kpi'], scaled=False)} {kpi_name}, 90 % interval "
        f"{ends}; {gain} of it over the recent plan, 90 % interval {low} to {high}.",
        "Every later refresh compares. How it stands:  mmm plans",
    ]


def budget_table(budget: RecommendedBudget, horizon: int, currency: str) -> pd.DataFrame:
    """One row per channel, largest move first, every cell as text."""
    now, then = budget.current_spend.sum(axis=0) * horizon, budget.spend.sum(axis=0) * horizon
    gain = (budget.response - budget.current_response).mean(axis=0).sum(axis=0) * horizon
    whole = float(budget.current_response.mean(axis=0).sum()) * horizon
    rows = [
        (
            budget.channels[c],
            number(now[c], scaled=False),
            number(then[c], scaled=False),
            percent(then[c] / now[c] - 1, signed=True) if now[c] > 0 else MISSING,
            number(_settled(gain[c], whole), signed=True, scaled=False),
            number(budget.marginal[c]),
            held_by(budget.binding[c], float(budget.shadow[c]), currency),
        )
        for c in np.argsort(-np.abs(then - now), kind="stable")
    ]
    names = ["channel", "spend now", "recommended", "change", "KPI", "marginal ROI", "held by"]
    return pd.DataFrame(rows, columns=names)


def without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before texts that a spreadsheet would run as a formula."""
    return frame.map(_as_text)


def _as_text(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def _settled(change: float, whole: float) -> float:
    """A change, or zero where it is no more than what rounding leaves of the whole."""
    return change if abs(change) > 1e-9 * abs(whole) else 0.0


def budget_words(
    budget: RecommendedBudget, horizon: int, kpi_name: str, currency: str
) -> list[str]:
    """Lines about spend, gain and return, with the interval of the gain."""
    row = {name: value for name, value in budget.totals().items() if isinstance(value, float)}
    weeks = "a week" if horizon == 1 else f"in {horizon} weeks like the recent ones"
    spent, now = (to_the_cent(row[k] * horizon) for k in ("optimal_spend", "current_spend"))
    gain, low, high = (
        number(_settled(row[k], row["current_response"]) * horizon, signed=True, scaled=False)
        for k in ("gain", "gain_lower", "gain_upper")
    )
    lines = [
        f"{currency} {spent} {weeks}, {currency} {now} now.",
        f"{gain} {kpi_name} {weeks}, 90 % interval {low} to {high}.",
        *(_kpi_words(own, horizon, weeks) for own in budget.kpis if not own.is_main),
    ]
    weighed = [own for own in budget.kpis if own.weight]
    counts = " and ".join(f"{own.kpi} times {own.weight:g}" for own in weighed)
    of = (
        f" of {counts} in money"
        if budget.kpis and [own.is_main for own in weighed] != [True]
        else ""
    )
    if np.isfinite(row["roi"]):
        lines.append(
            f"ROI{of} {number(row['roi'])}; one more {currency}, spread the same way, returns "
            f"{number(row['marginal_roi'])}."
        )
    return lines


def _kpi_words(own: Beside, horizon: int, weeks: str) -> str:
    """What a budget does to a KPI beside the main one."""
    row = own.totals()
    gain, low, high = (
        number(_settled(row[k], row["current_response"]) * horizon, signed=True, scaled=False)
        for k in ("gain", "gain_lower", "gain_upper")
    )
    said = f"{gain} {own.kpi} {weeks}, 90 % interval {low} to {high}"
    if np.isfinite(own.floor):
        then, floor = (
            number(x * horizon, scaled=False) for x in (row["optimal_response"], own.floor)
        )
        said += f"; {then} in all from media, the floor is {floor}"
    return f"{said}."
