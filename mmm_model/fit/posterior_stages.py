"""A fit of the equation to one panel by its posterior, stage by stage.

Draws of shapes, sizes and regions' returns first; lift tests are held against a first set of draws
and enter a second. Then, for every draw, levels, seasonality and controls of what its media and
treatments leave over, moving as they forecast best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from mmm_model import priors
from mmm_model.equation.equation import Equation
from mmm_model.equation.scaling import Scaling
from mmm_model.fit.equation_inputs import inputs_of
from mmm_model.fit.estimate import Estimate
from mmm_model.fit.evidence import conflicting
from mmm_model.fit.experiments import Experiment, expected_lifts, experiments_of
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.level_dynamics import Blend
from mmm_model.fit.level_forecasts import blend
from mmm_model.fit.lift_tests import LiftTest
from mmm_model.fit.observations import Observations
from mmm_model.fit.posterior.brand import BrandTerm, Stock, log_evidence
from mmm_model.fit.posterior.carryover import Carryover
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.draws import Draws
from mmm_model.fit.posterior.lift_evidence import Test
from mmm_model.fit.posterior.moving import Moving
from mmm_model.fit.posterior.moving_evidence import MovingEvidence
from mmm_model.fit.posterior.sampling import sample
from mmm_model.fit.readings import Reading, truly_adstocked
from mmm_model.fit.stages import (
    Progress,
    ResponseFit,
    learn_noise,
    past_and_settings,
    silent,
    usual_surprise,
)
from mmm_model.panel import Floats, Panel
from mmm_model.settings import ModelSettings

# Cells of an array of members, regions, weeks and channels: tens of megabytes each.
_MOST_CELLS = 10_000_000
_FEWEST_MEMBERS = 8
# Regions that the chains see, whose time grows with them; those that are not seen have the return
# of all. What more regions would add was not measured.
_MOST_REGIONS = 60


def fit_by_posterior(
    panel: Panel,
    settings: ModelSettings,
    progress: Progress | None = None,
    stage: str = "fit",
    warm_start: FittedResponse | None = None,
    lift_tests: Sequence[LiftTest] = (),
    forecasts: bool = True,
    readings: Sequence[Reading] = (),
    carryover: Carryover | None = None,
) -> ResponseFit:
    """Fit the equation to the observed KPI of a panel: its members are draws of the posterior.

    Parameters and errors as of `fit_by_search`; each member has a true exposure of its own of
    channels with ``readings``; ``carryover`` is what another KPI says of the adstock. Chains start
    anew whatever ``warm_start`` is: the same week then has the same answer. So it has whatever the
    order of channels and regions is.
    """
    del warm_start
    own = _in_order(panel)
    report = progress or silent
    found = _fit(own, settings, report, stage, lift_tests, forecasts, readings, carryover)
    return replace(found, response=found.response.in_order(panel.channels))


def _in_order(panel: Panel) -> Panel:
    """Return the panel with its channels in an order of their own: random numbers go by it."""
    total = panel.exposure.sum(axis=(0, 1))
    order = np.lexsort((panel.channels, total))
    return panel.of_channels(order)


def _fit(
    panel: Panel,
    settings: ModelSettings,
    report: Progress,
    stage: str,
    lift_tests: Sequence[LiftTest],
    forecasts: bool,
    noisy: Sequence[Reading],
    carryover: Carryover | None,
) -> ResponseFit:
    past, settings = past_and_settings(panel, settings)
    rows = _seen(past)
    seen = [one.part(rows, len(past.weeks)) for one in noisy]
    scaling = Scaling.of(panel)
    treatment = scaling.treatment(past)[rows]
    design = Design.of(past.of_regions(rows), settings, seen, treatment, carryover)
    scaling = _as_drawn(scaling, design, rows)
    moving = Moving.none(design.weeks, design.channels, settings)
    draws = sample(design, settings, lambda share: report(stage, 0.9 * share), moving)
    evidence = MovingEvidence.of(draws.moments, moving) if draws.moments else None
    if evidence is not None and evidence.moves.any():
        moving = moving.with_channels(evidence.moves)
        stage = f"{stage}, effectiveness"
        draws = sample(design, settings, lambda share: report(stage, 0.9 * share), moving)
    brand, of_brand = BrandTerm.of(settings.brand, past.channels, design.weeks), {}
    if brand is not None:
        stage = f"{stage}, brand"
        both = sample(
            design, settings, lambda share: report(stage, 0.9 * share), moving, brand=brand
        )
        log_bayes_factor = log_evidence(both.stock)
        of_brand = {"brand": np.where(brand.channels, log_bayes_factor, np.nan)}
        # Without evidence nothing changes, to the last digit.
        told = log_bayes_factor > priors.BRAND_EVIDENCE
        draws, brand = (both, brand) if told else (draws, None)
    readings: dict[str, Floats] = {}
    lags = design.shapes.kernel.shape[1] - 1
    like = torch.zeros(1, dtype=torch.float64)
    experiments = experiments_of(lift_tests, past, scaling, lags, like)
    if experiments:
        paths = moving.paths(draws.readout.mean(axis=0))
        experiments = tuple(one.where_worth(paths) for one in experiments)
        readings, tests = _confronted(draws, experiments, rows)
        stage = f"{stage}, lift tests"
        draws = sample(
            design, settings, lambda share: report(stage, 0.9 * share), moving, tests, brand
        )
    index = draws.spread_out(_members(settings, past))
    equation = _equation(draws, index, rows, past, settings)
    if moving.channels.any():
        equation.readout = torch.from_numpy(moving.readout @ draws.readout[index])
    drawn = draws.reading[index]
    members = tuple(replace(one, drawn=drawn[:, past.channels.index(one.channel)]) for one in noisy)
    if brand is not None:
        _leave_behind(equation, brand, [draws.stock[d] for d in index])
    response = _with_levels(panel, past, equation, scaling, forecasts, members)
    mixing = {"r_hat": draws.r_hat, "effective": draws.effective, **of_brand}
    if evidence is not None:
        mixing["log_bayes_factor"] = evidence.log_bayes_factor
    response = replace(response, mixing=mixing)
    report(stage, 1.0)
    if experiments:
        readings["after"] = expected_lifts(equation, experiments)
    return ResponseFit(response, readings, _history(draws))


def _seen(past: Panel) -> np.ndarray:
    """Positions of the regions that the chains see, the largest first."""
    size = np.abs(past.kpi * past.observed).sum(axis=1)
    order = np.lexsort((past.regions, -size))
    if len(order) <= _MOST_REGIONS:
        return order
    # Each with the same distance to the next: small ones are seen, too.
    step = len(order) / _MOST_REGIONS
    return order[(np.arange(_MOST_REGIONS) * step).astype(int)]


def _as_drawn(scaling: Scaling, design: Design, rows: np.ndarray) -> Scaling:
    """Scaling whose exposure counts as the chains' does: without typing errors."""
    size = scaling.exposure_size.copy()
    # A channel that begins after the fitted weeks is of infinite size, and stays so.
    size[rows] = np.where(np.isfinite(size[rows]), design.exposure_size, size[rows])
    return replace(scaling, exposure_size=size)


