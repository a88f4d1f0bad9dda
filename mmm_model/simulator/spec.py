"""What a simulated brand looks like: its channels, its demand, its dirt. No random data here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Family = Literal["hill", "logistic", "tanh", "threshold"]


@dataclass(frozen=True)
class ChannelSpec:
    """One channel: how it is planned, what it costs, what it does.

    Parameters
    ----------
    name
        Name of the channel.
    spend_share
        Planned spend over the value of the baseline KPI.
    cost
        Currency per unit of exposure (CPM / 1000, or a cost per click).
    kpi_share
        Direct contribution over the baseline KPI; 0 for a channel without effect.
    bursts
        True: flights of about four weeks on half of the weeks. False: always on.
    variation
        Coefficient of variation of the plan while it is on.
    follows_demand
        Correlation of the plan with demand, 0 to 1.
    twin, twin_correlation
        An earlier channel whose plan this one moves with, and how closely.
    launch_week
        First week in which the channel runs.
    dark
        First week of a pause, and the one in which it runs again.
    exposure_noise
        Coefficient of variation of the cost per exposure.
    decay
        Adstock: weight of a lag is ``decay**lag``, or ``decay**((lag - delay)**2)`` if delayed.
    delay
        Lag of the peak, weeks.
    family, slope, half_saturation
        Response curve; half-saturation in units of the mean adstocked exposure per head.
    frequency, frequency_spread
        Contacts per person reached, the median week, and the standard deviation of its logarithm;
        ``cost`` is then of a contact, exposure is reach, and the response curve is of frequency
        over its mean. 0: the channel has no frequency.
    """

    name: str
    spend_share: float
    cost: float
    kpi_share: float
    bursts: bool = False
    variation: float = 0.35
    follows_demand: float = 0.0
    twin: str | None = None
    twin_correlation: float = 0.0
    launch_week: int = 0
    dark: tuple[int, int] = (0, 0)
    exposure_noise: float = 0.12
    decay: float = 0.3
    delay: int = 0
    family: Family = "hill"
    slope: float = 1.3
    half_saturation: float = 1.0
    frequency: float = 0.0
    frequency_spread: float = 0.35


@dataclass(frozen=True)
class DriveSpec:
    """An edge between channels: exposure of ``source`` creates exposure of ``target``.

    Parameters
    ----------
    source, target
        Names of channels.
    share
        Share of the target's mean exposure that the source creates.
    kernel
        How the created exposure spreads over the source's week and those after it; adds up
        to 1.
    power
        Exponent on the source's exposure; below 1 the created exposure saturates.
    """

    source: str
    target: str
    share: float
    kernel: tuple[float, ...] = (0.6, 0.3, 0.1)
    power: float = 1.0


@dataclass(frozen=True)
class TreatmentSpec:
    """What a brand does besides media.

    Parameters
    ----------
    lift
        What a promotion of the usual depth adds to its week, over the baseline KPI.
    promoted
        Share of weeks in which a promotion runs; the same in all regions, in spells of two weeks.
    announced_by, announced
        Channel whose plan is raised while a promotion runs, and by how much of it.
    elasticity
        Of the price.
    price_sd
        Standard deviation of the price over the usual one.
    regional
        Standard deviation of the logarithm of what promotions and prices do in a region over what
        they do elsewhere.
    holidays
        Name → what the week before, the day and the week after bring over a week's baseline; names
        of `mmm_model.simulator.treatments.holiday_names`. Those that are not named do nothing.
    """

    lift: float = 0.25
    promoted: float = 0.2
    announced_by: str = "tv"
    announced: float = 1.0
    elasticity: float = -1.5
    price_sd: float = 0.06
    regional: float = 0.0
    holidays: Mapping[str, tuple[float, float, float]] = field(
        default_factory=lambda: {
            "Christmas": (0.30, -0.15, -0.10),
            "Good Friday": (0.12, 0.0, 0.0),
            "Easter Monday": (0.0, -0.08, 0.0),
            "Labour Day": (0.0, -0.05, 0.0),
        }
    )


@dataclass(frozen=True)
class BrandSpec:
    """A slow stock that media leave behind.

    Parameters
    ----------
    channels
        That feed it.
    multiple
        What they bring over all weeks to come over what they bring at once.
    half_life
        Weeks.
    start
        What was left of earlier years in the first week, over a stock fed as in the first year.
    """

    channels: tuple[str, ...]
    multiple: float = 1.0
    half_life: float = 52.0
    start: float = 1.0


@dataclass(frozen=True)
class MediatorSpec:
    """A node that media create and nobody buys, and that sells.

    Parameters
    ----------
    name
        Of the node.
    created
        Channel → share of the mediator's mean that it creates.
    kpi_share
        What the mediator brings at its mean, over the baseline KPI.
    decay, power
        Weight of a lag in what a channel creates is ``decay**lag``, of its exposure to this power.
    follows_demand
        Relative change of what comes without media per relative change of demand.
    own_sd, own_ar
        Standard deviation over the mean, and autoregression, of what moves it otherwise.
    level
        Its mean: a number, or of a survey a share.
    asked, every
        People asked in a wave in each region, and weeks from wave to wave; 0: it is counted, in
        every week.
    """

    name: str
    created: Mapping[str, float]
    kpi_share: float = 0.2
    decay: float = 0.4
    power: float = 0.7
    follows_demand: float = 0.0
    own_sd: float = 0.08
    own_ar: float = 0.5
    level: float = 5_000.0
    asked: int = 0
    every: int = 4


@dataclass(frozen=True)
class SimulationSpec:
    """A simulated brand.

    Parameters
    ----------
    channels, drives
        The media and the edges between them.
    regions
        Names of the regions.
    weeks, first_week
        Number of weeks and the first Monday, ``YYYY-MM-DD``.
    level
        Mean weekly baseline KPI of a region of median size.
    size_spread
        Standard deviation of the log of the regions' sizes.
    value_per_kpi
        Currency per KPI unit.
    season, trend_per_year, demand_sd, demand_ar
        Demand over its mean: amplitude of the first of two harmonics, linear trend, and the
        standard deviation and autoregression of what is left.
    price_effect
        Relative change of the KPI per relative change of the price index, a control.
    indicator
        True adds a control that follows demand and causes nothing.
    indicator_media_share
        Share of the indicator that the first drive's source moves.
    noise, noise_ar
        Standard deviation over the mean KPI of a region, and autoregression, of the noise.
    outage_share, spikes, missing_share, late_share
        Share of regions with an outage of 8 weeks; share of cells of spend that are
        multiplied by 3 to 5; share of KPI rows that are absent; share of regions that start
        late.
    outage_as_zero
        True writes an outage as KPI 0, False leaves its rows out.
    treatments
        Promotions, a price and holidays; None: there are none.
    level_drift
        Standard deviation of a weekly step of the national baseline, over its mean: a random walk.
    brand
        A slow stock; None: media leave none behind.
    mediators
        Nodes that media create and nobody buys.
    """

    channels: tuple[ChannelSpec, ...]
    drives: tuple[DriveSpec, ...] = ()
    regions: tuple[str, ...] = ("national",)
    weeks: int = 130
    first_week: str = "2024-01-01"
    level: float = 20_000.0
    size_spread: float = 0.9
    value_per_kpi: float = 3.0
    season: float = 0.12
    trend_per_year: float = 0.03
    demand_sd: float = 0.04
    demand_ar: float = 0.8
    price_effect: float = -0.6
    indicator: bool = True
    indicator_media_share: float = 0.0
    noise: float = 0.04
    noise_ar: float = 0.3
    outage_share: float = 0.07
    spikes: float = 0.002
    missing_share: float = 0.002
    late_share: float = 0.0
    outage_as_zero: bool = False
    treatments: TreatmentSpec | None = None
    level_drift: float = 0.0
    brand: BrandSpec | None = None
    mediators: tuple[MediatorSpec, ...] = ()
