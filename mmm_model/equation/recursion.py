r"""Filters over the weeks that remember the past in one number, in blocks of weeks.

Such a filter is a lower triangular matrix A whose entries far below the diagonal are products:
what the output takes from the memory, how far the memory has faded in between, what the input
left in it (a semiseparable matrix: Vandebril, Van Barel & Mastronardi, 2008). With memory m at
the start of a block of inputs x and outputs y,

    y = within · x + recall · m,        m at the block's end = store' x + fade · m

so only blocks on the diagonal are written out, and time and memory grow with the weeks, not
with their square.

Shapes: M members, R regions, W weeks, B weeks of a block, Q series at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

_BLOCK_WEEKS = 32


@dataclass(frozen=True)
class Block:
    """Some weeks of a filter, for R regions.

    Parameters
    ----------
    weeks
        Which weeks.
    within
        ``[R, B, B]`` lower triangular: the block on the diagonal.
    recall
        ``[R, B]`` what an output takes from the memory at the start of the block.
    store
        ``[R, B]`` what an input leaves in the memory at the end of the block.
    fade
        ``[R]`` what is left of the memory of the start at the end.
    """

    weeks: slice
    within: Tensor
    recall: Tensor
    store: Tensor
    fade: Tensor

    def part(self, rows: slice) -> Block:
        """Return that of some regions."""
        return Block(
            self.weeks, self.within[rows], self.recall[rows], self.store[rows], self.fade[rows]
        )

    def gram(self, weight: Tensor, later: Tensor) -> Tensor:
        """``Σ_r A_r' diag(w) A_r`` of inputs of this block, ``[M, B, B]``.

        Parameters
        ----------
        weight
            ``[M, B]`` of its outputs.
        later
            ``[R, M]`` weighted squares of what outputs of later blocks take from the memory at
            its end.
        """
        squares = torch.einsum("rts,rtu->tsu", self.within, self.within)
        own = (weight @ squares.flatten(1)).reshape(-1, *squares.shape[1:])  # [M, B, B]
        stored = self.store[:, None] * later[..., None]  # [R, M, B]
        return own + self.store.T @ stored.permute(1, 0, 2)

    def met(self, weight: Tensor, later: Tensor) -> Tensor:
        """Weighted products of the outputs of its inputs and of the memory at its start.

        Those of this block and of later ones, ``[M, R, B]``; parameters as for `gram`.
        """
        here = (weight * self.recall[:, None]) @ self.within  # [R, M, B]
        stored = self.store[:, None] * later[..., None]  # [R, M, B]
        return (here + self.fade[:, None, None] * stored).permute(1, 0, 2)

    def recalled(self, weight: Tensor, later: Tensor) -> Tensor:
        """``later`` of the block before this one, ``[R, M]``; parameters as for `gram`."""
        return self.fade[:, None].square() * later + self.recall.square() @ weight.T


@dataclass(frozen=True)
class Recursion:
    """A lower triangular filter A over the weeks, one for each region.

    Parameters
    ----------
    blocks
        Of consecutive weeks.
    """

    blocks: tuple[Block, ...]

    @classmethod
    def fading(cls, gain: Tensor, scale: Tensor) -> Recursion:
        """Return what a series is beyond the mean of its past that forgets.

        With memory m (exponential smoothing: Brown, 1956), output and next memory are

            y_t = scale_t · (x_t − m_t),    m_t+1 = m_t + gain_t · (x_t − m_t)

        Parameters
        ----------
        gain, scale
            ``[R, W]``; gains below one.
        """
        kept = torch.log1p(-gain)

        def block(weeks: slice) -> Block:
            return _fading_block(weeks, gain[:, weeks], scale[:, weeks], kept[:, weeks])

        return _in_blocks(gain.shape[1], block)

    @classmethod
    def slow_mean(cls, weeks: int, memory: float, like: Tensor) -> Recursion:
        """Return the mean of the past and the week itself, newer weeks weighing more.

        ``y_t = Σ_{s ≤ t} w_t−s x_s / Σ_{s ≤ t} w_t−s`` with ``w_a = exp(−a / memory)``.

        Parameters
        ----------
        weeks
            Number of weeks W.
        memory
            Weeks over which a weight falls by e.
        like
            Type and device of the filter.
        """
        age = torch.arange(weeks + 1, dtype=like.dtype, device=like.device)
        weight = torch.exp(-age / memory)
        share = 1.0 / weight[:weeks].cumsum(0)
        return _in_blocks(weeks, lambda own: _mean_block(own, weight, share[own]))

    def part(self, rows: slice) -> Recursion:
        """Return that of some regions."""
        return Recursion(tuple(block.part(rows) for block in self.blocks))

    def __call__(self, series: Tensor) -> Tensor:
        """``A x`` of ``[R, W, Q]``, or of one ``[1, W, Q]`` that all regions share."""
        found, memory = [], None
        for block in self.blocks:
            now = series[:, block.weeks]
            out, stored = block.within @ now, block.store[:, None] @ now
            if memory is not None:
                out = out + block.recall[..., None] * memory
                stored = stored + block.fade[:, None, None] * memory
            found.append(out)
            memory = stored  # [R, 1, Q]
        return torch.cat(found, dim=1) if len(found) > 1 else found[0]

    def back(self, rows: Tensor) -> Tensor:
        """``A' x`` of ``[R, W, Q]``: from the last week to the first."""
        found, memory = [], torch.zeros_like(rows[:, :1])  # [R, 1, Q]
        for block in reversed(self.blocks):
            now = rows[:, block.weeks]
            own = block.within.transpose(1, 2) @ now
            found.append(own + block.store[..., None] * memory)
            memory = block.fade[:, None, None] * memory + block.recall[:, None] @ now
        return torch.cat(found[::-1], dim=1)

    def total_back(self, rows: Tensor) -> Tensor:
        """``Σ_r A_r' x_r``: ``[M, R, W, Q]`` to ``[M, W, Q]``."""
        found, memory = [], torch.zeros_like(rows[:, :, 0])  # [M, R, Q]
        for block in reversed(self.blocks):
            now = rows[:, :, block.weeks]
            flat = now.flatten(1, 2)  # [M, R·B, Q]
            own = block.within.reshape(-1, block.within.shape[-1]).T @ flat
            found.append(own + block.store.T @ memory)
            recalled = torch.einsum("rt,mrtp->mrp", block.recall, now)
            memory = block.fade[:, None] * memory + recalled
        return torch.cat(found[::-1], dim=1)

    def gram(self, weight: Tensor) -> Tensor:
        """``Σ_r A_r' diag(w) A_r``, ``[M, W, W]``, for weights ``[M, W]`` of the weeks.

        Inputs of two blocks meet in the outputs of the later one and of those after it, which
        see the earlier input through the memory alone.
        """
        weeks = self.blocks[-1].weeks.stop
        gram = weight.new_zeros(len(weight), weeks, weeks)
        later = weight.new_zeros(len(self.blocks[0].fade), len(weight))
        for position in reversed(range(len(self.blocks))):
            block = self.blocks[position]
            own = weight[:, block.weeks]
            gram[:, block.weeks, block.weeks] = block.gram(own, later)
            met = block.met(own, later)
            for earlier in reversed(self.blocks[:position]):
                cross = earlier.store.T @ met  # [M, B of the earlier, B]
                gram[:, earlier.weeks, block.weeks] = cross
                gram[:, block.weeks, earlier.weeks] = cross.transpose(1, 2)
                met = met * earlier.fade[:, None]
            later = block.recalled(own, later)
        return gram


