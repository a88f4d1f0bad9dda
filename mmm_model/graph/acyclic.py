r"""Linear structural equations by continuous optimisation under acyclicity.

With ``W`` the weights within a week and ``A`` those of past weeks, what the equations leave of
this week is ``X S`` with ``S = [I - W; -A]``; of many resamplings of the rows at once is minimised

    1/2 tr(S' G S) + l (|W| + |A|)      subject to      h(W) = tr exp(W * W) - N = 0

``G`` are mean products of the columns, ``*`` multiplies cell by cell, and ``h`` is zero exactly
where ``W`` has no cycle. The constraint is met by an augmented Lagrangian, each of its problems
solved by Adam; what is left below a threshold is no edge, and those that stay are fitted once more
without the penalty, which shrinks them (a relaxed lasso).

References
----------
Zheng, Aragam, Ravikumar & Xing (2018), "DAGs with NO TEARS: Continuous Optimization for Structure
Learning". Pamfil et al. (2020), "DYNOTEARS: Structure Learning from Time-Series Data". Kingma & Ba
(2015), "Adam". Meinshausen (2007), "Relaxed Lasso".
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import torch
from torch import Tensor

from mmm_model.graph.descent import minimised
from mmm_model.panel import Bools, Floats

_ROUNDS, _STEPS = 16, 100  # of the Lagrangian, and of the descent in each
_TOLERANCE = 1e-6  # see `minimised`
_SHRINKS, _RAISE = 0.25, 10.0  # h must fall to this share in a round, else its price is raised
_ACYCLIC = 1e-8  # of h: what closes a cycle is below any threshold
_ROUND = 1e-3  # below it the size of a weight is smooth
_PENALTY = 0.5  # times sqrt(log(columns) / rows), standard deviations
_THRESHOLD = 0.1  # standard deviations; what is smaller is no edge


def acyclic_weights(gram: Floats, rows: float, allowed: Bools, free: Bools) -> Floats:
    """Weights of the equations of every resampling, without a cycle within a week.

    Parameters
    ----------
    gram
        ``[B, P, P]`` mean products of the columns. The first N are the variables, of about unit
        variance; the others are past weeks.
    rows
        Number of independent rows behind them.
    allowed
        ``[P, N]`` pairs (source, target) that may be an edge.
    free
        ``[P, N]`` those that are not penalised and always kept, such as a variable's own past.

    Returns
    -------
    Floats
        ``[B, P, N]``.
    """
    penalty = _PENALTY * np.sqrt(np.log(len(allowed)) / max(rows, 2.0))
    weight = lagrangian_minimum(torch.from_numpy(gram), torch.from_numpy(allowed), penalty * ~free)
    kept = (np.abs(weight) >= _THRESHOLD) & allowed
    for of_one, size in zip(kept, np.abs(weight), strict=True):
        break_cycles(of_one, size)
    return refitted(gram, kept | (free & allowed))


def lagrangian_minimum(gram: Tensor, allowed: Tensor, penalty: Floats) -> Floats:
    """Return where the augmented Lagrangian ends, ``[B, P, N]``.

    Parameters
    ----------
    gram, allowed
        As in `acyclic_weights`.
    penalty
        ``[P, N]`` of each weight's size.
    """
    batch, n = len(gram), allowed.shape[1]
    fixed = torch.eye(len(allowed), n, dtype=gram.dtype)
    price = torch.from_numpy(penalty).to(gram)
    multiplier, raised = gram.new_zeros(batch), gram.new_ones(batch)
    before = gram.new_full((batch,), torch.inf)

    def loss(point: Tensor) -> tuple[Tensor, Tensor]:
        weight = point.view(batch, *allowed.shape)
        left = weight - fixed
        products = gram @ left
        h, slope = acyclicity(weight[:, :n])
        size = (weight**2 + _ROUND**2).sqrt()
        value = 0.5 * (left * products).sum((1, 2)) + (price * size).sum((1, 2))
        value = value + (multiplier + 0.5 * raised * h) * h
        change = products + price * weight / size
        change[:, :n] += (multiplier + raised * h)[:, None, None] * slope
        return value, (change * allowed).flatten(1)

    point = gram.new_zeros(batch, allowed.numel())
    for _ in range(_ROUNDS):
        point = minimised(loss, point, _STEPS, _TOLERANCE)
        h, _ = acyclicity(point.view(batch, *allowed.shape)[:, :n])
        multiplier = multiplier + raised * h
        raised = torch.where(h > _SHRINKS * before, _RAISE * raised, raised)
        before = h
        if bool((h < _ACYCLIC).all()):
            break
    return np.asarray(point.view(batch, *allowed.shape).numpy())


def acyclicity(weight: Tensor) -> tuple[Tensor, Tensor]:
    """``h(W) = tr exp(W * W) - N`` ``[B]`` and its slope ``[B, N, N]``; zero without a cycle.

    Parameters
    ----------
    weight
        ``[B, N, N]``.
    """
    walks = torch.linalg.matrix_exp(weight * weight)
    h = walks.diagonal(dim1=1, dim2=2).sum(1) - weight.shape[-1]
    return h, 2.0 * weight * walks.transpose(1, 2)


def break_cycles(kept: Bools, size: Floats) -> None:
    """Drop the smallest edge of every cycle among the first N rows of ``kept`` ``[P, N]``."""
    n = kept.shape[1]
    while True:
        graph: nx.DiGraph[int] = nx.DiGraph(np.argwhere(kept[:n]).tolist())
        try:
            cycle = nx.find_cycle(graph)
        except nx.NetworkXNoCycle:
            return
        kept[min(cycle, key=lambda edge: size[edge])] = False


def refitted(gram: Floats, kept: Bools) -> Floats:
    """Least squares of each variable on the columns that are ``kept`` ``[B, P, N]``."""
    n = kept.shape[2]
    use = kept.transpose(0, 2, 1)  # [B, N, P]
    # Columns out of use become the identity: one solution serves all sizes.
    inner = gram[:, None] * (use[..., :, None] & use[..., None, :])
    inner += np.eye(gram.shape[1]) * np.where(use, 1e-6, 1.0)[..., None, :]
    products = gram[:, :n] * use
    solution = np.linalg.solve(inner, products[..., None])[..., 0]
    return np.where(use, solution, 0.0).transpose(0, 2, 1)
