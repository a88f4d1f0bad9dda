"""Filters over the weeks that remember the past in one number, in blocks of weeks.

An entry of such a filter far below the diagonal is a product: what the output takes from the
memory, how far the memory has faded in between, what the input left in it. So only blocks on
the diagonal are written out, and time and memory grow with the weeks, not with their square.
"""

from __future__ import annotations

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

        The memory moves by ``gain · (input − memory)``, an output is ``scale · (input − memory
        before it)``.

        Parameters
        ----------
        gain, scale
            ``[R, W]``; gains below one.
        """
        kept = torch.log1p(-gain)

        def block(weeks: slice) -> Block:
            faded = kept[:, weeks].cumsum(1)
            before = torch.nn.functional.pad(faded[:, :-1], (1, 0))
            within = (before[:, :, None] - faded[:, None, :]).clamp(max=0.0).exp().tril(-1)
            within = torch.diag_embed(torch.ones_like(before)) - within * gain[:, None, weeks]
            return Block(
                weeks=weeks,
                within=within * scale[:, weeks, None],
                recall=-scale[:, weeks] * before.exp(),
                store=gain[:, weeks] * (faded[:, -1:] - faded).exp(),
                fade=faded[:, -1].exp(),
            )

        return cls(tuple(block(weeks) for weeks in _blocks(gain.shape[1])))

    @classmethod
    def slow_mean(cls, weeks: int, memory: float, like: Tensor) -> Recursion:
        """Return the mean of the past and the week itself, weights falling by e in ``memory``."""
        fade = torch.exp(-torch.arange(weeks + 1, dtype=like.dtype, device=like.device) / memory)
        total = fade[:weeks].cumsum(0)

        def block(weeks: slice) -> Block:
            count = weeks.stop - weeks.start
            share = 1.0 / total[weeks]
            age = torch.arange(count, device=like.device)
            age = age[:, None] - age[None, :]
            return Block(
                weeks=weeks,
                within=(fade[age.clamp_min(0)].tril() * share[:, None])[None],
                recall=(fade[1 : count + 1] * share)[None],
                store=fade[:count].flip(0)[None],
                fade=fade[count : count + 1],
            )

        return cls(tuple(block(weeks) for weeks in _blocks(weeks)))

    def part(self, rows: slice) -> Recursion:
        """Return that of some regions."""
        blocks = (
            Block(b.weeks, b.within[rows], b.recall[rows], b.store[rows], b.fade[rows])
            for b in self.blocks
        )
        return Recursion(tuple(blocks))

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
            memory = stored
        return torch.cat(found, dim=1) if len(found) > 1 else found[0]

    def back(self, rows: Tensor) -> Tensor:
        """``A' x`` of ``[R, W, Q]``."""
        found, memory = [], torch.zeros_like(rows[:, :1])
        for block in reversed(self.blocks):
            now = rows[:, block.weeks]
            own = block.within.transpose(1, 2) @ now
            found.append(own + block.store[..., None] * memory)
            memory = block.fade[:, None, None] * memory + block.recall[:, None] @ now
        return torch.cat(found[::-1], dim=1)

    def total_back(self, rows: Tensor) -> Tensor:
        """``Σ_r A_r' x_r``: ``[M, R, W, P]`` to ``[M, W, P]``."""
        found, memory = [], torch.zeros_like(rows[:, :, 0])
        for block in reversed(self.blocks):
            now = rows[:, :, block.weeks]
            flat = now.reshape(len(rows), -1, rows.shape[-1])
            own = block.within.reshape(-1, block.within.shape[-1]).T @ flat
            found.append(own + block.store.T @ memory)
            recalled = torch.einsum("rt,mrtp->mrp", block.recall, now)
            memory = block.fade[:, None] * memory + recalled
        return torch.cat(found[::-1], dim=1)

    def gram(self, weight: Tensor) -> Tensor:
        """``Σ_r A_r' diag(w) A_r``, ``[M, W, W]``, for weights ``[M, W]`` of the weeks."""
        weeks = self.blocks[-1].weeks.stop
        gram = weight.new_zeros(len(weight), weeks, weeks)
        # What later weeks saw of the memory at the end of a block, squared: [R, M].
        later = weight.new_zeros(len(self.blocks[0].fade), len(weight))
        for position in reversed(range(len(self.blocks))):
            block = self.blocks[position]
            own = weight[:, block.weeks]
            each = torch.einsum("rts,rtu->tsu", block.within, block.within)
            both = (own @ each.flatten(1)).reshape(-1, *each.shape[1:])
            seen = block.store[:, None] * later[..., None]
            gram[:, block.weeks, block.weeks] = both + block.store.T @ seen.permute(1, 0, 2)
            # An input of an earlier block meets one of this block in this and later weeks.
            meets = (own * block.recall[:, None]) @ block.within
            meets = (meets + block.fade[:, None, None] * seen).permute(1, 0, 2)
            for earlier in reversed(self.blocks[:position]):
                cross = earlier.store.T @ meets
                gram[:, earlier.weeks, block.weeks] = cross
                gram[:, block.weeks, earlier.weeks] = cross.transpose(1, 2)
                meets = meets * earlier.fade[:, None]
            later = block.fade[:, None].square() * later + block.recall.square() @ own.T
        return gram


def _blocks(weeks: int) -> list[slice]:
    """Blocks that all have about as many weeks."""
    count = -(-weeks // _BLOCK_WEEKS)
    edges = [weeks * position // count for position in range(count + 1)]
    return [slice(first, last) for first, last in pairwise(edges)]
