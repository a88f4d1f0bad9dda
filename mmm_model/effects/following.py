"""How channels follow: what scaling a channel's recent plan does to the channels it drives.

What television makes people search for is paid for when they click: part of what is spent on
search moves with television. What a driver creates of a channel is read off the channel's own
equation, at every scale of the driver's plan, as a share of the channel's recent exposure.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mmm_model.effects.recent_plan import reported, week_share
from mmm_model.fit.driven_channels import DrivenChannel, delayed, target_panel
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.panel import Bools, Floats, Panel
from mmm_model.settings import PLAN_WEEKS

_STEP = 0.125
_SCALES: Floats = np.linspace(0.0, 4.0, 33)
"""Scales of a driver's plan at which it is tabulated, `_STEP` apart; straight lines between, and
beyond the last no more is created."""


@dataclass(frozen=True)
class Drive:
    """What one channel creates of another.

    Parameters
    ----------
    source, target
        Positions of the channels.
    share
        ``[M, R, G]`` exposure of the target that the source creates at G scales of its plan,
        over the target's recent exposure.
    """

    source: int
    target: int
    share: Floats

    def at(self, scale: Floats) -> Floats:
        """Share ``[M, R]`` at the source's scale ``[M, R]``."""
        place = np.clip(scale / _STEP, 0.0, self.share.shape[-1] - 1.0)
        left = np.minimum(place.astype(int), self.share.shape[-1] - 2)[..., None]
        low, high = (np.take_along_axis(self.share, left + k, axis=-1)[..., 0] for k in (0, 1))
        return low + (place - left[..., 0]) * (high - low)


@dataclass(frozen=True)
class Following:
    """Which channels follow which, on a panel's recent plan.

    Parameters
    ----------
    channels
        Names of the C channels.
    drives
        Those into one channel stand together, drivers before the driven.
    """

    channels: tuple[str, ...] = ()
    drives: tuple[Drive, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.drives)

    @cached_property
    def targets(self) -> tuple[int, ...]:
        """Positions of the channels that follow, drivers before the driven."""
        return tuple(dict.fromkeys(drive.target for drive in self.drives))

    @cached_property
    def sources(self) -> tuple[int, ...]:
        """Positions of the channels that something follows."""
        return tuple(sorted({drive.source for drive in self.drives}))

    @cached_property
    def follows(self) -> Bools:
        """``[C]``."""
        return np.isin(np.arange(len(self.channels)), self.targets)

    def drivers_of(self, target: int) -> tuple[str, ...]:
        """Names of the channels that one follows."""
        return tuple(self.channels[d.source] for d in self.drives if d.target == target)

    def only(self, channels: Bools) -> Following:
        """Return it for the channels that are True in ``[C]``; the others stay as they are."""
        new = np.cumsum(channels) - 1
        kept = tuple(name for name, k in zip(self.channels, channels, strict=True) if k)
        drives = tuple(
            replace(d, source=int(new[d.source]), target=int(new[d.target]))
            for d in self.drives
            if channels[d.source] and channels[d.target]
        )
        return Following(kept, drives)

    def multiplier(self, levers: Floats) -> Floats:
        """Scale of every channel's plan once those that follow have followed.

        Parameters
        ----------
        levers
            ``[R, C]`` scale of what is decided; of a channel that follows, the scale of the
            part of it that no driver creates.

        Returns
        -------
        Floats
            ``[M, R, C]``; ``[1, R, C]`` where nothing follows.
        """
        if not self.drives:
            return levers[None]
        found = np.repeat(levers[None], len(self.drives[0].share), axis=0)
        for target in self.targets:
            into = [drive for drive in self.drives if drive.target == target]
            usual = sum(drive.at(np.ones(found.shape[:2])) for drive in into)
            created = sum(drive.at(found[..., drive.source]) for drive in into)
            own = levers[:, target] * (1.0 - usual)
            found[..., target] = np.maximum(own + created, 0.0)
        return found


def following(model: FittedModel, panel: Panel, names: Collection[str]) -> Following:
    """Work out how the channels of these names follow their drivers.

    Parameters
    ----------
    model
        Fitted to ``panel``.
    names
        Channels that follow; those that nothing drives, by the model's graph, are left out.
    """
    drives: list[Drive] = []
    for equation in model.driven:
        if equation.target in names:
            drives += _drives(equation, panel)
    return Following(panel.channels, tuple(drives))


def _drives(equation: DrivenChannel, panel: Panel) -> list[Drive]:
    own = target_panel(
        panel, equation.target, equation.sources, equation.delay, equation.response.controls
    )
    position = [panel.channels.index(name) for name in equation.sources]
    plan = delayed(panel.exposure[..., position], equation.delay)
    response = equation.response.media_response(own, plan).tail(PLAN_WEEKS)
    week = week_share(reported(panel)[:, -PLAN_WEEKS:])  # [R, T]
    target = panel.channels.index(equation.target)
    recent = np.einsum("rt,rt->r", week, panel.exposure[:, -PLAN_WEEKS:, target])
    created = np.stack(
        [np.einsum("rt,mrts->mrs", week, response.contribution(scale)) for scale in _SCALES],
        axis=-1,
    )  # [M, R, S, G]
    share = created / np.where(recent > 0, recent, np.inf)[:, None, None]
    return [
        Drive(source, target, share[:, :, s])
        for s, source in enumerate(position)
        if equation.sources[s] != equation.cut
    ]
