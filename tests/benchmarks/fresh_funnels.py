"""Funnels with a known truth, one fresh draw a seed: its equations are those of the public one.

Television, social and an index of the category create demand; search spend is what is asked of it
and a budget that is set by hand. The table shows a noisy reading of that spend, and an index of
brand searches that causes nothing. Plans follow trend and season. Sizes of the public tables
(`funnel` in the folder of datasets) lie in the middle of what is drawn: shares of the KPI 0.2 of
television, 0.2 of social, 0.4 of search; 0.35 of the upper channels' effect passes through search.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from fresh_worlds import adstocked

UPPER = ("tv", "social")
CHANNELS = (*UPPER, "search")
CONTROLS = ("branded_search_volume", "category_demand", "lf_budget_exog")
_LAGS = np.arange(8)
_MONEY, _SALES = 1e5, 1e6


@dataclass(frozen=True)
class Funnel:
    """A table and its truth.

    Parameters
    ----------
    table
        Columns ``region``, ``week``, ``kpi``, ``<channel>_spend`` and `CONTROLS`.
    direct, total
        ``[C]`` KPI that is lost when the channel is off, search as it was, or as it becomes.
    """

    table: pd.DataFrame
    direct: np.ndarray
    total: np.ndarray


def fresh_funnel(seed: int, regions: int | None = None) -> Funnel:
    """130 weeks of 3 to 40 regions; of ``regions`` where that is given."""
    rng = np.random.default_rng([seed, 9161])
    drawn = int(rng.choice([3, 5, 8, 12, 20, 40]))
    regions, weeks = regions or drawn, 130

    def near(*centre: float, spread: float = 0.2) -> np.ndarray:
        return np.array(centre) * np.exp(spread * rng.standard_normal(len(centre)))

    size = np.exp(0.35 * rng.standard_normal((regions, 1)) - 0.3)
    kinds = ((1.3, (0.60, 0.66, 0.44, 0.19)), (0.8, (0.91, 0.11, 0.26, 0.22)))
    plan = [size * near(scale) * _plan(rng, regions, weeks, *kind) for scale, kind in kinds]
    category = size * 0.5 * _plan(rng, regions, weeks, 0.62, 0.63, 0.36, 0.19)
    usual = 0.12 * size
    budget = np.maximum(usual, size * (0.12 + 0.45 * rng.standard_normal((regions, weeks))))
    away, bend = np.clip(near(0.475, 0.35), 0, 0.8), near(2.75, 3.0)
    weight = size * near(0.85, 0.55) * near(*np.ones(regions), spread=0.08)[:, None]
    base, pull = 0.2 * size, near(0.35) * size
    caught, noisy = float(near(0.45)[0]), rng.uniform(0.03, 0.07)

    def demand(tv: np.ndarray, social: np.ndarray) -> np.ndarray:
        created = [
            weight[:, [c]] * _curve(x, plan[c], away[c], bend[c])
            for c, x in enumerate((tv, social))
        ]
        return base + pull * category + sum(created)

    def search(latent: np.ndarray) -> np.ndarray:
        return latent + caught * budget

    own_away, own_bend = np.clip(near(0.45, 0.3), 0, 0.8), near(3.0, 4.0)
    own = size * near(0.55, 0.35) * near(*np.ones(regions), spread=0.08)[:, None]
    search_away, search_bend = np.clip(near(0.3), 0, 0.8), near(1.5)
    search_own = size * near(1.3, spread=0.3) * near(*np.ones(regions), spread=0.15)[:, None]
    asked = search(demand(*plan))

    def sales(tv: np.ndarray, social: np.ndarray, spent: np.ndarray) -> np.ndarray:
        upper = [
            own[:, [c]] * _curve(x, plan[c], own_away[c], own_bend[c])
            for c, x in enumerate((tv, social))
        ]
        return sum(upper) + search_own * _curve(spent, asked, search_away[0], search_bend[0])

    media = sales(*plan, asked)
    lost = []
    for c in range(2):
        off = [np.zeros_like(x) if c == k else x for k, x in enumerate(plan)]
        lost.append((sales(*off, asked), sales(*off, search(demand(*off)))))
    without_search = sales(*plan, np.zeros_like(asked))
    noise = 0.04 * rng.standard_normal((regions, weeks)) * np.sqrt(np.maximum(size, 0.3))
    kpi = 0.35 * size + 0.01 * size * _season(weeks) + media + noise
    reading = np.maximum(asked + noisy * size * rng.standard_normal(asked.shape), 0.01)
    brand = np.maximum(0.8 * demand(*plan) + 0.05 * rng.standard_normal(asked.shape), 0.0)
    spend, control = (*plan, reading), (brand, category, _MONEY * budget)
    table = pd.DataFrame(
        {
            "region": np.repeat([f"r{i:02d}" for i in range(regions)], weeks),
            "week": np.tile(pd.date_range("2021-01-04", periods=weeks, freq="7D"), regions),
            "kpi": _SALES * kpi.ravel(),
            **{f"{n}_spend": _MONEY * x.ravel() for n, x in zip(CHANNELS, spend, strict=True)},
            **{n: x.ravel() for n, x in zip(CONTROLS, control, strict=True)},
        }
    )
    direct = np.array([*((media - own_path).sum() for own_path, _ in lost),
                       (media - without_search).sum()])  # fmt: skip
    total = np.array([*((media - all_paths).sum() for _, all_paths in lost), direct[2]])
    return Funnel(table, _SALES * direct, _SALES * total)


def _plan(
    rng: np.random.Generator,
    regions: int,
    weeks: int,
    level: float,
    trend: float,
    season: float,
    local: float,
) -> np.ndarray:
    """``[R, W]`` of mean one: a trend and a season that all regions share, and weeks of its own."""
    usual = level + trend * np.arange(weeks) / weeks + season * _season(weeks)
    return np.maximum(usual + local * rng.standard_normal((regions, weeks)), 0.05)


def _season(weeks: int) -> np.ndarray:
    return np.sin(2 * np.pi * np.arange(weeks) / 52)


def _curve(x: np.ndarray, usual: np.ndarray, away: float, bend: float) -> np.ndarray:
    """Logistic curve of adstocked exposure over the largest ``usual`` one of the region."""
    seen = bend * adstocked(x, away**_LAGS) / usual.max(axis=1, keepdims=True)
    return (1 - np.exp(-seen)) / (1 + np.exp(-seen))
