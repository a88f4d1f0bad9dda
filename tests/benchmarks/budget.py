"""How good recommended budgets are, against truth, brute force and the clock.

    python tests/benchmarks/budget.py [PART …] [--draws 6]

Parts: regret, follow, effects, curves, lift, exact, scale. Prints tables and writes
benchmarks/budget.json. Regret: the true KPI that a budget gains over the current plan, as a
share of what the true optimum gains, of the same total and within the same bounds. Follow: the
same where searches are bought as they come, with television that makes people search.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
from datasets import FOLDER
from scaling import random_panel
from scipy.optimize import minimize
from worlds import TruePlan, world
from writing import write

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.knapsack import with_total
from mmm_model.budget.priced_plan import PricedPlan
from mmm_model.budget.recommend import recommend, recommend_within
from mmm_model.budget.scenario_kinds.multiplier import Multiplier
from mmm_model.budget.scenarios import Scenario
from mmm_model.budget.weekly_budget import plan_weeks
from mmm_model.effects.following import following
from mmm_model.effects.recent_plan import recent_plan
from mmm_model.effects.response_curves import response_curves
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.lift_tests import LiftTest
from mmm_model.fit.training import fit, fit_driven
from mmm_model.graph.learning import learn_graph
from mmm_model.graph.settings import GraphSettings
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from mmm_model.simulator import draw_spec, simulate

NAMED = ("medium_business", "small_business", "complex", "data_scarce", "simple_with_lift")
LIFTED = ("simple_with_lift", "complex", "data_scarce")
SAME = (Scenario("same_budget", Multiplier(1.0)),)
RULES = BudgetSettings(scenarios=SAME)
CAUTIONS = (0.0, 0.25, 0.5, 1.0, 2.0)


@cache
def fitted(name: str) -> FittedModel:
    """The product's defaults on all weeks; each dataset is fitted once."""
    return fit(world(name)[0], ModelSettings(holdout_weeks=0))[0]


def datasets(draws: int, first: int) -> list[str]:
    """Seeds of the simulator that no default was chosen on, then the published datasets."""
    return [f"draw{first + seed}" for seed in range(draws)] + list(NAMED)


def gain(truth: TruePlan, spend: np.ndarray) -> float:
    """True weekly value over that of the current plan."""
    multiplier = np.divide(spend, truth.spend, out=np.ones_like(truth.spend), where=truth.spend > 0)
    valued = truth.valued()
    return float((valued.weekly(multiplier) - valued.weekly()).sum())


def regret(name: str) -> list[dict]:
    """Every way to split the recent total of one dataset."""
    panel, _, truth = world(name)
    model = fitted(name)
    response = model.media_response(panel)
    (best,) = recommend_within(
        PricedPlan(truth, panel.channels, panel.regions, True), replace(RULES, caution=0.0)
    )
    possible = gain(truth, best.spend)
    now = float(truth.valued().weekly().sum())
    budgets = {"recommended": recommend(response, panel, RULES)[0].spend}
    for caution in CAUTIONS:
        own = recommend(response, panel, replace(RULES, caution=caution))[0]
        budgets[f"caution {caution:g}"] = own.spend
    plan = recent_plan(response, panel).valued()
    by_channel, cost = plan.weekly().mean(axis=0).sum(axis=0), truth.spend.sum(axis=0)
    budgets["equal split"] = _within(truth.spend, np.full(len(cost), cost.sum() / len(cost)))
    budgets["proportional to ROI"] = _within(truth.spend, cost * by_channel / cost)
    budgets["curves refitted"] = _within(truth.spend, _refitted(panel, model))
    return [
        {
            "dataset": name,
            "budget": how,
            "share_of_possible": gain(truth, spend) / possible,
            "gain_over_media": gain(truth, spend) / now,
            "possible_over_media": possible / now,
        }
        for how, spend in budgets.items()
    ]


