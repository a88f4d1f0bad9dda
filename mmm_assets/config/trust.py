"""The part of the configuration that says how far a refresh is put to the test."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from mmm_assets.config.tables import Section

Test = Literal[
    "interval_width",
    "prior_against_data",
    "hidden_confounder",
    "forecasts",
    "mmm_eval",
    "placebo",
    "twin",
    "perturbation",
]
AtLeast = Literal[
    "prior_against_data.learned",
    "hidden_confounder.to_half",
    "forecasts.skill",
    "forecasts.coverage",
    "refresh_stability.inside",
    "in_sample_accuracy.r_squared",
    "holdout_accuracy.r_squared",
    "cross_validation.mean_r_squared",
    "placebo.beats",
    "twin.order",
    "twin.covered",
]
AtMost = Literal[
    "overall.doubts",
    "interval_width.half_width",
    "hidden_confounder.like_strongest",
    "refresh_stability.mean_change",
    "refresh_stability.newest_change",
    "in_sample_accuracy.mape",
    "holdout_accuracy.mape",
    "cross_validation.mean_mape",
    "cross_validation.std_mape",
    "twin.known_to",
    "perturbation.change",
]


class TrustSection(Section):
    """Tests of how far numbers can be believed, and limits that hold a refresh."""

    weekly: tuple[Test, ...] = Field(
        default=(
            "interval_width",
            "prior_against_data",
            "hidden_confounder",
            "forecasts",
            "mmm_eval",
        ),
        description="tests of every refresh; these take seconds",
    )
    monthly: tuple[Test, ...] = Field(
        default=("placebo", "twin", "perturbation"),
        description="tests once a month, two in its first refresh and the rest in the next; these "
        "fit again, with short chains, and take a seventh as long as the fit each; empty: never",
    )
    at_least: dict[AtLeast, float] = Field(
        default={},
        description="TEST.MEASURE: least value, of channels that matter, that is published",
    )
    at_most: dict[AtMost, float] = Field(
        default={},
        description="TEST.MEASURE: largest value, of channels that matter, that is published",
    )

    @model_validator(mode="after")
    def _once(self) -> TrustSection:
        names = [*self.weekly, *self.monthly]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"'weekly' and 'monthly' name {twice} more than once")
        return self
