"""The tests of one refresh: those that are due on its fit, and the newest of the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import duckdb
import numpy as np
import pandas as pd

from mmm_assets.inputs.earlier_refreshes import earlier_scores
from mmm_assets.inputs.fits import Fits
from mmm_assets.mart.trust import TRUST_TABLES
from mmm_assets.store.mart_week import read_week
from mmm_assets.store.project import Project
from mmm_assets.trust.due_tests import carried, due
from mmm_assets.trust.limits import channels_that_matter, with_limits
from mmm_assets.trust.sentences import sentence
from mmm_assets.trust.tests_of_fit import accuracies
from mmm_model.trust import mmm_eval
from mmm_model.trust.brand_twin import brand_twin
from mmm_model.trust.forecasts import forecasts
from mmm_model.trust.hidden_confounder import hidden_confounder
from mmm_model.trust.interval_width import interval_width
from mmm_model.trust.overall import overall
from mmm_model.trust.perturbation import perturbation
from mmm_model.trust.placebo import placebo
from mmm_model.trust.prior_against_data import prior_against_data
from mmm_model.trust.refit import can_refit
from mmm_model.trust.twin import twin
from mmm_model.trust.verdicts import Found, table

_COLUMNS = [column.name for column in TRUST_TABLES[0].columns]
_REFRESHES = 6
"""Refreshes whose returns are compared: five changes, as in mmm-eval."""
_RETURNS = """
    SELECT refresh_week, channel, coalesce(roi, share) AS found,
           coalesce(roi_lower, share) AS lower, coalesce(roi_upper, share) AS upper
    FROM mart.channel_summary JOIN mart.refreshes USING (refresh_week)
    WHERE status = 'published' AND refresh_week < $week"""
_EARLIER = """
    SELECT t.* FROM mart.trust_tests AS t JOIN mart.refreshes USING (refresh_week)
    WHERE status = 'published' AND refresh_week < $week"""


@dataclass(frozen=True)
class Tested:
    """A refresh on its way, as its tests read it."""

    fits: Fits

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Its channels."""
        return self._own("channel_summary")

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Its fitted weeks, and those that it forecast without having seen them."""
        return self._own("predictions")

    @cached_property
    def track(self) -> pd.DataFrame:
        """Forecasts of earlier refreshes, each as it was first scored."""
        own = self._own("forecast_track")
        parts = [rows for rows in (earlier_scores(self._project, self._week), own) if len(rows)]
        return pd.concat(parts, ignore_index=True) if parts else own

    @cached_property
    def earlier(self) -> pd.DataFrame:
        """Rows of the tests of published refreshes before it."""
        return self._published(_EARLIER, ["refresh_week", *_COLUMNS])

    @cached_property
    def returns(self) -> pd.DataFrame:
        """Returns of its channels and of those of the published refreshes before it."""
        names = ["refresh_week", "channel", "found", "lower", "upper"]
        before = self._published(_RETURNS, names)
        now = self.summary.assign(
            refresh_week=pd.Timestamp(self._week),
            found=self.summary["roi"].fillna(self.summary["share"]),
        )
        kept = sorted(set(before["refresh_week"]))[-(_REFRESHES - 1) :]
        parts = [before[before["refresh_week"].isin(kept)], now.reindex(columns=names)]
        return pd.concat([part for part in parts if len(part)], ignore_index=True)

    @property
    def _project(self) -> Project:
        return self.fits.project

    @property
    def _week(self) -> date:
        return self.fits.refresh_week

    def _own(self, name: str) -> pd.DataFrame:
        with self._project.warehouse.work() as connection:
            return read_week(connection, name, self._week)

    def _published(self, query: str, names: list[str]) -> pd.DataFrame:
        # Nothing is there before the first refresh, nor the table in a file of the last release.
        missing = suppress(FileNotFoundError, duckdb.CatalogException)
        with missing, self._project.warehouse.published() as connection:
            return connection.execute(query, {"week": self._week}).df().reindex(columns=names)
        return pd.DataFrame(columns=names)


def run_tests(fits: Fits, warn: Callable[[str], None]) -> tuple[pd.DataFrame, dict[str, float]]:
    """Run the tests that are due.

    Parameters
    ----------
    warn
        Told which test could not be run, and why.

    Returns
    -------
    rows, seconds
        Columns of ``mart.trust_tests`` without its key; seconds of each test that ran.
    """
    tested, trust = Tested(fits), fits.project.config.trust
    now = due(trust, fits.refresh_week, tested.earlier)
    found, seconds = [], {}
    for name in now:
        began = time.perf_counter()
        try:
            rows = table(_TESTS[name](tested))
        except (ValueError, np.linalg.LinAlgError) as error:
            warn(f"the trust test '{name}' was left out: {error}")
            continue
        found.append(rows)
        seconds[name] = time.perf_counter() - began
    old = carried(trust, now, tested.earlier).assign(hold_limit=np.nan, holds=False)
    summed = table(overall(pd.concat([*found, old])))
    fresh = pd.concat([*found, summed], ignore_index=True)
    known = tested.summary.set_index("channel")["roi"].notna().to_dict()
    fresh = with_limits(fresh, trust, channels_that_matter(tested.summary)).assign(
        tested_week=fits.refresh_week,
        sentence=[sentence(row, bool(known.get(row["channel"]))) for _, row in fresh.iterrows()],
    )
    rows = pd.concat([part for part in (fresh, old) if len(part)] or [fresh], ignore_index=True)
    return rows.reindex(columns=_COLUMNS), seconds


def _width(tested: Tested) -> Iterator[Found]:
    return interval_width(tested.fits.final.response, tested.fits.panel)


def _prior(tested: Tested) -> Iterator[Found]:
    fits = tested.fits
    return prior_against_data(fits.final.response, fits.panel, fits.final.settings.seed)


def _confounder(tested: Tested) -> Iterator[Found]:
    return hidden_confounder(tested.fits.final.response, tested.fits.panel)


def _forecasts(tested: Tested) -> Iterator[Found]:
    return forecasts(tested.track)


def _mmm_eval(tested: Tested) -> Iterator[Found]:
    yield from accuracies(tested.predictions)
    yield from mmm_eval.cross_validation(tested.track)
    yield from mmm_eval.refresh_stability(tested.returns)


def _placebo(tested: Tested) -> Iterator[Found]:
    return _refitted(placebo, tested)


def _twin(tested: Tested) -> Iterator[Found]:
    yield from _refitted(twin, tested)
    yield from _refitted(brand_twin, tested)


def _perturbation(tested: Tested) -> Iterator[Found]:
    return _refitted(perturbation, tested)


def _refitted(test: Callable[..., Iterator[Found]], tested: Tested) -> Iterator[Found]:
    """Run a test that fits again, where a short fit says what a long one does."""
    fits = tested.fits
    if not can_refit(fits.final.response):
        return iter(())
    settings = fits.project.config.model_settings()
    return test(fits.final.response, fits.panel, settings, fits.project.progress)


_TESTS: dict[str, Callable[[Tested], Iterator[Found]]] = {
    "interval_width": _width,
    "prior_against_data": _prior,
    "hidden_confounder": _confounder,
    "forecasts": _forecasts,
    "mmm_eval": _mmm_eval,
    "placebo": _placebo,
    "twin": _twin,
    "perturbation": _perturbation,
}
