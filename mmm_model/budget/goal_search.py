"""The total budget that a goal needs: a return that is kept, or a KPI that is reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_HALVINGS = 24


def ratio_for(
    aim: float,
    reached: Callable[[float], float | None],
    ratios: Sequence[float],
    largest: bool,
    name: str,
    goal: str,
) -> float:
    """Find the total, over the recent plan's, at which the best budget reaches ``aim``.

    Parameters
    ----------
    aim
        What must be reached.
    reached
        What the best budget reaches at a ratio; None where the bounds do not allow it.
    ratios
        Rising; where to look.
    largest
        True for the largest ratio that reaches it (a return falls as spend rises), False for
        the smallest (a KPI rises).
    name, goal
        Of the scenario, for the error.

    Raises
    ------
    ValueError
        If no ratio reaches it, or the bounds allow none.
    """
    found = [(ratio, value) for ratio in ratios if (value := reached(ratio)) is not None]
    if not found:
        raise ValueError(f"scenario '{name}': the bounds allow no total but today's")
    good = [i for i, (_, value) in enumerate(found) if value >= aim]
    if not good:
        values = [value for _, value in found]
        raise ValueError(
            f"scenario '{name}' wants {goal} {aim:,.4g}, out of reach: budgets from "
            f"{found[0][0]:.0%} to {found[-1][0]:.0%} of the recent plan's bring "
            f"{min(values):,.4g} to {max(values):,.4g}"
        )
    inside = good[-1] if largest else good[0]
    outside = inside + 1 if largest else inside - 1
    if not 0 <= outside < len(found):
        return found[inside][0]
    low, high = found[inside][0], found[outside][0]  # the aim is met at ``low``
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        value = reached(middle)
        if value is not None and value >= aim:
            low = middle
        else:
            high = middle
    return low
