"""Mediation: KPI that a channel earns through the channels it drives.

Switching a channel off lowers the channels that it drives, at once and in later weeks;
the KPI that is lost that way is its mediated contribution. The rest is its own path; part of that
leads by what the channel creates and nobody buys, see `mmm_model.effects.unpaid`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from mmm_model.effects.unpaid import through_unpaid
from mmm_model.fit.driven_channels import DrivenChannel
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.panel import Floats, Panel


@dataclass(frozen=True)
class Mediation:
    """Counterfactual contributions of each channel, KPI units, each ``[M, R, W, C]``.

    Parameters
    ----------
    direct
        KPI lost through the channel's own path when it alone is off.
    total
        KPI lost when it is off and the channels it drives respond.
    through
        Of ``direct``, what leads by each unpaid mediator.
    """

    direct: Floats
    total: Floats
    through: tuple[Floats, ...] = ()

    @property
    def mediated(self) -> Floats:
        """KPI lost through the channels it drives, ``total − direct``."""
        return self.total - self.direct

    @property
    def unpaid(self) -> Floats:
        """KPI that it earns by what it creates and nobody buys, part of ``direct``."""
        found = np.zeros_like(self.direct)
        for part in self.through:
            found += part
        return found

    @property
    def alone(self) -> Floats:
        """KPI that it earns by itself: ``total − mediated − unpaid``."""
        return self.direct - self.unpaid


def mediation(model: FittedModel, panel: Panel, direct: Floats | None = None) -> Mediation:
    """Direct and total contribution of each channel.

    Parameters
    ----------
    model
        A fit with the equations of the channels that others drive.
    panel
        As for `FittedModel.components`.
    direct
        Direct contributions ``[M, R, W, C]`` where they are known already.
    """
    if direct is None:
        direct = model.media_response(panel).contribution()
    total = direct.copy()
    drivers = {source for equation in model.driven for source in equation.sources}
    for c, name in enumerate(panel.channels):
        if name in drivers:
            total[..., c] = joint_total(model, panel, {name}, direct)
    return Mediation(direct, total, through_unpaid(model, panel, direct))


def joint_total(
    model: FittedModel, panel: Panel, off: Collection[str], direct: Floats | None = None
) -> Floats:
    """KPI ``[M, R, W]`` lost when the channels ``off`` are off together.

    Not the sum of their totals: what one earns through another would count twice.

    Raises
    ------
    ValueError
        If ``off`` names an unknown channel.
    """
    if direct is None:
        direct = model.media_response(panel).contribution()
    exposure = counterfactual_exposure(model.driven, panel, off, model.members)
    without = model.media_response(panel, exposure).contribution()
    return np.asarray((direct - without).sum(axis=-1))


def counterfactual_exposure(
    driven: Sequence[DrivenChannel], panel: Panel, off: Collection[str], members: int
) -> Floats:
    """Exposure in a world where the channels ``off`` never ran.

    Parameters
    ----------
    driven
        Equations of the channels that others drive, drivers before the driven.
    panel
        What was observed.
    off
        Channels at zero in every region and week.
    members
        M, members of each equation.

    Returns
    -------
    Floats
        ``[M, R, W, C]``; zero for ``off``; a driven channel is lowered by what its drivers no
        longer bring, in the same week and later, and never below zero.

    Raises
    ------
    ValueError
        If ``off`` names an unknown channel.
    """
    unknown = sorted(set(off) - set(panel.channels))
    if unknown:
        raise ValueError(f"unknown channels {unknown}; known: {list(panel.channels)}")
    observed = panel.exposure
    changed = np.broadcast_to(observed, (members, *observed.shape)).copy()
    changed[..., [name in off for name in panel.channels]] = 0.0
    affected = _affected(driven, off)
    usual = [equation.created(panel, observed).sum(axis=-1) for equation in affected]
    # One pass is exact; where a lagged edge closes a loop, each carries the loss a week further.
    for _ in panel.weeks if _has_loop(affected) else range(1):
        before = changed.copy()
        for equation, created in zip(affected, usual, strict=True):
            target = panel.channels.index(equation.target)
            lost = created - equation.created(panel, changed).sum(axis=-1)
            changed[..., target] = np.maximum(observed[..., target] - lost, 0.0)
        if np.allclose(changed, before, rtol=1e-9, atol=0.0):
            break
    return changed


def _affected(driven: Sequence[DrivenChannel], off: Collection[str]) -> list[DrivenChannel]:
    """Equations that ``off`` reaches."""
    reached, count = set(off), 0
    while len(reached) > count:
        count = len(reached)
        reached |= {equation.target for equation in driven if reached & set(equation.sources)}
    return [
        equation
        for equation in driven
        if equation.target not in off and reached & set(equation.sources)
    ]


def _has_loop(driven: Sequence[DrivenChannel]) -> bool:
    """Whether an equation reads a channel whose own equation does not come before it."""
    return any(
        later.target in equation.sources
        for position, equation in enumerate(driven)
        for later in driven[position:]
    )
