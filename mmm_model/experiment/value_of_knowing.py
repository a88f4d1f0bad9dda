"""What knowing a number is worth to the budget decision.

A budget is chosen for what is known. Were the result of a test known first, another one might be
chosen; what that gains on average, over all results that the model holds possible, is the expected
value of sample information (Raiffa and Schlaifer, 1961, *Applied statistical decision theory*).

The draws of the posterior say what each of many budgets gains over the best one of today, and what
a test would measure. Each gain is regressed on Hermite's polynomials of the lift's normal score
(Strong, Oakley and Brennan, 2014, *Estimating multiparameter partial expected value of perfect
information*). After a test that explains a share ``r²`` of the lift's variance, the expected
polynomial of degree k is ``r^k`` times that of a normal number (Mehler's formula): every possible
result has its expected gains, and the best of the budgets for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import factorial
from typing import cast

import numpy as np
from numpy.polynomial import hermite_e
from scipy.special import ndtri

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.grouped_knapsack import CellGroup, solve_in_groups
from mmm_model.budget.knapsack import Problem, Tabulated, with_total
from mmm_model.budget.limits import GroupLimit, Limits, limits
from mmm_model.budget.priced_plan import PricedPlan
from mmm_model.panel import Floats

FEWEST_DRAWS = 50
"""Draws below which nothing is said: gains cannot be told to go with a lift."""

_NODES = 17
"""Points at which each curve is tabulated."""

_DEGREE = 2
"""Of the polynomial: lifts are skewed, and more than that 200 draws do not tell."""

_SURPRISES = (-1.6, -0.7, 0.7, 1.6)
"""Results for which a budget is looked for, in standard deviations of what is expected."""

_RESULTS, _WEIGHTS = hermite_e.hermegauss(21)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True)
class BudgetCurves:
    """Curves over which a total is split, for M draws and C channels with spend.

    Parameters
    ----------
    channels
        C names.
    nodes
        ``[C, G]`` multiples of the recent spend.
    value, slope
        ``[M, C, G]`` value a week of all regions together, and its derivative.
    cost
        ``[C]`` recent weekly spend.
    limit
        What the split has to keep to.
    """

    channels: tuple[str, ...]
    nodes: Floats
    value: Floats
    slope: Floats
    cost: Floats
    limit: Limits

    @classmethod
    def of(cls, priced: PricedPlan, settings: BudgetSettings) -> BudgetCurves:
        """Tabulate a plan between the bounds of its own total.

        Raises
        ------
        ValueError
            If the bounds conflict.
        """
        total = float(priced.spend.sum())
        limit = limits("same budget", total, settings, priced.channels, priced.spend)
        paid = np.flatnonzero(priced.spend > 0)
        low, high = np.sqrt(limit.lower), np.sqrt(np.maximum(limit.upper, limit.lower + 1e-3))
        nodes = np.linspace(low, high, _NODES, axis=1) ** 2  # [C, G]
        every = [np.broadcast_to(node, priced.plan.spend.shape) for node in nodes.T]
        plan = priced.valued
        value = np.stack([plan.weekly(u).sum(axis=1) for u in every], axis=-1)
        slope = np.stack([plan.weekly_marginal(u).sum(axis=1) for u in every], axis=-1)
        groups = tuple(
            GroupLimit(group.name, group.members[paid], group.least, group.most)
            for group in limit.groups
        )
        return cls(
            tuple(priced.channels[c] for c in paid),
            nodes[paid],
            value[:, paid],
            slope[:, paid],
            priced.spend[paid],
            Limits(total, limit.lower[paid], limit.upper[paid], groups),
        )

    def best(self, value: Floats, slope: Floats) -> Floats:
        """``[C]`` multiples that bring most by the curves ``[C, G]``."""
        chord = np.diff(value, axis=-1)[:, 0] / (self.nodes[:, 1] - self.nodes[:, 0])
        slope = slope.copy()
        slope[:, 0] = np.minimum(slope[:, 0], 3.0 * np.abs(chord))  # steep at zero
        limit = self.limit
        start = np.clip(np.ones(len(self.cost)), limit.lower, limit.upper)
        problem = Problem(
            curves=Tabulated(self.nodes, value, slope),
            cost=self.cost,
            lower=limit.lower,
            upper=limit.upper,
            start=with_total(start, self.cost, limit.total, limit.lower, limit.upper),
            hesitation=np.zeros(len(self.cost)),
        )
        groups = [CellGroup(group.members, group.least, group.most) for group in limit.groups]
        return solve_in_groups(problem, groups)

    def worth(self, split: Floats) -> Floats:
        """Value a week ``[M]`` of a split ``[C]`` by every draw."""
        members = [
            Tabulated(self.nodes, value, slope).at(split)[0].sum()
            for value, slope in zip(self.value, self.slope, strict=True)
        ]
        return np.array(members)


@dataclass(frozen=True)
class Decision:
    """A choice between D budgets, as M draws see it.

    Parameters
    ----------
    gain
        ``[M, D]`` value a week over the budget that is best by what is known now.
    """

    gain: Floats

    @classmethod
    def between(cls, curves: BudgetCurves, lifts: Iterable[Floats]) -> Decision:
        """Choose between the budgets that are best now and after surprising results.

        Parameters
        ----------
        lifts
            Each ``[M]``, what the draws expect a test to measure.
        """
        value, slope = curves.value.mean(axis=0), curves.slope.mean(axis=0)
        now = curves.worth(curves.best(value, slope))
        gains = [np.zeros(len(now))]
        for lift in lifts:
            score = normal_score(lift)
            by_value = np.einsum("m,mcg->cg", score, curves.value) / len(score)
            by_slope = np.einsum("m,mcg->cg", score, curves.slope) / len(score)
            for surprise in _SURPRISES:
                then = curves.best(value + surprise * by_value, slope + surprise * by_slope)
                gains.append(curves.worth(then) - now)
        return cls(np.stack(gains, axis=1))

    @cached_property
    def mean(self) -> Floats:
        """``[D]`` expected gains by what is known now; that of the best one is 0 or nearly so."""
        return np.asarray(self.gain.mean(axis=0))

    def worth_of_knowing(self, lift: Floats, known: float) -> float:
        """Expected gain of the decision from a test.

        Parameters
        ----------
        lift
            ``[M]`` what the draws expect the test to measure.
        known
            Share of the lift's variance that is gone after the test, 0 to 1.

        Returns
        -------
        float
            Value a week, ≥ 0; NaN where there are fewer than `FEWEST_DRAWS`.
        """
        if len(lift) < FEWEST_DRAWS:
            return float("nan")
        expected = np.repeat(self.mean[:, None], len(_RESULTS), axis=1)  # [D, results]
        score = normal_score(lift)
        for degree in range(1, _DEGREE + 1):
            part = known ** (degree / 2) / factorial(degree) * _hermite(degree, _RESULTS)
            expected = expected + self._goes_with(_hermite(degree, score), degree)[:, None] * part
        best = float(_WEIGHTS @ expected.max(axis=0))
        return max(best - float(self.mean.max()), 0.0)

    def _goes_with(self, polynomial: Floats, degree: int) -> Floats:
        """``[D]`` coefficient of each gain on a polynomial ``[M]`` of the score.

        What goes with it by the chance of finitely many draws alone is taken off: a positive-part
        shrinkage of the correlation.
        """
        count = len(polynomial)
        own = polynomial - polynomial.mean()
        away = self.gain - self.mean
        together = own @ away / count
        size = np.sqrt(np.mean(own**2) * np.mean(away**2, axis=0))
        correlation = np.divide(together, size, out=np.zeros_like(size), where=size > 0)
        kept = np.maximum(0.0, 1.0 - 1.0 / np.maximum(count * correlation**2, 1e-300))
        return np.asarray(kept * together * factorial(degree) / np.mean(own**2))


def normal_score(lift: Floats) -> Floats:
    """``[M]`` what a normal number of the same rank would be; 0 where all are alike."""
    if np.ptp(lift) <= 1e-12 * np.abs(lift).max(initial=0.0):
        return np.zeros(len(lift))
    rank = np.argsort(np.argsort(lift))
    return np.asarray(ndtri((rank + 0.5) / len(lift)))


def _hermite(degree: int, x: Floats) -> Floats:
    """Hermite's polynomial of a degree, orthogonal under the normal distribution."""
    return cast(Floats, hermite_e.hermeval(x, [0.0] * degree + [1.0]))
