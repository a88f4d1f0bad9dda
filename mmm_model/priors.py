"""Every prior of the science: what is expected of a number before the data speak, and why.

In natural units; the scale on which the search moves a number is worked out beside the search. A
prior that was measured names the heading in ``tests/benchmarks/TRIED.md``; where none is named,
the value says what is usual and was not measured against others. Not here: what a user chooses
(`mmm_model.settings`), and steps and tolerances of algorithms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mmm_model.panel import Floats


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
"""Exponent of the Hill curve, 1.44: between concave (1 and less) and S-shaped.

Steeper curves suit simulators and no published dataset, narrower priors narrow the intervals too
far (TRIED, "Where curves are expected").
"""

HALF_SATURATION = ShapePrior(math.exp(0.7), 0.7)
"""Exposure at half of the ceiling, as a multiple of the usual week's: twice, from 1 to 4 times."""

SHORT_KERNELS, DELAYED_KERNELS, LONG_KERNELS = 0.75, 0.25, 0.08
"""How common kernels are that decay at once, that peak later, that last a quarter and more."""

EXPECTED_DECAY = 1.05
"""A carryover ``c`` is expected in proportion to this less ``c``: the shorter the likelier."""

GRID_SLOPE, GRID_HALF_SATURATION = (1.4, 0.4), (0.7, 0.7)
"""Median and standard deviation of the logarithm of a Hill curve's parameters in the posterior."""

CAMPAIGN_SPREAD = 0.5
"""Scale of the half-normal prior of how far returns of campaigns differ, over their channel's."""

FREQUENCY_SLOPE, FREQUENCY_HALF = (2.0, 0.4), (2.1, 0.5)
"""Median and standard deviation of the logarithm of the parameters of a curve of frequency.

Half-saturation in contacts a person and week. Meridian's defaults for reach and frequency (slope
and half-saturation log-normal around 2.0, spreads 0.4), the second a little wider.
"""

USUAL_ELASTICITY = (0.65, 0.6)
"""Relative growth of a response at its mean exposure: median of panels, and their spread (log).

What channels of a panel have in common is learned from all of them: the curves of one generator
bend much alike, those of another do not (TRIED, "How much curves bend").
"""

ELASTICITY_SD = 0.4
"""Standard deviation of the logarithm of a channel's around what is usual in its panel."""

USUAL_MEMORY = (2.5, 0.7)
"""Weeks by which effects come later on average: median of panels, and their spread (log).

A channel's mean lag is expected to be exponential around what is usual in its panel.
"""

STRAIGHT_CURVES = 0.05
"""How common curves are that do not bend where the data lie."""

KIND_CHANNELS = 4.0
"""Channels whose shapes weigh as much as the expected shares of kinds do."""

OWN_CARRYOVER = 0.1
"""Share of channels whose kernel is expected to be another one for another KPI of the same media.

The others share it: see `mmm_model.fit.posterior.carryover`.
"""

MEMBER_CENTRES = 0.7
"""How far the members' own centres of these priors lie apart, in their spreads.

Members then differ, in resampled weeks and centres together, about as much as is unknown.
"""

MODULATION_PRECISION = 150.0
"""1 / variance of the GRU's output weights, for each region; of its other weights it is 1.

High: a GRU that moves freely takes over what the media did, and freedom costs more where
effectiveness stands still than it earns where it moves (TRIED, "How freely effectiveness may
move").
"""

MOVING_EVIDENCE = math.log(10.0)
"""Logarithm of the Bayes factor from which effectiveness moves: strong evidence (Jeffreys, 1961).

TRIED, "Whether effectiveness moves".
"""

# Size of the media's effect: in the posterior.

SHARE_LEVEL, SHARE_LEVEL_SD = -1.6, 1.0
"""Logarithm of the KPI's share that all media would bring were returns as spend foretells: 20 %."""

SPEND_POWER, SPEND_POWER_SD = 0.65, 0.15
"""A channel's expected share of the KPI grows with its share of spend to this power.

Returns fall with spend: what is bought first is what works best.
"""

SMALLEST_SPEND = 0.1
"""Least share of spend that a channel is expected to earn by, over that of an equal split."""

RETURNS_SD, RETURNS_SD_CHANNELS = 0.8, 4.0
"""Standard deviation of a log return around that, and the channels that this guess is worth."""

TOTAL_SHARE, TOTAL_SHARE_SD = -1.6, 0.75
"""Logit of the share that all media bring together: 17 %, nine in ten from 6 to 41 %.

A logit, for nobody sells less than nothing without media.
"""

REGION_RETURNS = (0.15, 8.0)
"""Standard deviation of a region's return over the nation's, and the worth of the guess."""

