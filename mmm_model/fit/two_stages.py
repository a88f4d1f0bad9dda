"""Which channels' exposure is corrected before the KPI's equation reads it, and with what.

A channel that a declared instrument moves, and a driven channel whose exposure is a reading with
errors. The equation of what each regression is lies in `mmm_model.fit.first_stage`.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from mmm_model.fit.driven_channels import DrivenChannel
from mmm_model.fit.first_stage import FirstStage
from mmm_model.fit.readings import Reading
from mmm_model.graph import ChannelGraph, GraphSettings
from mmm_model.panel import Floats, Panel

_CANDIDATES = 10
"""Draws of a first stage: the responses under every shape are worked out for each."""


def readings_of(
    panel: Panel,
    graph: ChannelGraph,
    driven: Sequence[DrivenChannel],
    settings: GraphSettings,
    seed: int,
) -> tuple[Reading, ...]:
    """Return the channels whose exposure is not read as it is recorded.

    Parameters
    ----------
    panel
        With all controls and instruments.
    graph, driven
        Which instruments move which channels, and the equations of driven channels.
    settings
        Names the instruments, and whose readings may be wrong.
    seed
        Of the draws.
    """
    equations = {one.target: one for one in driven}
    found = []
    for channel in panel.channels:
        instruments = instruments_of(channel, graph, settings)
        noisy = channel in equations and may_err(panel, channel, settings)
        if instruments or noisy:
            stages = _drawn_stages(panel, channel, equations.get(channel), graph, instruments, seed)
            found.append(_reading(channel, instruments, stages))
    return tuple(found)


def instruments_of(channel: str, graph: ChannelGraph, settings: GraphSettings) -> tuple[str, ...]:
    """Return the instruments that move a channel: as declared, or by a published edge."""
    drivers, place = graph.drivers(), {name: i for i, name in enumerate(graph.nodes)}
    return tuple(
        name
        for name in settings.instruments
        if (name, channel) in settings.required or drivers[place[name], place[channel]]
    )


def may_err(panel: Panel, channel: str, settings: GraphSettings) -> bool:
    """Whether a driven channel's exposure is a reading with errors; money is, a count is not."""
    if settings.reading_errors != "spend":
        return settings.reading_errors == "all"
    c = panel.channels.index(channel)
    return bool(np.array_equal(panel.exposure[..., c], np.nan_to_num(panel.spend[..., c])))


def _drawn_stages(
    panel: Panel,
    channel: str,
    equation: DrivenChannel | None,
    graph: ChannelGraph,
    instruments: tuple[str, ...],
    seed: int,
) -> list[FirstStage]:
    """First stages with the drivers' part at its mean, then by draws of it."""
    follow_media = graph.driven_controls()
    exogenous = [n for n in panel.controls if n not in follow_media and n not in instruments]
    columns = [panel.controls.index(name) for name in (*exogenous, *instruments)]
    exposure = panel.exposure[..., panel.channels.index(channel)]
    created = np.zeros((1, *exposure.shape))
    if equation is not None:
        created = equation.created(panel, panel.exposure).sum(axis=-1)
    rng = np.random.default_rng([seed, zlib.crc32(channel.encode())])
    members = np.linspace(0, len(created) - 1, _CANDIDATES).round().astype(int)

    def stage(part: Floats) -> FirstStage:
        return FirstStage.of(exposure, part, panel.control[..., columns])

    return [stage(created.mean(axis=0)), *(stage(created[m]).drawn(rng) for m in members)]


def _reading(channel: str, instruments: tuple[str, ...], stages: list[FirstStage]) -> Reading:
    mean, draws = stages[0], stages[1:]
    share = np.ones(len(draws)) if instruments else mean.noise_shares(len(draws))
    return Reading(
        channel=channel,
        factor=np.stack([one.factor(own) for one, own in zip(draws, share, strict=True)]),
        noise_share=share,
        instruments=instruments,
        f_statistic=mean.f_statistic(len(instruments)) if instruments else float("nan"),
    )
