"""A year of following the product in a world whose truth is known.

    python tests/benchmarks/year.py [SEED …] [--every 1] [--no-tests] [--keep FOLDER]

A simulated brand of eight regions delivers two years of tables. Then every week of a third one is
refreshed (or every so many); each quarter the recommended plan is adopted, the test that is ranked
first is designed and kept, carried out, read and put among the lift tests. What is spent is what
the plan says, changed where a test runs, and sales answer by the true curves, with the noise they
would have had.

Beside it, at the same money in every quarter: *keep*, the weeks of the year before again; *limit*,
the best split of the true curves, moved within the same bounds each quarter. Prints what each
gained over *keep*, less the money that tests cost, how many promises held, and which channels were
tested; writes benchmarks/year.json.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from worlds import TruePlan
from writing import write

from mmm_assets.config import load_config
from mmm_assets.orchestration.run import dagster_instance, refresh
from mmm_assets.store.project import Project
from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.priced_plan import PricedPlan
from mmm_model.budget.recommend import recommend_within
from mmm_model.budget.scenario_kinds.multiplier import Multiplier
from mmm_model.budget.scenarios import Scenario
from mmm_model.experiment.kinds import KINDS
from mmm_model.simulator import Simulation, draw_spec, simulate

ROOT = Path(__file__).resolve().parents[2]
REGIONS, HISTORY, QUARTER, YEAR = 8, 104, 13, 52
CONFIG = """
project: year
kpi_name: sales
currency: EUR
owners: [team:benchmarks]
tables:
  media: {{source: media.csv, layout: long, week: week, region: region, channel: channel,
          spend: spend, exposure: impressions}}
  kpi: {{source: kpi.csv, week: week, region: region, kpi: sales, value_per_kpi: value_per_unit}}
  controls: {{source: controls.csv, week: week, region: region, columns: [{controls}]}}
{lift}refresh: {{first_week: {first}, min_weeks: 52, explain_changes: false}}
trust: {{weekly: [], monthly: []}}
"""
LIFT = """  lift_tests: {source: lift_tests.csv, channel: channel, region: region,
               start_week: start_week, end_week: end_week, delta_x: delta_x, delta_y: delta_y,
               sigma: sigma, x: null}
