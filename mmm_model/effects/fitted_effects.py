"""A fit and its panel, with all that tables of effects read, each part worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mmm_model.effects.mediation import Mediation, mediation
from mmm_model.equation.media_response import MediaResponse
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.fitted_response import Components
from mmm_model.panel import Panel


@dataclass(frozen=True)
class FittedEffects:
    """The effects that a model finds in a panel; a part is worked out when it is first read.

    Parameters
    ----------
    model
        The fit.
    panel
        The panel that it was fitted to.
    """

    model: FittedModel
    panel: Panel

    @cached_property
    def response(self) -> MediaResponse:
        """The media part, for curves and budgets."""
        return self.model.media_response(self.panel)

    @cached_property
    def components(self) -> Components:
        """The components of the prediction."""
        return self.model.components(self.panel)

    @cached_property
    def mediation(self) -> Mediation:
        """Direct and total contribution of each channel."""
        return mediation(self.model, self.panel, self.response.contribution())
