"""What promotions, prices and holidays did, each over all weeks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.intervals import point, summarised

COLUMNS = (
    "treatment", "kind", "part", "reference", "weeks", "effect", "effect_lower", "effect_upper",
    "contribution", "contribution_lower", "contribution_upper", "value", "value_lower",
    "value_upper", "share",
)  # fmt: skip


def treatment_effects(effects: FittedEffects) -> pd.DataFrame:
    """Sum each treatment up.

    Returns
    -------
    DataFrame
        ``treatment``, ``kind``, ``part`` (of a holiday: before, day, after), ``reference`` (level
        that it is measured against, mean over regions), ``weeks`` (region-weeks away from it),
        ``effect`` (of a price its elasticity; of all others what one of them adds to its week,
        over the region's usual KPI: a promotion of the usual depth, a holiday, a whole week of an
        event; regions count by their KPI), ``contribution`` (KPI units over all regions and weeks),
        ``value`` (in money, NaN where a unit of the KPI has none), ``share`` (of all that was
        predicted), with 90 % intervals.
    """
    model, panel = effects.model.response, effects.panel
    known = panel.with_treatments(model.treatments)
    columns = model.scaling.treatment(known)  # [R, W, T]
    sized = columns * model.scaling.region_size[:, None, None]
    units, money = sized.sum(1), (sized * known.value_per_kpi[..., None]).sum(1)  # [R, T]
    each = model.state["treatment"]  # [M, R, T]
    weight = model.scaling.region_size / model.scaling.region_size.sum()
    effect = np.einsum("mrt,r->mt", each, weight)
    brought, worth = (each * units).sum(1), (each * money).sum(1)
    predicted = effects.components.prediction.sum((1, 2)).mean()
    rows = []
    for t, one in enumerate(model.treatments):
        rows.append(
            {
                "treatment": one.name,
                "kind": one.kind,
                "part": one.part or None,
                "reference": float(model.scaling.treatment_reference[:, t].mean()),
                "weeks": int((np.abs(columns[..., t]) > 1e-9).sum()),
                **summarised("effect", effect[:, t]),
                **summarised("contribution", brought[:, t]),
                **summarised("value", worth[:, t]),
                "share": float(point(brought[:, t]) / predicted),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))
