"""What a fit could know between two refreshes: rows of then or of now, weeks of then or of now."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mmm_assets.inputs.panel_table import panel_fingerprint

if TYPE_CHECKING:
    from mmm_model import Panel
    from mmm_model.fit.lift_tests import LiftTest

GONE = "weeks that left"
RESTATED = "restated, withdrawn or late rows"
NEW = "new weeks"
DATA_CAUSES = (GONE, RESTATED, NEW)
"""In the order in which they are applied."""


@dataclass(frozen=True)
class Knew:
    """A panel and the lift tests that go with it."""

    panel: Panel
    tests: tuple[LiftTest, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Equal fingerprints, equal training data."""
        return panel_fingerprint(self.panel, self.tests)


@dataclass(frozen=True)
class DataStates:
    """The data of two refreshes, and what lies between them.

    Parameters
    ----------
    then
        What the earlier refresh knew.
    then_as_now
        The weeks of the earlier refresh as they are known now.
    now
        What the refresh knows.
    """

    then: Knew
    then_as_now: Knew
    now: Knew

    @property
    def causes(self) -> tuple[str, ...]:
        """What differs, in the order of ``DATA_CAUSES``."""
        first = self.now.panel.weeks[0]
        gone = self.then.panel.weeks[0] < first
        before = replace(self.then, panel=since(self.then.panel, first))
        as_now = replace(self.then_as_now, panel=since(self.then_as_now.panel, first))
        restated = before.fingerprint != as_now.fingerprint
        new = self.then.panel.weeks[-1] < self.now.panel.weeks[-1]
        there = {GONE: gone, RESTATED: restated, NEW: new}
        return tuple(cause for cause in DATA_CAUSES if there[cause])

    def at(self, applied: frozenset[str]) -> Knew:
        """What is known where these causes are applied."""
        applied = applied & set(self.causes)
        if not applied:
            return self.then
        if applied == set(self.causes):
            return self.now
        old, new = RESTATED not in applied, NEW in applied
        found = self.then if old else self.now if new else self.then_as_now
        panel, tests = found.panel, found.tests
        if old and new:
            later = since(self.now.panel, self.then.panel.weeks[-1] + pd.Timedelta(weeks=1))
            panel = joined(panel, later)
            tests = (*tests, *(t for t in self.now.tests if t not in self.then_as_now.tests))
        first = self.now.panel.weeks[0]
        if GONE in applied:
            panel = since(panel, first)
        elif GONE in self.causes and panel.weeks[0] == first:
            panel = joined(self.then.panel.through(first - pd.Timedelta(weeks=1)), panel)
        return Knew(panel, tests)


def since(panel: Panel, week: pd.Timestamp) -> Panel:
    """Return the weeks from ``week`` on."""
    start = int(panel.weeks.searchsorted(week))
    if not start:
        return panel
    arrays: dict[str, Any] = {name: getattr(panel, name)[:, start:] for name in _ARRAYS}
    return replace(panel, weeks=panel.weeks[start:], mediators=None, **arrays)


def joined(before: Panel, after: Panel) -> Panel:
    """Put one panel's weeks behind another's, under the names of the later one.

    What the earlier one did not know was no activity, a mean, or an unknown KPI, as a panel has it.
    """
    before = _renamed(before, after)
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(before, name), getattr(after, name)], axis=1)
        for name in _ARRAYS
    }
    weeks = pd.DatetimeIndex([*before.weeks, *after.weeks])
    return replace(after, weeks=weeks, mediators=None, **arrays)


_ARRAYS = ("kpi", "observed", "exposure", "spend", "control", "value_per_kpi", "treatment")


def _renamed(panel: Panel, like: Panel) -> Panel:
    """Return the panel with the regions, channels and controls of another one."""
    names = ("regions", "channels", "controls", "treatments")
    if all(getattr(panel, name) == getattr(like, name) for name in names):
        return panel
    weeks, regions = len(panel.weeks), len(like.regions)
    empty: dict[str, Any] = {
        "kpi": np.zeros((regions, weeks)),
        "observed": np.zeros((regions, weeks), dtype=bool),
        "exposure": np.zeros((regions, weeks, len(like.channels))),
        "spend": np.where(like.has_spend, np.zeros((regions, weeks, len(like.channels))), np.nan),
        "control": np.broadcast_to(
            like.control.mean(axis=1, keepdims=True), (regions, weeks, len(like.controls))
        ).copy(),
        "treatment": np.broadcast_to(
            like.treatment.mean(axis=1, keepdims=True), (regions, weeks, len(like.treatments))
        ).copy(),
        "value_per_kpi": np.broadcast_to(
            like.value_per_kpi.mean(axis=1, keepdims=True), (regions, weeks)
        ).copy(),
    }
    to_region, region = _places(panel.regions, like.regions)
    columns = {
        "exposure": "channels",
        "spend": "channels",
        "control": "controls",
        "treatment": "treatments",
    }
    for name, array in empty.items():
        own = getattr(panel, name)
        if name not in columns:
            array[to_region] = own[region]
            continue
        to, place = _places(getattr(panel, columns[name]), getattr(like, columns[name]))
        if to and to_region:
            array[np.ix_(to_region, range(weeks), to)] = own[np.ix_(region, range(weeks), place)]
    named: dict[str, Any] = {name: getattr(like, name) for name in names}
    named |= {"ahead": None, "mediators": None}
    return replace(panel, **named, **empty)


def _places(own: tuple[Hashable, ...], like: tuple[Hashable, ...]) -> tuple[list[int], list[int]]:
    """Where each name of both stands in the other one, and in the own one."""
    both = [name for name in like if name in own]
    return [like.index(name) for name in both], [own.index(name) for name in both]
