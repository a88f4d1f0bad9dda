"""Every draw's response curve in every region, small enough to publish.

The curves of a channel, over all draws and regions, are of one family: each is a sum of the same
few shapes, with weights of its own. So all draws fit into a few numbers a region, and sums over
regions and channels keep what draws have in common, which intervals of single curves do not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.effects.recent_plan import recent_plan
from mmm_model.equation.media_response import MediaResponse
from mmm_model.panel import Floats, Panel

ROOTS: Floats = np.arange(57) / 32.0
"""Square roots of the multiples of the plan at which shapes are published: from none to three
times, denser near zero, where a curve bends most. Today's plan is one of them."""
_MISS = 1e-4
"""What the shapes may leave out: root mean square over curves, as a share of their height. The
ends of the bundled sample's intervals are then right to three digits, with four to eight shapes."""
_MOST_SHAPES = 12

SHAPE_COLUMNS = ("channel", "shape", "multiplier", "height")
DRAW_COLUMNS = ("channel", "region", "draw", "shape", "weight")


def response_draws(response: MediaResponse, panel: Panel) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tabulate what scaling a channel's recent plan in a region brings, for every draw.

    Direct effects, as in `mmm_model.effects.response_curves`; channels whose spend is known.

    Parameters
    ----------
    response
        Of a model on ``panel``.
    panel
        Its last `mmm_model.settings.PLAN_WEEKS` weeks are the plan that is scaled.

    Returns
    -------
    shapes, draws
        Rows of the tables ``response_shapes`` and ``response_draws``: a draw's weights times the
        heights of the shapes add up to its mean weekly response, KPI units.

    Raises
    ------
    ValueError
        If the response does not fit the panel.
    """
    known = panel.has_spend
    plan = recent_plan(response, panel).only(known)
    names = [c for c, k in zip(panel.channels, known, strict=True) if k]
    curves = np.stack([plan.weekly(float(root**2)) for root in ROOTS], axis=-1)  # [M, R, C, G]
    shapes, draws = [], []
    for c, name in enumerate(names):
        heights = _shapes(curves[:, :, c])
        shapes.append(_shape_rows(name, heights))
        draws.append(_draw_rows(name, panel.regions, curves[:, :, c] @ heights.T))
    return _together(shapes, SHAPE_COLUMNS), _together(draws, DRAW_COLUMNS)


def _shapes(curves: Floats) -> Floats:
    """``[K, G]`` orthonormal shapes of curves ``[M, R, G]``, as few as miss less than `_MISS`.

    They are the first right singular vectors of the curves, each as high as the others.
    """
    rows = curves.reshape(-1, curves.shape[-1])
    top = rows.max(axis=1, keepdims=True)
    alike = rows[top[:, 0] > 0] / top[top[:, 0] > 0]
    if not len(alike):
        return np.zeros((1, rows.shape[1]))
    _, size, shapes = np.linalg.svd(alike, full_matrices=False)
    left = np.sqrt(np.cumsum(size[::-1] ** 2)[::-1] / alike.size)  # without the i-th and later ones
    needed = int((left > _MISS).sum())
    return np.asarray(shapes[: min(max(needed, 1), _MOST_SHAPES)])


def _shape_rows(channel: str, heights: Floats) -> pd.DataFrame:
    count, nodes = heights.shape
    return pd.DataFrame(
        {
            "channel": channel,
            "shape": np.repeat(np.arange(1, count + 1), nodes),
            "multiplier": np.tile(ROOTS**2, count),
            "height": heights.ravel(),
        }
    )


def _draw_rows(channel: str, regions: tuple[str, ...], weight: Floats) -> pd.DataFrame:
    """A row for each of the weights ``[M, R, K]``."""
    members, places, count = weight.shape
    return pd.DataFrame(
        {
            "channel": channel,
            "region": np.repeat(np.array(regions, dtype=object), members * count),
            "draw": np.tile(np.repeat(np.arange(1, members + 1), count), places),
            "shape": np.tile(np.arange(1, count + 1), members * places),
            "weight": weight.transpose(1, 0, 2).ravel(),
        }
    )


def _together(parts: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))
