"""Panels between two refreshes: weeks of one, rows of the other, and names that came or went."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mmm_assets.comparison.data_states import GONE, NEW, RESTATED, DataStates, Knew, joined, since
from tests.mmm_assets.comparison.test_changes import dearer, panel


def test_each_state_has_the_rows_and_weeks_of_its_causes() -> None:
    start = panel().weeks[10]
    now = dearer(panel(90))
    data = DataStates(Knew(panel()), Knew(since(dearer(panel()), start)), Knew(since(now, start)))
    assert data.causes == (GONE, RESTATED, NEW)
    for applied, first, last, value in (
        ((), 0, 80, [1, 1]),
        ((GONE,), 10, 80, [1, 1]),
        ((RESTATED,), 0, 80, [1, 2]),
        ((NEW,), 0, 90, [1, 2]),
        ((GONE, NEW), 10, 90, [1, 2]),
        ((RESTATED, NEW), 0, 90, [1, 2]),
        ((GONE, RESTATED, NEW), 10, 90, [2, 2]),
    ):
        found = data.at(frozenset(applied)).panel
        assert found.weeks[0] == now.weeks[first] and found.weeks[-1] == now.weeks[last - 1]
        assert len(found.weeks) == last - first
        assert found.value_per_kpi[0, [0, -1]].tolist() == value
        np.testing.assert_array_equal(found.kpi, now.kpi[:, first:last])


def test_weeks_are_joined_under_the_names_of_the_later_panel() -> None:
    early = panel(60)
    late = since(panel(70), panel(70).weeks[60])
    renamed = replace(late, channels=("search", "tv"), regions=("national",))
    found = joined(early, renamed)
    assert found.channels == ("search", "tv") and len(found.weeks) == 70
    assert (found.exposure[:, :60, 0] == 0).all()
    np.testing.assert_array_equal(found.exposure[:, :60, 1], early.exposure[:, :, 0])
    np.testing.assert_array_equal(found.kpi[:, :60], early.kpi)
    moved = joined(early, replace(late, regions=("north",)))
    assert not moved.observed[:, :60].any() and moved.observed[:, 60:].all()
