"""Worlds with a known truth, one fresh draw a seed, of generators that are not the simulator's.

Each differs from the model in its own way. `scenario`: one country, tanh curves, strong controls,
nearly no noise, returns that fall steeply with spend. `meridian`: a panel drawn from the kind of
prior that Google Meridian states (regions' own effects, a level by knots, Hill curves of slope
one). `shocks`: a panel whose surprises are mostly shared by all regions. `funnel`: television and
social create demand that search catches; the truth is of direct effects.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

# name, usual share of spend, ROI, decay, alpha of tanh(x / (alpha max x)), noise of exposure, plan
_SCENARIO_TYPES = (
    ("tv", 0.40, 0.25, 0.60, 0.75, 0.12, "flights"),
    ("search", 0.16, 1.30, 0.20, 1.40, 0.19, "on"),
    ("social", 0.13, 0.80, 0.33, 1.00, 0.21, "on"),
    ("ooh", 0.12, 0.15, 0.50, 0.90, 0.08, "flights"),
    ("display", 0.06, 0.45, 0.25, 1.80, 0.25, "on"),
    ("email", 0.02, 2.50, 0.10, 2.50, 0.10, "on"),
    ("video", 0.11, 0.65, 0.45, 1.10, 0.15, "on"),
    ("affiliates", 0.05, 2.00, 0.05, 3.00, 0.30, "on"),
    ("shorts", 0.05, 0.95, 0.25, 1.20, 0.25, "on"),
)
_LAGS = np.arange(26)


@dataclass(frozen=True)
class World:
    """A table and its truth.

    Parameters
    ----------
    table
        Columns ``region``, ``week``, ``kpi``, ``<channel>_spend``, ``<channel>_exposure`` and
        controls ``control_*``.
    channels
        Their names.
    contribution
        ``[R, W, C]`` true contributions in the units of the KPI, regions and weeks in the order
        of the table.
    """

    table: pd.DataFrame
    channels: tuple[str, ...]
    contribution: np.ndarray


def ar1(rng: np.random.Generator, shape: tuple[int, ...], rho: float) -> np.ndarray:
    """Stationary AR(1) along the last axis, of unit variance."""
    noise = rng.standard_normal(shape)
    series = noise.copy()
    for week in range(1, shape[-1]):
        series[..., week] = rho * series[..., week - 1] + np.sqrt(1 - rho**2) * noise[..., week]
    return series


def adstocked(exposure: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve ``[..., W]`` with a kernel that is scaled to one."""
    kernel = kernel[: exposure.shape[-1]] / kernel.sum()
    total = np.zeros_like(exposure)
    for lag, weight in enumerate(kernel):
        total[..., lag:] += weight * exposure[..., : exposure.shape[-1] - lag]
    return total


def _season(weeks: int, phase: float) -> np.ndarray:
    angle = 2 * np.pi * (np.arange(weeks) / 52.18 + phase)
    return np.sin(angle) + 0.3 * np.sin(2 * angle + 1.0)


def _flights(rng: np.random.Generator, weeks: int, share: float) -> np.ndarray:
    """Weeks on and off in turns of about four weeks."""
    period = int(rng.integers(7, 10))
    start, on = int(rng.integers(period)), round(share * period)
    return ((np.arange(weeks) + start) % period < on) & (rng.random(weeks) > 0.02)


def _world(
    exposure: np.ndarray,
    spend: np.ndarray,
    contribution: np.ndarray,
    base: np.ndarray,
    control: np.ndarray,
    channels: tuple[str, ...],
) -> World:
    regions, weeks, _ = exposure.shape
    table = pd.DataFrame(
        {
            "region": np.repeat([f"r{i:02d}" for i in range(regions)], weeks),
            "week": np.tile(pd.date_range("2021-01-04", periods=weeks, freq="7D"), regions),
            "kpi": (base + contribution.sum(-1)).ravel(),
        }
    )
    for c, name in enumerate(channels):
        table[f"{name}_spend"] = spend[..., c].ravel()
        table[f"{name}_exposure"] = exposure[..., c].ravel()
    for k in range(control.shape[-1]):
        table[f"control_{k}"] = control[..., k].ravel()
    return World(table, channels, contribution)


