r"""Unpaid mediators: what media create of brand searches, visits, awareness, and what these sell.

    m_rt = Σ_c created_crt + own_rt                 structural equation, as of a driven channel
    y_rt / s_r = … + Σ_c direct_crt + Σ_m λ_m (m_rt / m̄_r − 1) + noise

What a channel earns through a mediator is ``λ_m s_r created_crt / m̄_r``; ``own`` is demand.

The second equation is fitted for λ alone. The response that everything else reads has no mediator
in it: held still, a mediator takes from media what they do through it, so that without it a
channel's own path is all that it brings by nodes that nobody pays. By the same algebra (Cochran's
identity: total = direct + λ · created, for the linear part exactly) what totals, curves and budgets
say does not change with the mediators that are known; these say how a channel works.

λ is no effect of media alone: demand that lifts searches and sales alike, in ways that level,
season and controls do not show, is taken for it.

References
----------
Cochran (1938), "The omission or addition of an independent variate in multiple linear regression".
VanderWeele (2015), "Explanation in Causal Inference", chapter 2.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from mmm_model.fit.between_waves import between_waves
from mmm_model.fit.driven_channels import structural
from mmm_model.fit.estimators import fit_response
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.saved_arrays import Arrays
from mmm_model.fit.stages import Progress
from mmm_model.mediators import Mediator, Mediators
from mmm_model.panel import Floats, Panel
from mmm_model.settings import ModelSettings
from mmm_model.treatments import Treatment


@dataclass(frozen=True)
class UnpaidMediator:
    """A mediator as it was fitted.

    Parameters
    ----------
    node
        What it is.
    response
        What media create of it; its channels are those that may.
    usual
        ``[R]`` its mean over the weeks with a value.
    effect
        ``[M, R]`` λ: share of a region's usual KPI that is lost without any of it.
    path
        ``[3, R, W]`` what it was in every week, also between waves: median, and ends of the 90 %
        interval.
    """

    node: Mediator
    response: FittedResponse
    usual: Floats
    effect: Floats
    path: Floats

    @property
    def sources(self) -> tuple[str, ...]:
        """Channels that may create it."""
        return self.response.channels

    def created(self, panel: Panel) -> Floats:
        """``[M, R, W, S]`` of it that each source creates, in its own units."""
        known = panel.with_controls(self.response.controls)
        return self.response.media_response(_sources(known, self.sources)).contribution()

    def earned(self, created: Floats, region_size: Floats) -> Floats:
        """KPI ``[M, R, W, S]`` that comes by what was created of it."""
        per = self.effect * region_size / self.usual  # [M, R]
        return created * per[:, :, None, None]

    def national(self, region_size: Floats) -> Floats:
        """``[M]`` λ of all regions together."""
        return np.asarray(self.effect @ (region_size / region_size.sum()))

    def repeated(self, members: int) -> UnpaidMediator:
        """Return it with so many members, to go with those of the KPI's response."""
        effect = self.effect[np.arange(members) % len(self.effect)]
        return replace(self, response=self.response.repeated(members), effect=effect)

    def meta(self) -> dict[str, Any]:
        """What describes the arrays of a saved one."""
        return asdict(self.node)

    def to_arrays(self, number: int) -> Arrays:
        """Return its arrays for saving, by names that begin with its number."""
        response = np.frombuffer(self.response.to_bytes(), dtype=np.uint8)
        own = {"usual": self.usual, "effect": self.effect, "path": self.path}
        return {f"{number}.{name}": value for name, value in own.items()} | {
            f"{number}.response": response
        }

    @classmethod
    def restored(cls, meta: dict[str, Any], number: int, arrays: Arrays) -> UnpaidMediator:
        """Put one together from its `meta` and `to_arrays`."""
        own = {name: arrays[f"{number}.{name}"] for name in ("usual", "effect", "path")}
        response = FittedResponse.from_bytes(arrays[f"{number}.response"].tobytes())
        return cls(node=Mediator.restored(meta), response=response, **own)


