"""How far a weighted graph is from having no cycle, with its gradient."""

from __future__ import annotations

from torch import Tensor, matrix_exp


def acyclicity(weight: Tensor) -> tuple[Tensor, Tensor]:
    """NOTEARS' measure h(W) = tr(exp(W∘W)) − d and its gradient.

    Parameters
    ----------
    weight
        ``[B, C, C]`` weights (source, target) of B graphs.

    Returns
    -------
    value, gradient
        ``[B]``, zero exactly when a graph has no cycle, positive otherwise; ``[B, C, C]``.

    References
    ----------
    Zheng, Aragam, Ravikumar & Xing (2018), "DAGs with NO TEARS", theorem 1.
    """
    walks = matrix_exp(weight * weight)
    value = walks.diagonal(dim1=-2, dim2=-1).sum(dim=-1) - weight.shape[-1]
    return value, 2.0 * walks.transpose(-2, -1) * weight
