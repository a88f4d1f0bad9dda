"""A gated recurrent unit (Cho et al., 2014), for every member or as a basis of paths."""

from __future__ import annotations

import torch
from torch import Tensor

# Of a basis: its weights are drawn once for all fits, so that two fits of a panel differ by what
# they saw.
_SEED = 0
_GATE_SD, _HIDDEN_SD = 0.5, 0.5
# How fast a unit turns, over standardised time: within a year of three.
_TURN = 2.0
# Of the update gate: a state remembers for weeks, not for days.
_SLOW = 1.5
# Standardised time runs from minus to plus this over the fitted weeks.
_ENDS = 3.0**0.5
# Weeks that a GRU runs on its first input before the first week: its states begin at rest.
_SETTLING = 52


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


def basis_gates(width: int) -> dict[str, Tensor]:
    """Return the weights of a GRU of one member that reads the calendar; nothing trains them.

    A random recurrent network whose output alone is estimated (Jaeger and Haas, 2004): what it
    can express is a prior on paths, and the evidence of each has a closed form.

    Returns
    -------
    dict
        ``gru_input`` ``[3, 1, H, 1]``, ``gru_hidden`` ``[3, 1, H, H]`` and ``gru_bias``
        ``[3, 1, H]``, in the order of the gates reset, update, new.
    """
    own = torch.Generator().manual_seed(_SEED)

    def normal(*shape: int) -> Tensor:
        return torch.randn(3, 1, width, *shape, generator=own, dtype=torch.float64)

    read, hidden, bias = _GATE_SD * normal(1), normal(width), _GATE_SD * normal()
    bias[1] += _SLOW
    # Units turn one after the other, evenly over the weeks: paths may bend at any time.
    when = (2 * torch.arange(width, dtype=torch.float64) + 1 - width) / width * _ENDS
    read[2], bias[2] = _TURN, -_TURN * when
    return {
        "gru_input": read,
        "gru_hidden": _HIDDEN_SD * width**-0.5 * hidden,
        "gru_bias": bias,
    }


def calendar_states(weeks: int, fitted: int, read: Tensor, hidden: Tensor, bias: Tensor) -> Tensor:
    """Hidden states ``[W, H]`` of one GRU that reads the time, around their mean.

    Parameters
    ----------
    weeks
        W.
    fitted
        Weeks over which states have mean zero; after the last of them they stay as they are, so
        that nothing is extrapolated.
    read, hidden, bias
        As of `basis_gates`.
    """
    time = torch.linspace(-_ENDS, _ENDS, fitted, dtype=read.dtype)
    series = torch.cat([time[:1].expand(_SETTLING), time])[None, :, None]
    state = members_gru(series, read, hidden, bias)[0, 0, _SETTLING:]
    state = state - state.mean(dim=0)
    return state[torch.arange(weeks).clamp_max(fitted - 1)]