def _within(current: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Spend by channel and region nearest to a wish by channel, of the total and the bounds."""
    now = current.sum(axis=0)
    low, high = (1 - RULES.max_change) * now, (1 + RULES.max_change) * now
    wish = np.clip(wanted * now.sum() / wanted.sum(), low, high)
    moved = with_total(wish, np.ones_like(now), float(now.sum()), low, high)
    return current * moved / now


def _refitted(panel: Panel, model: FittedModel) -> np.ndarray:
    """Square roots of spend regressed on national contributions, then SciPy: the usual way."""
    spend = np.nansum(panel.spend, axis=0)
    weekly = (model.components(panel).media.mean(0) * panel.value_per_kpi[..., None]).sum(0)
    x, y = spend[-52:], weekly[-52:]
    curve = [_saturating(x[:, c], y[:, c]) for c in range(x.shape[1])]
    now = x.mean(axis=0)
    found = minimize(
        lambda u: -100 * sum(f(v) for f, v in zip(curve, u * now, strict=True)) / y.mean(0).sum(),
        np.ones_like(now),
        bounds=[(1 - RULES.max_change, 1 + RULES.max_change)] * len(now),
        constraints={"type": "eq", "fun": lambda u: 100 * (u @ now / now.sum() - 1)},
        method="SLSQP",
    )
    return found.x * now


def _saturating(x: np.ndarray, y: np.ndarray) -> Callable[[float], float]:
    """``a·s/(s + k)`` through weekly contributions, k over a grid, a by least squares."""
    half = x.mean() * np.geomspace(0.1, 30, 60)
    shape = x[:, None] / (x[:, None] + half + 1e-12)
    size = (shape * y[:, None]).sum(0) / (shape**2).sum(0)
    best = np.argmin(((size * shape - y[:, None]) ** 2).sum(0))
    return lambda s: size[best] * s / (s + half[best])


def curves(name: str) -> list[dict]:
    """True against estimated national response at half, all and half as much again."""
    panel, _, truth = world(name)
    points = np.array([0.5, 1.0, 1.5])
    table = response_curves(fitted(name).media_response(panel), panel, points)
    table = table[table["region"].isna()]
    rows = []
    for c, channel in enumerate(panel.channels):
        own = table[table["channel"] == channel]
        for i, point in enumerate(points):
            real = float(truth.weekly(float(point))[0, :, c].sum())
            found = own.iloc[i]
            if real > 0:
                rows.append(
                    {
                        "dataset": name,
                        "channel": channel,
                        "multiplier": float(point),
                        "error": abs(found["response"] / real - 1),
                        "inside": bool(found["lower"] <= real <= found["upper"]),
                    }
                )
    return rows


class Searches:
    """The world of a draw where spend of a channel that others drive follows them, uncapped.

    Plans are national multiples of the recent one, scaled so that the same is spent in all.
    """

    def __init__(self, name: str) -> None:
        seed = int(name.removeprefix("draw"))
        self.simulation = simulate(draw_spec(seed), seed)
        self.now, self.budget = self._do(np.ones(len(self.simulation.channels)))

    def _do(self, plan: np.ndarray) -> tuple[float, float]:
        """KPI and cost of the last year."""
        weeks, own = slice(-52, None), self.simulation
        exposure = own.respond(own.planned * plan)
        gained = own.contribution(exposure)[:, weeks].sum()
        return float(gained), float((exposure * own.cost)[:, weeks].sum())

    def gain(self, plan: np.ndarray) -> float:
        """KPI of ``[C]`` multiples over that of the recent plan."""
        low, high = 0.3, 3.0
        for _ in range(40):
            middle = 0.5 * (low + high)
            low, high = (
                (middle, high) if self._do(middle * plan)[1] < self.budget else (low, middle)
            )
        return self._do(low * plan)[0] / self.now - 1

    def best(self, start: np.ndarray) -> np.ndarray:
        """The multiples that gain most, searched for from some."""
        return minimize(
            lambda m: -100 * self.gain(m),
            start,
            bounds=[(1 - RULES.max_change, 1 + RULES.max_change)] * len(start),
            method="L-BFGS-B",
            options={"maxiter": 15, "eps": 1e-3},
        ).x


def effects(name: str) -> list[dict]:
    """Direct or total effects as the objective, with everything known: what each world loses.

    In one world spend is what the budget says, in every channel, in the other it is that of
    `Searches`. Of the true optimum of each world, how much does the other's gain there?
    """
    panel, _, decided = world(name)
    searches = Searches(name)
    rules = replace(RULES, caution=0.0, by_region=False)
    (best,) = recommend_within(PricedPlan(decided, panel.channels, panel.regions, True), rules)
    direct = best.spend.sum(0) / best.current_spend.sum(0)
    followed = searches.best(direct)
    total = _within(decided.spend, decided.spend.sum(0) * followed)
    return [
        {
            "dataset": name,
            "direct_kept_where_driven_follows": searches.gain(direct) / searches.gain(followed),
            "total_kept_where_spend_is_decided": gain(decided, total) / gain(decided, best.spend),
        }
    ]


def follow(name: str) -> list[dict]:
    """Plans in which search follows its drivers or gets a budget, where it truly follows."""
    panel, _, _ = world(name)
    searches, settings = Searches(name), ModelSettings(holdout_weeks=0)
    graph = learn_graph(panel, GraphSettings())
    model = replace(fitted(name), driven=fit_driven(panel, graph, settings))
    follows = following(model, panel, {"search"})
    rules, response = replace(RULES, by_region=False), model.media_response(panel)
    given = recommend(response, panel, rules)[0].levers[0]
    found = recommend(response, panel, rules, follows)[0].levers[0]
    possible = searches.gain(searches.best(found))
    tv = panel.channels.index("tv")
    return [
        {
            "dataset": name,
            "truly_driven": any(d.target == "search" for d in searches.simulation.spec.drives),
            "followed": bool(follows),
            "tv_given": given[tv],
            "tv_followed": found[tv],
            "kept_given": searches.gain(given) / possible,
            "kept_followed": searches.gain(found) / possible,
        }
    ]


def lift(name: str) -> list[dict]:
    """ROI errors without tests, with honest tests of two channels, and with a wrong one."""
    panel, truth, true_plan = world(name)
    tests = _tests(name, panel)
    wrong = [*tests[1:], replace(tests[0], lift=10 * tests[0].lift,
                                 standard_error=0.01 * tests[0].standard_error)]  # fmt: skip
    rows = []
    (best,) = recommend_within(
        PricedPlan(true_plan, panel.channels, panel.regions, True), replace(RULES, caution=0.0)
    )
    for case, used in {"none": [], "honest": tests, "one wrong": wrong}.items():
        model = fitted(name)
        if used:
            model, _ = fit(panel, ModelSettings(holdout_weeks=0), lift_tests=used)
        roi = model.components(panel).media.mean(0).sum((0, 1))
        real = truth.contribution.sum((0, 1))
        works = real > 0
        tested = np.isin(panel.channels, [test.channel for test in used or tests]) & works
        error = np.abs(roi / np.where(works, real, 1.0) - 1)
        others = error[works & ~tested]
        budget = recommend(model.media_response(panel), panel, RULES)[0]
        rows.append(
            {
                "dataset": name,
                "tests": case,
                "roi_error_tested": float(error[tested].mean()),
                "roi_error_others": float(np.mean(others)) if len(others) else None,
                "share_of_possible": gain(true_plan, budget.spend) / gain(true_plan, best.spend),
                "conflicts": [
                    test.channel
                    for test, conflict in zip(used, model.lift.get("conflicts", []), strict=True)
                    if conflict
                ],
            }
        )
    return rows


def _tests(name: str, panel: Panel) -> list[LiftTest]:
    """Published tests; of a simulated brand, tests of eight weeks of its largest channels."""
    if not name.startswith("draw"):
        file = FOLDER / "scenarios" / f"{name}_lift_tests.csv"
        known = json.loads(file.with_name(f"{name}_truth.json").read_text())["true_params"]
        found = []
        for row in pd.read_csv(file).itertuples():
            # Their exposure is adstocked with weights that add up to 1 / (1 - decay).
            weekly = 1 - known[row.channel]["decay"]
            found.append(
                LiftTest(row.channel, row.delta_x * weekly, row.delta_y, row.sigma,
                         level=row.x * weekly, in_exposure=True)
            )  # fmt: skip
        return found
    seed = int(name.removeprefix("draw"))
    simulation, rng = simulate(draw_spec(seed), seed), np.random.default_rng(seed)
    exposure = np.where(simulation.exists[:, :, None], simulation.exposure, 0.0)
    weeks = slice(-20, -12)
    found = []
    for c in np.argsort(-np.nansum(panel.spend, axis=(0, 1)))[:3]:
        lower = exposure.copy()
        lower[:, weeks, c] *= 0.7
        gained = simulation.contribution(exposure) - simulation.contribution(lower)
        lift, spend = gained[:, weeks].sum() / 8, panel.spend[:, weeks, c].sum() / 8
        error = 0.1 * lift + 0.001 * panel.kpi.sum() / len(panel.weeks)
        found.append(
            LiftTest(
                channel=panel.channels[c],
                change=0.3 * spend,
                lift=lift + error * rng.standard_normal(),
                standard_error=error,
                start=panel.weeks[weeks][0],
                end=panel.weeks[weeks][-1],
            )
        )
    return found


def exact(problems: int = 20) -> list[dict]:
    """Small national problems against a fine grid, and SciPy from the best of the grid."""
    rng = np.random.default_rng(0)
    rows = []
    for seed in range(problems):
        channels = 3
        spend = rng.lognormal(3.0, 0.7, channels)
        ceiling, half = rng.lognormal(4.0, 1.0, channels), rng.uniform(0.3, 2.0, channels)
        slope = rng.uniform(0.5, 4.0, channels)

        def at(m: np.ndarray, c=ceiling, h=half, a=slope) -> np.ndarray:
            return (c * m**a / (m**a + h**a))[:, None]

        plan = TruePlan(spend[None], np.ones((1, 1)), np.ones((1, 1)), at)
        rules = replace(RULES, caution=0.0, bounds={f"c{i}": (0.0, 3.0) for i in range(channels)})
        names = tuple(f"c{i}" for i in range(channels))
        (budget,) = recommend_within(PricedPlan(plan, names, ("national",), True), rules)
        found = float(plan.weekly(budget.spend / spend).sum())
        first = np.stack(np.meshgrid(*[np.linspace(0, 3, 601)] * 2), axis=-1).reshape(-1, 2)
        last = (spend.sum() - first @ spend[:2]) / spend[2]
        grid = np.column_stack([first, last])[(last >= 0) & (last <= 3)]
        best = at(grid)[:, 0].sum(axis=1).max()
        rows.append(
            {
                "problem": seed,
                "below_brute_force": max(1 - found / best, 0.0),
                "total_error": abs(budget.spend.sum() / spend.sum() - 1),
            }
        )
    return rows


def scale() -> list[dict]:
    """Seconds of the largest problem that is asked for, and of a national one."""
    rows = []
    for regions, channels, weeks in ((200, 30, 13), (1, 30, 13), (1, 10, 13)):
        panel = random_panel(regions, 104, channels)
        panel = replace(panel, spend=panel.exposure, value_per_kpi=np.ones(panel.kpi.shape))
        model, _ = fit(panel, ModelSettings(holdout_weeks=0, steps=1))
        start = time.perf_counter()
        recommend(model.media_response(panel), panel, RULES)
        split_only = time.perf_counter() - start
        start = time.perf_counter()
        (found,) = plan_weeks(model, panel, weeks, RULES)
        rows.append(
            {
                "regions": regions,
                "channels": channels,
                "weeks": weeks,
                "seconds_by_region": split_only,
                "seconds_by_week": time.perf_counter() - start,
                "total_error": abs(found.spend.sum() / found.current.sum() - 1),
            }
        )
        print(pd.DataFrame(rows[-1:]).round(3).to_string(index=False), flush=True)
    return rows


def main() -> None:
    """Measure the parts that are named on the command line, all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*")
    parser.add_argument("--draws", type=int, default=6)
    parser.add_argument("--first", type=int, default=1000, help="seed of the first draw")
    asked = parser.parse_args()
    names = datasets(asked.draws, asked.first)
    parts: dict[str, Callable[[], list[dict]]] = {
        "exact": exact,
        "scale": scale,
        "regret": lambda: [row for name in names for row in regret(name)],
        "follow": lambda: [r for n in names if n.startswith("draw") for r in follow(n)],
        "effects": lambda: [r for n in names if n.startswith("draw") for r in effects(n)],
        "lift": lambda: [row for name in (*LIFTED, *names[:4]) for row in lift(name)],
        "curves": lambda: [row for name in names for row in curves(name)],
    }
    found = {part: parts[part]() for part in asked.parts or parts}
    for part, rows in found.items():
        table = pd.DataFrame(rows)
        print(f"\n{part}")
        if part == "regret":
            wide = table.pivot(index="budget", columns="dataset", values="share_of_possible")
            wide = wide.assign(mean=wide.mean(axis=1), worst=wide.min(axis=1))
            print(wide.round(2).to_string())
        elif part in ("lift", "effects", "follow"):
            print(table.round(3).to_string(index=False))
        elif part == "curves":
            by = table.assign(world=np.where(table["dataset"].str.startswith("draw"), "simulator",
                                             table["dataset"]))  # fmt: skip
            print(
                by.groupby(["world", "multiplier"])[["error", "inside"]]
                .agg({"error": "median", "inside": "mean"}).round(2).to_string()
            )  # fmt: skip
        else:
            print(table.describe().loc[["mean", "max"]].round(5).to_string())
    write("budget", [{"part": part, **row} for part, rows in found.items() for row in rows])


if __name__ == "__main__":
    main()