def scenario(seed: int) -> World:
    """One country: 78 to 156 weeks, 3 to 8 channels."""
    rng = np.random.default_rng([seed, 4201])
    weeks, count = int(rng.choice([78, 104, 156])), int(rng.integers(3, 9))
    more = rng.choice(np.arange(3, len(_SCENARIO_TYPES)), count - 3, replace=False)
    types = [_SCENARIO_TYPES[i] for i in [0, 1, 2, *more]]
    together = rng.choice([0.0, 0.6, 0.85], p=[0.3, 0.5, 0.2])
    spend, exposure, effect = (np.zeros((weeks, count)) for _ in range(3))
    before = None
    for c, (_, share, roi, decay, alpha, doubt, plan) in enumerate(types):
        wish = rng.standard_normal(weeks)
        if before is not None and c % 2:
            wish = together * before + np.sqrt(1 - together**2) * wish
        before = wish
        money = np.maximum(1 + rng.uniform(0.2, 0.45) * wish, 0.02)
        if plan == "flights":
            money = money * _flights(rng, weeks, rng.uniform(0.45, 0.6))
        if rng.random() < 0.08:
            money[: int(weeks * rng.uniform(0.4, 0.7))] = 0
        spend[:, c] = money * share * np.exp(0.4 * rng.standard_normal())
        exposure[:, c] = spend[:, c] * np.exp(doubt * rng.standard_normal(weeks))
        left = np.clip(decay * rng.uniform(0.7, 1.3), 0, 0.85)
        kernel = left**_LAGS
        if plan == "flights" and rng.random() < 0.4:
            kernel = left ** ((_LAGS - rng.integers(1, 3)) ** 2)
        seen = adstocked(exposure[:, c], kernel)
        curve = np.tanh(seen / seen.max() / (alpha * np.exp(0.25 * rng.standard_normal())))
        own = roi * np.exp(0.35 * rng.standard_normal())
        effect[:, c] = curve / curve.sum() * own * spend[:, c].sum()
    share = rng.uniform(0.1, 0.22)
    base = effect.sum() / weeks * (1 - share) / share
    t = np.arange(weeks)
    control = np.stack(
        [
            ar1(rng, (weeks,), 0.83),
            0.006 * t * np.ones(weeks),
            ar1(rng, (weeks,), 0.7),
            _season(weeks, rng.random()),
            (rng.random(weeks) < 0.18) * 1.0,
        ],
        axis=-1,
    )[:, : int(rng.integers(3, 6))]
    size = np.array([-0.025, 0.17, -0.08, 0.04, 0.13])[: control.shape[-1]]
    size = base * size * rng.uniform(0.5, 1.3, len(size))
    level = base * (1 + 0.0006 * t + rng.uniform(0.08, 0.14) * _season(weeks, rng.random()))
    noise = base * rng.uniform(0.017, 0.045) * rng.standard_normal(weeks)
    names = tuple(kind[0] for kind in types)
    return _world(
        exposure[None], spend[None], effect[None], (level + control @ size + noise)[None],
        control[None], names,
    )  # fmt: skip


def meridian(seed: int) -> World:
    """A panel of 5 to 40 regions, 3 to 6 channels, with the effects of Meridian's prior."""
    rng = np.random.default_rng([seed, 8111])
    regions, weeks = int(rng.choice([5, 10, 20, 40])), int(rng.choice([104, 156, 200]))
    count, controls = int(rng.integers(3, 7)), int(rng.integers(1, 3))
    size = np.exp(0.8 * rng.standard_normal(regions))
    wish = ar1(rng, (regions, weeks, count), 0.0)
    national = ar1(rng, (count, weeks), 0.5).T
    plan = np.exp(rng.uniform(0.3, 0.8, count) * (0.6 * national + 0.8 * wish))
    plan *= rng.random((regions, weeks, count)) < rng.uniform(0.6, 1.0, count)
    exposure = plan * size[:, None, None]
    price = np.exp(0.7 * rng.standard_normal(count))
    spend = exposure * price * np.exp(0.1 * rng.standard_normal((1, weeks, count)))
    contribution = np.zeros((regions, weeks, count))
    roi = np.exp(0.2 + 0.9 * rng.standard_normal(count))
    for c in range(count):
        seen = adstocked(plan[..., c].copy(), rng.uniform(0, 0.9) ** _LAGS[:9])
        half = np.clip(0.8 + 0.8 * rng.standard_normal(), 0.1, 10) * np.median(plan[..., c])
        own = np.exp(0.2 * rng.standard_normal(regions)) * size
        curve = own[:, None] * seen / (seen + half)
        contribution[..., c] = curve / curve.sum() * roi[c] * spend[..., c].sum()
    share = rng.uniform(0.15, 0.5)
    base = contribution.sum() * (1 - share) / share / weeks / size.sum()
    knots = np.arange(0, weeks + 13, 13)
    height = 0.12 * rng.standard_normal(len(knots))
    common = np.interp(np.arange(weeks), knots, height) + 0.06 * _season(weeks, rng.random())
    control = ar1(rng, (controls, regions, weeks), 0.4).transpose(1, 2, 0)
    effect = 0.1 * rng.standard_normal(controls) * (1 + 0.3 * rng.standard_normal((regions, 1)))
    level = 1 + 0.2 * rng.standard_normal((regions, 1)) + common
    level = level + np.einsum("rwk,rk->rw", control, np.broadcast_to(effect, (regions, controls)))
    level = level + rng.uniform(0.05, 0.2) * rng.standard_normal((regions, weeks))
    names = tuple(f"channel{c}" for c in range(count))
    return _world(
        exposure, spend, contribution, base * size[:, None] * level, control, names
    )  # fmt: skip


