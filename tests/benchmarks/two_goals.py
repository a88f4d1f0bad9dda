"""What a second KPI gains by sharing the adstock of the first, and budgets for both.

    python tests/benchmarks/two_goals.py [--draws 10] [--first 7000] [--own 0.1 1.0] [--regions 1]

Fits simulated brands with orders and new customers, of which there are a hundredth to a thousandth
as many and on which the same media have other effects. Prints a row a share of channels whose
adstock may be its own (1.0: nothing is shared): error of the second KPI's returns, how many of the
true ones lie inside the 90 % interval, how wide it is, and the error of the mean lag. Then budgets
of the recent total: the true value of both KPIs that they gain, as a share of what the true optimum
gains within the same bounds, and how the second KPI truly changes. Cheap chains.
Writes benchmarks/two_goals.json.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pandas as pd
from worlds import TruePlan
from writing import write

from mmm_model import priors
from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.goals import Goals
from mmm_model.budget.priced_plan import OtherPlan, PricedPlan
from mmm_model.budget.recommend import recommend, recommend_within
from mmm_model.budget.scenario_kinds.multiplier import Multiplier
from mmm_model.budget.scenarios import Scenario
from mmm_model.effects.channel_summary import channel_summary
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.recent_plan import filled_value, reported, week_share
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.further_kpis import FurtherKpi
from mmm_model.fit.posterior.carryover import Carryover
from mmm_model.fit.training import Training, fit
from mmm_model.panel import Panel
from mmm_model.settings import PLAN_WEEKS, ModelSettings
from mmm_model.simulator import draw_spec, simulate
from mmm_model.simulator.curves import adstock_kernel
from mmm_model.simulator.second_kpi import second_kpi
from mmm_model.simulator.simulation import Simulation

WEEKS = 104
SETTINGS = ModelSettings(holdout_weeks=0, chains=2, warmup=80, draws=80, rounds=0)

RULES = BudgetSettings(scenarios=(Scenario("same_budget", Multiplier(1.0)),))


def brand(seed: int, count: int) -> tuple[Simulation, Simulation]:
    """Draw a brand and its second KPI, all of which is worth about as much as all of the first."""
    regions = tuple(f"region_{r}" for r in range(count))
    first = simulate(replace(draw_spec(seed), regions=regions, weeks=WEEKS), seed)
    rare = float(np.exp(np.random.default_rng([seed, 3]).uniform(np.log(0.001), np.log(0.01))))
    return first, second_kpi(first, seed, rare, value=first.spec.value_per_kpi / rare)


def score(model: FittedModel, panel: Panel, truth: Simulation) -> dict[str, float]:
    """Returns and lags of the channels that do something, against the truth."""
    summary = channel_summary(FittedEffects(model, panel))
    everything = np.array([one["direct_roi"] for one in truth.truth()["channels"].values()])
    works = everything > 0
    true = everything[works]
    found, low, high = (
        summary[f"direct_roi{end}"].to_numpy()[works] for end in ("", "_lower", "_upper")
    )
    kernel = model.adstock_kernel().mean(0)
    lag = kernel @ np.arange(kernel.shape[1])
    weights = [adstock_kernel(channel) for channel in truth.spec.channels]
    true_lag = np.array([one @ np.arange(len(one)) for one in weights])
    return {
        "roi_error": float(np.abs(found / true - 1).mean()),
        "roi_log_error": float(np.abs(np.log(found / true)).mean()),
        "coverage": float(((low <= true) & (true <= high)).mean()),
        "width": float(np.median((high - low) / true)),
        "lag_error": float(np.abs(lag - true_lag)[works].mean()),
    }


def measured(seed: int, count: int, shares: list[float]) -> tuple[list[dict], list[dict]]:
    """Fit a brand's second KPI with more or less of the first one's adstock, and plan for both."""
    first, second = brand(seed, count)
    settings = replace(SETTINGS, seed=seed)
    main, _ = fit(first.panel(), settings)
    panel, lent = second.panel(), Carryover(main.channels, main.adstock_kernel())
    fits = [{"kpi": "first", "own": np.nan, "seed": seed} | score(main, first.panel(), first)]
    budgets = []
    for own in shares:
        with patch.object(priors, "OWN_CARRYOVER", own):
            model, _ = fit(panel, settings, carryover=lent)
        fits.append({"kpi": "second", "own": own, "seed": seed} | score(model, panel, second))
        further = FurtherKpi("second", panel, Training(model, model, pd.DataFrame()))
        budgets += regret(seed, own, main, further, first, second)
    return fits, budgets


def true_plan(simulation: Simulation) -> TruePlan:
    """What the recent plan truly brings of a KPI at other budgets."""
    panel = simulation.panel()
    share = week_share(reported(panel)[:, -PLAN_WEEKS:])
    return TruePlan(
        spend=np.einsum("rt,rtc->rc", share, panel.spend[:, -PLAN_WEEKS:]),
        share=share,
        value=filled_value(panel.value_per_kpi)[:, -PLAN_WEEKS:],
        at=lambda m: simulation.contribution(panel.exposure * m[:, None])[:, -PLAN_WEEKS:],
    )


def regret(
    seed: int,
    own: float,
    main: FittedModel,
    further: FurtherKpi,
    first: Simulation,
    second: Simulation,
) -> list[dict]:
    """True value of both KPIs that budgets gain, as a share of what the true optimum gains."""
    panel, both = first.panel(), Goals("first", {"second": 1.0})
    truth = PricedPlan(
        true_plan(first),
        panel.channels,
        panel.regions,
        True,
        others=(OtherPlan("second", true_plan(second), True),),
        goals=both,
    )

    def gain(levers: np.ndarray) -> float:
        return float((truth.valued.weekly(levers) - truth.valued.weekly()).sum())

    (best,) = recommend_within(truth, replace(RULES, caution=0.0))
    response, rows = main.media_response(panel), []
    goals = {
        "both": both,
        "first alone": Goals("first"),
        "first, second kept": Goals("first", floors={"second": None}),
    }
    for name, goal in goals.items():
        rules = replace(RULES, goals=goal)
        try:
            (found,) = recommend(response, panel, rules, others=[further])
        except ValueError as error:
            print(error, flush=True)
            continue
        now, then = truth.brings("second").mean(), truth.brings("second", found.levers).mean()
        rows.append(
            {
                "budget": name,
                "own": own,
                "seed": seed,
                "share_of_possible": gain(found.levers) / gain(best.levers),
                "second_change": float(then / now - 1),
            }
        )
    return rows


def main() -> None:
    """Print means over the draws."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--first", type=int, default=7000)
    parser.add_argument("--regions", type=int, default=1)
    parser.add_argument("--own", type=float, nargs="+", default=[0.1, 1.0])
    asked = parser.parse_args()
    fits, budgets = [], []
    for seed in range(asked.first, asked.first + asked.draws):
        found = measured(seed, asked.regions, asked.own)
        for rows, more in zip((fits, budgets), found, strict=True):
            rows.extend(more)
            print(pd.DataFrame(more).round(3).to_string(index=False), flush=True)
    for rows, by in ((fits, ["kpi", "own"]), (budgets, ["budget", "own"])):
        mean = pd.DataFrame(rows).drop(columns="seed").groupby(by, dropna=False).mean()
        print(mean.round(3).to_string())
    write("two_goals", [*fits, *budgets])


if __name__ == "__main__":
    main()
