"""Designs of a test: where, how long, what it costs, what it can see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from mmm_model.budget.future_plan import FuturePlan, future_plan
from mmm_model.experiment.history import calendar, filled_kpi, steady_regions
from mmm_model.experiment.kinds import KINDS, Kind
from mmm_model.experiment.matched_regions import LEAST_REGIONS, Match, match, series_of
from mmm_model.experiment.placebo_windows import POWER, PlaceboWindows, placebo_windows
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.intervals import effect_interval
from mmm_model.panel import Bools, Floats, Panel

_FORTNIGHT = 2
"""Weeks of a switchback that are alike: shorter than that, carryover hides what is switched."""


class Impossible(ValueError):
    """A test that cannot be designed; the message says why, and what is possible."""


class InTheWay(Impossible):
    """A test that cannot be designed in these weeks, for another runs in them."""


@dataclass(frozen=True)
class Design:
    """One test.

    Parameters
    ----------
    channel, kind
        What is changed, and how.
    regions, beside
        Regions with the test, and those that they are held against; none of the latter for a
        test in time.
    start
        Its first Monday.
    weeks
        How many.
    pattern
        ``[weeks]`` how far the test is on.
    change
        Weekly spend above what was planned, all regions and weeks of the test: negative for a
        cut.
    lift
        ``[M]`` weekly KPI that the draws expect of it, mean over its weeks.
    nothing
        What the design finds in past weeks in which nothing was tested.
    spend_change, kpi_change
        Of the whole test, the latter with what comes after it, mean of the draws.
    cost
        Money that it costs: spend less the value of the KPI gained; negative where it saves.
        NaN where no value is known.
    """

    channel: str
    kind: Kind
    regions: tuple[str, ...]
    beside: tuple[str, ...]
    start: pd.Timestamp
    weeks: int
    pattern: Floats
    change: float
    lift: Floats = field(repr=False)
    nothing: PlaceboWindows = field(repr=False)
    spend_change: float
    kpi_change: float
    cost: float

    @property
    def end(self) -> pd.Timestamp:
        """Its last Monday."""
        return self.start + pd.Timedelta(weeks=self.weeks - 1)

    @property
    def dark(self) -> float:
        """Share of its weeks in which the test is on."""
        return float(self.pattern.mean())

    @property
    def error(self) -> float:
        """Standard error of the weekly lift that the test will have."""
        own = self.nothing
        return self.dark * own.inflation * float(np.sqrt(np.mean(own.errors**2)))

    @property
    def smallest(self) -> float:
        """Smallest weekly lift that it is likely to find."""
        return self.dark * self.nothing.smallest

    @property
    def power(self) -> float:
        """Chance that it finds something, by what the draws expect."""
        return self.nothing.expected_power(self.lift / self.dark)

    @property
    def known(self) -> float:
        """Share of the draws' variance of the lift that is gone after the test."""
        variance = float(self.lift.var(ddof=1)) if len(self.lift) > 1 else 0.0
        return variance / (variance + self.error**2) if variance > 0 else 0.0

    @property
    def price(self) -> float:
        """Its cost, or the KPI that it loses where no value is known."""
        return self.cost if np.isfinite(self.cost) else -self.kpi_change

    @property
    def interval(self) -> tuple[float, float]:
        """90 % interval of the lift that the draws expect."""
        lower, upper = effect_interval(self.lift)
        return float(lower), float(upper)

    @property
    def figures(self) -> dict[str, object]:
        """What tables say of it: column → value."""
        lower, upper = self.interval
        return {
            "channel": self.channel,
            "kind": self.kind.name,
            "weeks": self.weeks,
            "regions": "|".join(self.regions),
            "spend_change": self.spend_change,
            "kpi_change": self.kpi_change,
            "expected": float(self.lift.mean()),
            "lower": lower,
            "upper": upper,
            "standard_error": self.error,
            "smallest": self.smallest,
            "power": self.power,
            "false_share": self.nothing.false,
        }


@dataclass(frozen=True)
class Outlook:
    """The weeks of a test at one multiple of the plan, each as the mean week of the last year.

    Parameters
    ----------
    inside
        ``[M, R, H, C]`` response in them, KPI units.
    whole
        ``[R, C]`` their response with what comes after them, summed over weeks, mean of the draws.
    spend, exposure
        ``[R, C]`` a week as planned.
    value
        ``[R]`` of a KPI unit.
    """

    inside: Floats
    whole: Floats
    spend: Floats
    exposure: Floats
    value: Floats