def _members(settings: ModelSettings, past: Panel) -> int:
    """How many draws are kept: fewer of a large panel."""
    fit = _MOST_CELLS // max(past.exposure.size, 1)
    return min(settings.members, max(fit, _FEWEST_MEMBERS))


def _equation(
    draws: Draws, index: np.ndarray, rows: np.ndarray, past: Panel, settings: ModelSettings
) -> Equation:
    """Return the equation whose members are the draws ``index``; levels are not solved yet."""
    lags = draws.design.shapes.kernel.shape[1] - 1
    width = settings.gru_width if draws.readout.any() else 0
    settings = replace(settings, lag_weeks=lags, gru_width=width, members=len(index))
    regions, channels = len(past.regions), len(past.channels)
    equation = Equation(settings, (len(index), regions, channels, len(past.controls))).double()
    values = draws.values(index)
    for parameter in equation.shape_parameters:
        natural = torch.from_numpy(np.ascontiguousarray(values[parameter.name]))
        getattr(equation, parameter.name).data = parameter.link.unbounded(natural)
    often = draws.design.frequency_size
    if often.any():
        equation.frequency_size = torch.from_numpy(np.tile(often, (len(index), 1)))
    seen = draws.coefficient(index)  # [M, R', C]
    nation = seen / draws.region[index]
    coefficient = np.broadcast_to(nation[:, :1], (len(index), regions, channels)).copy()
    coefficient[:, rows] = seen
    # A region's return is drawn around one; below nothing it would take sales away.
    equation.media = torch.from_numpy(np.maximum(coefficient, 0.0))
    treatment = np.repeat(draws.effect[index][:, None], regions, axis=1)  # [M, R, T]
    treatment[:, rows] *= draws.effect_region[index]
    equation.treatment = torch.from_numpy(treatment)
    return equation


