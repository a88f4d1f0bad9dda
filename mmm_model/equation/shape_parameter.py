"""A parameter of a shape: its prior in natural units, and the scale on which it is searched."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

from mmm_model.priors import ShapePrior


class Link(ABC):
    """A monotone map between all real numbers and the values that a parameter may have."""

    @abstractmethod
    def natural(self, unbounded: Tensor) -> Tensor:
        """Return the parameter in natural units."""

    @abstractmethod
    def unbounded(self, natural: Tensor) -> Tensor:
        """Return where the search stands; the inverse of `natural`."""


class Positive(Link):
    """Values above zero, on the scale of their logarithm."""

    def natural(self, unbounded: Tensor) -> Tensor:
        """``exp(u)``."""
        return unbounded.exp()

    def unbounded(self, natural: Tensor) -> Tensor:
        """``log(x)``."""
        return natural.log()


class SoftPositive(Link):
    """Values above zero that come close to it without leaving the scale far behind."""

    def natural(self, unbounded: Tensor) -> Tensor:
        """``log(1 + exp(u))``."""
        return softplus(unbounded)

    def unbounded(self, natural: Tensor) -> Tensor:
        """``log(exp(x) − 1)``."""
        return natural.expm1().log()


@dataclass(frozen=True)
class Between(Link):
    """Values between two bounds, on the scale of the logit."""

    low: float = 0.0
    high: float = 1.0

    def natural(self, unbounded: Tensor) -> Tensor:
        """``low + (high − low) / (1 + exp(−u))``."""
        return self.low + (self.high - self.low) * torch.sigmoid(unbounded)

    def unbounded(self, natural: Tensor) -> Tensor:
        """``logit((x − low) / (high − low))``."""
        return torch.logit((natural - self.low) / (self.high - self.low))


@dataclass(frozen=True)
class ShapeParameter:
    """One parameter of an adstock or a saturation, of each channel and member.

    Parameters
    ----------
    name
        Under which the equation and saved fits keep it.
    link
        To the scale on which it is searched and on which its prior is normal.
    prior
        Its centre in natural units and its spread on that scale.
    """

    name: str
    link: Link
    prior: ShapePrior

    def centre(self, like: Tensor) -> Tensor:
        """Centre of the prior on the scale of the search, worked out in double precision."""
        centre = torch.tensor(self.prior.centre, dtype=torch.float64)
        return self.link.unbounded(centre).to(like)