FORM_DOUBT = 0.1
"""Standard deviation of a log size that the form of its curve leaves open.

What a channel brings is told from weeks that differ; carried down to no exposure at all it depends
on the form. Of channels with intervals narrower than a factor of two, 75 to 86 % of the true
returns were inside 90 % without it (four groups of data), 84 to 95 % with it; the log density of
the truth rose in all four (TRIED, "The posterior").
"""

FOLLOWING, FOLLOWING_SD = 1.0, 0.7
"""How strongly a plan follows the demand that is not seen, over the demand that is seen.

Proportional selection (Altonji, Elder and Taber, 2005; Oster, 2019).
"""

FOLLOWS, FOLLOWS_SD = 0.1, 0.3
"""How common channels are that follow a region's unseen demand, and how strongly these do.

Standard deviation of the KPI's movement over its mean, per unit of the exposure's logarithm. Set
once, for exposure over its mean (TRIED, "Channels that follow a region's demand").
"""

LOG_DRIFT, LOG_DRIFT_SD = -6.0, 1.5
"""Logarithm of the variance of a level's weekly step over the noise's: levels hardly move.

A level that walks freely takes what slow channels did.
"""

LOG_OTHER_VARIANCES = {"ar": (-2.0, 2.0), "common_shock": (-2.0, 2.0), "common_ar": (-2.0, 2.0)}
"""The same of what passes in weeks: a region's own, a shared shock, what all regions share."""

LOG_SCALES = {"control": (-2.4, 0.6), "season": (-2.4, 0.5)}
"""Logarithm of what a standardised control, or a harmonic, brings over the KPI: 9 %."""

LOG_HOLIDAY = (-4.0, 0.8)
"""Logarithm of what a holiday, the days before it or after it, bring over a week's KPI: 2 %.

All of them have one spread, learned from all: forty holidays then cost little more than those of
them that matter.
"""

HOLIDAY_TAILS = 2.0
"""Degrees of freedom of holidays around that spread: few, for most do little, and one is Christmas.
"""

PROMOTION_LIFT = 0.4
"""Standard deviation of what a promotion of the usual depth adds to its week, over the usual KPI.

Half of that of a normal distribution: two in three add less than 40 %, one in twenty 80 % and more.
"""

PRICE_ELASTICITY = 2.6
"""Standard deviation of a price elasticity, on one side of nothing.

The mean of 1,851 published ones is -2.62 (Bijmolt, Van Heerde and Pieters, 2005).
"""

REGION_EFFECTS = (0.15, 8.0)
"""As of media, of what a promotion or a price does in a region over what it does in the nation."""

BRAND_MULTIPLE = (1.0, 0.7)
"""What media bring over the years over what they bring at once: median, and spread of its log.

About the same again: where more television sold more in its year, the two years after it brought
as much once more, and where it did not, nothing (Lodish et al., 1995, "A summary of fifty-five
in-market experimental estimates of the long-term effect of TV advertising", Marketing Science 14).
The spread is wide: nine in ten from 0.3 to 3.2, as others found less, and over four times
(Ataman, Van Heerde and Mela, 2010, "The long-term effect of marketing strategy on brand sales",
Journal of Marketing Research 47).
"""

BRAND_START_SD = 0.5
"""Standard deviation of what was left of earlier years in the first week, over the first year's."""

BRAND_EVIDENCE = math.log(10.0)
"""Logarithm of the Bayes factor from which there is a stock: strong evidence (Jeffreys, 1961)."""

MEDIATOR_SHARE = 0.5
"""Standard deviation of the share of the KPI that comes by an unpaid mediator, on one side of
nothing: of most brands less than half of what is sold is sold to who searched for the brand.
"""

OUTLIER_SHARES, OUTLIER_SIZES = (0.02, 0.002), (5.0, 25.0)
"""How common outlying and wildly outlying weeks are; their deviations over an ordinary one's."""

# Size of the media's effect: in the search.

MEDIA_SHARE = 0.25
"""Share of the KPI that all media bring. An order of magnitude: the fit soon uses its own."""

MEDIA_SHARE_AT_START = 0.5 * MEDIA_SHARE
"""The same before there is a solution: low, for what media bring is still in the level."""

MEDIA_SHARE_RANGE = (0.02, 0.6)
"""Ends within which the share that a solution gives all media becomes the next expectation.

From nothing no channel could come back; at the upper end levels still explain the rest.
"""

SMALLEST_SPEND_SHARE = 0.2
"""Least share of spend that a channel is expected to earn by, over that of an equal split.

A channel that was only tried so far may earn more than its share.
"""

