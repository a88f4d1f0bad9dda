"""Rhythms within bounds, of mean one, as good as brute force."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from mmm_model.budget.future_plan import FuturePlan
from mmm_model.budget.rhythm_search import best_rhythm, onto_mean

WEEKS = 6


def test_the_best_rhythm_is_that_of_brute_force(plan: FuturePlan) -> None:
    values = plan.curve.values
    curve = replace(plan.curve, values={**values, "slope": np.full_like(values["slope"], 2.5)})
    steep = replace(plan, curve=curve)
    ones, low = np.ones_like(plan.spend), np.zeros_like(plan.rhythm)
    found, _ = steep.by_rhythm(best_rhythm(steep, ones, low, low + 3.0), ones)
    best = np.full(3, -np.inf)
    for levels in product((0.0, 1.0, 2.0, 3.0), repeat=WEEKS):
        if sum(levels) == WEEKS:
            rhythm = np.repeat(np.array(levels)[:, None], 3, axis=1)
            best = np.maximum(best, steep.by_rhythm(rhythm, ones)[0])
    assert (found >= best * (1 - 0.01)).all()


def test_a_rhythm_is_brought_onto_its_mean_within_bounds() -> None:
    low, high = np.full((4, 1), 0.5), np.full((4, 1), 1.8)
    found = onto_mean(np.array([[5.0], [0.0], [0.1], [0.2]]), low, high)
    assert found.mean() == pytest.approx(1.0)
    assert (found >= low).all() and (found <= high).all() and found[0] == pytest.approx(1.8)
