"""One refresh as the report reads it: the mart tables of one week, and the words around them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import duckdb
import pandas as pd

from mmm_assets.mart import numbers
from mmm_assets.mart.refreshes import HELD_WEEKS
from mmm_assets.report import escape, words

# Regions offered in a selector: beyond this many numbers the file grows for views that
# nobody opens, so the largest regions are kept and the reader is told.
_NUMBERS_IN_A_SELECTOR = 300_000


@dataclass(frozen=True)
class ReportContext:
    """Names of the project, its KPI and its currency, and the day that its weeks begin with."""

    project: str
    kpi_name: str
    currency: str
    week_start: str = "monday"

    @property
    def of_weeks(self) -> str:
        """A sentence about weeks that begin on another day than the one that names them."""
        if self.week_start == "monday":
            return ""
        return f"Weeks begin on {self.week_start.capitalize()}s and are named by their Monday."


class Refresh:
    """The mart tables of one refresh week.

    Parameters
    ----------
    connection
        A connection to a warehouse with the ``mart`` schema; only read.
    week
        The refresh week.
    context
        Names to use; read from ``mart.refreshes`` when None.

    Raises
    ------
    LookupError
        If the warehouse holds no results of that week.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        week: date,
        context: ReportContext | None = None,
    ) -> None:
        self.connection = connection
        self.week = week
        if self.query("SELECT 1 FROM mart.predictions WHERE refresh_week = $week LIMIT 1").empty:
            raise LookupError(f"The warehouse holds no predictions of the refresh of {week}.")
        self.context = context or self._stored_context()

    def query(self, sql: str, **parameters: Any) -> pd.DataFrame:
        """The result of a query; ``$week`` stands for the refresh week."""
        return self.connection.execute(sql, {"week": self.week, **parameters}).df()

    def shown(self, sql: str) -> str:
        """The query as an analyst would type it."""
        lines = [line.rstrip() for line in sql.strip().splitlines()]
        margin = min((len(x) - len(x.lstrip()) for x in lines[1:] if x.strip()), default=0)
        flat = [lines[0], *(line[margin:] for line in lines[1:])]
        return "\n".join(flat).replace("$week", f"DATE '{self.week}'")

    def _stored_context(self) -> ReportContext:
        row = self.query(
            "SELECT project, kpi_name, currency FROM mart.refreshes WHERE refresh_week = $week"
        )
        if row.empty:
            return ReportContext("Marketing mix", "KPI", "")
        project, kpi_name, currency = (
            "" if pd.isna(value) else str(value) for value in row.iloc[0].tolist()
        )
        return ReportContext(project or "Marketing mix", kpi_name or "KPI", currency)

    @property
    def kpi(self) -> str:
        """The KPI's name."""
        return self.context.kpi_name

    @property
    def kpi_label(self) -> str:
        """The KPI's name in a chart."""
        return escape.label(self.kpi)

    def money(self, value: float | None) -> str:
        """An amount in the project's currency."""
        return words.money(value, self.context.currency)

    def in_money(self, what: str) -> str:
        """A label of amounts with the currency: ``Spend per week, €``."""
        return f"{what}, {numbers.currency_sign(self.context.currency)}".rstrip(", ")

    def amounts(self, value: str, form: str = ".3~s") -> str:
        """An amount of money in a hover text, ``value`` as Plotly names it."""
        return escape.label(numbers.amount(f"%{{{value}:{form}}}", self.context.currency))

    @cached_property
    def summary(self) -> pd.DataFrame:
        """``mart.channel_summary`` by channel, largest direct contribution first."""
        return self.query(
            "SELECT * EXCLUDE (refresh_week) FROM mart.channel_summary"
            " WHERE refresh_week = $week ORDER BY direct DESC NULLS LAST, channel"
        ).set_index("channel")

    @cached_property
    def channels(self) -> list[str]:
        """Channels, largest direct contribution first."""
        return [str(name) for name in self.summary.index]

    def leading(self, most: int = 11) -> list[str]:
        """Channels that get a place of their own; the rest is shown as one."""
        return self.channels if len(self.channels) <= most + 1 else self.channels[:most]

    @cached_property
    def regions(self) -> list[str]:
        """Regions, largest predicted KPI first."""
        found = self.query(
            "SELECT region FROM mart.predictions WHERE refresh_week = $week"
            " GROUP BY region ORDER BY sum(predicted) DESC, region"
        )
        return [str(name) for name in found["region"]]

    def main_regions(self, part: float = 0.9) -> list[str]:
        """The largest regions that together predict this part of the KPI."""
        sums = self.query(
            "SELECT region, sum(predicted) AS total FROM mart.predictions"
            " WHERE refresh_week = $week GROUP BY region"
        ).set_index("region")["total"]
        before = sums[self.regions].cumsum() - sums[self.regions]
        return [str(name) for name in before.index[before < part * sums.sum()]] or self.regions

    @cached_property
    def weeks(self) -> list[str]:
        """Weeks as ISO dates, in order."""
        found = self.query(
            "SELECT DISTINCT week FROM mart.predictions WHERE refresh_week = $week ORDER BY week"
        )
        return iso(found["week"])

    @cached_property
    def controls(self) -> list[str]:
        """Controls, promotions, prices and days of the calendar, in alphabetical order."""
        found = self.query(
            "SELECT DISTINCT component FROM mart.contributions"
            " WHERE refresh_week = $week"
            " AND kind NOT IN ('baseline', 'seasonality', 'brand', 'media') ORDER BY component"
        )
        return [str(name) for name in found["component"]]

    @cached_property
    def holdout_start(self) -> str | None:
        """First held-out week; None when nothing was held out."""
        found = self.query(
            "SELECT min(week) AS week FROM mart.predictions"
            " WHERE refresh_week = $week AND split = 'holdout'"
        )["week"].dropna()
        return iso(found)[0] if len(found) else None

    @cached_property
    def end_to_end(self) -> bool:
        """Whether the paper's network was trained, which alone has a term against cycles."""
        return not self.query(
            "SELECT 1 FROM mart.training_history"
            " WHERE refresh_week = $week AND term = 'acyclicity' LIMIT 1"
        ).empty

    @property
    def has_spend(self) -> bool:
        """Whether any channel's spend is known."""
        return bool((self.summary["spend"].fillna(0) > 0).any())

    @cached_property
    def has_roi(self) -> bool:
        """Whether any channel has a return: spend and a value per KPI unit are known."""
        return bool(self.summary["roi"].notna().any())

    @cached_property
    def previous_week(self) -> date | None:
        """The refresh before this one; None for the first."""
        found = self.query(
            "SELECT max(refresh_week) AS week FROM mart.channel_summary"
            f" WHERE refresh_week < $week AND refresh_week NOT IN {HELD_WEEKS}"
        )["week"].dropna()
        return found.iloc[0].date() if len(found) else None

    @cached_property
    def _labels(self) -> dict[str, str]:
        """Distinct, harmless labels of channels, regions and controls."""
        labels: dict[str, str] = {}
        for names in (self.channels, self.regions, self.controls):
            taken: set[str] = set()
            for name in names:
                wanted = label = escape.label(name)
                copies = 1
                while label in taken:
                    copies += 1
                    label = f"{wanted} ({copies})"
                taken.add(label)
                labels[name] = label
        return labels

    def label(self, name: object) -> str:
        """The label of a name in a chart."""
        return self._labels.get(str(name)) or escape.label(name)

    @cached_property
    def _colours(self) -> dict[str, str]:
        """Colour tokens; by alphabet, so that a refresh does not repaint the channels."""
        tokens = {name: f"@c{i}" for i, name in enumerate(sorted(self.channels))}
        tokens |= {name: f"@k{i}" for i, name in enumerate(self.controls)}
        return {**tokens, "baseline": "@baseline", "seasonality": "@seasonality"}

    def colour(self, name: object) -> str:
        """The colour token of a channel or another component."""
        return self._colours.get(str(name), "@other")

    def regions_to_choose(self, numbers_per_region: int) -> list[str]:
        """Largest regions whose series fit into the page; nothing for a single region."""
        if len(self.regions) < 2:
            return []
        return self.regions[: max(1, _NUMBERS_IN_A_SELECTOR // max(1, numbers_per_region))]

    def choice_note(self, offered: list[str]) -> str:
        """Says so when not every region is offered."""
        if len(offered) in (0, len(self.regions)):
            return ""
        return f"The selector offers the {len(offered)} largest of {len(self.regions)} regions."


def iso(weeks: pd.Series) -> list[str]:
    """Dates as ``YYYY-MM-DD``."""
    return [str(week)[:10] for week in weeks]
