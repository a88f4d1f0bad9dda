"""A recommended budget: what is spent where, what that brings, and its rows in the mart."""

from __future__ import annotations

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


def in_cents(amounts: Floats) -> Floats:
    """Round amounts of money so that they add up to their rounded total (largest remainders)."""
    cents = np.nan_to_num(amounts) * 100.0
    whole = np.floor(cents + 1e-9)
    missing = round(float(cents.sum())) - int(whole.sum())
    whole[np.argsort(-(cents - whole), kind="stable")[: max(missing, 0)]] += 1.0
    return whole / 100.0