"""


@dataclass
class World:
    """What is spent in it, week after week, and what that brings.

    Parameters
    ----------
    spend
        ``[R, W, C]`` what was spent; weeks to come hold what had been planned before.
    """

    simulation: Simulation
    spend: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.spend = self.simulation.spend.copy()

    def expected(self, spend: np.ndarray) -> np.ndarray:
        """KPI ``[R, W]`` without noise."""
        return self.simulation.expected_kpi(spend)

    def year(self, spend: np.ndarray) -> float:
        """Value of the year's expected KPI, less its money."""
        value = self.simulation.spec.value_per_kpi * self.expected(spend)[:, HISTORY:].sum()
        return float(value - spend[:, HISTORY:].sum())

    def week(self, t: int) -> date:
        """The Monday of week t."""
        return self.simulation.week_index[t].date()

    def index(self, week: pd.Timestamp | date) -> int:
        """Number of a week."""
        return int((pd.Timestamp(week) - self.simulation.week_index[0]).days // 7)

    def deliver(self, folder: Path, weeks: int) -> None:
        """Write the tables as they stand after so many weeks."""
        simulation = self.simulation
        kpi = np.maximum(self.expected(self.spend) + simulation.noise, 0.0)
        index = pd.MultiIndex.from_product(
            [simulation.spec.regions, simulation.week_index[:weeks]], names=["region", "week"]
        )

        def column(values: np.ndarray) -> pd.Series:
            return pd.Series(values[:, :weeks].ravel(), index=index)

        exposure = self.spend / simulation.cost
        pd.concat(
            pd.DataFrame(
                {
                    "channel": name,
                    "spend": column(self.spend[..., c]).round(2),
                    "impressions": column(exposure[..., c]).round(1),
                }
            )
            for c, name in enumerate(simulation.channels)
        ).to_csv(folder / "media.csv")
        frame = pd.DataFrame({"sales": column(kpi).round(2)})
        frame.assign(value_per_unit=simulation.spec.value_per_kpi).to_csv(folder / "kpi.csv")
        pd.DataFrame(
            {name: column(simulation.control[..., k]) for k, name in enumerate(simulation.controls)}
        ).to_csv(folder / "controls.csv")


def world(seed: int) -> World:
    """A brand that records every week: what is measured here is what decisions are worth."""
    spec = replace(
        draw_spec(seed),
        weeks=HISTORY + YEAR,
        regions=tuple(f"region_{r + 1}" for r in range(REGIONS)),
        first_week="2022-01-03",
        outage_share=0.0,
        spikes=0.0,
        missing_share=0.0,
        late_share=0.0,
    )
    return World(simulate(spec, seed))


@dataclass
class Product:
    """The product in a folder, run as people run it."""

    world: World
    folder: Path
    tests: bool
    asked: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.configure()

    @property
    def file(self) -> Path:
        return self.folder / "mmm.yaml"

    def configure(self) -> None:
        """Write mmm.yaml; with the lift tests once there are some."""
        lift = LIFT if (self.folder / "lift_tests.csv").exists() else ""
        first = self.world.week(HISTORY - 1)
        controls = ", ".join(self.world.simulation.controls)
        self.file.write_text(CONFIG.format(lift=lift, first=first, controls=controls))

    def mmm(self, *command: str) -> str:
        """Run a command; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "mmm_assets", *command, "--config", str(self.file)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"mmm {' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout

    def rows(self, query: str) -> pd.DataFrame:
        """Rows of the published tables."""
        with Project(load_config(self.file)).warehouse.published() as connection:
            return connection.execute(query).df()

    def refresh(self, weeks: int) -> None:
        """Refresh with the data of so many weeks."""
        self.world.deliver(self.folder, weeks)
        config = load_config(self.file)
        with dagster_instance(config) as instance:
            outcome = refresh(config, instance, self.world.week(weeks - 1))
        if outcome.status != "published":
            raise SystemExit(f"week {weeks}: {outcome}")

    def adopt(self, name: str, first: int) -> None:
        """Adopt the recommended plan of a quarter; what is planned is what will be spent."""
        self.mmm("plan", "--horizon", str(QUARTER), "--by-week", "--adopt", name)
        lines = self.rows(
            f"""SELECT region, channel, week, spend FROM mart.plan_lines
            WHERE plan = '{name}' AND region IS NOT NULL AND channel IS NOT NULL"""
        )
        simulation = self.world.simulation
        for line in lines.itertuples():
            place = simulation.spec.regions.index(line.region), self.world.index(line.week)
            self.world.spend[*place, simulation.channels.index(line.channel)] = line.spend
        assert len(lines) == REGIONS * QUARTER * len(simulation.channels), len(lines)
        assert self.world.index(lines["week"].min()) == first

    def test(self, name: str) -> None:
        """Design the test that is ranked first, and carry it out."""
        ideas = self.rows(
            """SELECT channel, kind, net, power FROM mart.experiment_ideas
            WHERE refresh_week = (SELECT max(refresh_week) FROM mart.experiment_ideas)
            ORDER BY rank"""
        )
        if ideas.empty:
            return
        best = ideas.iloc[0]
        self.mmm("experiment", "design", best["channel"], "--kind", best["kind"], "--weeks", "8",
                 "--keep", name)  # fmt: skip
        kept = self.rows(f"SELECT * FROM mart.experiments WHERE experiment = '{name}'").iloc[0]
        start = self.world.index(kept["start_week"])
        weeks = np.arange(start, start + kept["weeks"])
        if kept["kind"] == "switchback":
            weeks = weeks[(weeks - start) // 2 % 2 == 0]
        simulation = self.world.simulation
        where = [simulation.spec.regions.index(name) for name in kept["regions"].split("|")]
        c = simulation.channels.index(kept["channel"])
        self.world.spend[np.ix_(where, weeks, [c])] *= KINDS[kept["kind"]].multiplier
        self.asked.append({"name": name, "channel": kept["channel"], "kind": kept["kind"]})

    def read(self, name: str) -> None:
        """Read a test that is over into the lift tests."""
        self.mmm("experiment", "read", name, "--append")
        self.configure()


def follow(product: Product, every: int) -> list[dict]:
    """Four quarters of weeks; return how wrong channels were before each test."""
    found = []
    product.refresh(HISTORY)
    for quarter in range(YEAR // QUARTER):
        first = HISTORY + quarter * QUARTER
        product.adopt(f"Q{quarter + 1}", first)
        errors = value_errors(product)
        if product.tests:
            product.test(f"test {quarter + 1}")
        tested = product.asked[-1]["channel"] if len(product.asked) > quarter else None
        rank = int(errors.rank(ascending=False)[tested]) if tested else None
        found.append({"quarter": quarter + 1, "tested": tested, "rank_of_error": rank,
                      "error_over_spend": round(float(errors.sum()), 3)})  # fmt: skip
        for week in range(1, QUARTER + 1):
            reads = tested and week == QUARTER - 1  # four weeks after its last one
            if week % every == 0 or week == QUARTER or reads:
                product.refresh(first + week)
            if reads:
                product.read(f"test {quarter + 1}")
        print(found[-1], flush=True)
    return found


def value_errors(product: Product) -> pd.Series:
    """Absolute error of each channel's direct value over the history, as a share of all spend."""
    table = product.rows(
        """SELECT channel, direct_roi FROM mart.channel_summary
        WHERE refresh_week = (SELECT max(refresh_week) FROM mart.channel_summary)"""
    ).set_index("channel")["direct_roi"]
    world = product.world
    simulation = world.simulation
    (newest,) = product.rows("SELECT max(refresh_week) FROM mart.channel_summary").iloc[0]
    weeks = world.index(newest) + 1
    gained = simulation.contribution(world.spend / simulation.cost)[:, :weeks].sum((0, 1))
    paid = world.spend[:, :weeks].sum((0, 1))
    truth = pd.Series(simulation.spec.value_per_kpi * gained / paid, index=simulation.channels)
    return (table - truth).abs() * paid / paid.sum()


def kept(world: World, money: np.ndarray) -> np.ndarray:
    """The weeks of the year before again, at the money of each quarter."""
    spend = world.simulation.spend.copy()
    for quarter, total in enumerate(money):
        weeks = np.arange(QUARTER) + HISTORY + quarter * QUARTER
        spend[:, weeks] = spend[:, weeks - YEAR] * total / spend[:, weeks - YEAR].sum()
    return spend


def limit(world: World, money: np.ndarray) -> np.ndarray:
    """The best split by the true curves, from quarter to quarter within the product's bounds."""
    simulation, spend = world.simulation, kept(world, money)
    rules = BudgetSettings(scenarios=(Scenario("same", Multiplier(1.0)),), caution=0.0)
    for quarter, total in enumerate(money):
        now = HISTORY + quarter * QUARTER
        past = np.arange(now - YEAR, now)

        def at(m: np.ndarray, now: int = now, past: np.ndarray = past) -> np.ndarray:
            moved = spend.copy()
            moved[:, past] *= m[:, None]
            return simulation.contribution(moved / simulation.cost)[:, past]

        even = np.full((REGIONS, YEAR), 1.0 / YEAR)
        value = np.full((REGIONS, YEAR), simulation.spec.value_per_kpi)
        plan = TruePlan(spend[:, past].mean(axis=1), even, value, at)
        (best,) = recommend_within(
            PricedPlan(plan, simulation.channels, simulation.spec.regions, True), rules
        )
        multiplier = best.spend / np.where(plan.spend > 0, plan.spend, 1.0)
        weeks = np.arange(now, now + QUARTER)
        wanted = spend[:, weeks - YEAR] * multiplier[:, None]
        spend[:, weeks] = wanted * total / wanted.sum()
    return spend


def measure(seed: int, every: int, tests: bool, folder: Path) -> dict:
    """One world."""
    own = world(seed)
    product = Product(own, folder, tests)
    asked = follow(product, every)
    planned = product.rows("SELECT * FROM mart.plan_lines WHERE region IS NOT NULL "
                           "AND channel IS NOT NULL")  # fmt: skip
    money = planned.groupby("plan")["spend"].sum().sort_index().to_numpy()
    arms = {"keep": kept(own, money), "limit": limit(own, money), "product": own.spend}
    value = {name: own.year(spend) for name, spend in arms.items()}
    over = {name: value[name] - value["keep"] for name in ("product", "limit")}
    media = own.simulation.spec.value_per_kpi * float(
        own.simulation.contribution(arms["keep"] / own.simulation.cost)[:, HISTORY:].sum()
    )
    return {
        "seed": seed,
        "gain_over_media": round(over["product"] / media, 4),
        "limit_over_media": round(over["limit"] / media, 4),
        "share_of_limit": round(over["product"] / over["limit"], 3),
        **promises(product, own),
        "tests": asked,
    }


def promises(product: Product, own: World) -> dict:
    """How many promised weeks of the whole KPI held what came."""
    lines = product.rows(
        """SELECT week, kpi, lower, upper FROM mart.plan_lines
        WHERE region IS NULL AND channel IS NULL AND week IS NOT NULL"""
    )
    came = np.maximum(own.expected(own.spend) + own.simulation.noise, 0.0).sum(axis=0)
    seen = came[[own.index(week) for week in lines["week"]]]
    inside = (lines["lower"] <= seen) & (seen <= lines["upper"])
    return {"promised_weeks": len(lines), "held": round(float(inside.mean()), 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", nargs="*", type=int, default=[32000])
    parser.add_argument("--every", type=int, default=1, help="Weeks from refresh to refresh.")
    parser.add_argument("--no-tests", action="store_true")
    parser.add_argument("--keep", type=Path, help="Leave the projects here.")
    asked = parser.parse_args()
    rows = []
    for seed in asked.seeds:
        with tempfile.TemporaryDirectory() as scratch:
            folder = (asked.keep or Path(scratch)) / f"world{seed}"
            folder.mkdir(parents=True)
            rows.append(measure(seed, asked.every, not asked.no_tests, folder))
        print(rows[-1], flush=True)
    write("year", rows)


if __name__ == "__main__":
    main()
