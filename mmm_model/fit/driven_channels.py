"""A channel that others drive: how much of its exposure they create.

Its structural equation is the equation of the KPI once more: the channel's exposure is what
is explained, its drivers are the media, with carryover and saturation of their own, and the
controls that media do not drive stand beside them. A straight line through the drivers would
do near what they usually are; a counterfactual asks what is left when they are zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import networkx as nx
import numpy as np

from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.graph import ChannelGraph
from mmm_model.graph.preparation import alive
from mmm_model.panel import Floats, Panel
from mmm_model.settings import ModelSettings

# Of a structural equation: it has few drivers, which act within weeks.
_CHAINS, _LAGS = 2, 12


@dataclass(frozen=True)
class DrivenChannel:
    """The structural equation of one channel.

    Parameters
    ----------
    target
        The channel.
    delay
        Weeks after which each source acts at the earliest, in the order of the sources.
    response
        Fitted to the target's exposure; its channels are the sources.
    cut
        A source whose edge is removed; None removes none.
    """

    target: str
    delay: tuple[int, ...]
    response: FittedResponse
    cut: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The channels that drive it."""
        return self.response.channels

    def repeated(self, members: int) -> DrivenChannel:
        """Return it with so many members, to go with those of the KPI's response."""
        return replace(self, response=self.response.repeated(members))

    def created(self, panel: Panel, exposure: Floats) -> Floats:
        """Exposure ``[M, R, W, S]`` of the target that each source creates.

        Parameters
        ----------
        panel
            The whole panel.
        exposure
            ``[R, W, C]`` or ``[M, R, W, C]`` plan of all its channels.
        """
        own = target_panel(panel, self.target, self.sources, self.delay, self.response.controls)
        position = [panel.channels.index(name) for name in self.sources]
        plan = delayed(exposure[..., position], self.delay)
        created = self.response.media_response(own, plan).contribution()
        return created * [name != self.cut for name in self.sources]


def structural(settings: ModelSettings) -> ModelSettings:
    """Return the settings of a structural equation beside a response of these settings."""
    if settings.learns_graph:  # other numbers of steps and bounds of slopes serve a search
        settings = ModelSettings(members=settings.members, seed=settings.seed)
    return replace(
        settings,
        chains=min(settings.chains, _CHAINS),
        lag_weeks=min(settings.lag_weeks, _LAGS),
        # Effectiveness that drifts would take over what the drivers do, as a level does already.
        gru_width=0,
        holdout_weeks=0,
        brand=None,  # nobody clicks today for what was on air two years ago
    )


def delays(graph: ChannelGraph) -> dict[str, dict[str, int]]:
    """Weeks until each driver acts first, by driven channel; drivers before the driven.

    Only edges between channels: a control that drives a channel is no medium. Where a lagged
    edge closes a loop in time, the channels of the loop come in the order of their names.
    """
    count = len(graph.channels)
    pairs = graph.drivers()[:count, :count]
    order: nx.DiGraph[int] = nx.DiGraph(np.argwhere(pairs).tolist())
    loops = nx.condensation(order)
    found: dict[str, dict[str, int]] = {}
    for loop in nx.lexicographical_topological_sort(loops):
        for target in sorted(loops.nodes[loop]["members"]):
            first = {
                graph.channels[source]: int(np.flatnonzero(graph.published[:, source, target])[0])
                for source in np.flatnonzero(pairs[:, target])
            }
            if first:
                found[graph.channels[target]] = first
    return found


def target_panel(
    panel: Panel,
    target: str,
    sources: tuple[str, ...],
    delay: tuple[int, ...],
    controls: tuple[str, ...],
) -> Panel:
    """Return the panel whose KPI is the target's exposure and whose media are its drivers."""
    position = [panel.channels.index(name) for name in sources]
    seen = alive(panel.exposure)
    seen[~seen.any(axis=1)] = True
    return replace(
        panel.with_controls(controls).with_treatments(()).of_channels(position),
        exposure=delayed(panel.exposure[..., position], delay),
        frequency=None,  # whom a source reached is what may create
        kpi=panel.exposure[..., panel.channels.index(target)],
        observed=seen,
        value_per_kpi=np.full_like(panel.value_per_kpi, np.nan),
    )


def delayed(exposure: Floats, delay: tuple[int, ...]) -> Floats:
    """``[…, R, W, S]`` moved by whole weeks; before the first week there was none."""
    if not any(delay):
        return exposure
    moved = np.zeros_like(exposure)
    weeks = exposure.shape[-2]
    for source, weeks_later in enumerate(delay):
        moved[..., weeks_later:, source] = exposure[..., : weeks - weeks_later, source]
    return moved
