"""Every prior of the science: what is expected of a number before the data speak, and why.

In natural units; what the search moves instead (a logit, a logarithm) is worked out beside it.
A prior that was measured names the heading in ``tests/benchmarks/TRIED.md``. Not here: what a
user chooses (`mmm_model.settings`), and tolerances that no result should depend on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class ShapePrior:
    """Prior of a parameter of an adstock or a saturation.

    Parameters
    ----------
    centre
        Median, in natural units.
    spread
        Standard deviation on the scale of the search, see `ShapeParameter.link`.
    """

    centre: float
    spread: float

    def within(self, low: float, high: float) -> ShapePrior:
        """Return it with its centre in the middle four fifths of what is allowed."""
        margin = 0.1 * (high - low)
        return replace(self, centre=min(max(self.centre, low + margin), high - margin))


# Shape of a channel's response.

CARRYOVER = ShapePrior(1.0 / (1.0 + math.exp(1.2)), 1.0)
"""Share of an effect that is left a week later: 23 %, two thirds of channels from 10 to 45 %."""

DELAY = ShapePrior(math.log1p(math.exp(-2.0)), 1.0)
"""Power of ``1 + lag``: 0.13, so a peak after the first week is the exception."""

WEIBULL_SCALE = ShapePrior(0.7, 0.8)
"""Weeks within which 63 % of an effect has come: with shape one, the same centre as `CARRYOVER`."""

WEIBULL_SHAPE = ShapePrior(1.0, 0.4)
"""One is a geometric decay; two thirds of channels from 0.67 (a long tail) to 1.5 (a late peak)."""

SLOPE = ShapePrior(0.5 + 2.5 / (1.0 + math.exp(0.5)), 1.0)
"""Exponent of the Hill curve, 1.44: between concave (1 and less) and S-shaped."""

HALF_SATURATION = ShapePrior(math.exp(0.7), 0.7)
"""Exposure at half of the ceiling, as a multiple of the usual week's: twice, from 1 to 4 times."""

MEMBER_CENTRES = 0.7
"""How far the members' own centres lie apart, in standard deviations of these ranges.

Together with their resampled weeks members then differ about as much as the posterior does.
"""

MODULATION_PRECISION = 150.0
"""1 / variance of the GRU's output weights, for each region.

High: a GRU that moves freely takes over what the media did, and freedom costs more where
effectiveness stands still than it earns where it moves (TRIED, "How freely effectiveness may
move").
"""

# Size of the media's effect.

MEDIA_SHARE = 0.25
"""Share of the KPI that all media bring, the most of what brands usually report."""

MEDIA_SHARE_AT_START = 0.5 * MEDIA_SHARE
"""The same before anything was fitted: low, so that the level keeps what is not yet explained."""

MEDIA_SHARE_RANGE = (0.02, 0.6)
"""Ends within which the fitted share of all media is taken for the next expectation.

Below the lower one no channel could come back from nothing; above the upper one media would
take the level.
"""

SMALLEST_SPEND_SHARE = 0.2
"""Least share of spend that a channel's expectation is based on, over that of an equal split.

Small tests of a new channel say little of its return.
"""

RETURN_SPREAD = 0.7
"""Standard deviation of a channel's return over that of all media, as usually found.

The spread of each panel is learned and drawn to this (TRIED, "How much returns differ").
"""

RETURN_SPREAD_CHANNELS = 2.0
"""Channels whose returns weigh as much as `RETURN_SPREAD` does. Few: brands differ."""

RETURN_SPREAD_UNLEARNED = 1.0
"""The spread while it is not learned yet; wide, so that the first solution is the data's."""

RETURN_BELIEF_SPREAD = 0.8
"""Standard deviation of the logarithm of what members expect of a channel's return.

Intervals hold the truth more often for it, at no price in the estimate (TRIED, "What members
expect of returns").
"""

SMALLEST_EXPOSURE = 0.02
"""Least mean saturated exposure that a coefficient's prior is scaled by, of at most 1.

A channel that hardly ran is no reason for a coefficient without bounds: it may run tomorrow
(TRIED, "A channel that hardly ran").
"""

# Controls, seasonality and regions.

CONTROL_SPREAD = 0.1
"""Standard deviation of the effect of a control or harmonic, in KPI of the region's size.

A control that moves by one standard deviation moves the KPI by a few per cent.
"""

REGION_SPREAD = 0.05
"""Standard deviation of a region's coefficient around that of all regions.

Of channels relative to the coefficient, of the rest as `CONTROL_SPREAD`; learned from there.
"""

REGION_SPREAD_REGIONS = 3.0
"""Regions whose deviations weigh as much as `REGION_SPREAD` does."""

SAME_EVERYWHERE = 1e-4
"""The same spread where all regions are to share their coefficients; 0 cannot be divided by."""

# How levels move. All relative to the variance of a region-week's noise.

LEVEL_START = 1e3
"""Variance of the level before the first week: nothing is known of it."""

FIRST_DRIFT, FIRST_COMMON_DRIFT, FIRST_COMMON_SHOCK = 0.01, 0.003, 0.1
"""Variance of a week's step of a region's level and of the common one, and of a common shock,
where the likelihood starts to look: levels that hardly move."""

DRIFT_BOUNDS = (1e-5, 10.0)
"""Ends of these three. A level that moves more within a week than the noise explains all."""

DRIFTS = (0.5, 2.0, 8.0, 32.0)
"""Variances of a week's step that are judged by their forecasts besides the likelihood's own.

Forecasts over months favour freer levels than the likelihood of the next week does (TRIED,
"Level dynamics").
"""

COMMON_DRIFTS = (0.01, 0.1)
"""Variances of the common step, and of the common shock, that go with each of `DRIFTS`.

Stiff: a common level that is free leaves media only what differs between regions (TRIED,
"Choosing one of many level dynamics").
"""

NEWEST_WEEKS = (0.15, 0.3, 0.5)
"""Weights of the newest week where a level is carried forward as a weighted mean of the past."""

FEW_REGIONS = 8.0
"""Regions whose forecasts count as much as the likelihood does: with fewer, errors are luck."""

# Noise.

FIRST_VARIANCE = 0.01
"""Variance of a region-week's noise at the start, in squares of the region's size: ± 10 %."""

SMALLEST_VARIANCE = 1e-8
"""Least such variance: no KPI is known to a tenth of a per mille."""

VARIANCE_WEEKS = 5.0
"""Weeks that the variance of all regions weighs in that of one."""

FAR_FROM_MEDIAN = 5.0
"""Robust standard deviations from its region's median beyond which a week weighs less at the
start. Wide: before the fit a campaign's peak looks like an outlier, too."""

OUTLIER = 3.0
"""Standard deviations of the residual beyond which a week weighs less once there is a fit."""

SURPRISE_BEND = 2.5
"""Standard deviations beyond which the search's loss of a week grows linearly (Huber, 1964).

An earlier bend was no better (TRIED, "Where curves are expected").
"""

# Lift tests.

LIFT_DOUBT = 0.5
"""Doubt about what the model says of a test besides its members' disagreement, as a share."""

LIFT_TOO_FAR = 2.5
"""Standard deviations, of both doubts together, beyond which test and model conflict."""

LIFT_REGION_RANGE = (0.1, 5.0)
"""Ends of a region's coefficient over that of all by which a test of many regions is shared."""
