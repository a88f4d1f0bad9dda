"""What knowing is worth, against a choice whose value is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from mmm_model.experiment.value_of_knowing import Decision


def expected_maximum(mean: float, deviation: float) -> float:
    """E max(0, N(mean, deviation²))."""
    return float(mean * norm.cdf(mean / deviation) + deviation * norm.pdf(mean / deviation))


@pytest.mark.parametrize("known", [0.2, 0.6, 1.0])
def test_of_two_budgets_it_is_the_textbooks(known: float) -> None:
    rng = np.random.default_rng(0)
    lift = rng.normal(50, 10, 4000)
    gain = -3.0 + 0.8 * (lift - lift.mean()) + rng.normal(0, 5, 4000)  # half of it is other doubt
    gain += -3.0 - gain.mean()
    decision = Decision(np.column_stack([np.zeros(4000), gain]))
    expected = expected_maximum(-3.0, 8.0 * np.sqrt(known))
    assert decision.worth_of_knowing(lift, known) == pytest.approx(expected, rel=0.12)


def test_it_grows_with_what_is_known_and_is_nothing_for_a_lift_of_something_else() -> None:
    rng = np.random.default_rng(1)
    lift, other = rng.lognormal(3, 0.5, 200), rng.normal(size=200)
    decision = Decision(np.column_stack([np.zeros(200), lift - 1.05 * lift.mean()]))
    worth = [decision.worth_of_knowing(lift, known) for known in (0.0, 0.1, 0.4, 0.9, 1.0)]
    assert worth == sorted(worth) and worth[0] == 0.0 and worth[-1] > 0
    assert decision.worth_of_knowing(other, 1.0) < 0.15 * worth[-1]


def test_a_handful_of_draws_says_nothing() -> None:
    decision = Decision(np.zeros((8, 2)))
    assert np.isnan(decision.worth_of_knowing(np.arange(8.0), 0.5))
