"""Which of two channels drives the other: evidence from the past and from odd-shaped shocks.

Two channels that move together in a week fit equally well either way round. What tells them
apart is time (the past of the driver foretells the driven, not the reverse) and shape (the
driven is a blend of its driver and its own shocks, and a blend is closer to Gaussian).
Where neither speaks, as for two channels that follow a common cause, the direction stays open.
"""

from __future__ import annotations

import numpy as np

from mmm_model.graph.resampling import LaggedPanel
from mmm_model.panel import Floats

# Hyvärinen's (1998) approximation of differential entropy.
_K1, _K2, _GAMMA = 79.047, 7.4129, 0.37457


def shape_scores(data: LaggedPanel, weight: Floats) -> Floats:
    """Log-likelihood ratio per week of "i drives j" against "j drives i".

    Parameters
    ----------
    data
        Its shocks are what is compared.
    weight
        ``[B, K]`` how often each sample holds each block of weeks.

    Returns
    -------
    Floats
        ``[B, C, C]`` (i, j), antisymmetric; positive where i drives j.

    References
    ----------
    Hyvärinen & Smith (2013), "Pairwise likelihood ratios for estimation of non-Gaussian
    structural equation models", equation 8, with entropies approximated.
    """
    shock = data.now[data.valid]
    c = shock.shape[-1]
    sd = shock.std(axis=0)
    z = np.where(sd > 1e-9, (shock - shock.mean(axis=0)) / np.where(sd > 1e-9, sd, 1.0), 0.0)
    correlation = np.clip(z.T @ z / len(z), -0.999, 0.999)
    cell = np.broadcast_to(data.block_of, data.valid.shape)[data.valid]
    order = np.argsort(cell, kind="stable")
    present, starts = np.unique(cell[order], return_index=True)
    weight = weight[:, present]
    total = np.maximum(weight @ data.count[present], 1.0)

    def entropy(u: Floats) -> Floats:
        """Entropy ``[B, …]`` of standardised columns ``u`` ``[N, …]``, up to a constant."""
        peaked = np.add.reduceat((np.logaddexp(u, -u) - np.log(2.0))[order], starts)
        skewed = np.add.reduceat((u * np.exp(-0.5 * u**2))[order], starts)
        peaked = weight @ peaked / total[:, None]
        skewed = weight @ skewed / total[:, None]
        return -_K1 * (peaked - _GAMMA) ** 2 - _K2 * skewed**2

    own = entropy(z)
    scores = np.zeros((len(weight), c, c))
    for i in range(c):
        rho = correlation[i]
        # What is left of every j once i is taken out.
        left = (z - z[:, [i]] * rho) / np.sqrt(1.0 - rho**2)
        scores[:, i, :] = -(own[:, [i]] + entropy(left))
    return scores - scores.transpose(0, 2, 1)


_FADING = 0.6
_ONE_SIDED = 3.0


def time_scores(gram: Floats, c: int) -> Floats:
    """Evidence from time of "i drives j" against "j drives i", ``[B, C, C]``, antisymmetric.

    Two noisy views of a common cause foretell each other, the cleaner one better. So the
    past of i must foretell j several times as well as the reverse to count at all.
    """
    ahead = foretelling(gram, c)
    one_sided = np.maximum(ahead - _ONE_SIDED * np.maximum(ahead, 0.0).transpose(0, 2, 1), 0.0)
    return one_sided - one_sided.transpose(0, 2, 1)


def foretelling(gram: Floats, c: int) -> Floats:
    """How much the past of i foretells j beyond the past of j and of all others.

    Parameters
    ----------
    gram
        ``[B, P, P]`` second moments of lag 0 of all C channels, lag 1 of all, ….
    c
        C.

    Returns
    -------
    Floats
        ``[B, C, C]`` (i, j): partial correlation of j with the fading sum of i's past weeks.
    """
    lags = gram.shape[-1] // c - 1
    found = np.zeros((len(gram), c, c))
    if lags == 0 or c == 1:
        return found
    fading = np.concatenate([[0.0], _FADING ** np.arange(lags)])
    for j in range(c):
        unit = np.eye(c)
        # Own past freely (last week, and the weeks before it), the others' in one number each.
        columns = [np.kron(np.eye(lags + 1)[lag], unit[j]) for lag in range(min(lags, 2) + 1)]
        columns += [np.kron(fading, unit[i]) for i in range(c)]
        if lags <= 2:
            columns.pop(len(columns) - c + j)
        reduce = np.stack(columns, axis=1)
        small = reduce.T @ gram @ reduce
        precision = np.linalg.inv(small + 1e-6 * np.eye(small.shape[-1]))
        diagonal = np.sqrt(np.einsum("nii->ni", precision))
        partial = -precision[:, 0] / (diagonal[:, :1] * diagonal)
        others = [i for i in range(c) if lags > 2 or i != j]
        found[:, others, j] = partial[:, len(partial[0]) - len(others) :]
        found[:, j, j] = 0.0
    return found
