"""A recommended budget: what is spent where, what that brings, and its rows in the mart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm_model.budget.priced_plan import PricedPlan
from mmm_model.budget.scenarios import Scenario
from mmm_model.effects.recent_plan import with_all_regions
from mmm_model.intervals import effect_interval
from mmm_model.panel import Floats

BUDGET_COLUMNS = (
    "scenario",
    "channel",
    "region",
    "current_spend",
    "optimal_spend",
    "current_response",
    "optimal_response",
    "lower",
    "upper",
    "marginal_roi",
    "binding",
    "shadow_price",
)
SCENARIO_COLUMNS = (
    "scenario",
    "asked",
    "asked_value",
    "current_spend",
    "optimal_spend",
    "current_response",
    "optimal_response",
    "lower",
    "upper",
    "gain",
    "gain_lower",
    "gain_upper",
    "roi",
    "marginal_roi",
)
KPI_SCENARIO_COLUMNS = (
    "kpi",
    "is_main",
    "scenario",
    "current_response",
    "optimal_response",
    "lower",
    "upper",
    "gain",
    "gain_lower",
    "gain_upper",
    "weight",
    "floor",
)


@dataclass(frozen=True)
class Beside:
    """What a budget brings of one KPI, where there are several; weekly units of media ``[M]``.

    Parameters
    ----------
    kpi
        Its name.
    is_main
        Whether it is the KPI that the budget itself speaks of.
    current, then
        What the recent plan and what the budget brings.
    weight
        Of its value in what was made large.
    floor
        Units that the budget had to bring; NaN for none.
    """

    kpi: str
    is_main: bool
    current: Floats
    then: Floats
    weight: float
    floor: float

    def totals(self) -> dict[str, float]:
        """Means and 90 % intervals: ``current_response``, ``optimal_response``, ``gain``."""
        gain = self.then - self.current
        (lower, upper), (low, high) = effect_interval(self.then), effect_interval(gain)
        return {
            "current_response": float(self.current.mean()),
            "optimal_response": float(self.then.mean()),
            "lower": float(lower),
            "upper": float(upper),
            "gain": float(gain.mean()),
            "gain_lower": float(low),
            "gain_upper": float(high),
            "weight": self.weight,
            "floor": self.floor,
        }


@dataclass(frozen=True)
class RecommendedBudget:
    """One scenario's recommendation, weekly means.

    Parameters
    ----------
    scenario
        What was asked for.
    channels, regions
        Lengths C and R; only channels whose spend is known.
    current_spend, spend
        ``[R, C]`` currency.
    current_response, response
        ``[M, R, C]`` KPI units.
    levers
        ``[R, C]`` multiples of the recent plan that are decided: spend over current spend, but
        for a channel that follows others that of the part which they do not create.
    value, marginal
        ``[C]`` what the channel's spend brings a week, and what one more unit of it would with
        what follows it, in money; NaN where no value of the KPI is known.
    marginal_roi
        Of one more unit of money, spread as the budget is; NaN where no value is known.
    binding
        What keeps each channel from moving further: ``"least"`` or ``"most"`` for its own
        bound, ``"pinned"`` where they are one, ``"group NAME"``, ``"follows NAMES"`` where what
        its drivers create of it moves with them, ``"uncertain"`` where a move would not gain more
        than its own uncertainty, None where nothing does.
    kpis
        What it brings of every KPI, the main one first; empty where there is one.
    """

    scenario: Scenario
    channels: tuple[str, ...]
    regions: tuple[str, ...]
    current_spend: Floats
    spend: Floats
    current_response: Floats
    response: Floats
    levers: Floats
    value: Floats
    marginal: Floats
    marginal_roi: float
    binding: tuple[str | None, ...]
    kpis: tuple[Beside, ...] = ()

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        priced: PricedPlan,
        levers: Floats,
        binding: tuple[str | None, ...],
    ) -> RecommendedBudget:
        """Price a plan at levers ``[R, C]``."""
        scaled, unknown = priced.scaled(levers), np.full(len(priced.channels), np.nan)
        return cls(
            scenario=scenario,
            channels=priced.channels,
            regions=priced.regions,
            current_spend=priced.plan.spend,
            spend=scaled.spend_by_cell,
            current_response=priced.recent_response,
            response=priced.followed.weekly(levers),
            levers=levers,
            value=scaled.value_by_channel if priced.knows_value else unknown,
            marginal=scaled.marginal_by_channel if priced.knows_value else unknown,
            marginal_roi=scaled.marginal_roi if priced.knows_value else np.nan,
            binding=binding,
            kpis=beside(priced, levers),
        )

    @property
    def multiplier(self) -> Floats:
        """``[R, C]`` spend over the current one; 1 where there is none."""
        now = self.current_spend
        return np.divide(self.spend, now, out=np.ones_like(now), where=now > 0)

    @property
    def shadow(self) -> Floats:
        """``[C]`` what a unit of money more at a binding bound would bring, net of its price.

        The price of money is what it returns where nothing binds, or on average where something
        binds everywhere: an upper bound is worth loosening where the shadow price is positive, a
        lower one where it is negative. NaN where no bound binds.
        """
        held = np.array([b is not None and b != "uncertain" for b in self.binding])
        spend = self.spend.sum(axis=0)
        free = ~held & (spend > 0) & np.isfinite(self.marginal)
        known = free if free.any() else (spend > 0) & np.isfinite(self.marginal)
        if not known.any():
            return np.full(len(held), np.nan)
        price = float(self.marginal[known] @ spend[known] / spend[known].sum())
        return np.where(held, self.marginal - price, np.nan)

    @property
    def gain(self) -> Floats:
        """``[M]`` weekly KPI gained over the recent plan."""
        return (self.response - self.current_response).sum(axis=(1, 2))

    def frame(self) -> pd.DataFrame:
        """A row per channel for all regions together (region None) and for each region."""
        lower, upper = effect_interval(with_all_regions(self.response))
        values = {
            "current_spend": with_all_regions(self.current_spend),
            "optimal_spend": with_all_regions(self.spend),
            "current_response": with_all_regions(self.current_response).mean(axis=0),
            "optimal_response": with_all_regions(self.response).mean(axis=0),
            "lower": lower,
            "upper": upper,
        }
        places = np.array([None, *self.regions], dtype=object)
        here = np.arange(len(places)) == 0  # what follows is said of all regions together
        frame = pd.DataFrame(
            {
                "scenario": self.scenario.name,
                "channel": np.repeat(np.array(self.channels, dtype=object), len(places)),
                "region": np.tile(places, len(self.channels)),
                **{name: value.T.ravel() for name, value in values.items()},
                "marginal_roi": np.where(here, self.marginal[:, None], np.nan).ravel(),
                "shadow_price": np.where(here, self.shadow[:, None], np.nan).ravel(),
                "binding": [reason if whole else None for reason in self.binding for whole in here],
            },
            columns=list(BUDGET_COLUMNS),
        )
        return frame.astype({"binding": object})

    def totals(self) -> dict[str, object]:
        """Return the row of the table ``budget_scenarios``."""
        spend = float(self.spend.sum())
        now, then = self.current_response.sum(axis=(1, 2)), self.response.sum(axis=(1, 2))
        (lower, upper), (gain_lower, gain_upper) = effect_interval(then), effect_interval(self.gain)
        return {
            "scenario": self.scenario.name,
            "asked": self.scenario.asked.key,
            "asked_value": float(self.scenario.asked.amount),
            "current_spend": float(self.current_spend.sum()),
            "optimal_spend": spend,
            "current_response": float(now.mean()),
            "optimal_response": float(then.mean()),
            "lower": float(lower),
            "upper": float(upper),
            "gain": float(self.gain.mean()),
            "gain_lower": float(gain_lower),
            "gain_upper": float(gain_upper),
            "roi": float(self.value.sum() / spend) if spend > 0 else np.nan,
            "marginal_roi": self.marginal_roi,
        }


def kpi_frame(found: Sequence[RecommendedBudget]) -> pd.DataFrame:
    """Rows of the table ``kpi_budget_scenarios``: a scenario and a KPI each; none of one KPI."""
    rows = [
        {"kpi": own.kpi, "is_main": own.is_main, "scenario": budget.scenario.name, **own.totals()}
        for budget in found
        for own in budget.kpis
    ]
    return pd.DataFrame(rows, columns=list(KPI_SCENARIO_COLUMNS))


def beside(priced: PricedPlan, levers: Floats) -> tuple[Beside, ...]:
    """What levers ``[R, C]`` bring of every KPI; nothing where there is one."""
    if not priced.others:
        return ()
    goals, floors = priced.goals, priced.floors
    return tuple(
        Beside(
            kpi=kpi,
            is_main=kpi == goals.main,
            current=priced.brings(kpi),
            then=priced.brings(kpi, levers),
            weight=goals.weight(kpi),
            floor=floors.get(kpi, np.nan),
        )
        for kpi in priced.kpis
    )


def in_cents(amounts: Floats) -> Floats:
    """Round amounts of money so that they add up to their rounded total (largest remainders)."""
    cents = np.nan_to_num(amounts) * 100.0
    whole = np.floor(cents + 1e-9)
    missing = round(float(cents.sum())) - int(whole.sum())
    whole[np.argsort(-(cents - whole), kind="stable")[: max(missing, 0)]] += 1.0
    return whole / 100.0
