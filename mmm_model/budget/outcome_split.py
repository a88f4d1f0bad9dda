"""Why the KPI differs from what a plan promised, by cause, to the last unit.

From the promise to what came in steps, each a fit read on what was planned or on what was done:

========== =====================================================================================
spend      other money than planned, at the promised cost and response; channels the plan lacks
media cost what the money bought: exposure for it, and history that was restated since
controls   controls and treatments that came otherwise than assumed, at the promised effect; so
           the slow stock of brand that other spend than planned left behind
response   media as they ran, as the fit of now reads them against the fit that promised
baseline   level, season and effect of controls, likewise
noise      what the fit of now leaves over
========== =====================================================================================

Each step begins where the one before ended, so they add up to the difference. Another order would
move what two causes did together: it is money first, as that was decided. The two fits are draws
that know nothing of each other, though they share most of their data: intervals of response and
baseline are rather too wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mmm_model.budget.planned_media import PlannedMedia
from mmm_model.effects.forecast_track import as_known_to
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.fitted_response import Components
from mmm_model.intervals import effect_interval, interval
from mmm_model.panel import Bools, Floats, Panel

CAUSES = ("spend", "media cost", "controls", "response", "baseline", "noise")
SPLIT_COLUMNS = ("cause", "channel", "kpi", "lower", "upper", "place")
_OF_MEDIA = ("spend", "media cost", "response")


@dataclass(frozen=True)
class Promised:
    """A plan as the fit saw it that made its promise.

    Parameters
    ----------
    model, panel
        The fit, and the panel that it was fitted to.
    planned
        Media of the weeks after that panel, up to the last one of the plan.
    weeks
        H: the plan is the last H of them.
    """

    model: FittedModel
    panel: Panel
    planned: PlannedMedia
    weeks: int


def split_outcome(promised: Promised, model: FittedModel, panel: Panel) -> pd.DataFrame:
    """Split the KPI that came, less the KPI that was promised, by cause.

    Parameters
    ----------
    promised
        What was adopted.
    model, panel
        The fit of now, and the panel that it was fitted to; at least one week of the plan is in it.

    Returns
    -------
    DataFrame
        `SPLIT_COLUMNS`: KPI of all regions in the weeks of the plan that are over and whose KPI is
        known; a row by cause, and of causes in media one by channel of the plan.

    Raises
    ------
    ValueError
        If the panel of now begins at another week, or lacks a region, channel or control of the
        promise.
    """
    known = as_known_to(promised.model, panel)
    over = promised.planned.weeks[-promised.weeks :].intersection(known.weeks)
    if not len(over):
        raise ValueError("no week of the plan is over yet")
    steps = _Steps(promised, known, over)
    rows = [panel.regions.index(name) for name in known.regions]
    places = panel.weeks.get_indexer(over)
    now = _cut(model.components(panel), places, rows)
    seen = known.observed[:, steps.here]
    by_cause = _by_cause(steps, now, np.where(seen, known.kpi[:, steps.here], 0.0), seen)
    by_cause["spend"] = _with_new(by_cause["spend"], now, panel.channels, known.channels, seen)
    own = [panel.channels.index(name) for name in known.channels]
    then = steps.done.media
    by_cause["response"] = _change(
        _total(now.media[..., own], seen), _total(then, seen), by_channel=True
    )
    return _frame(by_cause, known.channels)


@dataclass(frozen=True)
class _Part:
    """Draws ``[M, C]`` or ``[M, 1]`` of a cause in KPI units, and its expected value ``[C]``."""

    draws: Floats
    mean: Floats


class _Steps:
    """The fit that promised, read on what was planned and on what was done."""

    def __init__(self, promised: Promised, known: Panel, over: pd.DatetimeIndex) -> None:
        model, planned = promised.model, promised.planned
        longer = planned.after(promised.panel)
        there = longer.weeks.get_indexer(over)
        self.here = known.weeks.get_indexer(over)
        self.planned = _cut(model.components(longer), there)
        ahead = known.weeks.intersection(planned.weeks)
        money = known.spend[:, known.weeks.get_indexer(ahead)]
        units = known.exposure[:, known.weeks.get_indexer(ahead)]
        exposure = planned.exposure.copy()
        exposure[:, : len(ahead)] = _at_promised_cost(planned, money, units)
        paid = PlannedMedia(planned.weeks, planned.spend, exposure)
        self.paid = _cut(model.components(paid.after(promised.panel)), there)
        self.done = _cut(model.components(known), self.here)


def _at_promised_cost(planned: PlannedMedia, money: Floats, units: Floats) -> Floats:
    """Exposure ``[R, A, C]`` that the money spent would have bought at the plan's cost.

    Where nothing was planned no cost was promised, and of a channel without known spend none is
    known: there it is the exposure that ran.
    """
    weeks = money.shape[1]
    asked, buys = planned.spend[:, :weeks], planned.exposure[:, :weeks]
    priced = (np.nan_to_num(asked) > 0) & ~np.isnan(money)
    share = np.divide(money, asked, out=np.zeros_like(money), where=priced)
    return np.where(priced, buys * share, units)


def _by_cause(steps: _Steps, now: Components, kpi: Floats, seen: Bools) -> dict[str, _Part]:
    planned, paid, done = steps.planned, steps.paid, steps.done
    control_done, control_planned = (
        _total(part.control.sum(-1) + part.treatment.sum(-1) + part.brand.sum(-1), seen)
        for part in (done, planned)
    )
    base_now = now.prediction - now.media.sum(-1)
    base_then = done.prediction - done.media.sum(-1)
    expected = _total(now.prediction, seen)
    left = kpi.sum() - expected
    return {
        "spend": _same(_total(paid.media, seen) - _total(planned.media, seen)),
        "media cost": _same(_total(done.media, seen) - _total(paid.media, seen)),
        "controls": _same((control_done - control_planned)[:, None]),
        "baseline": _change(_total(base_now, seen), _total(base_then, seen)),
        "noise": _same(left[:, None]),
    }


def _with_new(
    spend: _Part, now: Components, channels: tuple[str, ...], known: tuple[str, ...], seen: Bools
) -> _Part:
    """What the fit of now reads into channels that the plan lacks is money it did not know of."""
    new = [c for c, name in enumerate(channels) if name not in known]
    found = _total(now.media[..., new].sum(-1), seen)[:, None]
    count = max(len(found), len(spend.draws))
    draws = np.concatenate([_repeated(spend.draws, count), _repeated(found, count)], axis=1)
    return _Part(draws, np.append(spend.mean, found.mean()))


def _frame(by_cause: dict[str, _Part], channels: tuple[str, ...]) -> pd.DataFrame:
    rows: list[tuple[str, str | None, float, float, float, int]] = []
    for place, cause in enumerate(CAUSES):
        part = by_cause[cause]
        ends = effect_interval if cause in _OF_MEDIA else interval
        lower, upper = ends(part.draws.sum(axis=1))
        rows.append((cause, None, float(part.mean.sum()), float(lower), float(upper), place))
        if cause in _OF_MEDIA:
            low, high = ends(part.draws)
            rows += [
                (cause, name, float(part.mean[c]), float(low[c]), float(high[c]), place)
                for c, name in enumerate(channels)
            ]
    return pd.DataFrame(rows, columns=list(SPLIT_COLUMNS))


def _cut(parts: Components, weeks: Any, regions: list[int] | None = None) -> Components:
    """Components of some weeks and regions."""
    own = slice(None) if regions is None else regions
    return Components(**{name: value[:, own][:, :, weeks] for name, value in vars(parts).items()})


def _total(members: Floats, seen: Bools) -> Floats:
    """Sum ``[M, ...]`` of ``[M, R, E, ...]`` over cells whose KPI is known."""
    return np.einsum("mre...,re->m...", members, seen.astype(float))


def _same(draws: Floats) -> _Part:
    return _Part(draws, draws.mean(axis=0))


def _change(now: Floats, then: Floats, by_channel: bool = False) -> _Part:
    """A change between two fits; their draws know nothing of each other and pair as they come."""
    if not by_channel:
        now, then = now[:, None], then[:, None]
    count = max(len(now), len(then))
    draws = _repeated(now, count) - _repeated(then, count)
    return _Part(draws, now.mean(axis=0) - then.mean(axis=0))


def _repeated(draws: Floats, count: int) -> Floats:
    return draws[np.arange(count) % len(draws)]
