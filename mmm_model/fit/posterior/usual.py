"""What the shapes of a panel's channels have in common, learned from all of them.

Generators, and brands, differ in how long media are remembered and in how much curves bend; the
channels of one panel differ less (hierarchical priors: Gelman et al., 2013, chapter 5).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mmm_model import priors
from mmm_model.fit.posterior.shapes import ShapeBank
from mmm_model.panel import Bools, Floats

_GRID = np.linspace(-3.0, 3.0, 31)  # in prior standard deviations
_RAREST = 1e-4


@dataclass(frozen=True)
class Usual:
    """What is usual in a panel.

    Parameters
    ----------
    kernel_weight, curve_weight
        How common the kinds of kernels and of curves are.
    elasticity
        Logarithm of the channels' usual elasticity at their mean exposure.
    memory
        Logarithm of the weeks by which effects usually come later: a kernel's mean lag is
        expected to be exponential around it.
    """

    kernel_weight: Floats
    curve_weight: Floats
    elasticity: float
    memory: float

    @classmethod
    def first(cls, bank: ShapeBank) -> Usual:
        """Before the data."""
        return cls(
            bank.kernel_weight,
            bank.curve_weight,
            float(np.log(priors.USUAL_ELASTICITY[0])),
            float(np.log(priors.USUAL_MEMORY[0])),
        )

    def log_prior(self, bank: ShapeBank, curve: Floats | None = None) -> Floats:
        """``[S]`` log prior of the shapes, up to a constant.

        With a ``curve`` ``[H]`` that is the log prior of the curves, whatever is usual.
        """
        kernel = np.log(self.kernel_weight)[bank.kernel_kind] + _recalled(bank, self.memory)
        if curve is not None:
            within = bank.log_within.reshape(-1, bank.curves)[:, 0]
            return ((within + kernel)[:, None] + curve).ravel()
        curve = np.log(self.curve_weight)[bank.curve_kind] + _bent(bank, self.elasticity)
        return bank.log_within + (kernel[:, None] + curve).ravel()

    def drawn(
        self,
        rng: np.random.Generator,
        bank: ShapeBank,
        shape: np.ndarray,
        curved: Bools | None = None,
    ) -> Usual:
        """Draw anew, given the channels' shapes ``[C]``; ``curved`` curves alone say something."""
        kernel, curve = bank.parts(shape)
        curve = curve if curved is None else curve[curved]
        kernel_weight = _draw_weight(rng, bank.kernel_weight, bank.kernel_kind[kernel])
        curve_weight = _draw_weight(rng, bank.curve_weight, bank.curve_kind[curve])
        within = bank.log_within.reshape(-1, bank.curves)
        usual = replace(self, kernel_weight=kernel_weight, curve_weight=curve_weight)
        log_kernel = within[:, 0] + np.log(kernel_weight)[bank.kernel_kind]
        log_curve = within[0] + np.log(curve_weight)[bank.curve_kind]
        grid = _grid(priors.USUAL_MEMORY)
        memory = _draw(rng, grid, log_kernel + _recalled(bank, grid[:, None]), kernel)
        grid = _grid(priors.USUAL_ELASTICITY)
        elasticity = _draw(rng, grid, log_curve + _bent(bank, grid[:, None]), curve)
        return replace(usual, elasticity=elasticity, memory=memory)


def _recalled(bank: ShapeBank, memory: float | Floats) -> Floats:
    """Log density ``[..., A]`` of the kernels' mean lags."""
    return -bank.mean_lag / np.exp(memory)


def _bent(bank: ShapeBank, elasticity: float | Floats) -> Floats:
    """Log density ``[..., H]`` of the curves' elasticities."""
    return -0.5 * ((bank.log_elasticity - elasticity) / priors.ELASTICITY_SD) ** 2


def _draw_weight(rng: np.random.Generator, weight: Floats, kind: np.ndarray) -> Floats:
    """Draw how common kinds are, given those of the channels ``[C]``."""
    count = np.bincount(kind, minlength=len(weight))
    return np.maximum(rng.dirichlet(priors.KIND_CHANNELS * weight + count), _RAREST)


def _grid(prior: tuple[float, float]) -> Floats:
    return float(np.log(prior[0])) + prior[1] * _GRID


def _draw(rng: np.random.Generator, grid: Floats, log_p: Floats, chosen: np.ndarray) -> float:
    """Draw a point of the ``[G]`` grid.

    Parameters
    ----------
    log_p
        ``[G, N]`` log probabilities, up to a constant, of N choices.
    chosen
        ``[C]`` what the channels have.
    """
    log_p = log_p - np.logaddexp.reduce(log_p, axis=1, keepdims=True)
    score = log_p[:, chosen].sum(1) - 0.5 * _GRID**2
    return float(rng.choice(grid, p=np.exp(score - np.logaddexp.reduce(score))))
