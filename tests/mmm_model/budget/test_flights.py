"""Flights are long enough, cover what is signed, and lie within the horizon."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mmm_model.budget.flights import schedules


@given(st.integers(1, 15), st.integers(1, 8), st.data())
def test_schedules_cover_what_is_signed_in_flights_of_the_least_length(
    horizon: int, weeks: int, data: st.DataObject
) -> None:
    signed = np.array(data.draw(st.lists(st.booleans(), min_size=horizon, max_size=horizon)))
    found = schedules(horizon, weeks, signed)
    assert found and len({on.tobytes() for on in found}) == len(found)
    for on in found:
        flights = "".join("x" if week_on else " " for week_on in on).split()
        assert on.shape == (horizon,) and on[signed].all()
        assert min(map(len, flights)) >= min(weeks, horizon)
