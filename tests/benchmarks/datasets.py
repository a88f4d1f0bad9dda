"""The public datasets as panels, and their truth beside them for scoring.

DATASETS names their folder. A fit is only ever handed the panel.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mmm_model.panel import Panel
from mmm_model.simulator import draw_spec, simulate

FOLDER = Path(
    os.environ.get("DATASETS", Path(__file__).resolve().parents[3] / "shared" / "datasets")
)
WINDOWS = ((13, 57), (13, 70), (13, 83), (13, 96), (8, 77), (8, 85), (8, 93), (8, 101))
SCENARIOS = ("complex", "data_scarce", "simple_with_lift")
PRESETS = ("medium_business", "small_business", "growing_business")


@dataclass(frozen=True)
class Truth:
    """What is known about a panel; read for scoring alone.

    Parameters
    ----------
    contribution
        ``[R, W, C]`` direct contribution in KPI units.
    mean_lag
        ``[C]`` weeks by which an effect lags on average; NaN where no kernel was used.
    half_saturation
        ``[R, C]`` in units of exposure; NaN where the response is not a Hill curve.
    total
        ``[C]`` direct and mediated contribution of all weeks in KPI units.
    """

    contribution: np.ndarray
    mean_lag: np.ndarray | None = None
    half_saturation: np.ndarray | None = None
    total: np.ndarray | None = None


def real_panel() -> Panel:
    """The 184 complete regions of DeepCausalMMM's panel, 109 weeks; no spend, no truth."""
    table = pd.read_csv(FOLDER / "real_panel" / "mmm_data.csv")
    weeks = table.groupby("dmacode")["weekid"].transform("nunique")
    table = table[weeks == 109]
    table["week"] = pd.Timestamp("2022-01-03") + pd.to_timedelta(7 * table["weekid"], "D")
    media = [name for name in table if name.startswith("impressions_")]
    controls = [name for name in table if name.startswith("control_")]
    return _panel(table, "dmacode", "week", media, None, controls, "target_visits")


def with_truth(name: str) -> tuple[Panel, Truth]:
    """Return a dataset whose contributions are known.

    Raises
    ------
    ValueError
        If there is no dataset of this name.
    """
    if name in SCENARIOS:
        return _scenario(name)
    if name in PRESETS:
        return _preset(name)
    if name == "geo_reach_frequency":
        return _geo_reach_frequency()
    if name in ("lag0", "lag05"):
        return _agent_simulator(name)
    if name in ("funnel_3geo_130w", "funnel_20geo_130w"):
        return _funnel(name)
    if name.startswith("draw"):
        return drawn(int(name.removeprefix("draw")))
    raise ValueError(f"there is no dataset {name}")


def drawn(seed: int) -> tuple[Panel, Truth]:
    """A panel of the project's simulator."""
    simulation = simulate(draw_spec(seed), seed)
    exposure, spec = simulation.exposure, simulation.spec
    known = simulation.truth()["channels"].values()
    lag = [np.dot(np.arange(len(c["adstock"])), c["adstock"]) for c in known]
    half = np.array([c["half_saturation_per_head"] for c in known])
    half[[c.family != "hill" for c in spec.channels]] = np.nan
    return simulation.panel(), Truth(
        simulation.contribution(exposure), np.array(lag), simulation.size[:, None] * half
    )


def _scenario(name: str) -> tuple[Panel, Truth]:
    folder = FOLDER / "scenarios"
    table = pd.read_csv(folder / f"{name}.csv")
    spend = [column for column in table if column.endswith("_spend")]
    channels = [column.removesuffix("_spend") for column in spend]
    controls = [c for c in table if c not in {"date", "kpi", *channels, *spend}]
    panel = _panel(table, None, "date", channels, spend, controls, "kpi")
    parts = pd.read_csv(folder / f"{name}_truth_components.csv")
    return panel, Truth(_cube(parts, None, "date", channels))


