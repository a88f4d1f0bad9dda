"""What would truly have happened, had a dataset's media been scaled: for scoring budgets alone.

The simulator says so itself. The other datasets publish contributions, kernels and slopes; the
one or two numbers that are missing follow from them exactly (the fit below leaves 1e-3 or less).
Spend is taken as decided: a channel that others drive gets what the budget gives it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from datasets import FOLDER, PRESETS, SCENARIOS, Truth, with_truth
from scipy.optimize import least_squares, nnls

from mmm_model.effects.recent_plan import filled_value, reported, week_share
from mmm_model.panel import Panel
from mmm_model.settings import PLAN_WEEKS
from mmm_model.simulator import Simulation, draw_spec, simulate

_LAGS = 30


@dataclass(frozen=True)
class TruePlan:
    """The recent plan and what it truly brings; has the interface of `effects.recent_plan.Plan`.

    Parameters
    ----------
    spend
        ``[R, C]`` weekly means.
    share
        ``[R, T]`` of each week in the region's mean, in value if ``valued``.
    at
        From multipliers ``[R, C]`` to contributions ``[R, T, C]`` of the last weeks.
    """

    spend: np.ndarray
    share: np.ndarray
    value: np.ndarray
    at: Callable[[np.ndarray], np.ndarray]

    def weekly(self, multiplier: float | np.ndarray = 1.0) -> np.ndarray:
        each = np.broadcast_to(np.asarray(multiplier, dtype=float), self.spend.shape)
        return np.einsum("rt,rtc->rc", self.share, self.at(each))[None]

    def weekly_marginal(self, multiplier: float | np.ndarray = 1.0) -> np.ndarray:
        each = np.broadcast_to(np.asarray(multiplier, dtype=float), self.spend.shape)
        below = np.maximum(each - 1e-3, 0.0)
        return (self.weekly(each + 1e-3) - self.weekly(below)) / (each + 1e-3 - below)

    def valued(self) -> TruePlan:
        return replace(self, share=self.share * self.value)

    def only(self, channels: np.ndarray) -> TruePlan:
        assert channels.all()
        return self


def world(name: str) -> tuple[Panel, Truth, TruePlan]:
    """Return a dataset, its truth, and its true response to other budgets."""
    panel, truth = with_truth(name)
    if name.startswith("draw"):
        seed = int(name.removeprefix("draw"))
        at = _simulated(simulate(draw_spec(seed), seed))
    elif name in SCENARIOS:
        at = _tanh(name, panel, truth)
    elif name in PRESETS:
        at = _hill(name, panel, truth)
    else:
        raise ValueError(f"nothing is known about other budgets of {name}")
    share = week_share(reported(panel)[:, -PLAN_WEEKS:])
    return (
        panel,
        truth,
        TruePlan(
            spend=np.einsum("rt,rtc->rc", share, panel.spend[:, -PLAN_WEEKS:]),
            share=share,
            value=filled_value(panel.value_per_kpi)[:, -PLAN_WEEKS:],
            at=at,
        ),
    )


def _simulated(simulation: Simulation) -> Callable[[np.ndarray], np.ndarray]:
    exposure = np.where(simulation.exists[:, :, None], simulation.exposure, 0.0)
    return lambda m: simulation.contribution(exposure * m[:, None])[:, -PLAN_WEEKS:]


def _tanh(name: str, panel: Panel, truth: Truth) -> Callable[[np.ndarray], np.ndarray]:
    known = json.loads((FOLDER / "scenarios" / f"{name}_truth.json").read_text())["true_params"]
    ceiling = np.array([known[channel]["true_coefficient"] for channel in panel.channels])
    inner = np.arctanh(np.minimum(truth.contribution[0] / ceiling, 1 - 1e-12))
    level = np.zeros_like(inner)
    for c, exposure in enumerate(panel.exposure[0].T):
        lagged = np.stack([np.roll(exposure, lag) for lag in range(_LAGS)], axis=1)
        lagged[np.arange(len(exposure))[:, None] < np.arange(_LAGS)] = 0.0
        kernel, _ = nnls(lagged / exposure.max(), inner[:, c])
        level[:, c] = lagged @ kernel / exposure.max()
    assert np.abs(ceiling * np.tanh(level) - truth.contribution[0]).max() < 0.01 * ceiling.max()
    return lambda m: ceiling * np.tanh(level[None, -PLAN_WEEKS:] * m[:, None])


def _hill(name: str, panel: Panel, truth: Truth) -> Callable[[np.ndarray], np.ndarray]:
    file = FOLDER / "parameter_recovery" / f"{name}_truth.json"
    known = list(json.loads(file.read_text())["transforms"]["channels"].values())
    regions, weeks, channels = panel.exposure.shape
    level, ceiling = np.zeros(panel.exposure.shape), np.zeros((regions, channels))
    half, slope = np.ones((regions, channels)), np.ones((regions, channels))
    for r in range(regions):
        for c in range(channels):
            own = list(known[c].values())[r]
            decay = float(own["adstock_params"]["alpha"])
            kernel = decay ** np.arange(own["adstock_params"]["l_max"])
            series = np.convolve(panel.exposure[r, :, c], kernel)[:weeks]
            level[r, :, c] = series / series.mean()
            slope[r, c] = own["saturation_params"]["slope"]
            found = _fit_hill(level[r, :, c], truth.contribution[r, :, c], slope[r, c])
            ceiling[r, c], half[r, c] = found

    def at(m: np.ndarray) -> np.ndarray:
        powered = (level[:, -PLAN_WEEKS:] * m[:, None]) ** slope[:, None]
        return ceiling[:, None] * powered / (powered + half[:, None] ** slope[:, None])

    return at


def _fit_hill(level: np.ndarray, response: np.ndarray, slope: float) -> tuple[float, float]:
    unit, powered = response.mean(), level**slope

    def miss(logs: np.ndarray) -> np.ndarray:
        ceiling, half = np.exp(logs)
        return ceiling * powered / (powered + half**slope) - response / unit

    fits = [least_squares(miss, [0.7, start], xtol=1e-14, ftol=1e-14) for start in (-2.0, 0.0, 2.0)]
    best = min(fits, key=lambda fit: fit.cost)
    assert np.abs(best.fun).max() < 1e-3
    ceiling, half = np.exp(best.x)
    return float(ceiling * unit), float(half)