@dataclass(frozen=True)
class Designer:
    """Designs tests of the weeks after a panel.

    Parameters
    ----------
    model
        Fitted to ``panel``.
    start
        First Monday of the tests; default: the one after the panel.
    busy
        Names of regions that another test keeps from taking part.
    seed
        Of the search for regions.
    """

    model: FittedModel
    panel: Panel
    start: pd.Timestamp | None = None
    busy: frozenset[str] = frozenset()
    seed: int = 0
    _outlooks: dict[tuple[int, float, bool], Outlook] = field(
        default_factory=dict, compare=False, repr=False
    )
    _plans: dict[int, FuturePlan] = field(default_factory=dict, compare=False, repr=False)
    _matched: dict[int, list[Match]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def usable(self) -> Bools:
        """``[R]`` regions that may take part."""
        free = np.array([name not in self.busy for name in self.panel.regions])
        return np.asarray(steady_regions(self.panel) & free)

    def designs(
        self, channel: str, kind: str, weeks: int, regions: tuple[str, ...] = ()
    ) -> list[Design]:
        """Designs of a kind and length, one of each size that can be had.

        Parameters
        ----------
        regions
            Regions of the test where they are given; default: those that are matched best.

        Raises
        ------
        Impossible
            If there is none; it says why.
        """
        if channel not in self.panel.channels:
            raise Impossible(
                f"there is no channel '{channel}'; the channels are {list(self.panel.channels)}"
            )
        if kind not in KINDS:
            raise Impossible(f"there is no kind '{kind}'; the kinds are {', '.join(KINDS)}")
        c, chosen = self.panel.channels.index(channel), KINDS[kind]
        if regions and not chosen.by_region:
            raise Impossible(f"a {kind} takes all regions; name none, or another kind")
        if self._outlook(weeks, 1.0).exposure[:, c].sum() <= 0:
            raise Impossible(f"{channel} has not run in the last year: there is nothing to test")
        if chosen.by_region:
            found = list(self._by_region(c, chosen, weeks, regions))
        else:
            found = list(self._in_time(c, chosen, weeks))
        if not found:
            raise Impossible(
                f"{channel} runs in no set of regions that a {kind} can be made of; try another"
            )
        return found

    def _by_region(
        self, c: int, kind: Kind, weeks: int, regions: tuple[str, ...]
    ) -> Iterator[Design]:
        panel = self.panel
        if not regions and self.usable.sum() < LEAST_REGIONS:
            raise (InTheWay if self.busy else Impossible)(self._too_few())
        size = np.where(panel.observed, panel.kpi, 0.0).mean(axis=1)
        before, after = self._outlook(weeks, 1.0), self._outlook(weeks, kind.multiplier)
        changed = after.inside[..., c] - before.inside[..., c]  # [M, R, H]
        for one in [self._given(weeks, regions)] if regions else self._matches(weeks, size):
            share = size[one.inside].sum() / size[self.usable].sum()
            fits = regions or kind.least < share <= kind.most
            if not fits or before.exposure[one.inside, c].sum() <= 0:
                continue
            spend = before.spend[one.inside, c].sum() * (kind.multiplier - 1.0)
            kpi = (after.whole - before.whole)[one.inside, c]
            yield Design(
                channel=panel.channels[c],
                kind=kind,
                regions=self._names(one.inside),
                beside=self._names(one.beside),
                start=self._start,
                weeks=weeks,
                pattern=np.ones(weeks),
                change=float(spend),
                lift=changed[:, one.inside].mean(axis=2).sum(axis=1),
                nothing=one.nothing,
                spend_change=float(spend) * weeks,
                kpi_change=float(kpi.sum()),
                cost=self._cost(float(spend) * weeks, kpi, before.value[one.inside]),
            )

    def _in_time(self, c: int, kind: Kind, weeks: int) -> Iterator[Design]:
        panel = self.panel
        if weeks % (2 * _FORTNIGHT):
            raise Impossible(f"a switchback takes 4, 8, 12 … weeks, not {weeks}")
        if len(panel.weeks) < weeks + 40:
            raise Impossible(
                f"{len(panel.weeks)} weeks of history are too few to tell a switchback of {weeks} "
                f"weeks from the season; {weeks + 40} are needed"
            )
        if self.busy:
            raise InTheWay("another test runs in these weeks, and a switchback takes all regions")
        pattern = (np.arange(weeks) // _FORTNIGHT % 2 == 0).astype(float)
        steady = steady_regions(panel)
        series = filled_kpi(panel, steady)[steady].sum(axis=0)
        before = self._outlook(weeks, 1.0)
        after = self._outlook(weeks, kind.multiplier, pattern)
        by_week = (after.inside[..., c] - before.inside[..., c]).sum(axis=1)  # [M, H]
        on = by_week @ pattern / pattern.sum()
        off = by_week @ (1 - pattern) / (1 - pattern).sum()  # what carries over
        spend = float(before.spend[:, c].sum()) * (kind.multiplier - 1.0) * float(pattern.mean())
        kpi = (after.whole - before.whole)[:, c]
        yield Design(
            channel=panel.channels[c],
            kind=kind,
            regions=self._names(steady),
            beside=(),
            start=self._start,
            weeks=weeks,
            pattern=pattern,
            change=spend,
            lift=(on - off) * float(pattern.mean()),
            nothing=placebo_windows(series, calendar(panel.weeks), pattern),
            spend_change=spend * weeks,
            kpi_change=float(kpi.sum()),
            cost=self._cost(spend * weeks, kpi, before.value),
        )

    def _cost(self, spend: float, kpi: Floats, value: Floats) -> float:
        """Money that a change of KPI ``[R']`` of so much value costs; NaN without a value."""
        known = bool((self.panel.value_per_kpi > 0).any())
        return spend - float(kpi @ value) if known else float("nan")

    def _outlook(self, weeks: int, multiplier: float, pattern: Floats | None = None) -> Outlook:
        """All channels at a multiple of the plan at once: no response needs another's."""
        key = (weeks, multiplier, pattern is None)
        if key not in self._outlooks:
            if weeks not in self._plans:
                self._plans[weeks] = future_plan(self.model, self.panel, weeks)
            plan = self._plans[weeks]
            on = np.ones(weeks) if pattern is None else pattern
            flat = plan.with_rhythm(
                np.repeat(
                    (1.0 + (multiplier - 1.0) * on)[:, None], len(self.panel.channels), axis=1
                )
            )
            by_week = flat.by_week()
            self._outlooks[key] = Outlook(
                inside=by_week[:, :, :weeks],
                whole=by_week.mean(axis=0).sum(axis=1),
                spend=np.nan_to_num(plan.spend),
                exposure=plan.exposure,
                value=plan.value,
            )
        return self._outlooks[key]

    def _matches(self, weeks: int, size: Floats) -> list[Match]:
        if weeks not in self._matched:
            kpi = filled_kpi(self.panel, steady_regions(self.panel))
            try:
                self._matched[weeks] = match(kpi, size, self.usable, weeks, self.seed)
            except ValueError as error:
                raise Impossible(str(error)) from error
        return self._matched[weeks]

    def _given(self, weeks: int, regions: tuple[str, ...]) -> Match:
        """The regions that were asked for, held against all others that may take part."""
        if unknown := [name for name in regions if name not in self.panel.regions]:
            raise Impossible(
                f"there is no region '{unknown[0]}'; the regions are {list(self.panel.regions)}"
            )
        inside = np.array([name in regions for name in self.panel.regions])
        if taken := self._names(inside & ~self.usable):
            busy = [name for name in taken if name in self.busy]
            why = "another test runs there then" if busy else "their KPI has gaps"
            refusal = InTheWay if busy else Impossible
            raise refusal(
                f"{', '.join(busy or taken)} cannot take part: {why}. Name other regions, or none "
                "to have them matched"
            )
        beside = self.usable & ~inside
        if beside.sum() < 2:
            raise Impossible(
                f"{int(beside.sum())} regions are left beside the test, and 2 are needed: name "
                "fewer"
            )
        kpi = filled_kpi(self.panel, steady_regions(self.panel))
        windows = placebo_windows(*series_of(kpi, inside, beside), np.ones(weeks))
        return Match(inside, beside, windows, float(kpi[inside].sum()))

    @property
    def _start(self) -> pd.Timestamp:
        return self.start or self.panel.weeks[-1] + pd.Timedelta(weeks=1)

    def _names(self, chosen: Bools) -> tuple[str, ...]:
        return tuple(np.array(self.panel.regions, dtype=object)[chosen])

    def _too_few(self) -> str:
        count, busy = int(self.usable.sum()), len(self.busy & set(self.panel.regions))
        why = f", for another test takes {busy}" if busy else ""
        return (
            f"{count} of {len(self.panel.regions)} regions can take part{why}, and "
            f"{LEAST_REGIONS} are needed to hold some against others; a switchback, in time, "
            "needs none"
        )


def recommended(designs: Sequence[Design], worth: Floats) -> int:
    """Position of the design to take.

    The one that pays most, if any pays for itself; else the cheapest that is likely to find
    something; else the likeliest.

    Parameters
    ----------
    worth
        ``[N]`` what knowing the result of each is worth, in the unit of its cost; NaN: unknown.
    """
    cost = np.array([one.price for one in designs])
    net = np.nan_to_num(worth - np.maximum(cost, 0.0), nan=-1.0)
    if net.max() > 0:
        return int(net.argmax())
    power = np.array([one.power for one in designs])
    if power.max() >= POWER:
        return int(np.where(power >= POWER, cost, np.inf).argmin())
    return int(power.argmax())
