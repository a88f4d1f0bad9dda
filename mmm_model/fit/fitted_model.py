"""A fitted system: the response of the KPI, the graph, and the channels that others drive."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mmm_model.equation.media_response import MediaResponse
from mmm_model.equation.scaling import Scaling
from mmm_model.fit.driven_channels import DrivenChannel
from mmm_model.fit.fitted_response import Components, FittedResponse, Prediction
from mmm_model.fit.saved_arrays import Arrays, pack, unpack
from mmm_model.fit.unpaid_mediators import UnpaidMediator
from mmm_model.graph import ChannelGraph
from mmm_model.panel import Floats, Panel
from mmm_model.settings import ModelSettings


@dataclass(frozen=True)
class FittedModel:
    """What a fit found, as one thing that is saved and read.

    Parameters
    ----------
    response
        The equation of the KPI.
    graph
        The channel graph; None where none was learned.
    driven
        Equations of the channels that others drive, drivers before the driven.
    lift
        What lift tests said, see `mmm_model.fit.evidence.Evidence.readings`; empty without any.
    mediators
        What media create and nobody buys.
    """

    response: FittedResponse
    graph: ChannelGraph | None = None
    driven: tuple[DrivenChannel, ...] = ()
    lift: dict[str, Floats] = field(default_factory=dict)
    mediators: tuple[UnpaidMediator, ...] = ()

    @property
    def settings(self) -> ModelSettings:
        """What the response was fitted with."""
        return self.response.settings

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the regions."""
        return self.response.regions

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return self.response.channels

    @property
    def controls(self) -> tuple[str, ...]:
        """Names of the controls that the response is adjusted for."""
        return self.response.controls

    @property
    def members(self) -> int:
        """Number of members of the ensemble."""
        return self.response.members

    @property
    def scaling(self) -> Scaling:
        """From the units of the data to the scale of the response."""
        return self.response.scaling

    def components(self, panel: Panel) -> Components:
        """See `FittedResponse.components`."""
        return self.response.components(panel)

    def media_response(self, panel: Panel, exposure: Floats | None = None) -> MediaResponse:
        """See `FittedResponse.media_response`."""
        return self.response.media_response(panel, exposure)

    def worth_of_frequency(self, panel: Panel) -> Floats | None:
        """See `FittedResponse.worth_of_frequency`."""
        return self.response.worth_of_frequency(panel)

    @property
    def reads_frequency(self) -> bool:
        """See `FittedResponse.reads_frequency`."""
        return self.response.reads_frequency

    def worth_at(self, frequency: Floats) -> Floats:
        """See `FittedResponse.worth_at`."""
        return self.response.worth_at(frequency)

    def adstock_kernel(self) -> Floats:
        """See `FittedResponse.adstock_kernel`."""
        return self.response.adstock_kernel()

    def predict(self, panel: Panel) -> Prediction:
        """See `FittedResponse.predict`."""
        return self.response.predict(panel)

    def to_bytes(self) -> bytes:
        """Save the system."""
        groups: dict[str, Arrays] = self.response.groups() | {"lift": self.lift}
        if self.graph is not None:
            groups["graph"] = self.graph.to_arrays()
        groups["driven"] = {
            str(number): np.frombuffer(equation.response.to_bytes(), dtype=np.uint8)
            for number, equation in enumerate(self.driven)
        }
        if self.mediators:
            groups["mediators"] = {
                name: value
                for number, one in enumerate(self.mediators)
                for name, value in one.to_arrays(number).items()
            }
        meta: dict[str, Any] = self.response.meta() | {
            "driven": [(equation.target, equation.delay) for equation in self.driven],
            "graph_controls": self.graph.controls if self.graph is not None else (),
            "graph_method": self.graph.method if self.graph is not None else "",
        }
        if self.mediators:
            meta["mediators"] = [one.meta() for one in self.mediators]
        return pack(meta, groups)

    @classmethod
    def from_bytes(cls, data: bytes) -> FittedModel:
        """Load what `to_bytes` saved.

        Raises
        ------
        ValueError
            If the bytes are not a saved model, or of a format that this version cannot read.
        """
        meta, groups = unpack(data)
        response = FittedResponse.restored(meta, groups)
        graph = None
        if "graph" in groups:
            graph = ChannelGraph.from_arrays(
                response.channels,
                response.regions,
                groups["graph"],
                meta["graph_controls"],
                meta.get("graph_method", "order"),  # there was no other
            )
        driven = tuple(
            DrivenChannel(
                target=target,
                delay=tuple(delay),
                response=FittedResponse.from_bytes(groups["driven"][str(number)].tobytes()),
            )
            for number, (target, delay) in enumerate(meta["driven"])
        )
        mediators = tuple(
            UnpaidMediator.restored(one, number, groups["mediators"])
            for number, one in enumerate(meta.get("mediators", ()))
        )
        return cls(response, graph, driven, groups.get("lift", {}), mediators)
