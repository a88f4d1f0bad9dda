"""How far a sum of forecasts may lie from what comes: regions and weeks share their surprises.

The interval of a single week is `FittedResponse.predict`; of a quarter, or of all regions, it is no
sum of those. A level that is wrong is wrong in every week, a shock that all regions share hits all
of them, the noise of a week averages out.
"""

from __future__ import annotations

import numpy as np

from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.intervals import forecast_interval
from mmm_model.panel import Floats


def sum_interval(
    response: FittedResponse, members: Floats, cells: Floats
) -> tuple[float, float, float]:
    """Expected sum of the KPI over cells, and its 90 % interval.

    Parameters
    ----------
    response
        Of the noise.
    members
        ``[M, R, A]`` expected KPI of the A weeks after the last fitted one.
    cells
        ``[R, A]`` 1 where a cell counts, else 0.

    Returns
    -------
    mean, lower, upper
        KPI units. Of a single cell they are those of `FittedResponse.predict`.
    """
    variance = sum_variance(response, cells)
    total = (members * cells).sum(axis=(1, 2))
    surprise = np.asarray(response.noise["surprise"][-1])
    mean, lower, upper = forecast_interval(total, np.asarray(variance), surprise)
    return float(mean), float(lower), float(upper)


def sum_variance(response: FittedResponse, cells: Floats) -> float:
    """Variance of the noise of a sum of forecasts, KPI units squared; ``cells`` ``[R, A]``.

    A level walks at random, so its part in two weeks shares the steps up to the earlier of them.
    Fits of the last release do not say what regions share; theirs are taken as independent.
    """
    noise, nothing = response.noise, np.zeros(1)
    sized = cells * response.scaling.region_size[:, None]
    together = sized.sum(axis=0)
    ahead = np.arange(1, cells.shape[1] + 1)
    steps = np.minimum(ahead[:, None], ahead)  # [A, A] shared by two weeks
    week, drift = (noise.get(f"common_{name}", nothing) for name in ("week", "drift"))
    own = (
        np.maximum(noise["week"] - week, 0.0) * (sized**2).sum(axis=1)
        + noise["level"] * sized.sum(axis=1) ** 2
        + np.maximum(noise["drift"] - drift, 0.0) * np.einsum("ra,ab,rb->r", sized, steps, sized)
    )
    shared = week[0] * (together**2).sum() + drift[0] * (together @ steps @ together)
    return float(own.sum() + shared)
