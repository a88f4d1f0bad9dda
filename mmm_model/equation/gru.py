"""A gated recurrent unit (Cho et al., 2014) for every member, all of them in one call."""

from __future__ import annotations

import torch
from torch import Tensor


def members_gru(series: Tensor, read: Tensor, hidden: Tensor, bias: Tensor) -> Tensor:
    """Run the GRUs of M members over the weeks; regions share a member's weights.

    The members' weights lie as blocks in one GRU, so that one call computes them all.

    Parameters
    ----------
    series
        ``[R, W, I]`` what every member reads.
    read, hidden, bias
        Weights of the three gates: ``[3, M, H, I]``, ``[3, M, H, H]`` and ``[3, M, H]``.

    Returns
    -------
    Tensor
        Hidden states ``[M, R, W, H]``.
    """
    r, w, _ = series.shape
    _, m, h = bias.shape
    blocks = torch.stack([torch.block_diag(*gate) for gate in hidden])
    flat = bias.reshape(-1)
    weights = [
        read.reshape(3 * m * h, -1),
        blocks.reshape(3 * m * h, m * h),
        flat,
        torch.zeros_like(flat),
    ]
    start = series.new_zeros(1, r, m * h)
    # CUDA keeps what the derivative needs in training alone.
    trains = torch.is_grad_enabled()
    state, _ = torch.gru(series, start, weights, True, 1, 0.0, trains, False, True)
    return state.reshape(r, w, m, h).permute(2, 0, 1, 3)
