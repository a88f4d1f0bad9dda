"""The section ``graph`` of the configuration: what is known about who drives whom."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mmm_assets.config.tables import Name, Section

if TYPE_CHECKING:
    from mmm_model.graph import GraphSettings


class GraphSection(Section):
    """Prior knowledge of how channels and controls drive each other."""

    enabled: bool = Field(default=True, description="false: channels do not drive each other")
    method: Literal["order", "notears", "dynotears"] = Field(
        default="order",
        description="who learns the edges: a search over orders, or continuous optimisation of "
        "those within a week (notears) or from past weeks too (dynotears)",
    )
    tiers: list[list[Name]] = Field(
        default=[], description="upper to lower funnel; no edge leads back"
    )
    required: list[tuple[Name, Name]] = Field(default=[], description="pairs [source, target]")
    forbidden: list[tuple[Name, Name]] = Field(default=[], description="pairs [source, target]")
    probability: float = Field(
        default=0.7, ge=0.5, le=1, description="share of refits that must find an edge"
    )
    keep_driven_controls: bool = Field(
        default=False, description="true: adjust for controls that media drive all the same"
    )
    instruments: list[Name] | dict[Name, list[Name]] = Field(
        default=[],
        description="controls that act only through the channels they drive; by channel: "
        "{search: [search_budget]}",
    )
    reading_errors: Literal["spend", "all", "none"] = Field(
        default="spend",
        description="driven channels whose exposure is a noisy reading of what works: those "
        "whose exposure is spend, all, or none",
    )

    @property
    def nodes(self) -> set[str]:
        """The channels and controls that are named."""
        edges = [*self._required, *self.forbidden]
        return {name for group in [*self.tiers, *edges, self._instruments] for name in group}

    @property
    def _instruments(self) -> list[str]:
        if isinstance(self.instruments, list):
            return self.instruments
        named = [name for names in self.instruments.values() for name in names]
        return list(dict.fromkeys(named))

    @property
    def _required(self) -> list[tuple[str, str]]:
        """Required edges, those from a channel's own instruments among them."""
        if isinstance(self.instruments, list):
            return self.required
        declared = [(z, channel) for channel, own in self.instruments.items() for z in own]
        return list(dict.fromkeys([*self.required, *declared]))

    def settings(self, seed: int, nodes: Collection[str] | None = None) -> GraphSettings:
        """Settings of the channel graph.

        Parameters
        ----------
        seed
            Of the refits that an edge's probability is counted in.
        nodes
            Channels and controls of the panel: what is said of others is left out, since a
            channel that has not been on air yet is not in the panel of an early week.
        """
        from mmm_model.graph import GraphSettings

        def known(*names: str) -> bool:
            return nodes is None or set(names) <= set(nodes)

        return GraphSettings(
            enabled=self.enabled,
            method=self.method,
            publish_probability=self.probability,
            tiers=tuple(tuple(filter(known, tier)) for tier in self.tiers),
            required=tuple(edge for edge in self._required if known(*edge)),
            forbidden=tuple(edge for edge in self.forbidden if known(*edge)),
            keep_driven_controls=self.keep_driven_controls,
            instruments=tuple(filter(known, self._instruments)),
            reading_errors=self.reading_errors,
            seed=seed,
        )