def _preset(name: str) -> tuple[Panel, Truth]:
    folder = FOLDER / "parameter_recovery"
    table = pd.read_csv(folder / f"{name}.csv")
    channels = [column for column in table if column.startswith("x")]
    controls = [column for column in table if column.startswith("c")]
    region = "geo" if "geo" in table else None
    panel = _panel(table, region, "date", channels, channels, controls, "y")
    parts = pd.read_csv(folder / f"{name}_truth_components.csv")
    return panel, Truth(_cube(parts, region, "date", [f"contribution_{c}" for c in channels]))


def _geo_reach_frequency() -> tuple[Panel, Truth]:
    folder = FOLDER / "geo_reach_frequency"
    table = pd.read_csv(folder / "data.csv")
    names = [f"Channel{c}" for c in range(4)]
    panel = _panel(
        table,
        "geo",
        "time",
        [f"{name}_impression" for name in names],
        [f"{name}_spend" for name in names],
        [column for column in table if column.endswith("_control")],
        "conversions",
        "revenue_per_conversion",
    )
    parts = pd.read_csv(folder / "truth_components.csv")
    return panel, Truth(_cube(parts, "geo", "time", [f"{n}_contribution_kpi" for n in names]))


def _agent_simulator(name: str) -> tuple[Panel, Truth]:
    folder = FOLDER / "agent_simulator"
    table = pd.read_csv(folder / f"{name}.csv")
    parts = pd.read_csv(folder / f"{name}_truth_weekly_contributions.csv")
    origin = pd.Timestamp("2020-01-06")
    table["date"] = origin + pd.to_timedelta(7 * table["time.index"], "D")
    parts["date"] = origin + pd.to_timedelta(7 * parts["week"], "D")
    panel = _panel(
        table,
        None,
        "date",
        ["tv.volume", "search.clicks"],
        ["tv.spend", "search.spend"],
        [],
        "revenue",
    )
    return panel, Truth(
        _cube(parts, None, "date", ["tv_total_contribution", "search_contribution"])
    )


def _funnel(name: str) -> tuple[Panel, Truth]:
    table = pd.read_csv(FOLDER / "funnel" / f"{name}.csv")
    spend = ["tv_spend", "social_spend", "lower_funnel_search_spend"]
    panel = _panel(table, "geo", "date", spend, spend, ["category_demand"], "sales")
    parts = pd.read_csv(FOLDER / "funnel" / f"{name}_truth_components.csv")
    names = ["tv_direct", "social_direct", "search_contribution_structural"]
    total = parts[["tv_total", "social_total", "search_contribution_structural"]].sum()
    return panel, Truth(_cube(parts, "geo", "date", names), total=total.to_numpy(float))


def _panel(
    table: pd.DataFrame,
    region: str | None,
    week: str,
    exposure: Sequence[str],
    spend: Sequence[str] | None,
    controls: Sequence[str],
    kpi: str,
    value: str | None = None,
) -> Panel:
    """A complete wide table as a panel; the KPI is money where it has no value column."""
    weeks = pd.DatetimeIndex(sorted(pd.to_datetime(table[week]).unique()))
    weeks = weeks - pd.to_timedelta(weeks.dayofweek, "D")
    seen = _cube(table, region, week, exposure)
    amount = _cube(table, region, week, [kpi])[..., 0]
    worth = np.full_like(amount, np.nan if spend is None else 1.0)
    if value is not None:
        worth = _cube(table, region, week, [value])[..., 0]
    return Panel(
        regions=tuple(map(str, sorted(table[region].unique()))) if region else ("national",),
        weeks=weeks,
        channels=tuple(exposure),
        controls=tuple(controls),
        kpi=amount,
        observed=np.ones(amount.shape, dtype=bool),
        exposure=seen,
        spend=np.full_like(seen, np.nan) if spend is None else _cube(table, region, week, spend),
        control=_cube(table, region, week, controls),
        value_per_kpi=worth,
    )


def _cube(table: pd.DataFrame, region: str | None, week: str, columns: Sequence[str]) -> np.ndarray:
    """``[R, W, columns]`` of a complete table."""
    table = table.assign(_week=pd.to_datetime(table[week]))
    table = table.sort_values([region, "_week"] if region else ["_week"])
    regions = table[region].nunique() if region else 1
    values = table[list(columns)].to_numpy(float)
    return values.reshape(regions, table["_week"].nunique(), len(columns))
