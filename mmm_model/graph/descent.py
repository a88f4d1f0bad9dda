"""Many smooth functions minimised side by side, each by its own steps of L-BFGS.

References
----------
Liu & Nocedal (1989), "On the limited memory BFGS method for large scale optimization".
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

ValueAndSlope = Callable[[Tensor], tuple[Tensor, Tensor]]

_MEMORY = 10  # pairs of steps and changes of slope that the curvature is read from
_HALVINGS = 12  # of a step that does not lower a function enough
_ENOUGH = 1e-4  # of what the slope promises (Armijo)
_TINY = 1e-12


def minimised(function: ValueAndSlope, start: Tensor, steps: int, tolerance: float) -> Tensor:
    """Return where B functions are near their minima, ``[B, D]``.

    Parameters
    ----------
    function
        From points ``[B, D]`` to values ``[B]`` and slopes ``[B, D]``.
    start
        ``[B, D]``.
    steps
        The most that are made.
    tolerance
        Share of its value that a step must gain on any function, else all are done.
    """
    point = start
    value, slope = function(point)
    moves: list[Tensor] = []
    turns: list[Tensor] = []
    for _ in range(steps):
        move = -_newton(slope, moves, turns)
        promise = (slope * move).sum(1)
        uphill = promise >= 0
        move = torch.where(uphill[:, None], -slope, move)
        promise = torch.where(uphill, -(slope**2).sum(1), promise)
        if not moves:  # nothing is known of the curvature: a step of length one at most
            move = move / slope.norm(dim=1, keepdim=True).clamp_min(1.0)
            promise = promise / slope.norm(dim=1).clamp_min(1.0)
        length = _length(function, point, value, move, promise)
        after = point + length[:, None] * move
        value_after, slope_after = function(after)
        moves, turns = [*moves, after - point][-_MEMORY:], [*turns, slope_after - slope][-_MEMORY:]
        gained = value - value_after
        point, value, slope = after, value_after, slope_after
        if bool((gained <= tolerance * value.abs().clamp_min(_TINY)).all()):
            break
    return point


def _newton(slope: Tensor, moves: list[Tensor], turns: list[Tensor]) -> Tensor:
    """Slope ``[B, D]`` times the inverse curvature; pairs of negative curvature are left out."""
    left = slope.clone()
    pairs = []
    for move, turn in zip(reversed(moves), reversed(turns), strict=True):
        curvature = (move * turn).sum(1)
        usable = curvature > _TINY
        share = torch.where(usable, (move * left).sum(1) / curvature.clamp_min(_TINY), 0.0)
        left -= share[:, None] * turn
        pairs.append((move, turn, curvature, usable, share))
    scale = torch.ones_like(slope[:, 0])
    for _, turn, curvature, usable, _ in reversed(pairs):
        own = curvature / (turn**2).sum(1).clamp_min(_TINY)
        scale = torch.where(usable, own, scale)
    left *= scale[:, None]
    for move, turn, curvature, usable, share in reversed(pairs):
        back = (turn * left).sum(1) / curvature.clamp_min(_TINY)
        left += torch.where(usable, share - back, 0.0)[:, None] * move
    return left


def _length(
    function: ValueAndSlope, point: Tensor, value: Tensor, move: Tensor, promise: Tensor
) -> Tensor:
    """Length ``[B]`` of each step that lowers its function enough; 0 where none was found."""
    length = torch.ones_like(value)
    for _ in range(_HALVINGS):
        reached, _ = function(point + length[:, None] * move)
        short = ~(reached <= value + _ENOUGH * length * promise)
        if not bool(short.any()):
            return length
        length = torch.where(short, 0.4 * length, length)
    reached, _ = function(point + length[:, None] * move)
    return torch.where(reached <= value, length, 0.0)
