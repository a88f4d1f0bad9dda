"""A plan as it was kept: its promise, laid out as arrays and put against a later panel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from mmm_model.panel import Floats, Panel


@dataclass(frozen=True)
class KeptPlan:
    """The lines of a promise, see `mmm_model.budget.promise.LINE_COLUMNS`; order is no matter.

    Parameters
    ----------
    lines
        As `promise` made them.
    ends
        Last week that counts, of a plan that was withdrawn; None: its last week.
    """

    lines: pd.DataFrame
    ends: pd.Timestamp | None = None

    @cached_property
    def weeks(self) -> pd.DatetimeIndex:
        """The H Mondays of the plan."""
        return pd.DatetimeIndex(sorted(pd.to_datetime(self.lines["week"].unique())))

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Its R regions."""
        return tuple(sorted(self.lines["region"].dropna().unique()))

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """Its C channels."""
        return tuple(sorted(self.lines["channel"].dropna().unique()))

    def over(self, panel: Panel) -> pd.DatetimeIndex:
        """Weeks of the plan that the panel has and that count."""
        there = self.weeks.intersection(panel.weeks)
        return there if self.ends is None else there[there <= self.ends]

    def by_channel(self, column: str) -> Floats:
        """A column of the lines as ``[R, H, C]``; NaN where there is none."""
        rows = self.lines[self.lines["channel"].notna()]
        return self._laid_out(rows, column, ["region", "week", "channel"])

    def by_region(self, column: str) -> Floats:
        """A column of the lines of all channels as ``[R, H]``."""
        rows = self.lines[self.lines["channel"].isna() & self.lines["region"].notna()]
        return self._laid_out(rows, column, ["region", "week"])

    def by_week(self, column: str) -> Floats:
        """A column of the lines of all regions as ``[H]``."""
        return self._laid_out(self.lines[self.lines["region"].isna()], column, ["week"])

    def places(self, panel: Panel) -> tuple[list[int], list[int]]:
        """Positions of its regions and channels in a panel.

        Raises
        ------
        ValueError
            If the panel lacks one.
        """
        for what, own, there in (
            ("regions", self.regions, panel.regions),
            ("channels", self.channels, panel.channels),
        ):
            if gone := [name for name in own if name not in there]:
                raise ValueError(f"the data have no longer the {what} {gone[:5]} of the plan")
        return (
            [panel.regions.index(name) for name in self.regions],
            [panel.channels.index(name) for name in self.channels],
        )

    def in_panel(self, panel: Panel, column: str) -> Floats:
        """A column by channel for the panel's own regions and channels ``[R', H, C']``; else NaN.

        Raises
        ------
        ValueError
            As `places`.
        """
        rows, own = self.places(panel)
        found = np.full((len(panel.regions), len(self.weeks), len(panel.channels)), np.nan)
        found[np.ix_(rows, range(len(self.weeks)), own)] = self.by_channel(column)
        return found

    def _laid_out(self, rows: pd.DataFrame, column: str, by: list[str]) -> Floats:
        axes: dict[str, Any] = {
            "region": list(self.regions), "week": self.weeks, "channel": list(self.channels),
        }  # fmt: skip
        keys = rows.assign(week=pd.to_datetime(rows["week"])).set_index(by)[column]
        if len(by) == 1:
            return keys.reindex(axes[by[0]]).to_numpy(float)
        index: Any = pd.MultiIndex.from_product([axes[name] for name in by], names=by)
        return keys.reindex(index).to_numpy(float).reshape([len(axes[name]) for name in by])
