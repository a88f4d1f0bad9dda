"""What creates each unpaid mediator, and what is earned by that; and the mediator week by week."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.fit.unpaid_mediators import UnpaidMediator
from mmm_model.intervals import effect_interval, summarised
from mmm_model.panel import Floats, Panel

COLUMNS = (
    "mediator", "kind", "channel", "weeks", "created_share", "created_share_lower",
    "created_share_upper", "effect", "effect_lower", "effect_upper", "contribution",
    "contribution_lower", "contribution_upper",
)  # fmt: skip
WEEK_COLUMNS = (
    "mediator", "region", "week", "value", "error", "expected", "lower", "upper", "created",
)  # fmt: skip


def mediators(effects: FittedEffects) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sum each mediator up, and follow it over the weeks.

    Returns
    -------
    shares
        A row for each mediator and channel that may create it, and one of all channels (None):
        ``kind``, ``weeks`` in which somebody counted or asked, ``created_share`` of the mediator
        over all weeks, ``effect`` (percent of KPI for a percent of mediator), ``contribution``
        (KPI units earned by what was created), with 90 % intervals.
    weeks
        ``value`` and its standard ``error`` as delivered, what it was ``expected`` to be with the
        ends of the 90 % interval, and the part that media ``created``.
    """
    model, panel = effects.model, effects.panel
    shares: list[dict[str, object]] = []
    weeks: list[pd.DataFrame] = []
    for n, (one, through) in enumerate(
        zip(model.mediators, effects.mediation.through, strict=True)
    ):
        created = one.created(panel)  # [M, R, W, S]
        whole = (one.usual * len(panel.weeks)).sum()
        assert panel.mediators is not None
        value = panel.mediators.value[..., n]
        place = [panel.channels.index(name) for name in one.sources]
        own = created.sum((1, 2)) / whole
        earned = through.sum((1, 2))[:, place]
        every: list[tuple[str | None, Floats, Floats]] = [(None, own.sum(1), earned.sum(1))]
        every += [(name, own[:, s], earned[:, s]) for s, name in enumerate(one.sources)]
        for channel, share, part in every:
            lower, upper = effect_interval(part)
            shares.append(
                {
                    "mediator": one.node.name,
                    "kind": "survey" if one.node.is_survey else "counted",
                    "channel": channel,
                    "weeks": int((~np.isnan(value)).sum()),
                    **summarised("created_share", share),
                    **summarised("effect", one.national(model.scaling.region_size)),
                    "contribution": float(part.mean()),
                    "contribution_lower": float(lower),
                    "contribution_upper": float(upper),
                }
            )
        weeks.append(_weekly(panel, n, one, created.sum(-1).mean(0)))
    followed = pd.concat(weeks, ignore_index=True) if weeks else pd.DataFrame()
    return (
        pd.DataFrame(shares, columns=list(COLUMNS)),
        followed.reindex(columns=list(WEEK_COLUMNS)),
    )


def _weekly(panel: Panel, n: int, one: UnpaidMediator, created: Floats) -> pd.DataFrame:
    assert panel.mediators is not None
    known = panel.mediators
    return panel.region_weeks().assign(
        mediator=one.node.name,
        value=known.value[..., n].ravel(),
        error=np.where(np.isnan(known.value[..., n]), np.nan, known.error[..., n]).ravel(),
        expected=one.path[0].ravel(),
        lower=one.path[1].ravel(),
        upper=one.path[2].ravel(),
        created=created.ravel(),
    )
