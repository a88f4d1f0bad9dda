"""Tests that need a fit and its panel alone: no refit, no earlier refresh, no table on disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from mmm_model.trust import mmm_eval
from mmm_model.trust.hidden_confounder import hidden_confounder
from mmm_model.trust.interval_width import interval_width
from mmm_model.trust.prior_against_data import prior_against_data
from mmm_model.trust.verdicts import Found, table

if TYPE_CHECKING:
    from mmm_model import FittedModel, Panel


def tests_of_fit(final: FittedModel, panel: Panel, predictions: pd.DataFrame) -> pd.DataFrame:
    """Test a fit that belongs to no refresh; columns as of `mmm_model.trust.verdicts.COLUMNS`.

    Parameters
    ----------
    predictions
        Of ``mart.predictions``.
    """
    return table(
        [
            *interval_width(final.response, panel),
            *prior_against_data(final.response, panel, final.settings.seed),
            *hidden_confounder(final.response, panel),
            *accuracies(predictions),
        ]
    )


def accuracies(predictions: pd.DataFrame) -> Iterator[Found]:
    """Errors of the weeks that were fitted, and of those that were held out."""
    for test, split in (("in_sample_accuracy", "train"), ("holdout_accuracy", "holdout")):
        rows = predictions[predictions["split"] == split]
        if len(rows):
            yield from mmm_eval.accuracy(test, rows)
