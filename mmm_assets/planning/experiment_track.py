"""How every test stands: those that are kept, and lift tests that came from elsewhere."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from mmm_assets import mart
from mmm_assets.inputs.fits import Fits
from mmm_assets.planning.kept_experiments import KeptExperiment, kept_experiments
from mmm_model.experiment.kinds import KINDS
from mmm_model.panel import Panel

_YEAR = 52
"""Weeks before a test that say what would have been spent."""

_SAID = {"now": "after", "now_lower": "after_lower", "now_upper": "after_upper"}


def experiment_track(fits: Fits) -> pd.DataFrame:
    """Rows of ``mart.experiment_track``, kept tests first."""
    from mmm_model.effects.lift_comparison import lift_comparison
    from mmm_model.experiment.scoreboard import agrees
    from mmm_model.fit.lift_tests import age_in_weeks

    panel, tests = fits.panel, fits.lift_tests
    with fits.project.warehouse.work() as connection:
        kept = kept_experiments(connection, fits.refresh_week)
    measured = lift_comparison(fits.final, tests)
    measured["age_weeks"] = [
        age_in_weeks(test, panel.weeks[-1]) if test.end is not None else None for test in tests
    ]
    found = [_matching(one, measured) for one in kept]
    rows = [
        _kept(one, panel, measured.loc[own], fits.refresh_week)
        for one, own in zip(kept, found, strict=True)
    ]
    matched = {place for own in found for place in own}
    rows += [_elsewhere(row) for place, row in measured.iterrows() if place not in matched]
    columns = [column.name for column in mart.BY_NAME["experiment_track"].columns]
    frame = pd.DataFrame(rows, columns=columns)
    numbers = ["measured", "standard_error", "expected", "lower", "upper"]
    values = frame[numbers].astype(float).to_numpy().T
    inside = agrees(*values).astype(object)
    inside[np.isnan(values[0])] = None
    return frame.assign(inside=inside)


def _matching(one: KeptExperiment, measured: pd.DataFrame) -> list[int]:
    """Positions of the lift tests that are a kept test's: of its channel, regions and weeks."""
    if measured.empty:
        return []
    regions = measured["region"].map(lambda cell: set(str(cell).split("|")))
    own = (
        (measured["channel"] == one.channel)
        & (measured["start_week"] >= pd.Timestamp(one.start))
        & (measured["end_week"] <= pd.Timestamp(one.end))
        & regions.map(lambda names: names == set(one.regions))
    )
    return [int(place) for place in np.flatnonzero(own)]


def _kept(
    one: KeptExperiment, panel: Panel, measured: pd.DataFrame, week: date
) -> dict[str, object]:
    row: dict[str, object] = {
        "experiment": one.name,
        "channel": one.channel,
        "kind": one.kind,
        "regions": "|".join(one.regions),
        "start_week": one.start,
        "end_week": one.end,
        "status": _status(one, len(measured) > 0, week),
        "change": one.change,
        "delivered": _delivered(one, panel),
        **{name: one.row[name] for name in ("expected", "lower", "upper")},
    }
    if len(measured):
        # Rows of a switchback are its fortnights, and half of its weeks are none of them.
        share = 1.0 if KINDS[one.kind].by_region else 0.5
        row |= {
            "measured": measured["measured"].mean() * share,
            "standard_error": _joint(measured["standard_error"]) * share,
            **{name: measured[of].mean() * share for name, of in _SAID.items()},
            "age_weeks": measured["age_weeks"].min(),
            "weight": measured["weight"].max(),
        }
    return row


def _elsewhere(row: pd.Series) -> dict[str, object]:
    """A lift test that nobody designed here: what the model said without any test stands for it."""
    ends = {"expected": "before", "lower": "before_lower", "upper": "before_upper", **_SAID}
    return {
        "channel": row["channel"],
        "regions": row["region"],
        "start_week": row["start_week"],
        "end_week": row["end_week"],
        "status": "read",
        "change": row["change"],
        "measured": row["measured"],
        "standard_error": row["standard_error"],
        "age_weeks": row["age_weeks"],
        "weight": row["weight"],
        **{name: row[of] for name, of in ends.items()},
    }


def _status(one: KeptExperiment, is_read: bool, week: date) -> str:
    if one.withdrawn:
        return "withdrawn"
    if is_read:
        return "read"
    if one.start > week:
        return "to come"
    return "running" if one.end > week else "over"


def _delivered(one: KeptExperiment, panel: Panel) -> float | None:
    """Weekly spend in a test's weeks so far, above that of the year before; None before them."""
    weeks = panel.weeks
    during = (weeks >= pd.Timestamp(one.start)) & (weeks <= pd.Timestamp(one.end))
    if not during.any() or one.channel not in panel.channels:
        return None
    inside = np.isin(panel.regions, one.regions)
    spend = panel.spend[inside][..., panel.channels.index(one.channel)].sum(axis=0)
    first = int(np.argmax(during))
    before = spend[max(first - _YEAR, 0) : first]
    return float(spend[during].mean() - before.mean()) if len(before) else None


def _joint(errors: pd.Series) -> float:
    """Standard error of the mean of several rows."""
    return float(np.sqrt(np.square(errors).sum()) / len(errors))
