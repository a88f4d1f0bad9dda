"""A budget in words and as a table of text: for the terminal and for Dagster's metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from mmm_model.budget.budget import Budget

_REASONS = {
    "pinned": "pinned",
    "least": "at its lower bound",
    "most": "at its upper bound",
    "uncertain": "a move would not gain more than its own uncertainty",
}


def reason(binding: str | None) -> str:
    """What keeps a channel's spend where it is, in words."""
    if binding is None:
        return ""
    if binding.startswith("group "):
        return f"the bound of {binding}"
    return _REASONS.get(binding, binding)


def price(binding: str | None, shadow: float, currency: str) -> str:
    """What loosening a bound would bring, in words."""
    if binding is None or not np.isfinite(shadow):
        return ""
    if shadow >= 0.005 and binding != "least":
        return f"each {currency} more there would bring {shadow:.2f} more than elsewhere"
    if shadow <= -0.005 and binding != "most":
        return f"each {currency} less there would bring {-shadow:.2f} more elsewhere"
    return ""


def held_by(binding: str | None, shadow: float, currency: str) -> str:
    """What binds a channel and what that costs."""
    said = (reason(binding), price(binding, shadow, currency))
    return ": ".join(part for part in said if part)


def budget_table(budget: Budget, horizon: int, currency: str) -> pd.DataFrame:
    """One row per channel, largest move first, every cell as text."""
    now, then = budget.current_spend.sum(axis=0) * horizon, budget.spend.sum(axis=0) * horizon
    gain = (budget.response - budget.current_response).mean(axis=0).sum(axis=0) * horizon
    rows = [
        (
            budget.channels[c],
            f"{now[c]:,.0f}",
            f"{then[c]:,.0f}",
            f"{then[c] / now[c] - 1:+.0%}" if now[c] > 0 else "–",
            f"{gain[c]:+,.1f}",
            f"{budget.marginal[c]:.2f}" if np.isfinite(budget.marginal[c]) else "–",
            held_by(budget.binding[c], float(budget.shadow[c]), currency),
        )
        for c in np.argsort(-np.abs(then - now), kind="stable")
    ]
    names = ["channel", "spend now", "recommended", "change", "KPI", "marginal ROI", "held by"]
    return pd.DataFrame(rows, columns=names)


def budget_words(budget: Budget, horizon: int, kpi_name: str, currency: str) -> list[str]:
    """What it spends, gains and returns, with the interval of the gain."""
    row = budget.totals()
    number = {name: float(value) for name, value in row.items() if isinstance(value, float)}
    weeks = "a week" if horizon == 1 else f"in {horizon} weeks like the recent ones"
    spent, now = number["optimal_spend"] * horizon, number["current_spend"] * horizon
    gain, low, high = (number[k] * horizon for k in ("gain", "gain_lower", "gain_upper"))
    lines = [
        f"{currency} {spent:,.2f} {weeks}, {currency} {now:,.2f} now.",
        f"{gain:+,.1f} {kpi_name} {weeks}, 90 % interval {low:+,.1f} to {high:+,.1f}.",
    ]
    if np.isfinite(number["roi"]):
        lines.append(
            f"ROI {number['roi']:.2f}; one more {currency}, spread the same way, returns "
            f"{number['marginal_roi']:.2f}."
        )
    return lines