def _leave_behind(equation: Equation, brand: BrandTerm, stocks: Sequence[Stock]) -> None:
    """Give an equation the stocks of its members."""
    multiple, start = (np.array([getattr(s, n) for s in stocks]) for n in ("multiple", "start"))
    equation.brand_multiple = torch.from_numpy(multiple[:, None] * brand.channels)
    equation.brand_half_life = torch.from_numpy(brand.half_life[[s.place for s in stocks]])
    equation.brand_start = torch.from_numpy(start)


def _with_levels(
    panel: Panel,
    past: Panel,
    equation: Equation,
    scaling: Scaling,
    forecasts: bool,
    readings: tuple[Reading, ...],
) -> FittedResponse:
    """Solve for levels, seasonality and controls of what each member's media leave over."""
    settings = equation.settings
    with torch.no_grad():
        inputs = inputs_of(past, scaling, len(past.weeks), settings.harmonics)
        data = Observations.of(past, scaling, inputs, replace(settings, members=1))
        media = _contribution(equation, data, past.channels, readings)  # [M, R, W]
        if past.treatments:
            media = media + equation.treated(inputs).sum(-1)
        left = data.without_media(media.mean(0))
        none = left.inputs.exposure[None]  # [1, R, W, 0]
        noise, solution = learn_noise(left, none)
        estimate = Estimate(equation, left, noise, solution)
        ways = Blend.of_likelihood(noise)
        if forecasts:
            size = torch.as_tensor(scaling.region_size)
            ways = blend(estimate, none, size, settings.holdout_weeks)
        fitted = usual_surprise(estimate, none)
        each = data.without_media(media)
        members = len(media)
        empty = none.expand(members, *none.shape[1:])
        regional, equation.level = ways.solve(each, empty, solution.repeat(members))
        controls = inputs.control.shape[-1]
        equation.control = regional[..., :controls].clone()
        equation.season = regional[..., controls:].clone()
    ahead = fitted if ways.surprise is None else ways.surprise
    response = FittedResponse.of(panel, scaling, equation, noise, (fitted, ahead))
    return replace(response, readings=readings)


def _contribution(
    equation: Equation,
    data: Observations,
    channels: tuple[str, ...],
    readings: Sequence[Reading],
) -> Tensor:
    """``[M, R, W]`` of all media and their stock, one batch of regions after the other."""
    weeks, found = data.target.shape[1], []
    for rows in data.batches(len(equation.media)):
        inputs = data.part(rows, weeks).inputs
        own = [one.part(rows, weeks) for one in readings]
        adstocked = truly_adstocked(equation, inputs, channels, own)
        own_media = equation.media[:, rows, None] * equation.saturated(inputs, adstocked)
        found.append(own_media.sum(-1))
        if equation.brand_multiple is not None:
            found[-1] = found[-1] + equation.left_behind(own_media).sum(-1)
    return torch.cat(found, dim=1)


def _confronted(
    draws: Draws, experiments: Sequence[Experiment], rows: np.ndarray
) -> tuple[dict[str, Floats], list[Test]]:
    """Hold tests against draws that were made without them.

    A test that lies further from what the draws say than both doubts together allow conflicts: its
    standard error is widened by what is left of the gap, so that it cannot bend everything else.

    Returns
    -------
    readings
        As `Evidence.readings`, without ``after``.
    tests
        As the posterior reads them.
    """
    tests = [Test.of(draws.design, one, rows) for one in experiments]
    each = [test.expected(draws.shape, draws.size, draws.region) for test in tests]
    before = np.stack(each, axis=1)  # [D, N]
    lift, error = (np.array([getattr(t, name) for t in tests]) for name in ("lift", "error"))
    conflicts, wide = conflicting(before, lift, error)
    readings = {"error": wide, "conflicts": conflicts.astype(float), "before": before}
    return readings, [replace(t, error=float(e)) for t, e in zip(tests, wide, strict=True)]


def _history(draws: Draws) -> list[dict[str, float]]:
    """Misfit at each kept sweep, averaged over the chains."""
    by_sweep = draws.misfit.reshape(draws.chains, -1).mean(axis=0)
    return [{"misfit": float(value)} for value in by_sweep]
