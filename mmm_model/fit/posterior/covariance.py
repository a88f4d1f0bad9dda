"""Everything that is not media, integrated out: the covariance of what media leave over.

    V_r = noise + level (random walk) + AR(0.8) + own controls, season and trend
          + own loadings of movements that regions share + shared columns

Shared columns are paths, shocks, controls, season and holidays that all regions have in common, so
that a week in which everybody had a surprise counts as one surprise.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from scipy.linalg import block_diag

from mmm_model import priors
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.factors import Alone, Factors, SharedColumns
from mmm_model.fit.posterior.following import following_columns, log_plans
from mmm_model.fit.posterior.variances import Variances
from mmm_model.panel import Floats

# How often visible demand is looked at before chains agree on it.
_LOOKS = 6
_AR = 0.8
_LEVEL_VARIANCE = 1.0
_UNOBSERVED_VARIANCE = 1e4
_TREND = 0.2
# Variances of what each region of a panel has alone; the others scale what regions share.
ALONE = frozenset({"noise", "drift", "ar"})
_OWN = {"control": 0.02, "season": 0.03, "trend": 0.1}


class Covariance:
    """Builds the factors of a design for any variances."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self._plan = log_plans(design.exposure)
        self._following = np.zeros_like(self._plan)
        self._seen: deque[Floats] = deque(maxlen=_LOOKS)
        week = np.arange(design.weeks)
        self._walk = np.minimum(week[:, None], week) + 0.0
        self._ar = _AR ** np.abs(week[:, None] - week)
        self._ar_root = np.linalg.cholesky(self._ar)
        self._trend = np.linspace(-1.0, 1.0, design.weeks)[:, None]
        self._control = design.control @ design.control.transpose(0, 2, 1)
        self._season = design.season @ design.season.T
        common = design.control.mean(0)
        self._common_control = common / np.maximum(common.std(0), 0.1)
        self._smooth = design.smooth_control()
        holidays = design.treatment.holidays
        self._holiday = holidays.spread * holidays.columns

    def noise(self, variances: Variances) -> Floats:
        """``[R, W]`` variance of a week's own noise, and of the errors that it was read with."""
        ordinary = variances.sd[:, None] ** 2 / variances.precision
        if self.design.doubt is not None:
            ordinary = ordinary + self.design.doubt**2  # nothing where nobody was asked
        return np.where(self.design.observed, ordinary, _UNOBSERVED_VARIANCE)

    def own_columns(self, variances: Variances) -> Floats:
        """``[R, W, F]`` level, trend, season, controls and loadings of each region alone."""
        regions, weeks = self.design.kpi.shape
        alone = regions == 1
        scale = {name: variances.value(name) for name in ("control", "season")} | {"trend": _TREND}
        if not alone:
            scale = _OWN
        level = np.full((weeks, 1), np.sqrt(_LEVEL_VARIANCE))
        same = [level, scale["trend"] * self._trend, scale["season"] * self.design.season]
        own = np.broadcast_to(np.concatenate(same, axis=1), (regions, weeks, 2 + same[2].shape[1]))
        parts = [own, scale["control"] * self.design.control]
        follows = self._following_sd(variances) * self._following
        parts.append(follows if alone else self.design.movements)
        if alone and self._holiday.shape[2]:
            parts.append(variances.holidays * self._holiday)
        return np.concatenate(parts, 2)

    def alone(self, variances: Variances) -> Alone:
        """Factor what each region has alone."""
        noise = self.noise(variances) / variances.sd[:, None] ** 2
        apart = np.abs(noise - 1.0) > 1e-9
        most = int(apart.sum(1).max())
        week = np.argsort(~apart, axis=1, kind="stable")[:, :most]
        root = np.sqrt(np.maximum(np.take_along_axis(noise, week, 1) - 1.0, 0.0))
        same = variances.value("drift") * self._walk + variances.value("ar") * self._ar
        same[np.diag_indices_from(same)] += 1.0
        return Alone.of(same, variances.sd, self.own_columns(variances), (week, root))

    def offset(self, variances: Variances) -> Floats:
        """``[R, W]`` unseen demand that the plans foretell."""
        total = self._following.sum(-1)
        return priors.FOLLOWING * self._unseen(variances) * total

    def see(self, variances: Variances, factors: Factors, rest: Floats) -> None:
        """Measure again how plans follow visible demand, given what media leave over."""
        visible = self._visible(variances, factors, rest - self.offset(variances))
        self._seen.append(visible)
        self.follow(visible)

    @property
    def visible(self) -> Floats:
        """``[R, W]`` visible demand, the mean of what was seen last."""
        return np.mean(self._seen, axis=0)

    def follow(self, visible: Floats) -> None:
        """Take plans to follow visible demand ``[R, W]`` from now on."""
        self._following = following_columns(self._plan, visible)

    def _common_path(self, variances: Variances) -> Floats:
        """``[W, W]`` Cholesky root of the level and the shocks that regions share."""
        path = variances.value("common_drift") * self._walk
        path = path + variances.value("common_ar") * self._ar
        path = path + (variances.value("common_shock") + 1e-8) * np.eye(self.design.weeks)
        return np.asarray(np.median(variances.sd) * np.linalg.cholesky(path))

    def _following_sd(self, variances: Variances) -> float:
        return priors.FOLLOWING_SD * self._unseen(variances)

    def _unseen(self, variances: Variances) -> float:
        """Variance of unseen demand."""
        ratio = variances.value("ar")
        if self.design.regions > 1:
            ratio += variances.value("common_ar")
        return float(np.median(variances.sd) ** 2 * ratio)

    def _visible(self, variances: Variances, factors: Factors, rest: Floats) -> Floats:
        """``[R, W]`` expected season, trend and level."""
        score = factors.solve(rest)
        season, alone = variances.value("season"), self.design.regions == 1
        trend = self._trend @ self._trend.T
        common = _TREND**2 * trend
        walk = variances.sd[:, None] ** 2 * variances.value("drift") * (score @ self._walk)
        if alone:
            seen = np.einsum("rts,rs->rt", self._control, score)
            walk = walk + self._visible_holidays(variances, score)
            common = common + season**2 * self._season
            return walk + score @ common + variances.value("control") ** 2 * seen
        common = (
            common + np.median(variances.sd) ** 2 * variances.value("common_drift") * self._walk
        )
        same, each = self._visible_columns(variances)
        return (
            walk
            + self._visible_holidays(variances, score)
            + score.sum(0) @ common
            + score @ (_OWN["season"] ** 2 * self._season + _OWN["trend"] ** 2 * trend)
            + _OWN["control"] ** 2 * np.einsum("rts,rs->rt", self._control, score)
            + same @ (same.T @ score.sum(0))
            + each @ np.einsum("rtp,rt->p", each, score)
        )

    def _visible_holidays(self, variances: Variances, score: Floats) -> Floats | float:
        """``[R, W]`` what holidays are expected to do; nothing without any."""
        if not self._holiday.shape[2]:
            return 0.0
        effect = variances.holidays**2 * np.einsum("rtp,rt->p", self._holiday, score)
        return np.asarray(self._holiday @ effect)

    def columns(self, variances: Variances) -> SharedColumns:
        """Everything that regions share, not scaled yet; see `ALONE`."""
        design, weeks = self.design, self.design.weeks
        columns = [np.zeros((1, weeks, 0))]
        if design.regions > 1:
            same = [np.eye(weeks), self._trend, self._common_control, design.season]
            each = [design.control, self._smooth, self._following]
            each += [self._holiday] if self._holiday.shape[2] else []
            columns = [np.concatenate(same, axis=1)[None], *each]
        return SharedColumns.of(self.alone(variances), columns)

    def scale(self, variances: Variances) -> Floats:
        """``[P, P]`` by which `columns` have coefficients of unit variance."""
        design = self.design
        if design.regions == 1:
            return np.zeros((0, 0))
        control, season = variances.value("control"), variances.value("season")
        each = [_TREND * np.ones(1)]
        each += [np.full(self._common_control.shape[-1], control)]
        each += [np.full(design.season.shape[-1], season)]
        each += [np.full(part.shape[-1], control) for part in (design.control, self._smooth)]
        each += [np.full(self._following.shape[-1], self._following_sd(variances))]
        if self._holiday.shape[2]:
            each += [variances.holidays]
        return np.asarray(block_diag(self._common_path(variances), np.diag(np.concatenate(each))))

    def _visible_columns(self, variances: Variances) -> tuple[Floats, Floats]:
        """Controls, season and trend: the same for all regions ``[W, P]``, and ``[R, W, P]``."""
        control, season = variances.value("control"), variances.value("season")
        same = [control * self._common_control, season * self.design.season]
        each = [control * self.design.control, control * self._smooth]
        return np.concatenate(same, axis=1), np.concatenate(each, axis=2)

    def factors(self, variances: Variances, columns: SharedColumns | None = None) -> Factors:
        """Factor V; with the columns that are known already where only scales differ."""
        return Factors.of(columns or self.columns(variances), self.scale(variances))

    def log_likelihood(self, variances: Variances, factors: Factors, rest: Floats) -> float:
        """Of what media leave over, ``[R, W]``."""
        rest = np.where(self.design.observed, rest - self.offset(variances), 0.0)
        white = factors.white(rest)
        square = (white**2).sum() - (factors.lower(white) ** 2).sum()
        return -0.5 * float(square + factors.log_determinant)

    def noise_part(
        self, rng: np.random.Generator, variances: Variances, factors: Factors, rest: Floats
    ) -> Floats:
        """Draw the independent noise ``[R, W]`` within what media leave over.

        A draw from before the data, moved by what they say (Matheron's rule).
        """
        rest = np.where(self.design.observed, rest - self.offset(variances), 0.0)
        white = factors.without_shared(rng, factors.white(rest))
        variance = self.noise(variances)
        noise = np.sqrt(variance) * rng.standard_normal(rest.shape)
        every = noise + self._draw_own(rng, variances)
        noise = noise + variance * factors.alone.back(white - factors.white(every))
        return self._without_doubt(rng, noise, variance)

    def _without_doubt(self, rng: np.random.Generator, noise: Floats, variance: Floats) -> Floats:
        """Draw the part of the noise that is not the error that a survey is read with."""
        if self.design.doubt is None:
            return noise
        error = self.design.doubt**2
        spread = np.sqrt(error * (variance - error) / variance)
        return noise * (1.0 - error / variance) + spread * rng.standard_normal(noise.shape)

    def _draw_own(self, rng: np.random.Generator, variances: Variances) -> Floats:
        """Draw ``[R, W]`` of all that a region has alone but its noise."""
        regions, weeks = self.design.regions, self.design.weeks
        step = rng.standard_normal((regions, weeks))
        step[:, 0] = 0.0
        moving = np.sqrt(variances.value("drift")) * step.cumsum(1)
        passing = rng.standard_normal((regions, weeks)) @ self._ar_root.T
        moving = moving + np.sqrt(variances.value("ar")) * passing
        columns = self.own_columns(variances)
        still = np.einsum("rwf,rf->rw", columns, rng.standard_normal(columns[:, 0].shape))
        return variances.sd[:, None] * moving + still
