"""The input tables, their columns and what they mean: all that the platform knows of them.

A role is what a table is for: media, kpi, further_kpis, controls, lift_tests, events, mediators.
Where the table lies and which of its own columns hold these is in the configuration, under
``tables``, of events under ``calendar`` (``config.tables``, ``config.calendar``). One more input
table is a section there and an entry here; loading, what was known when, the rules that every table
is held against, restatements and ``mmm known`` follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mmm_assets.config import ProjectConfig
from mmm_assets.config.tables import Source


@dataclass(frozen=True)
class Role:
    """An input table.

    Parameters
    ----------
    name
        Key of its section in the configuration; rows as delivered are in ``raw.<name>``.
    description
        A noun phrase for a person.
    names
        Columns of text that say what a row is about.
    numbers
        Column → aggregate function that makes a week of its days; None where rows have no weeks.
    has_weeks
        Whether each row is of a week, or of a day of it.
    texts
        Further columns, kept as text.
    optional
        Those of ``names`` that may be empty.
    may_be_words
        Whether a series of words alone is as good as one of numbers.
    under
        Key of the configuration that the section lies under.
    may_lack_weeks
        Whether a week may have no row anywhere, so that no refresh waits for it.
    """

    name: str
    description: str
    names: tuple[str, ...]
    numbers: Mapping[str, str | None]
    has_weeks: bool = True
    texts: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    may_be_words: bool = False
    under: str = "tables"
    may_lack_weeks: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """All that a row of ``raw.<name>`` says, as text."""
        week = ("week",) if self.has_weeks else ()
        return (*week, *self.names, *self.numbers, *self.texts)

    @property
    def key(self) -> tuple[str, ...]:
        """Columns by which a newer load of another source replaces a row."""
        return (*self.names, "day") if self.has_weeks else ("source", "source_row")

    @property
    def series(self) -> str | None:
        """Column that tells the series of one region apart; None where a region has but one."""
        return next((name for name in self.names if name != "region"), None)

    @property
    def required_names(self) -> tuple[str, ...]:
        """Names that no row may lack."""
        return tuple(name for name in self.names if name not in self.optional)

    def source(self, config: ProjectConfig) -> Source | None:
        """Section of the configuration that says where the table is; None where it is not."""
        found: Source | None = getattr(getattr(config, self.under), self.name, None)
        return found

    @property
    def key_of_configuration(self) -> str:
        """Where the configuration speaks of it, for a person."""
        return f"{self.under}.{self.name}"


MEDIA = Role(
    "media",
    "Spend and exposure by week, region and channel",
    names=("region", "channel", "campaign"),
    # Of days, the panel weighs frequency by reach; the cells that rules judge need no weights.
    numbers={"spend": "sum", "exposure": "sum", "frequency": "avg", "population": "max"},
    optional=("campaign",),
)
KPI = Role(
    "kpi",
    "The KPI, and what a unit of it is worth, by week and region",
    names=("region",),
    numbers={"kpi": "sum", "value_per_kpi": "avg"},
)
FURTHER_KPIS = Role(
    "further_kpis",
    "KPIs beside the main one, of the same table, and what a unit of each is worth",
    names=("region", "kpi"),
    numbers={"value": "sum", "value_per_kpi": "avg"},
)
CONTROLS = Role(
    "controls",
    "What else moves the KPI: prices, promotions, weather, events",
    names=("region", "control"),
    numbers={"value": "avg"},
    may_be_words=True,
)
LIFT_TESTS = Role(
    "lift_tests",
    "Results of experiments",
    names=("channel", "region"),
    numbers=dict.fromkeys(("x", "delta_x", "delta_y", "sigma")),
    has_weeks=False,
    texts=("start_week", "end_week"),
    optional=("region",),
)
EVENTS = Role(
    "events",
    "Own events of the calendar: school holidays, fairs, launches",
    names=("name", "region"),
    numbers={},
    has_weeks=False,
    texts=("first_day", "last_day"),
    optional=("region",),
    under="calendar",
)

MEDIATORS = Role(
    "mediators",
    "What media create and nobody buys: searches, visits, awareness",
    names=("region", "mediator"),
    # Of days, the panel adds counts up; the cells that rules judge are of a usual day.
    numbers={"value": "avg", "asked": "sum"},
    may_lack_weeks=True,
)

ROLES: dict[str, Role] = {
    role.name: role for role in (MEDIA, KPI, FURTHER_KPIS, CONTROLS, LIFT_TESTS, EVENTS, MEDIATORS)
}
"""The role of each name, in the order in which they are loaded."""

WEEKLY: tuple[str, ...] = tuple(name for name, role in ROLES.items() if role.has_weeks)
"""Names of the roles whose rows are of weeks."""
