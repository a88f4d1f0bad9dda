"""What every saturation family offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor

from mmm_model.equation.shape_grid import ShapeGrid
from mmm_model.equation.shape_parameter import ShapeParameter


class Saturation(ABC):
    """A family of curves from nothing to a ceiling of one.

    Curves are read at the logarithm of exposure: scaling a plan adds to it, so a logarithm taken
    once serves every scale. Where there is no exposure it is −inf, and the response is zero.

    Attributes
    ----------
    parameters
        In the order in which they are drawn and saved.
    """

    parameters: tuple[ShapeParameter, ...]

    @abstractmethod
    def share(self, log_exposure: Tensor, values: Mapping[str, Tensor]) -> Tensor:
        """Return the share of the ceiling that is reached.

        Parameters
        ----------
        log_exposure
            ``[...]`` logarithm of adstocked exposure.
        values
            Each parameter in natural units, of a shape that fits ``[...]``.

        Returns
        -------
        Tensor
            ``[...]`` from 0 to 1.
        """

    @abstractmethod
    def steepness(self, log_exposure: Tensor, values: Mapping[str, Tensor]) -> Tensor:
        """Return the derivative of `share` with respect to ``log_exposure``, ``[...]``."""

    def grid(self) -> ShapeGrid:
        """Return the curves that a posterior averages over."""
        return ShapeGrid.around_prior(self.parameters)