def shocks(seed: int) -> World:
    """A panel of 6 to 30 regions whose surprises are mostly shared, plans mostly national."""
    rng = np.random.default_rng([seed, 6007])
    regions, weeks = int(rng.integers(6, 31)), int(rng.choice([104, 130, 156]))
    count = int(rng.integers(3, 7))
    size = np.exp(rng.standard_normal(regions))
    demand = 0.12 * _season(weeks, rng.random()) + rng.uniform(0.02, 0.06) * ar1(rng, (weeks,), 0.8)
    surprise = rng.uniform(0.02, 0.05) * ar1(rng, (weeks,), 0.2)
    own = rng.uniform(0.02, 0.06) * ar1(rng, (regions, weeks), 0.3)
    control = ar1(rng, (2, regions, weeks), 0.7).transpose(1, 2, 0)
    control[..., 0] = 0.4 * control[..., 0] + 0.9 * ar1(rng, (weeks,), 0.7)
    spend, exposure, contribution = (np.zeros((regions, weeks, count)) for _ in range(3))
    for c in range(count):
        follow = rng.choice([0.0, 0.3, 0.6])
        national = follow * demand / demand.std() + np.sqrt(1 - follow**2) * ar1(rng, (weeks,), 0.4)
        local = rng.uniform(0.1, 0.6) * rng.standard_normal((regions, weeks))
        plan = np.maximum(1 + rng.uniform(0.2, 0.45) * (national + local), 0.02)
        if rng.random() < 0.4:
            plan = plan * _flights(rng, weeks, rng.uniform(0.4, 0.7))
        share = rng.uniform(0.3, 3.0)
        spend[..., c] = (
            plan * share * size[:, None] * np.exp(0.3 * rng.standard_normal((regions, 1)))
        )
        exposure[..., c] = spend[..., c] * np.exp(0.15 * rng.standard_normal((regions, weeks)))
        seen = adstocked(exposure[..., c], rng.uniform(0, 0.75) ** _LAGS)
        seen = seen / seen.mean(1, keepdims=True)
        rate = np.exp(0.6 * rng.standard_normal())
        curve = 1 - np.exp(-rate * seen) if rng.random() < 0.5 else seen**2 / (seen**2 + rate**2)
        curve = curve * size[:, None] * np.exp(0.15 * rng.standard_normal((regions, 1)))
        roi = np.exp(-0.3 * np.log(share) + 0.6 * rng.standard_normal())
        contribution[..., c] = curve / curve.sum() * roi * spend[..., c].sum()
    share = rng.uniform(0.1, 0.35)
    base = contribution.sum() * (1 - share) / share / weeks / size.sum()
    effect = 0.03 * rng.standard_normal(2)
    level = 1 + 0.1 * rng.standard_normal((regions, 1)) + demand + surprise + own + control @ effect
    names = tuple(f"channel{c}" for c in range(count))
    return _world(exposure, spend, contribution, base * size[:, None] * level, control, names)


def funnel(seed: int) -> World:
    """Three to forty regions; television and social create the demand that search spend follows."""
    rng = np.random.default_rng([seed, 3557])
    regions, weeks = int(rng.choice([3, 8, 20, 40])), 130
    size = np.exp(0.6 * rng.standard_normal(regions))[:, None]
    season = 0.12 * _season(weeks, rng.random())
    plans = []
    for on in (0.55, 1.0):
        wish = 0.4 * season / season.std() + ar1(rng, (weeks,), 0.3)
        local = 0.5 * rng.standard_normal((regions, weeks))
        plan = np.maximum(1 + 0.35 * (wish + local), 0.05)
        plans.append(plan * _flights(rng, weeks, on) if on < 1 else plan)
    spend = np.stack([plans[0] * 3.0, plans[1] * 1.5, np.zeros((regions, weeks))], axis=-1)
    seen = [
        adstocked(spend[..., c], rng.uniform(*decay) ** _LAGS)
        for c, decay in ((0, (0.4, 0.7)), (1, (0.2, 0.5)))
    ]
    curve = [s / (s + rng.uniform(0.8, 2.0) * s.mean()) for s in seen]
    curve = [c / c.mean() for c in curve]
    latent = rng.uniform(0.15, 0.35) * curve[0] + rng.uniform(0.1, 0.25) * curve[1]
    latent = 0.5 + latent + 0.1 * season + 0.04 * ar1(rng, (regions, weeks), 0.5)
    spend[..., 2] = latent * 1.2 * np.exp(0.12 * rng.standard_normal((regions, weeks)))
    search = spend[..., 2] / (spend[..., 2] + 1.5 * spend[..., 2].mean())
    curve.append(search / search.mean())
    share = np.array([rng.uniform(0.03, 0.08), rng.uniform(0.02, 0.06), rng.uniform(0.05, 0.12)])
    contribution = np.stack(curve, axis=-1) * share * size[..., None]
    control = ar1(rng, (regions, weeks), 0.7)[..., None]
    base = 0.8 + season + 0.04 * control[..., 0] + 0.02 * ar1(rng, (regions, weeks), 0.3)
    base = base + 0.015 * ar1(rng, (weeks,), 0.6)
    spend = spend * size[..., None] * 0.05
    exposure = spend * np.exp(0.1 * rng.standard_normal(spend.shape))
    return _world(exposure, spend, contribution, base * size, control, ("tv", "social", "search"))


WORLDS = {"scenario": scenario, "meridian": meridian, "shocks": shocks, "funnel": funnel}