def _fading_block(weeks: slice, gain: Tensor, scale: Tensor, kept: Tensor) -> Block:
    """Weeks of `Recursion.fading`, from gains, scales and ``log(1 − gain)``, each ``[R, B]``."""
    after = kept.cumsum(1)  # logarithm of what is left of the first memory after a week
    before = torch.nn.functional.pad(after[:, :-1], (1, 0))
    # What an input leaves until a later week, where the exponent is not above zero.
    left = (before[:, :, None] - after[:, None, :]).clamp(max=0.0).exp().tril(-1)  # [R, B, B]
    within = torch.diag_embed(torch.ones_like(before)) - left * gain[:, None]
    return Block(
        weeks=weeks,
        within=within * scale[..., None],
        recall=-scale * before.exp(),
        store=gain * (after[:, -1:] - after).exp(),
        fade=after[:, -1].exp(),
    )


def _mean_block(weeks: slice, weight: Tensor, share: Tensor) -> Block:
    """Weeks of `Recursion.slow_mean`; its memory is the weighted sum of the past.

    Parameters
    ----------
    weight
        ``[W + 1]`` by age in weeks.
    share
        ``[B]`` one over the sum of the weights that count in a week.
    """
    count = weeks.stop - weeks.start
    week = torch.arange(count, device=weight.device)
    age = week[:, None] - week[None, :]
    return Block(
        weeks=weeks,
        within=(weight[age.clamp_min(0)].tril() * share[:, None])[None],
        recall=(weight[1 : count + 1] * share)[None],
        store=weight[:count].flip(0)[None],
        fade=weight[count : count + 1],
    )


def _in_blocks(weeks: int, block: Callable[[slice], Block]) -> Recursion:
    """Build a filter of blocks that all have about as many weeks."""
    count = -(-weeks // _BLOCK_WEEKS)
    edges = [weeks * position // count for position in range(count + 1)]
    return Recursion(tuple(block(slice(first, last)) for first, last in pairwise(edges)))