RETURN_SPREAD = 0.7
"""Standard deviation of a channel's return over that of all media, as usually found.

The spread of each panel is learned and drawn to this (TRIED, "How much returns differ").
"""

RETURN_SPREAD_CHANNELS = 2.0
"""Channels whose returns weigh as much as `RETURN_SPREAD` does; few, so that the data decide."""

RETURN_SPREAD_UNLEARNED = 1.0
"""The spread while it is not learned yet; wider, so that the first solution is the data's."""

RETURN_BELIEF_SPREAD = 0.8
"""Standard deviation of the logarithm of the return that a member expects of a channel.

Intervals hold the truth more often for it, at no price in the estimate (TRIED, "What members
expect of returns").
"""

SMALLEST_EXPOSURE = 0.02
"""Least mean saturated exposure, of at most 1, that the prior of a coefficient is scaled by.

A channel that hardly ran is no reason for a coefficient without bounds: it may run tomorrow
(TRIED, "A channel that hardly ran").
"""

# Controls, seasonality and regions.

CONTROL_SPREAD = 0.1
"""Standard deviation of what a control brings per standard deviation of it, and of a harmonic.

In KPI of the region's size: most move it by less than 10 %.
"""

REGION_SPREAD = 0.05
"""Standard deviation of a region's coefficient around that of all regions; learned from there.

Of channels relative to the coefficient, of the rest in KPI of the region's size.
"""

REGION_SPREAD_REGIONS = 3.0
"""Regions whose deviations weigh as much as `REGION_SPREAD` does; few, so that the data decide."""

SAME_EVERYWHERE = 1e-4
"""The same spread where regions are to share their coefficients, in place of 0."""

# How levels move: variances over that of a region-week's noise.

LEVEL_START = 1e3
"""Variance of the level before the first week: nothing is known of it."""

FIRST_DRIFT, FIRST_COMMON_DRIFT, FIRST_COMMON_SHOCK = 0.01, 0.003, 0.1
"""Variances of a week's step of a region's own level, of the common one, and of a common shock.

Where the likelihood starts to look: levels that hardly move.
"""

DRIFT_BOUNDS = (1e-5, 10.0)
"""Ends of what the likelihood may choose for each: a level that stands still, one that is free."""

DRIFTS = (0.5, 2.0, 8.0, 32.0)
"""Variances of a level's step that are judged by their forecasts, besides the likelihood's own.

Forecasts over many weeks ask for freer levels of regions than the likelihood of the next week
does (TRIED, "Level dynamics, by forecasts").
"""

COMMON_DRIFTS = (0.01, 0.1)
"""Variances of the common step, and of the common shock, that go with each of `DRIFTS`.

A common level that is free leaves media only what differs between regions (TRIED, "Choosing one
of many level dynamics").
"""

NEWEST_WEEKS = (0.15, 0.3, 0.5)
"""Weights of the newest week where a level is carried forward as a weighted mean of the past.

A share of 1: the smaller, the calmer the forecast (TRIED, "Level dynamics, by forecasts").
"""

FEW_REGIONS = 8.0
"""Regions whose forecasts count as much as the likelihood does: with fewer, errors are luck."""

# Noise, in standard deviations where nothing else is said.

FIRST_VARIANCE = 0.01
"""Variance of a region-week's noise at the start, of a KPI of the region's size: 10 % off."""

SMALLEST_VARIANCE = 1e-8
"""Least such variance: no KPI is explained to a tenth of a per mille."""

VARIANCE_WEEKS = 5.0
"""Weeks that the variance of all regions weighs in that of one."""

FAR_FROM_MEDIAN = 5.0
"""Distance from its region's median beyond which a week weighs less at the start.

Wide: before the fit a campaign's peak lies far out, too.
"""

OUTLIER = 3.0
"""Distance from what the fit says beyond which a week weighs less."""

SURPRISE_BEND = 2.5
"""Surprise beyond which the search's loss grows linearly (Huber, 1964).

An earlier bend was no better (TRIED, "Where curves are expected").
"""

# Lift tests.

LIFT_DOUBT = 0.5
"""Standard deviation of what the model says of a test besides its members' disagreement, a share.

Wide: all members share the form of the curves, and a test is there to correct them.
"""

LIFT_TOO_FAR = 2.5
"""Standard deviations, of both doubts together, beyond which test and model conflict."""

LIFT_REGION_RANGE = (0.1, 5.0)
"""Ends of a region's coefficient over that of all by which a test of many regions is shared."""


def score(value: Floats, log_normal: tuple[float, float]) -> Floats:
    """Squared distance of values from a median, in standard deviations of the logarithm."""
    median, spread = log_normal
    return np.asarray((np.log(value / median) / spread) ** 2)