def fit_mediators(
    panel: Panel, whole: Panel, settings: ModelSettings, members: int, report: Progress
) -> tuple[UnpaidMediator, ...]:
    """Fit what media create of a panel's mediators, and what these bring.

    Parameters
    ----------
    panel
        As the response of the KPI reads it.
    whole
        As structural equations read it: with what is decided among the controls, and without
        the controls that media drive.
    settings, members
        Of the response of the KPI.
    """
    known = panel.mediators
    if known is None:
        return ()
    # Unlike clicks, awareness may last as long as what the KPI itself remembers.
    lags = settings.lag_weeks
    settings = replace(structural(settings), estimator="posterior", lag_weeks=lags)
    found, paths = [], []
    for n, node in enumerate(known.nodes):
        own = mediator_panel(whole, known, n)
        report(f"what creates {node.name}", 0.0)
        fitted = fit_response(own, settings, report, f"what creates {node.name}", forecasts=False)
        response = fitted.response
        usual = np.where(own.observed, own.kpi, 0.0).sum(1) / own.observed.sum(1)
        path, drawn = _paths(own, response, usual, settings.seed)
        paths.append(path)
        found.append(UnpaidMediator(node, response, usual, np.zeros((1, len(usual))), drawn))
    effect = _effects(panel, known, np.stack(paths, axis=-1), settings, report)
    return tuple(
        replace(one, effect=effect[..., n]).repeated(members) for n, one in enumerate(found)
    )


def mediator_panel(panel: Panel, mediators: Mediators, n: int) -> Panel:
    """Return the panel whose KPI is a mediator, seen where somebody counted or asked."""
    node, value = mediators.nodes[n], mediators.value[..., n]
    missing = ((0, 0), (0, len(panel.weeks) - value.shape[1]))
    value = np.pad(value, missing, constant_values=np.nan)
    error = np.pad(mediators.error[..., n], missing)
    seen = ~np.isnan(value)
    ran = np.asarray((panel.exposure > 0).any(axis=(0, 1)))
    sources = tuple(
        name
        for name, on in zip(panel.channels, ran, strict=True)
        if on and (node.drivers is None or name in node.drivers)
    )
    return replace(
        _sources(panel, sources),
        kpi=np.where(seen, value, 0.0),
        observed=seen,
        kpi_error=np.where(seen, error, 0.0) if node.is_survey else None,
    )


def _sources(panel: Panel, names: tuple[str, ...]) -> Panel:
    position = [panel.channels.index(name) for name in names]
    return replace(
        panel.with_treatments(()).of_channels(position),
        frequency=None,  # whom a channel reached is what may search or know
        value_per_kpi=np.full_like(panel.value_per_kpi, np.nan),
        mediators=None,
    )


def _paths(own: Panel, response: FittedResponse, usual: Floats, seed: int) -> tuple[Floats, Floats]:
    """What a mediator was in every week: ``[R, W]`` expected, over the usual; and `path`."""
    created = response.media_response(own).contribution().sum(-1) / usual[:, None]  # [M, R, W]
    value = np.where(own.observed, own.kpi, np.nan) / usual[:, None]
    error = np.zeros_like(value) if own.kpi_error is None else own.kpi_error / usual[:, None]
    mean = created.mean(axis=0)
    rng = np.random.default_rng([seed, 24])
    expected, drawn = mean.copy(), created.copy()
    for r, state in enumerate(between_waves(value - mean, error)):
        expected[r] += state.expected((value - mean)[r])
        drawn[:, r] += state.drawn(rng, value[r] - created[:, r])
    counted = own.observed & (error == 0.0)
    expected = np.where(counted, value, expected)
    drawn = np.where(counted, value, drawn)
    ends = np.quantile(drawn, (0.5, 0.05, 0.95), axis=0) * usual[:, None]
    return expected, np.maximum(ends, 0.0)


def _effects(
    panel: Panel, known: Mediators, paths: Floats, settings: ModelSettings, report: Progress
) -> Floats:
    """``[M, R, N]`` λ of mediators whose paths over the usual are ``[R, W, N]``.

    A path is what was expected of it, not a draw: the expectation of a regressor that is read with
    errors leaves its coefficient as it is, a draw made without the KPI would lower it
    (regression calibration: Carroll et al. 2006, chapter 4).
    """
    columns = tuple(Treatment(name, "mediator") for name in known.names)
    with_them = replace(
        panel,
        treatments=(*panel.treatments, *columns),
        treatment=np.concatenate([panel.treatment, paths - 1.0], axis=2),
        ahead=None,  # nobody knows what mediators will be, and nothing is forecast here
        mediators=None,
    )
    fitted = fit_response(with_them, settings, report, "what mediators bring", forecasts=False)
    return np.asarray(fitted.response.state["treatment"][..., -len(columns) :])
