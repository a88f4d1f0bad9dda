"""What every adstock family offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor

from mmm_model.equation.shape_grid import ShapeGrid
from mmm_model.equation.shape_parameter import ShapeParameter


class Adstock(ABC):
    """A family of kernels that spread an effect over the week of the exposure and later ones.

    Attributes
    ----------
    parameters
        P of them, in the order in which they are drawn and saved.
    bank
        ``(P values in natural units, …)`` kernels among which a search may start, from short to
        long and with early and late peaks.
    """

    parameters: tuple[ShapeParameter, ...]
    bank: tuple[tuple[float, ...], ...]

    @abstractmethod
    def kernel(self, values: Mapping[str, Tensor], lag: Tensor) -> Tensor:
        """Return the weights of the lags.

        Parameters
        ----------
        values
            Each parameter in natural units, all of one shape ``[...]``.
        lag
            ``[L]`` the lags 0, 1, … in weeks.

        Returns
        -------
        Tensor
            ``[..., L]`` ≥ 0, with sum one.
        """

    def grid(self, lags: int) -> ShapeGrid:
        """Return the kernels that a posterior averages over, for so many lags."""
        del lags
        return ShapeGrid.by_prior(self.parameters, self.bank)
