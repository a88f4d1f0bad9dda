"""What a plan promises when it is adopted: KPI by region, week and channel, with intervals.

The KPI is the forecast of the fit under the plan's media; its interval holds the doubt about the
fit, the drift of the levels and the noise. Intervals of sums are worked out as such, and kept, as
the fit that they came from may be gone when they are needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from mmm_model.budget.planned_media import PlannedMedia
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.forecast_sums import sum_interval
from mmm_model.intervals import effect_interval
from mmm_model.panel import Floats, Panel

LINE_COLUMNS = (
    "region", "week", "channel", "spend", "before_spend", "exposure", "before_exposure", "kpi",
    "lower", "upper", "kpi_to_date", "lower_to_date", "upper_to_date",
)  # fmt: skip


@dataclass(frozen=True)
class Promise:
    """A plan and what it should bring.

    Parameters
    ----------
    lines
        `LINE_COLUMNS`: a row by region, week and channel, one by region and week for all
        channels, one by week for all regions. ``kpi`` of a channel is what it contributes. To date
        is the sum from the plan's first week on, of all regions together.
    totals
        Spend, KPI and gain over the recent plan in the weeks of the plan, with intervals.
    """

    lines: pd.DataFrame
    totals: dict[str, float]


def promise(
    model: FittedModel, panel: Panel, planned: PlannedMedia, before: PlannedMedia, weeks: int
) -> Promise:
    """Promise what a plan should bring.

    Parameters
    ----------
    model, panel
        A fit and the panel that it was fitted to.
    planned
        The media of the weeks after the panel, up to the plan's last.
    before
        The recent plan as it would go on in the same weeks.
    weeks
        H: the plan is the last H of them.
    """
    longer = planned.after(panel)
    parts = model.components(longer)
    kpi = parts.prediction[:, :, len(panel.weeks) :]
    media = parts.media[:, :, -weeks:]
    gain = (media - model.components(before.after(panel)).media[:, :, -weeks:]).sum(axis=(1, 2, 3))
    gain_lower, gain_upper = effect_interval(gain)
    bought = {
        "spend": planned.spend[:, -weeks:],
        "before_spend": before.spend[:, -weeks:],
        "exposure": planned.exposure[:, -weeks:],
        "before_exposure": before.exposure[:, -weeks:],
    }
    own = tuple(part[:, -weeks:] for part in vars(model.predict(longer)).values())
    names = (np.array(panel.regions, dtype=object), planned.weeks[-weeks:].to_numpy())
    by_week = _by_week(names[1], bought, model, kpi)
    lines = (_by_channel(panel, names, bought, media), _by_region(names, bought, own), by_week)
    last = by_week.iloc[-1]
    return Promise(
        lines=pd.concat([line.reindex(columns=list(LINE_COLUMNS)) for line in lines]),
        totals={
            "spend": float(np.nansum(bought["spend"])),
            "before_spend": float(np.nansum(bought["before_spend"])),
            "kpi": float(last["kpi_to_date"]),
            "lower": float(last["lower_to_date"]),
            "upper": float(last["upper_to_date"]),
            "gain": float(gain.mean()),
            "gain_lower": float(gain_lower),
            "gain_upper": float(gain_upper),
        },
    )


def _by_channel(
    panel: Panel, names: tuple[Any, Any], bought: dict[str, Floats], media: Floats
) -> pd.DataFrame:
    lower, upper = effect_interval(media)
    index = pd.MultiIndex.from_product(
        [*names, np.array(panel.channels, dtype=object)], names=["region", "week", "channel"]
    )
    values = {**bought, "kpi": media.mean(axis=0), "lower": lower, "upper": upper}
    columns = {name: value.ravel() for name, value in values.items()}
    return pd.DataFrame(columns, index=index).reset_index()


def _by_region(
    names: tuple[Any, Any], bought: dict[str, Floats], own: tuple[Floats, ...]
) -> pd.DataFrame:
    """Of a cell the interval is that of the fit's forecast, ``own``: mean, lower, upper."""
    index = pd.MultiIndex.from_product(names, names=["region", "week"])
    money = {name: np.nansum(bought[name], axis=2) for name in ("spend", "before_spend")}
    values = {**money, **dict(zip(("kpi", "lower", "upper"), own, strict=True))}
    columns = {name: value.ravel() for name, value in values.items()}
    return pd.DataFrame(columns, index=index).reset_index()


def _by_week(
    weeks: Any, bought: dict[str, Floats], model: FittedModel, kpi: Floats
) -> pd.DataFrame:
    """All regions together: the week, and the sum from the first week on."""
    first, rows = kpi.shape[2] - len(weeks), []
    for t, week in enumerate(weeks):
        alone, to_date = np.zeros(kpi.shape[1:]), np.zeros(kpi.shape[1:])
        alone[:, first + t], to_date[:, first : first + t + 1] = 1.0, 1.0
        money = (float(np.nansum(bought[name][:, t])) for name in ("spend", "before_spend"))
        sums = (sum_interval(model.response, kpi, cells) for cells in (alone, to_date))
        rows.append((week, *money, *chain.from_iterable(sums)))
    return pd.DataFrame(rows, columns=list(_OF_A_WEEK))


_OF_A_WEEK = (
    "week", "spend", "before_spend", "kpi", "lower", "upper", "kpi_to_date", "lower_to_date",
    "upper_to_date",
)  # fmt: skip
