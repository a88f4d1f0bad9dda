import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from mmm_model.budget.knapsack import Problem, Tabulated, solve, with_total


def sigmoid_problem(seed: int, cells: int, hesitation: float = 0.0) -> Problem:
    """Curves from concave to steeply S-shaped, with room from nothing to four times today."""
    random = np.random.default_rng(seed)
    steep, middle = random.uniform(0.5, 9, (cells, 1)), random.uniform(0, 2.5, (cells, 1))
    height = random.lognormal(0, 1, (cells, 1))
    nodes = np.tile(np.linspace(0, 4, 121), (cells, 1))
    share = expit(steep * (nodes - middle))
    return Problem(
        curves=Tabulated(nodes, height * share, height * steep * share * (1 - share)),
        cost=random.lognormal(0, 1, cells),
        lower=np.zeros(cells),
        upper=np.full(cells, 4.0),
        start=np.ones(cells),
        hesitation=hesitation * height[:, 0] * random.uniform(0, 1, cells),
    )


@given(st.integers(0, 10_000), st.floats(0.0, 4.0))
@settings(max_examples=30, deadline=None)
def test_tabulated_derivatives_are_those_of_its_values(seed: int, u: float) -> None:
    curves = sigmoid_problem(seed, 3).curves
    step = 1e-6
    point = np.full(3, np.clip(u, 2 * step, 4 - 2 * step))
    value, slope, _ = curves.at(point)
    ahead, behind = curves.at(point + step), curves.at(point - step)
    np.testing.assert_allclose(slope, (ahead[0] - behind[0]) / (2 * step), rtol=1e-4, atol=1e-6)
    assert (np.minimum(ahead[0], behind[0]) <= value + 1e-12).all()


@given(st.integers(0, 10_000), st.integers(1, 6), st.sampled_from([0.0, 0.3]))
@settings(max_examples=40, deadline=None)
def test_a_solution_is_feasible_and_never_worse_than_the_start(
    seed: int, cells: int, hesitation: float
) -> None:
    problem = sigmoid_problem(seed, cells, hesitation)
    u = solve(problem)
    assert problem.cost @ u == pytest.approx(problem.total, rel=1e-12)
    assert (u >= problem.lower).all() and (u <= problem.upper).all()
    assert problem.objective(u) >= problem.objective(problem.start)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("hesitation", [0.0, 0.3])
def test_three_s_shaped_cells_reach_the_brute_force_optimum(seed: int, hesitation: float) -> None:
    problem = sigmoid_problem(seed, 3, hesitation)
    a, b = (axis.ravel() for axis in np.meshgrid(*[np.linspace(0, 4, 401)] * 2))
    c = (problem.total - problem.cost[0] * a - problem.cost[1] * b) / problem.cost[2]
    fits = (c >= 0) & (c <= 4)
    points = np.stack([a, b, c], axis=1)[fits]
    fine = np.linspace(0, 4, 4001)
    curves = problem.curves
    worth = np.zeros(len(points))
    for j in range(3):
        own = [
            np.repeat(part[[j]], 4001, axis=0)
            for part in (curves.nodes, curves.value, curves.slope)
        ]
        table = Tabulated(*own).at(fine)[0]
        worth += np.interp(points[:, j], fine, table)
        worth -= problem.hesitation[j] * np.abs(points[:, j] - 1.0)
    assert problem.objective(solve(problem)) >= worth.max() - 1e-3 * abs(worth.max())


@pytest.mark.parametrize("seed", range(5))
def test_many_cells_come_close_to_the_bound_that_duality_proves(seed: int) -> None:
    problem = sigmoid_problem(seed, 300)
    nodes, value = problem.curves.nodes, problem.curves.value
    spend = problem.cost[:, None] * nodes

    def bound(price: float) -> float:
        return float((value - price * spend).max(axis=1).sum() + price * problem.total)

    proven = min(bound(price) for price in np.geomspace(1e-3, 10, 400))
    assert problem.objective(solve(problem)) >= proven * (1 - 1e-3)


def test_a_gain_below_the_hesitation_moves_nothing() -> None:
    problem = sigmoid_problem(1, 4, hesitation=1e3)
    np.testing.assert_array_equal(solve(problem), problem.start)


def test_with_total_moves_towards_the_bounds_and_no_further() -> None:
    low, high, cost = np.zeros(3), np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0, 0.1])
    for total in (0.0, 1.0, 21.3):
        u = with_total(np.array([0.5, 0.5, 0.5]), cost, total, low, high)
        assert cost @ u == pytest.approx(total, abs=1e-12)
        assert (u >= low).all() and (u <= high).all()
